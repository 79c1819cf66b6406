// Serial numbers that RFC 5280 §4.1.2.2 forbids and some authorities issue.

package revocation

import (
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/trust"
)

// renumbered is c under another serial number, made of its own.
func renumbered(t *testing.T, c *testpki.Cert, change func(serial string) string) *testpki.Cert {
	t.Helper()
	der, err := asn1.Marshal(c.Certificate.SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.WithOctets(string(der), change(string(der)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRevokedByOddNumber: a list names a certificate by the number itself. A negative one
// was compared without its sign, so that the certificate stayed valid (PKITS 4.4.15).
func TestRevokedByOddNumber(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"negative":      func(s string) string { return s[:2] + "\x80" + s[3:] },
		"leading zeros": func(s string) string { return s[:2] + "\x00\x00" + s[4:] },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t)
			revoked := renumbered(t, s.person("crl"), change)
			neighbour := s.person("crl")
			now := time.Now()
			s.crl = s.listOf(now.Add(-time.Hour), now.Add(24*time.Hour), revoked)
			c := s.clocked(trust.Hard, newMemory())
			if res := c.verdictInTime(revoked); res.Status != trust.Revoked {
				t.Errorf("%+v", res)
			}
			if res := c.verdictInTime(neighbour); res.Status != trust.Valid {
				t.Errorf("its neighbour: %+v", res)
			}
		})
	}
}

// TestNumbersApart: a number and its negative are two, in lists and in what is remembered.
func TestNumbersApart(t *testing.T) {
	s := newServices(t)
	negative := renumbered(t, s.person(), func(n string) string { return n[:2] + "\xff" + n[3:] }).Certificate
	positive := *negative
	positive.SerialNumber = new(big.Int).Neg(negative.SerialNumber)
	if positive.SerialNumber.Sign() < 0 || shortNumber(negative.SerialNumber) == shortNumber(positive.SerialNumber) {
		t.Errorf("%v and %v are one on a list", negative.SerialNumber, positive.SerialNumber)
	}
	root := s.pki.Root.Certificate
	if answerKey(negative, root) == answerKey(&positive, root) {
		t.Error("they are one in what is remembered")
	}
}
