package expiry

// This file keeps in the store who was told what, and which gateway tells. Both are what BindContent
// does: the first under a key stays, in one step, whoever else asks.

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"sealgate/certstore"
)

// claimSlot is the grain of claims: one holds for the slot in which it is made and for the next one, 15
// minutes at least. claimTime is what a round may take of it: clocks of gateways differ, and a next hop may
// take two minutes for its last answer.
const (
	claimSlot = 15 * time.Minute
	claimTime = 10 * time.Minute
)

// ErrClaimed says that another gateway of the same store tells at the moment.
var ErrClaimed = errors.New("expiry: another gateway tells")

// memory is what a store remembers of earlier rounds.
type memory struct {
	store  Store
	secret [32]byte
}

func newMemory(ctx context.Context, store Store) (*memory, error) {
	secret, err := store.Secret(ctx)
	if err != nil {
		return nil, err
	}
	return &memory{store, secret}, nil
}

// key is of a kind of things. The secret hashes other things too: none of them begins like this.
func (m *memory) key(kind string, of []byte) [32]byte {
	mac := hmac.New(sha256.New, m.secret[:])
	mac.Write([]byte("expiry " + kind + "\x00"))
	mac.Write(of)
	return [32]byte(mac.Sum(nil))
}

// told is the key under which it is kept that somebody was told of an end.
func (m *memory) told(to string, e *ending) [32]byte {
	return m.key("told", fmt.Appendf(nil, "%x %d %s", e.identity, e.days, to))
}

// untold are the ends that somebody was not told of.
func (m *memory) untold(ctx context.Context, to string, found []*ending) (left []*ending, err error) {
	keys := make([][32]byte, 0, len(found))
	for _, e := range found {
		keys = append(keys, m.told(to, e))
	}
	known, err := m.store.Contents(ctx, keys)
	if err != nil {
		return nil, err
	}
	for i, e := range found {
		if known[i] == nil {
			left = append(left, e)
		}
	}
	return left, nil
}

// record keeps that somebody was told, of all ends or of none.
func (m *memory) record(ctx context.Context, to string, told []*ending) error {
	keys := make([][32]byte, 0, len(told))
	for _, e := range told {
		keys = append(keys, m.told(to, e))
	}
	_, err := m.store.BindContent(ctx, keys, certstore.Content{})
	return err
}

// claim is nil for one gateway at a time, and ErrClaimed for the others. Nobody gives it back: it runs out.
func (m *memory) claim(ctx context.Context, now time.Time) error {
	slot := uint64(now.Unix()) / uint64(claimSlot/time.Second)
	keys := [][32]byte{m.slot(slot), m.slot(slot + 1)}
	known, err := m.store.Contents(ctx, keys)
	if err != nil {
		return err
	}
	if known[0] != nil || known[1] != nil {
		return ErrClaimed
	}
	var mine certstore.Content
	rand.Read(mine.Digest[:])
	first, err := m.store.BindContent(ctx, keys, mine)
	if err != nil {
		return err
	}
	for _, c := range first {
		if c.Digest != mine.Digest {
			return ErrClaimed
		}
	}
	return nil
}

func (m *memory) slot(n uint64) [32]byte {
	return m.key("claim", binary.BigEndian.AppendUint64(nil, n))
}
