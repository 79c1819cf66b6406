package certstore

// This file tests the embedded store's memory of content-encryption keys: what it
// survives, and where it ends.

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
)

func name32(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// TestContentsOutliveTheProcess: after a start, and in a copy of the folder, secret and
// contents are those from before, and no time to live ends them.
func TestContentsOutliveTheProcess(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, dir)
	secret, err := s.Secret(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first := Content{Digest: name32("content"), Senders: [][32]byte{name32("anna")}}
	if _, err := s.BindContent(ctx, [][32]byte{name32("key")}, first); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"copy": copied(t, dir), "itself": dir} {
		s := open(t, dir)
		if again, err := s.Secret(ctx); again != secret || err != nil {
			t.Errorf("%s: another secret, %v", name, err)
		}
		got, err := s.BindContent(ctx, [][32]byte{name32("key")}, Content{Digest: name32("altered")})
		if err != nil || got[0].Digest != first.Digest || len(got[0].Senders) != 1 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNoContentIsForgottenForAnother: at the bound what is known stays known, and a
// batch that has no room leaves nothing.
func TestNoContentIsForgottenForAnother(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	c := Content{Digest: name32("content")}
	const most = 3
	s, err := OpenBadger(BadgerOptions{Dir: dir, MaxContents: most})
	if err != nil {
		t.Fatal(err)
	}
	bind := func(names ...string) error {
		var keys [][32]byte
		for _, n := range names {
			keys = append(keys, name32(n))
		}
		_, err := s.BindContent(ctx, keys, c)
		return err
	}
	if err := bind("a", "b"); err != nil {
		t.Fatal(err)
	}
	if err := bind("c", "d"); !errors.Is(err, ErrFull) {
		t.Errorf("one more than there is room: %v", err)
	}
	if err := bind("a", "c"); err != nil {
		t.Errorf("up to the bound: %v", err)
	}
	if err := bind("d"); !errors.Is(err, ErrFull) {
		t.Errorf("above the bound: %v", err)
	}
	if err := bind("a", "b", "c"); err != nil {
		t.Errorf("known ones: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = OpenBadger(BadgerOptions{Dir: dir, MaxContents: most}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := bind("d"); !errors.Is(err, ErrFull) {
		t.Errorf("after a start the bound is another: %v", err)
	}
}

// TestBrokenContentsAreNotUnknown: what cannot be read is an error, never a key that
// nobody has used.
func TestBrokenContentsAreNotUnknown(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir())
	key := [][32]byte{name32("key")}
	for _, value := range [][]byte{{}, make([]byte, 31), make([]byte, 33)} {
		if err := s.keep(contentKey(key[0]), value, 1<<40); err != nil {
			t.Fatal(err)
		}
		if got, err := s.BindContent(ctx, key, Content{}); err == nil {
			t.Errorf("%d octets: %v", len(value), got)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.BindContent(ctx, key, Content{}); err == nil {
		t.Error("a closed store has bound a content")
	}
	if _, err := s.Secret(ctx); err == nil { // readiness asks for it
		t.Error("a closed store has a secret")
	}
}
