package gateway

// This file tests certificates that somebody has given another outside: what stands
// around TBSCertificate is signed by nobody.

import (
	"encoding/asn1"
	"slices"
	"testing"

	"sealgate/certstore"
	"sealgate/internal/testpki"
)

// withOtherS has n-s for the s of the authority's ECDSA signature.
func withOtherS(t *testing.T, c *testpki.Cert) *testpki.Cert { return c.WithOtherS(t) }

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
	return c.WithOutside(t, der)
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
			if found := h.g.finder.Find(t.Context(), "anna@kunde.example")["anna@kunde.example"].Best; found != nil {
				t.Errorf("it is encrypted to: %+v", found)
			}
		})
	}
}
