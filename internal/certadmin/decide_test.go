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

// Delete implements certadmin.Store.
func (s *oneStore) Delete(_ context.Context, _ [32]byte, from ...certstore.State) error {
	if err := certstore.CheckState(s.state, from); err != nil {
		return err
	}
	s.state = ""
	return nil
}

// TestUnseenBlockIsNotDeleted: whoever deletes a certificate says in which state he has seen it, or
// means none that is blocked.
func TestUnseenBlockIsNotDeleted(t *testing.T) {
	for _, c := range []struct {
		is, seen certstore.State
		want     error
	}{
		{certstore.Blocked, "", certstore.ErrState},
		{certstore.Blocked, certstore.Active, certstore.ErrState},
		{certstore.Blocked, certstore.Blocked, nil},
		{certstore.Active, "", nil},
		{certstore.Active, certstore.Active, nil},
		{certstore.Active, certstore.Blocked, certstore.ErrState},
		{certstore.Pinned, certstore.Pending, certstore.ErrState},
	} {
		s := &oneStore{state: c.is}
		err := certadmin.Delete.Carry(t.Context(), s, &certstore.Record{State: c.is}, c.seen)
		if !errors.Is(err, c.want) || (s.state == "") != (c.want == nil) {
			t.Errorf("%s, seen as %q: %v, and it is %q", c.is, c.seen, err, s.state)
		}
	}
}

// TestBlockIsNotUndone: one admin approves, pins, unpins or deletes while another one blocks; what he has seen
// is not what is there, and the block stays.
func TestBlockIsNotUndone(t *testing.T) {
	for d, seen := range map[certadmin.Decision]certstore.State{
		certadmin.Approve: certstore.Pending, certadmin.Pin: certstore.Active, certadmin.Unpin: certstore.Pinned,
		certadmin.Delete: certstore.Active,
	} {
		s := &oneStore{state: seen}
		read := &certstore.Record{State: seen}
		if err := certadmin.Block.Carry(t.Context(), s, &certstore.Record{State: seen}, seen); err != nil {
			t.Fatal(err)
		}
		if err := d.Carry(t.Context(), s, read, seen); !errors.Is(err, certstore.ErrState) || s.state != certstore.Blocked {
			t.Errorf("%s: %v, and it is %s", d, err, s.state)
		}
	}
}
