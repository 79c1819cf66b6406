//go:build load

package postgres

// This file measures how many questions of each kind a database answers.

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
	"sealgate/internal/postgrestest"
)

// TestLoadQuestions asks from eight sides at once, with a server that syncs each commit (docs/scale.md).
func TestLoadQuestions(t *testing.T) {
	own := postgrestest.ForTest(t, "shared_buffers=256MB")
	ctx := context.Background()
	s := open(t, Options{URL: own.URL() + "&pool_max_conns=8", Key: make([]byte, 32)})
	if err := s.Put(ctx, storetest.Record("c", "anna@kunde.example")); err != nil {
		t.Fatal(err)
	}
	fresh := func() (key [32]byte) {
		rand.Read(key[:])
		return key
	}
	const sides = 8
	const long = 5 * time.Second
	for name, ask := range map[string]func() error{
		"ByAddress": func() error {
			_, err := s.ByAddress(ctx, "anna@kunde.example")
			return err
		},
		"BindContent": func() error {
			_, err := s.BindContent(ctx, [][32]byte{fresh()}, storetest.Content("c", "anna@kunde.example"))
			return err
		},
		"Remember": func() error { return s.Remember(ctx, fresh(), certstore.Memory{Own: true}, time.Hour) },
		"Put": func() error {
			return s.Put(ctx, storetest.Record(fmt.Sprint(fresh()), "x@y.example"))
		},
	} {
		var n atomic.Int64
		var all sync.WaitGroup
		end := time.Now().Add(long)
		for range sides {
			all.Go(func() {
				for time.Now().Before(end) {
					if err := ask(); err != nil {
						t.Error(err)
						return
					}
					n.Add(1)
				}
			})
		}
		all.Wait()
		t.Logf("%s: %.0f a second", name, float64(n.Load())/long.Seconds())
	}
}
