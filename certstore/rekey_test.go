package certstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// keyOf are the keys of the tests; 0 is none.
func keyOf(n int) []byte {
	if n == 0 {
		return nil
	}
	return []byte(strings.Repeat(strconv.Itoa(n), 32))
}

func openWith(t *testing.T, dir string, key []byte) *Badger {
	t.Helper()
	s, err := OpenBadger(BadgerOptions{Dir: dir, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRekeyKeepsAll: the first key, another one and none again.
func TestRekeyKeepsAll(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "store")
	s := open(t, dir)
	fill(t, s, 40)
	want := contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for n, next := range []int{1, 2, 0} {
		old := []int{0, 1, 2}[n]
		o := BadgerOptions{Dir: dir, Key: keyOf(next)}
		if _, err := RekeyBadger(ctx, o, keyOf(3)); !errors.Is(err, ErrKey) {
			t.Errorf("from a key that is not its own: %v", err)
		}
		if sum, err := RekeyBadger(ctx, o, keyOf(old)); err != nil || sum.Blocked != 10 || sum.Pinned != 10 {
			t.Fatalf("from %d to %d: %v, %v", old, next, sum, err)
		}
		if _, err := OpenBadger(BadgerOptions{Dir: dir, Key: keyOf(old)}); !errors.Is(err, ErrKey) {
			t.Errorf("with the old key %d: %v", old, err)
		}
		s := openWith(t, dir, o.Key)
		sameContents(t, contents(t, s), want)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if list, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(list) != 1 {
			t.Errorf("left are %v, %v", list, err)
		}
	}
}

// TestRekeyInUse: not under a gateway.
func TestRekeyInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := open(t, dir)
	defer s.Close()
	_, err := RekeyBadger(context.Background(), BadgerOptions{Dir: dir, Key: keyOf(1)}, nil)
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("%v", err)
	}
	missing := filepath.Join(t.TempDir(), "store")
	_, err = RekeyBadger(context.Background(), BadgerOptions{Dir: missing}, nil)
	if _, made := os.Stat(missing); !errors.Is(err, os.ErrNotExist) || made == nil {
		t.Errorf("of a store that is not there: %v", err)
	}
}

// TestKilledRekey ends the process at each moment of a rekey: the store opens with the
// one key or the other, whole, nothing else is left, and the rekey can be done once more.
func TestKilledRekey(t *testing.T) {
	ctx := context.Background()
	if dir := os.Getenv("CERTSTORE_REKEY_DIR"); dir != "" {
		moment := os.Getenv("CERTSTORE_REKEY_AT")
		_, err := rekey(ctx, BadgerOptions{Dir: dir, Key: keyOf(1)}, nil, func(step string) {
			if step == moment {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		})
		fmt.Println("not killed:", err)
		return
	}
	for step, key := range map[string]int{stepCopying: 0, stepCopied: 0, stepExchanged: 1} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "store")
			s := open(t, dir)
			fill(t, s, 40)
			want := contents(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			child := exec.Command(os.Args[0], "-test.run=^TestKilledRekey$")
			child.Env = append(os.Environ(), "CERTSTORE_REKEY_DIR="+dir, "CERTSTORE_REKEY_AT="+step)
			if out, err := child.CombinedOutput(); err == nil {
				t.Fatalf("%s", out)
			}
			if _, err := os.Stat(dir + rekeySuffix); err != nil {
				t.Fatalf("the kill left nothing: %v", err)
			}
			if _, err := OpenBadger(BadgerOptions{Dir: dir, Key: keyOf(1 - key)}); !errors.Is(err, ErrKey) {
				t.Errorf("with the key that is not its own: %v", err)
			}
			if key == 0 { // what was left is in the way of nothing
				if _, err := RekeyBadger(ctx, BadgerOptions{Dir: dir, Key: keyOf(1)}, nil); err != nil {
					t.Fatal(err)
				}
			}
			s = openWith(t, dir, keyOf(1))
			sameContents(t, contents(t, s), want)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if list, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(list) != 1 {
				t.Errorf("left are %v, %v", list, err)
			}
		})
	}
}
