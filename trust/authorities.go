package trust

// This file says which authorities of a hostile bag are looked at, and for which
// names each of them may issue.

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sealgate/internal/address"
	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
)

// Bounds of an authority's RSA key. Whoever sends a mail makes the keys of its bag,
// and a path search checks up to 100 signatures for each of 16 signers, twice: with
// keys of 400,000 bits 20 seconds each, of 8192 bits 11 seconds in all, of 4096 bits
// 2 seconds (measured). No public authority below a root has more; one that has
// can be put under trust.roots, which this does not bind.
const (
	maxAuthorityRSA = 4096
	maxExponent     = 1 << 17
)

// affordable tells whether a signature by c can be checked in little time.
func affordable(c *x509.Certificate) bool {
	k, ok := c.PublicKey.(*rsa.PublicKey)
	return !ok || k.N.BitLen() <= maxAuthorityRSA && k.E <= maxExponent
}

// acceptable tells whether c may stand in a path at all.
func acceptable(c *x509.Certificate) bool {
	return c.IsCA && len(c.Raw) <= maxCertificate && len(c.RawSubject) <= maxName && len(c.RawIssuer) <= maxName &&
		affordable(c)
}

// parse reads the bag one by one: a bad certificate does not matter.
func parse(raw [][]byte) (list []*x509.Certificate) {
	for _, der := range raw[:min(len(raw), maxIntermediates)] {
		if len(der) > maxCertificate {
			continue
		}
		if c, err := x509cert.Parse(der); err == nil && acceptable(c) {
			list = append(list, withDirectoryNames(c))
		}
	}
	return list
}

func pool(list []*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range list {
		p.AddCert(c)
	}
	return p
}

// believable says what speaks against a path that crypto/x509 has found.
func believable(chain []*x509.Certificate) error {
	if len(chain) > maxChain {
		return fmt.Errorf("%d certificates up to the root, at most %d are believed", len(chain), maxChain)
	}
	for _, ca := range chain[1:max(1, len(chain)-1)] {
		if k, ok := ca.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < minRSA {
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
			if len(ca.RawSubject) > maxName {
				return errors.New("an authority of the path may not issue for " + name)
			}
			return fmt.Errorf("the authority %q may not issue for %s", ca.Subject.String(), name)
		}
	}
	return nil
}

func permitted(ca *x509.Certificate, name string) bool {
	within := func(c string) bool { return inSubtree(c, name) }
	if slices.ContainsFunc(ca.ExcludedEmailAddresses, within) {
		return false
	}
	return len(ca.PermittedEmailAddresses) == 0 || slices.ContainsFunc(ca.PermittedEmailAddresses, within)
}

// inSubtree compares one constraint: a mailbox, a host, or ".domain".
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
