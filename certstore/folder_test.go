package certstore

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestKilledRestore: what a restore has left that was cut off goes when the store is opened;
// one that is at work keeps its folder.
func TestKilledRestore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	work, err := newWorkFolder(dir + restoreSuffix)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(work.store(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(work.store()); err != nil {
		t.Errorf("taken from a restore at work: %v", err)
	}
	work.lock.Close() // as by a kill
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(list) != 1 {
		t.Errorf("left are %v, %v", list, err)
	}
}

// TestCheckKey: a key is tried on a store that somebody has open.
func TestCheckKey(t *testing.T) {
	for made, key := range map[string][]byte{"with a key": keyOf(1), "without": nil} {
		dir := filepath.Join(t.TempDir(), "store")
		s := openWith(t, dir, key)
		defer s.Close()
		for tried, k := range map[string][]byte{"its own": key, "another": keyOf(2)} {
			err := CheckKey(dir, k)
			if right := tried == "its own"; right && err != nil || !right && !errors.Is(err, ErrKey) {
				t.Errorf("made %s, %s: %v", made, tried, err)
			}
		}
		if err := CheckKey(dir, nil); (key == nil) != (err == nil) || key != nil && !errors.Is(err, ErrKey) {
			t.Errorf("made %s, none: %v", made, err)
		}
	}
}
