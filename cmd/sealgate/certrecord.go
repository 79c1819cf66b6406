package main

// This file is the store of certificates as commands use it: each decision has its record before it
// is made, as over HTTP.

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/user"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/journal"
)

// commandStore records who decides.
type commandStore struct {
	certadmin.Store
	record journal.Recorder
}

// commander is who runs this, as he says: whoever can do it at all is the gateway's user, or root.
func commander() string {
	name := fmt.Sprintf("user %d", os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return "command " + cmp.Or(os.Getenv("SUDO_USER"), name)
}

// SetState implements certadmin.Store.
func (s *commandStore) SetState(
	ctx context.Context, identity [32]byte, state certstore.State, from ...certstore.State,
) error {
	words := map[certstore.State]string{
		certstore.Blocked: "block", certstore.Pinned: "pin", certstore.Active: "activate", certstore.Pending: "put off",
	}
	return s.decide(ctx, identity, words[state], func() error { return s.Store.SetState(ctx, identity, state, from...) })
}

// Delete implements certadmin.Store.
func (s *commandStore) Delete(ctx context.Context, identity [32]byte) error {
	return s.decide(ctx, identity, string(certadmin.Delete), func() error { return s.Store.Delete(ctx, identity) })
}

func (s *commandStore) decide(ctx context.Context, identity [32]byte, what string, do func() error) error {
	r, err := s.ByIdentity(ctx, identity)
	if err != nil {
		return err
	}
	return s.record.Make(ctx, journal.Change{
		By: commander(), What: what, Fingerprint: fmt.Sprintf("%x", r.Fingerprint), Addresses: r.Addresses,
		Text: "it was " + string(r.State),
	}, do)
}
