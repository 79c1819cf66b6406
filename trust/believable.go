package trust

// This file holds a path that crypto/x509 has found against what that does not look at:
// length, keys, usage, and the addresses that each authority may issue for.

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sealgate/internal/address"
	"sealgate/internal/spki"
	"sealgate/trust/authority"
)

// maxChain is the longest path that is believed; each of its certificates may cost
// a look-up.
const maxChain = 10

// believable says what speaks against a path that crypto/x509 has found.
func believable(chain []*x509.Certificate) error {
	if len(chain) > maxChain {
		return fmt.Errorf("%d certificates up to the root, at most %d are believed", len(chain), maxChain)
	}
	for _, ca := range chain[1:max(1, len(chain)-1)] {
		key, err := spki.PublicKey(ca)
		if err != nil {
			return errors.New("an authority between has a key of a kind that is not known here")
		}
		if k, ok := key.(*rsa.PublicKey); ok && k.N.BitLen() < spki.MinRSA {
			return fmt.Errorf("an authority between has an RSA key of %d bits", k.N.BitLen())
		}
	}
	for _, ca := range chain[1:] { // crypto/x509 takes what is present and empty for absent
		if !spki.MayCertify(ca) {
			return errors.New("the key usage of an authority does not allow it to issue certificates")
		}
		if spki.EmptyPurposes(ca) {
			return errors.New("an authority has a list of purposes with none in it")
		}
	}
	if err := directoryNames(chain); err != nil {
		return err
	}
	return nameConstraints(chain)
}

// maxComparisons bounds how often an address is held against a constraint, in one
// path: as often as crypto/x509 does it, for names that it does not know.
const maxComparisons = 250_000

// nameConstraints applies each authority's rfc822Name constraints to every
// address the leaf speaks for (RFC 5280 §4.2.1.10, RFC 9598 §6).
func nameConstraints(chain []*x509.Certificate) error {
	names := Addresses(chain[0])
	constraints := 0
	for _, ca := range chain[1:] {
		constraints += len(ca.PermittedEmailAddresses) + len(ca.ExcludedEmailAddresses)
	}
	if len(names)*constraints > maxComparisons {
		return fmt.Errorf("%d addresses under %d name constraints, more than are compared", len(names), constraints)
	}
	for _, name := range names {
		for _, ca := range chain[1:] {
			if permitted(ca, name) {
				continue
			}
			if len(ca.RawSubject) > authority.MaxName {
				return errors.New("an authority of the path may not issue for " + name)
			}
			return fmt.Errorf("the authority %q may not issue for %s", ca.Subject.String(), name)
		}
	}
	return nil
}

func permitted(ca *x509.Certificate, name string) bool {
	matches := func(constraint string) bool { return inSubtree(constraint, name) }
	if slices.ContainsFunc(ca.ExcludedEmailAddresses, matches) {
		return false
	}
	return len(ca.PermittedEmailAddresses) == 0 || slices.ContainsFunc(ca.PermittedEmailAddresses, matches)
}

// inSubtree reports whether a constraint binds the address: it is a mailbox, a host, or ".domain".
func inSubtree(constraint, name string) bool {
	if a, err := address.Normalize(constraint); err == nil {
		return a == name
	}
	domain := address.Domain(name)
	c := strings.ToLower(constraint)
	if strings.HasPrefix(c, ".") {
		return strings.HasSuffix(domain, c)
	}
	return domain == c
}
