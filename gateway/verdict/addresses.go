package verdict

// This file reads the addresses in the fields of a message.

import (
	"errors"
	"fmt"

	"sealgate/internal/address"
	"sealgate/smime"
)

// noOneFrom is why nobody can be the signer of a message.
const noOneFrom = "From is not exactly one address that can be read"

// Why a message has not exactly one From address that can be read.
var (
	ErrNoFrom         = errors.New("verdict: no From address")
	ErrSeveralFrom    = errors.New("verdict: several From addresses")
	ErrUnreadableFrom = errors.New("verdict: From cannot be read")
)

// FromAddress is the message's one From address in normal form. No field, more
// than one, or one with several addresses is an error: nobody can be its
// signer.
func FromAddress(e *smime.Entity) (string, error) {
	fields := e.Get("From")
	if len(fields) > 1 {
		return "", fmt.Errorf("%w: %d fields", ErrSeveralFrom, len(fields))
	}
	if len(fields) == 0 {
		return "", ErrNoFrom
	}
	list, err := address.ParseList(fields[0].Value())
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnreadableFrom, err)
	}
	if len(list) > 1 {
		return "", fmt.Errorf("%w: %d in the field", ErrSeveralFrom, len(list))
	}
	if len(list) == 0 {
		return "", ErrNoFrom
	}
	return list[0], nil
}

// MaxAddresses bounds the addresses of Reply-To, which are looked up.
const MaxAddresses = 20

// Addresses are the addresses of all fields of a name, in normal form. It is not ok
// when one cannot be read: other readers may find an address in it.
func Addresses(e *smime.Entity, name string) (all []string, ok bool) {
	for _, f := range e.Get(name) {
		list, err := address.ParseList(f.Value())
		all = append(all, list...)
		if err != nil || len(all) > MaxAddresses {
			return nil, false
		}
	}
	return all, true
}
