package gateway

// This file keeps certificates of different kinds apart: some readers refuse a mail that is
// encrypted for RSA and for elliptic curves at once.

import (
	"crypto/x509"
	"slices"

	"sealgate/gateway/lookup"
	"sealgate/smime/cms"
)

// keyKind is how a content key reaches a certificate's owner: by key transport or by key
// agreement (RFC 5652 §6.2). RFC 5652 lets a mail have both; NSS 3.87 (Debian 12) opens
// such a mail for nobody (docs/kinds.md).
type keyKind string

const (
	kindRSA keyKind = "RSA"
	kindEC  keyKind = "EC"
)

func kindOf(c *x509.Certificate) keyKind {
	if cms.IsRSA(c) {
		return kindRSA
	}
	return kindEC
}

// kindsOf are those of the certificates, each once.
func kindsOf(list []*lookup.Certificate) (kinds []keyKind) {
	for _, c := range list {
		if k := kindOf(c.Certificate); !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}
