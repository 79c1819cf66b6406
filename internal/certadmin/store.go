// Package certadmin is what an admin does with other people's certificates, by command or by HTTP:
// find them, look at them, import them, and decide over them.
package certadmin

// This file finds certificates in a store.

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"sealgate/certstore"
	"sealgate/internal/address"
)

// Store is what is asked of the certificates: of a store at rest, or of the running gateway's.
type Store interface {
	Put(ctx context.Context, r *certstore.Record) error
	ByAddress(ctx context.Context, address string) ([]*certstore.Record, error)
	ByIdentity(ctx context.Context, identity [32]byte) (*certstore.Record, error)
	ByFingerprint(ctx context.Context, fp [32]byte) (*certstore.Record, error)
	List(ctx context.Context, cursor string, n int) ([]*certstore.Record, string, error)
	SetState(ctx context.Context, identity [32]byte, s certstore.State, from ...certstore.State) error
	Delete(ctx context.Context, identity [32]byte, from ...certstore.State) error
}

// MaxPage is how many records one page holds at most: 200 records with their intermediates are
// some megabytes.
const MaxPage = 200

// ErrInput says that nobody could answer that, however the store does.
var ErrInput = errors.New("certadmin: input")

// ParseFingerprint reads a SHA-256 fingerprint in hex, with or without colons.
func ParseFingerprint(s string) (fp [32]byte, ok bool) {
	sum, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	if err != nil || len(sum) != len(fp) {
		return fp, false
	}
	return [32]byte(sum), true
}

// Find takes an address or a SHA-256 fingerprint in hex, with or without colons.
func Find(ctx context.Context, s Store, which string) ([]*certstore.Record, error) {
	if fp, ok := ParseFingerprint(which); ok {
		r, err := s.ByFingerprint(ctx, fp)
		return []*certstore.Record{r}, err
	}
	a, err := address.Normalize(which)
	if err != nil {
		return nil, fmt.Errorf("%q is neither an address nor a SHA-256 fingerprint", which)
	}
	list, err := s.ByAddress(ctx, a)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no certificate for %s", a)
	}
	return list, err
}

// All does something to every record of the store.
func All(ctx context.Context, s Store, do func(*certstore.Record) error) error {
	cursor := ""
	for {
		list, next, err := s.List(ctx, cursor, MaxPage)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := do(r); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}
