package main

// This file is cert import --states: what an admin has decided comes into another store.

import (
	"context"
	"errors"
	"fmt"
	"os"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/terminal"
	"sealgate/journal"
)

// statesImport is one import with states under way.
type statesImport struct {
	store   certadmin.Store
	added   int
	known   int
	changed int // known ones whose state has become a stricter one
	leftOut int
}

// importStates reads every file once before it stores anything of them.
func importStates(ctx context.Context, s *commandStore, paths []string) error {
	count := 0
	for _, path := range paths {
		err := readStates(path, func(*certstore.Record) error {
			count++
			return nil
		})
		if err != nil {
			return err
		}
	}
	i := &statesImport{store: s}
	change := journal.Change{
		By: commander(), What: "import", Text: fmt.Sprintf("%d certificates of %d files, with states", count, len(paths)),
	}
	if err := s.record.Make(ctx, change, func() error { return i.run(ctx, paths) }); err != nil {
		return err
	}
	fmt.Printf("%d new, %d known already, %d of them with a stricter state now, %d left out\n",
		i.added, i.known, i.changed, i.leftOut)
	return nil
}

// run stores what the files hold.
func (i *statesImport) run(ctx context.Context, paths []string) error {
	for _, path := range paths {
		err := readStates(path, func(r *certstore.Record) error { return i.put(ctx, path, r) })
		if err != nil {
			return err
		}
	}
	return nil
}

func readStates(path string, do func(*certstore.Record) error) error {
	f, err := os.Open(path)
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	if err := certstore.ReadStates(f, do); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// put stores a record with its state; of one that is known, the stricter state holds.
func (i *statesImport) put(ctx context.Context, path string, r *certstore.Record) error {
	_, err := i.store.ByIdentity(ctx, r.Identity)
	unknown := errors.Is(err, certstore.ErrNotFound)
	if err != nil && !unknown {
		return err
	}
	err = i.store.Put(ctx, r)
	refused := errors.Is(err, certstore.ErrRecord)
	if err != nil && !refused {
		return err
	}
	if refused {
		i.leftOut++
		fmt.Fprintf(terminal.New(os.Stderr), "%s: left out: %v\n", path, err)
	}
	switch {
	case refused && unknown:
		return nil
	case unknown:
		i.added++
	default:
		i.known++
	}
	return i.decide(ctx, r)
}

// decide reads the state anew: mail may have brought the certificate meanwhile, and what
// is refused of a known one (too many addresses) does not lift its block.
func (i *statesImport) decide(ctx context.Context, r *certstore.Record) error {
	stored, err := i.store.ByIdentity(ctx, r.Identity)
	if err != nil {
		return err
	}
	state := certstore.Stricter(stored.State, r.State)
	if state != stored.State {
		if err := i.store.SetState(ctx, r.Identity, state, stored.State); err != nil {
			return err
		}
		i.changed++
		stored.State = state
	}
	fmt.Println(line(stored))
	return nil
}
