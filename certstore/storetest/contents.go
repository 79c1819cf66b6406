package storetest

// This file tests what a Store remembers of content-encryption keys.

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"sealgate/certstore"
)

// secretStays: another secret would make every key an unknown one.
func secretStays(t *testing.T, s certstore.Store) {
	first, err := s.Secret(context.Background())
	if err != nil || first == [32]byte{} {
		t.Fatal(first, err)
	}
	if again, err := s.Secret(context.Background()); again != first || err != nil {
		t.Errorf("another secret: %v", err)
	}
}

// Content is a content with a name and senders.
func Content(name string, senders ...string) certstore.Content {
	c := certstore.Content{Digest: sha256.Sum256([]byte(name))}
	for _, a := range senders {
		c.Senders = append(c.Senders, sha256.Sum256([]byte(a)))
	}
	return c
}

func hashes(names ...string) (all [][32]byte) {
	for _, n := range names {
		all = append(all, sha256.Sum256([]byte(n)))
	}
	return all
}

// bind wants each of the keys to have the content after it.
func bind(t *testing.T, s certstore.Store, keys []string, c certstore.Content, want ...certstore.Content) {
	t.Helper()
	got, err := s.BindContent(context.Background(), hashes(keys...), c)
	if err != nil {
		t.Fatalf("%v: %v", keys, err)
	}
	same := func(a, b certstore.Content) bool { return a.Digest == b.Digest && slices.Equal(a.Senders, b.Senders) }
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("%v: %x, want %x", keys, got, want)
	}
}

// oneContent: whoever comes first has the key, and what comes later changes nothing.
func oneContent(t *testing.T, s certstore.Store) {
	first := Content("first", "anna@kunde.example", "list@kunde.example")
	altered := Content("altered", "anna@kunde.example")
	other := Content("first", "eve@evil.example")
	nobody := Content("nobody's")
	bind(t, s, []string{"a"}, first, first)
	bind(t, s, []string{"a"}, first, first)
	bind(t, s, []string{"a"}, altered, first)
	bind(t, s, []string{"a"}, other, first)
	bind(t, s, []string{"b", "a", "c"}, altered, altered, first, altered)
	bind(t, s, []string{"c", "b"}, other, altered, altered)
	bind(t, s, []string{"d", "d"}, nobody, nobody, nobody)
	bind(t, s, nil, other)
	var many []string
	for i := range certstore.MaxSenders {
		many = append(many, fmt.Sprint(i, "@b.example"))
	}
	most := Content("most", many...)
	bind(t, s, []string{"e"}, most, most)
	more := Content("more", append(many, "one@more.example")...)
	if _, err := s.BindContent(context.Background(), hashes("f"), more); !errors.Is(err, certstore.ErrRecord) {
		t.Errorf("%d senders: %v", len(more.Senders), err)
	}
	bind(t, s, []string{"f"}, nobody, nobody)
}

// contentsAreRead: who looks is told what is kept, and leaves nothing behind.
func contentsAreRead(t *testing.T, s certstore.Store) {
	first := Content("first", "anna@kunde.example")
	bind(t, s, []string{"a"}, first, first)
	for range 2 {
		got, err := s.Contents(context.Background(), hashes("b", "a", "b"))
		if err != nil || len(got) != 3 || got[0] != nil || got[2] != nil || got[1] == nil ||
			got[1].Digest != first.Digest || !slices.Equal(got[1].Senders, first.Senders) {
			t.Fatalf("%v, %v", got, err)
		}
	}
	other := Content("other")
	bind(t, s, []string{"b"}, other, other)
}

// contentsOfManyWriters: of all who come at once one is the first, and all are told of it.
func contentsOfManyWriters(t *testing.T, s certstore.Store) {
	const writers = 8
	for round := range 5 {
		var wg sync.WaitGroup
		got := make([][]certstore.Content, writers)
		for w := range writers {
			wg.Go(func() {
				keys := hashes(fmt.Sprint(round, "shared"), fmt.Sprint(round, "own", w))
				var err error
				got[w], err = s.BindContent(context.Background(), keys, Content(fmt.Sprint(w)))
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		for w := range writers {
			if got[w][0].Digest != got[0][0].Digest {
				t.Errorf("round %d: two were the first", round)
			}
			if got[w][1].Digest != Content(fmt.Sprint(w)).Digest {
				t.Errorf("round %d: another's content under a key that nobody else has", round)
			}
		}
	}
}
