package gateway

// This file tests certificates that somebody has given another outside: what stands
// around TBSCertificate is signed by nobody.

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"

	"sealgate/certstore"
	"sealgate/internal/testpki"
)

// certificateFrame is Certificate (RFC 5280 §4.1).
type certificateFrame struct {
	TBS       asn1.RawValue
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

// withOutside is c in another form, which must hold as before.
func withOutside(t *testing.T, c *testpki.Cert, der []byte) *testpki.Cert {
	t.Helper()
	changed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if changed.Equal(c.Certificate) || changed.CheckSignatureFrom(c.Issuer.Certificate) != nil {
		t.Fatal("the test's certificate is the same, or does not hold")
	}
	return &testpki.Cert{Certificate: changed, Key: c.Key, Issuer: c.Issuer}
}

// withOtherS has n-s for the s of the authority's ECDSA signature.
func withOtherS(t *testing.T, c *testpki.Cert) *testpki.Cert {
	t.Helper()
	var signature struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(c.Certificate.Signature, &signature); err != nil {
		t.Fatal(err)
	}
	order := c.Issuer.Key.Public().(*ecdsa.PublicKey).Params().N
	signature.S.Sub(order, signature.S)
	bits, err := asn1.Marshal(signature)
	if err != nil {
		t.Fatal(err)
	}
	var frame certificateFrame
	if _, err := asn1.Unmarshal(c.Certificate.Raw, &frame); err != nil {
		t.Fatal(err)
	}
	frame.Signature = asn1.BitString{Bytes: bits, BitLength: 8 * len(bits)}
	der, err := asn1.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	return withOutside(t, c, der)
}

// withOctetsBehind has one more element behind the signature.
func withOctetsBehind(t *testing.T, c *testpki.Cert) *testpki.Cert {
	t.Helper()
	var outer asn1.RawValue
	if _, err := asn1.Unmarshal(c.Certificate.Raw, &outer); err != nil {
		t.Fatal(err)
	}
	outer.FullBytes = nil
	outer.Bytes = append(slices.Clone(outer.Bytes), 4, 1, 'x')
	der, err := asn1.Marshal(outer)
	if err != nil {
		t.Fatal(err)
	}
	return withOutside(t, c, der)
}

// TestBlockedCertificateInAnotherForm: a block holds for the certificate, whatever
// stands around what its authority has signed: n-s for the s of its ECDSA signature,
// or octets behind it.
func TestBlockedCertificateInAnotherForm(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *testpki.Cert) *testpki.Cert{"n-s": withOtherS, "octets behind": withOctetsBehind} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.process(toSupport, h.signed(h.anna, fromAnna, plainText))
			h.decide(h.anna, certstore.Blocked)
			text := h.process(toSupport, h.signed(change(t, h.anna), fromAnna, plainText)).text[0]
			if got := h.header(text, "X-SMIME-Signature"); got != "untrusted" {
				t.Errorf("after the block: %s", got)
			}
			list, err := h.store.ByAddress(t.Context(), "anna@kunde.example")
			if err != nil || len(list) != 1 || list[0].State != certstore.Blocked {
				t.Errorf("the store holds %d records of it, %v", len(list), err)
			}
			if found := h.g.certificateFor(t.Context(), "anna@kunde.example").best; found != nil {
				t.Errorf("it is encrypted to: %+v", found)
			}
		})
	}
}
