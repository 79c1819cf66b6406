package storetest

// This file has the contract for what passes: what is remembered of mail, and caches.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"sealgate/certstore"
)

func timeToLive(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	key := sha256.Sum256([]byte("id"))
	if _, known, err := s.Recall(ctx, key); known || err != nil {
		t.Error("known before:", err)
	}
	crl := bytes.Repeat([]byte("crl"), 2<<20)
	memory := certstore.Memory{HiddenSubject: true, Own: true, Writers: [][]byte{{0}, {1, 2}}}
	if err := errors.Join(s.Remember(ctx, key, memory, time.Hour), s.CachePut(ctx, "crl", crl, time.Hour),
		s.CachePut(ctx, "empty", nil, time.Hour), s.CachePut(ctx, "short", []byte("x"), time.Second)); err != nil {
		t.Fatal(err)
	}
	if m, known, err := s.Recall(ctx, key); !known || !reflect.DeepEqual(m, memory) || err != nil {
		t.Error(m, known, err)
	}
	if v, known, err := s.CacheGet(ctx, "crl"); !known || !bytes.Equal(v, crl) || err != nil {
		t.Error(len(v), known, err)
	}
	if v, known, err := s.CacheGet(ctx, "empty"); !known || len(v) != 0 || err != nil {
		t.Error("a cached empty answer is an answer:", v, known, err)
	}
	time.Sleep(2100 * time.Millisecond)
	if _, known, err := s.CacheGet(ctx, "short"); known || err != nil {
		t.Error("outlived its time", err)
	}
}

// memoriesOfOneMail: of a mail that comes twice at once nothing is forgotten, and who wrote
// it first stays.
func memoriesOfOneMail(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	for i := range 50 {
		key := sha256.Sum256(fmt.Append(nil, i))
		memories := []certstore.Memory{
			{HiddenSubject: true, Writers: [][]byte{{1}}},
			{Own: true, Writers: [][]byte{{2}}},
			{Own: true, Writers: [][]byte{{3}}},
		}
		var all sync.WaitGroup
		for _, m := range memories {
			all.Go(func() {
				if err := s.Remember(ctx, key, m, time.Hour); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got, known, err := s.Recall(ctx, key)
		if err != nil || !known || !got.HiddenSubject || got.Own || len(got.Writers) != 1 {
			t.Fatalf("mail %d: %+v, %v, %v", i, got, known, err)
		}
		if err := s.Remember(ctx, key, certstore.Memory{Own: true, Writers: [][]byte{{4}}}, time.Hour); err != nil {
			t.Fatal(err)
		}
		later, _, err := s.Recall(ctx, key)
		if err != nil || !reflect.DeepEqual(later, got) {
			t.Fatalf("mail %d: %+v became %+v, %v", i, got, later, err)
		}
	}
}

// manyAnswers: up to the bound all answers are there; one more, and those that would
// run out first are gone, while the others and other caches stay.
func manyAnswers(t *testing.T, s certstore.Store) {
	answer := func(i int) (string, time.Duration) {
		return fmt.Sprintf("many/%d", i), time.Hour + time.Duration(i)*time.Minute
	}
	if err := s.CachePut(context.Background(), "other/1", nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	for i := range CacheBounds.Answers {
		key, ttl := answer(i)
		if err := s.CachePut(context.Background(), key, nil, ttl); err != nil {
			t.Fatal(err)
		}
	}
	known(t, s, "many/0", true)
	key, ttl := answer(CacheBounds.Answers)
	if err := s.CachePut(context.Background(), key, nil, ttl); err != nil {
		t.Fatal(err)
	}
	known(t, s, "many/0", false)
	known(t, s, fmt.Sprintf("many/%d", CacheBounds.Answers/2), true)
	known(t, s, key, true)
	known(t, s, "other/1", true)
}

// largeAnswers: the same in octets, of which the keys are a part.
func largeAnswers(t *testing.T, s certstore.Store) {
	const first, second = "large/1", "large/2"
	rest := int(CacheBounds.Octets) - len(first) - 1<<20 - len(second)
	putAnswer := func(key string, octets int, ttl time.Duration) error {
		return s.CachePut(context.Background(), key, make([]byte, octets), ttl)
	}
	if err := errors.Join(putAnswer(first, 1<<20, time.Hour), putAnswer(second, rest, 2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	known(t, s, first, true)
	if err := putAnswer(second, rest+1, 2*time.Hour); err != nil { // renewed, one octet larger
		t.Fatal(err)
	}
	known(t, s, first, false)
	known(t, s, second, true)
	if err := putAnswer("large/3", int(CacheBounds.Octets), time.Hour); !errors.Is(err, certstore.ErrRecord) {
		t.Errorf("one that no cache has room for: %v", err)
	}
}

func known(t *testing.T, s certstore.Store, key string, want bool) {
	t.Helper()
	if _, got, err := s.CacheGet(context.Background(), key); got != want || err != nil {
		t.Errorf("%s: %v, want %v; %v", key, got, want, err)
	}
}
