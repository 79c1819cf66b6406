// What a certificate says that its key is for (RFC 5280 §4.2.1.3, §4.2.1.12).

package spki

import (
	"crypto/x509"
	"slices"
)

// MayEncrypt tells whether the key usage lets others encrypt to the key (RFC 8550
// §4.4.2); none means any.
func MayEncrypt(c *x509.Certificate) bool {
	return c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageKeyEncipherment|x509.KeyUsageKeyAgreement) != 0
}

// ForMail tells whether the extended key usage names e-mail, or any purpose (RFC 8550
// §4.4.4); none means any.
func ForMail(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}
