package certstore

// This file gives an embedded store another key. A kill leaves it at any moment with the
// one or the other, whole.

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
)

// The moments of a rekey, for the test that ends the process at each.
const (
	stepCopying   = "copying"   // a part of the copy is written
	stepCopied    = "copied"    // the copy is on the disk, and verified
	stepExchanged = "exchanged" // it is the store
)

// RekeyBadger gives the store o.Dir the key o.Key (nil: none) in place of old.
func RekeyBadger(ctx context.Context, o BadgerOptions, old []byte) (*Summary, error) {
	return rekey(ctx, o, old, func(string) {})
}

func rekey(ctx context.Context, o BadgerOptions, old []byte, reached func(step string)) (*Summary, error) {
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	work, err := newWorkFolder(o.Dir + rekeySuffix)
	if err != nil {
		return nil, err
	}
	defer work.remove()
	target := o
	target.Dir = work.store()
	source := o
	source.Key = old
	source.locked = true
	sum, err := copyStore(ctx, source, target, reached)
	if err != nil {
		return nil, err
	}
	reached(stepCopied)
	if err := exchange(work.store(), o.Dir); err != nil {
		return nil, err
	}
	if err := syncFolder(filepath.Dir(o.Dir)); err != nil {
		return nil, err
	}
	reached(stepExchanged)
	return sum, nil
}

// copyStore closes the source when all of it is in the target: badger writes by name, and
// the name will be the target's.
func copyStore(ctx context.Context, source, target BadgerOptions, reached func(string)) (*Summary, error) {
	s, err := OpenBadger(source)
	if err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	go func() { in.CloseWithError(s.Backup(ctx, in)) }() // ends with the reader
	sum, err := build(ctx, target, &watched{out, reached})
	out.Close()
	if closed := s.Close(); err == nil && closed != nil {
		err = fmt.Errorf("certstore: %w", closed)
	}
	return sum, err
}

// watched tells of each part that is read.
type watched struct {
	io.Reader
	reached func(string)
}

func (w *watched) Read(p []byte) (int, error) {
	w.reached(stepCopying)
	return w.Reader.Read(p)
}
