package certstore

// This file refuses records that no store should hold.

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of one record. Much of it comes from other people's mail.
const (
	MaxAddresses = 1000      // index entries of one certificate
	MaxPending   = 16        // of an unknown CA for one address: anybody can make them
	MaxRecord    = 256 << 10 // octets of all its certificates and capabilities: a chain of four at trust's 64 KiB each
)

// ErrRecord says that the record itself cannot be stored, now or later: the
// store is well, and trying again is no use.
var ErrRecord = errors.New("certstore: record refused")

// Validate tells whether a Store may hold r. Every Store's Put calls it.
func Validate(r *Record) error {
	if r == nil {
		return fmt.Errorf("%w: there is none", ErrRecord)
	}
	size := len(r.DER) + len(r.Capabilities)
	for _, c := range r.Intermediates {
		size += len(c)
	}
	switch {
	case size > MaxRecord:
		return fmt.Errorf("%w: %d octets, at most %d", ErrRecord, size, MaxRecord)
	case len(r.Addresses) == 0 || len(r.Addresses) > MaxAddresses:
		return fmt.Errorf("%w: %d addresses, 1 to %d are possible", ErrRecord, len(r.Addresses), MaxAddresses)
	case r.Fingerprint != sha256.Sum256(r.DER):
		return fmt.Errorf("%w: the fingerprint is not the certificate's", ErrRecord)
	}
	identity, err := identityOf(r.DER)
	if err != nil {
		return err
	}
	if r.Identity != identity {
		return fmt.Errorf("%w: the identity is not the certificate's", ErrRecord)
	}
	for _, a := range r.Addresses {
		if err := ValidateAddress(a); err != nil {
			return err
		}
	}
	return ValidateState(r.State)
}

// ValidateAddress refuses what cannot be an address in normal form.
func ValidateAddress(a string) error {
	if strings.LastIndexByte(a, '@') < 1 || !utf8.ValidString(a) || strings.ContainsFunc(a, unicode.IsControl) {
		return fmt.Errorf("%w: %q is not an address in normal form", ErrRecord, a)
	}
	return nil
}

// ValidateState refuses states that do not exist.
func ValidateState(s State) error {
	switch s {
	case Active, Pending, Blocked, Pinned:
		return nil
	}
	return fmt.Errorf("%w: there is no state %q", ErrRecord, s)
}
