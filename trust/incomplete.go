package trust

// This file says which authority's certificate is missing where a path ends too early.

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"

	"sealgate/internal/dn"
)

// maxMissingName bounds the name of an authority in a remedy, in octets: it is hostile text.
const maxMissingName = 200

// remedyFor says what would lead to a trusted root: the certificate that is missing, if one is.
func (a *anchors) remedyFor(r Request, bag []*x509.Certificate) string {
	last := a.lastKnown(r.Certificate, r.Address, bag)
	if last == nil {
		return remedyRoot
	}
	issuer := dn.String(last.Issuer)
	if len(issuer) > maxMissingName {
		return remedyRoot
	}
	return fmt.Sprintf("the certificate of the authority %q, which did not come along and is not known here: if it is "+
		"a root that you trust for mail, put it under trust.roots; if it stands below one, the sender's program "+
		"should send it along", issuer)
}

// lastKnown is the certificate at which the path of leaf ends because nobody knows its issuer;
// nil if it ends at one that issued itself, or at a root.
func (a *anchors) lastKnown(leaf *x509.Certificate, addr string, bag []*x509.Certificate) *x509.Certificate {
	last := leaf
	for range len(bag) + 1 { // each certificate once: authorities may have issued each other
		if bytes.Equal(last.RawIssuer, last.RawSubject) || len(a.named(addr, []*x509.Certificate{last})) > 0 {
			return nil
		}
		i := slices.IndexFunc(bag, func(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, last.RawIssuer) })
		if i < 0 {
			return last
		}
		last = bag[i]
	}
	return nil
}
