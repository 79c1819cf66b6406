package verdict

// This file reads the addresses in the fields of a message.

import (
	"fmt"

	"sealgate/internal/address"
	"sealgate/smime"
)

// noOneFrom is why nobody can be the signer of a message.
const noOneFrom = "From is not exactly one address that can be read"

// FromAddress is the message's one From address in normal form. No field, more
// than one, or one with several addresses is an error: nobody can be its
// signer.
func FromAddress(e *smime.Entity) (string, error) {
	fields := e.Get("From")
	if len(fields) != 1 {
		return "", fmt.Errorf("verdict: %d From fields", len(fields))
	}
	list, err := address.ParseList(fields[0].Value())
	if err != nil {
		return "", fmt.Errorf("verdict: From cannot be read: %w", err)
	}
	if len(list) != 1 {
		return "", fmt.Errorf("verdict: %d addresses in From", len(list))
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
