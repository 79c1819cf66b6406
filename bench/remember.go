package main

// This file measures what it costs to remember the content key of each encrypted mail: the
// digest of its content, and the store's write.

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"sealgate/certstore"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// remembering is a store, and how long it took to answer.
type remembering struct {
	store certstore.Store
	took  []time.Duration
}

// remember prints a Markdown table: mails decrypted in a second of processor time, when
// nobody is asked, with the digest alone, and with the store.
func remember() error {
	runtime.GOMAXPROCS(1)
	dir, err := os.MkdirTemp("", "sealgate-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := certstore.OpenBadger(certstore.BadgerOptions{Dir: dir})
	if err != nil {
		return err
	}
	defer store.Close()
	fmt.Println("| decrypt, AES-256-CBC | not asked, ops/s | digest | digest and store | answer of the store, " +
		"median, ms |")
	fmt.Println("|---|---|---|---|---|")
	for _, size := range []int{10 * kib, mib, 25 * mib} {
		r := &remembering{store: store}
		variants, err := r.variants(size)
		if err != nil {
			return err
		}
		rates, err := measure(variants)
		if err != nil {
			return err
		}
		slices.Sort(r.took)
		fmt.Printf("| %s | %s | %s | %s | %.2f |\n", sizeName(size), rate(rates[0]), rate(rates[1]), rate(rates[2]),
			float64(r.took[len(r.took)/2].Microseconds())/1000)
	}
	return nil
}

func (r *remembering) variants(size int) ([]variant, error) {
	e, err := newEngine(size)
	if err != nil {
		return nil, err
	}
	sealed, err := e.encrypted("aes-256-cbc")
	if err != nil {
		return nil, err
	}
	text, err := message(sealed)
	if err != nil {
		return nil, err
	}
	msg := e.spool.Create() // as an adapter has it
	if _, err := msg.Write(text); err != nil {
		return nil, err
	}
	with := func(name string, admit cms.Admission) variant {
		return variant{name, func() error { return opening(*e, admit, msg) }}
	}
	return []variant{
		with("not asked", nil),
		with("digest", func([]cms.ContentKey, [sha256.Size]byte) error { return nil }),
		with("digest and store", r.bind),
	}, nil
}

func opening(e engine, admit cms.Admission, msg *spool.File) error {
	e.admit = admit
	return e.open(msg, msg.Size())
}

// bind remembers the keys under a secret of its own, so that each mail is a new one.
func (r *remembering) bind(keys []cms.ContentKey, content [sha256.Size]byte) error {
	secret := make([]byte, 32)
	rand.Read(secret)
	var hashes [][32]byte
	for _, k := range keys {
		hashes = append(hashes, k.MAC(secret))
	}
	start := time.Now()
	_, err := r.store.BindContent(context.Background(), hashes, certstore.Content{Digest: content, Senders: hashes[:1]})
	r.took = append(r.took, time.Since(start))
	return err
}
