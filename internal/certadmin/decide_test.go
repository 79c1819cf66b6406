package certadmin_test

import (
	"context"
	"errors"
	"testing"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
)

// oneStore has one certificate, and nothing but its state.
type oneStore struct {
	certadmin.Store
	state certstore.State
}

// SetState implements certadmin.Store.
func (s *oneStore) SetState(_ context.Context, _ [32]byte, to certstore.State, from ...certstore.State) error {
	if err := certstore.CheckState(s.state, from); err != nil {
		return err
	}
	s.state = to
	return nil
}

// TestBlockIsNotUndone: one admin approves, pins or unpins while another one blocks; what he has seen
// is not what is there, and the block stays.
func TestBlockIsNotUndone(t *testing.T) {
	for d, seen := range map[certadmin.Decision]certstore.State{
		certadmin.Approve: certstore.Pending, certadmin.Pin: certstore.Active, certadmin.Unpin: certstore.Pinned,
	} {
		s := &oneStore{state: seen}
		read := &certstore.Record{State: seen}
		if err := certadmin.Block.Carry(t.Context(), s, &certstore.Record{State: seen}); err != nil {
			t.Fatal(err)
		}
		if err := d.Carry(t.Context(), s, read); !errors.Is(err, certstore.ErrState) || s.state != certstore.Blocked {
			t.Errorf("%s: %v, and it is %s", d, err, s.state)
		}
	}
}
