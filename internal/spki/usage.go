package spki

// This file reads what a certificate says that its key is for (RFC 5280 §4.2.1.3, §4.2.1.12).

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

var (
	idKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	idExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// MaySign reports whether the key usage lets the key sign messages (RFC 8550 §4.4.2).
func MaySign(c *x509.Certificate) bool {
	return usedFor(c, x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment)
}

// MayEncrypt reports whether the key usage lets others encrypt to the key (RFC 8550
// §4.4.2).
func MayEncrypt(c *x509.Certificate) bool {
	return usedFor(c, x509.KeyUsageKeyEncipherment|x509.KeyUsageKeyAgreement)
}

// MayCertify reports whether the key usage lets the key sign certificates.
func MayCertify(c *x509.Certificate) bool { return usedFor(c, x509.KeyUsageCertSign) }

// MaySignCRLs reports whether the key usage lets the key sign CRLs.
func MaySignCRLs(c *x509.Certificate) bool { return usedFor(c, x509.KeyUsageCRLSign) }

// usedFor: no key usage means any, one without a bit means none. (crypto/x509 takes the
// second for the first.)
func usedFor(c *x509.Certificate, bits x509.KeyUsage) bool {
	if c.KeyUsage == 0 {
		return !hasExtension(c, idKeyUsage)
	}
	return c.KeyUsage&bits != 0
}

// ForMail reports whether the extended key usage names e-mail, or any purpose (RFC 8550
// §4.4.4); none means any.
func ForMail(c *x509.Certificate) bool {
	return NamesNoPurpose(c) && !EmptyPurposes(c) ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// NamesNoPurpose reports whether no extended key usage is named, in a list or for lack
// of one.
func NamesNoPurpose(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0
}

// EmptyPurposes reports whether there is a list of purposes with none in it: then the
// key is for nothing. (crypto/x509 takes it for one that is for all.)
func EmptyPurposes(c *x509.Certificate) bool {
	return NamesNoPurpose(c) && hasExtension(c, idExtendedKeyUsage)
}

func hasExtension(c *x509.Certificate, id asn1.ObjectIdentifier) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal(id) {
			return true
		}
	}
	return false
}
