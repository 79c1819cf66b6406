package certadmin

// This file is what an admin decides over a certificate.

import (
	"context"
	"fmt"
	"slices"

	"sealgate/certstore"
	"sealgate/internal/words"
)

// Decision is one. Its zero value is none.
type Decision string

// The decisions.
const (
	Block   Decision = "block"   // never use it
	Unblock Decision = "unblock" // use it as any other again
	Pin     Decision = "pin"     // vouch for it: it is used before all others, without a chain
	Unpin   Decision = "unpin"
	Approve Decision = "approve" // of one that waits: use it as any other
	Delete  Decision = "delete"  // forget it
)

// UnmarshalText reads a Decision.
func (d *Decision) UnmarshalText(text []byte) error {
	return words.Set(d, text, Block, Unblock, Pin, Unpin, Approve, Delete)
}

// decided is what a decision makes of which states; delete makes nothing of any.
var decided = map[Decision]struct {
	from []certstore.State
	to   certstore.State
}{
	Block:   {[]certstore.State{certstore.Active, certstore.Pending, certstore.Pinned}, certstore.Blocked},
	Unblock: {[]certstore.State{certstore.Blocked}, certstore.Active},
	Pin:     {[]certstore.State{certstore.Active, certstore.Pending}, certstore.Pinned},
	Unpin:   {[]certstore.State{certstore.Pinned}, certstore.Active},
	Approve: {[]certstore.State{certstore.Pending}, certstore.Active},
}

// Possible are the decisions that a certificate in a state can get.
func Possible(s certstore.State) (list []Decision) {
	for _, d := range []Decision{Approve, Pin, Unpin, Block, Unblock} {
		if slices.Contains(decided[d].from, s) {
			list = append(list, d)
		}
	}
	return append(list, Delete)
}

// Check is certstore.ErrState when a certificate in a state cannot get the decision. Seen is the state
// in which it was shown to who decides, "" when he does not say. Delete is for any state, and forgets a
// block: it is for the state that was seen, and never for a block that nobody has seen.
func (d Decision) Check(s, seen certstore.State) error {
	switch {
	case !slices.Contains(Possible(s), d):
		return fmt.Errorf("%w: %s is for another one than a %s one", certstore.ErrState, d, s)
	case d != Delete:
		return nil
	case seen == "" && s == certstore.Blocked:
		return fmt.Errorf("%w: it is blocked, and the block would be forgotten with it", certstore.ErrState)
	case seen != "" && seen != s:
		return fmt.Errorf("%w: it is %s, and was %s", certstore.ErrState, s, seen)
	}
	return nil
}

// Carry carries a decision out over the state that it was made over: a block that somebody else has
// made since then stays.
func (d Decision) Carry(ctx context.Context, s Store, r *certstore.Record, seen certstore.State) error {
	err := d.Check(r.State, seen)
	switch {
	case err != nil:
		return err
	case d == Delete:
		return s.Delete(ctx, r.Identity, r.State)
	}
	return s.SetState(ctx, r.Identity, decided[d].to, r.State)
}
