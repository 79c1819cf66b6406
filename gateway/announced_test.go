package gateway

// This file lets signers announce another certificate to encrypt to
// (smimeEncryptionKeyPreference, RFC 8551 §2.5.3).

import (
	"bytes"
	"context"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// announcing is anna's mail that names another certificate to encrypt to, and brings
// the authorities above it.
func (h *house) announcing(by, other *testpki.Cert) string {
	h.t.Helper()
	e, err := smime.Sign(context.Background(), h.entity(plainText), smime.SignOptions{
		Chain: other.Chain(), Spool: h.o.Spool, Unprepared: true,
		Signer: cms.Signer{Certificate: by.Certificate, Key: by.Key, SigningTime: time.Now(), EncryptionCertificate: other.Certificate},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.whole(fromAnna, e)
}

// TestAnnouncedCertificate: one that is good on its own account, for the very address
// of the signer, is stored with its own chain and encrypted to; in the place of any
// other the signer's own is stored, and nothing under a stranger's address.
func TestAnnouncedCertificate(t *testing.T) {
	h := newHouse(t)
	const anna, bob = "anna@kunde.example", "bob@kunde.example"
	signer := h.pki.Issue(testpki.Options{Addresses: []string{anna}, Usage: x509.KeyUsageDigitalSignature})
	sub := h.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	long := time.Now().Add(-48 * time.Hour)
	encrypts := x509.KeyUsageKeyEncipherment
	for name, k := range map[string]struct {
		by   *testpki.Cert
		o    testpki.Options
		used bool
	}{
		"hers":                     {sub, testpki.Options{Addresses: []string{anna}, Usage: encrypts}, true},
		"hers, of the root":        {h.pki.Root, testpki.Options{Addresses: []string{anna}, Usage: encrypts}, true},
		"hers beside another":      {sub, testpki.Options{Addresses: []string{bob, anna}, Usage: encrypts}, true},
		"a stranger's":             {sub, testpki.Options{Addresses: []string{bob}, Usage: encrypts}, false},
		"of an unknown authority":  {testpki.New(t).Root, testpki.Options{Addresses: []string{anna}, Usage: encrypts}, false},
		"expired":                  {sub, testpki.Options{Addresses: []string{anna}, Usage: encrypts, NotBefore: long, NotAfter: long.Add(time.Hour)}, false},
		"for signatures":           {sub, testpki.Options{Addresses: []string{anna}, Usage: x509.KeyUsageDigitalSignature}, false},
		"for servers":              {sub, testpki.Options{Addresses: []string{anna}, Usage: encrypts, EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, false},
		"with a key of 1024 bits":  {sub, testpki.Options{Addresses: []string{anna}, Usage: encrypts, Key: "rsa-1024"}, false},
		"hers, and an authority's": {sub, testpki.Options{Addresses: []string{anna}, CA: true}, false},
	} {
		if k.o.Key == "" {
			k.o.Key = "rsa-2048"
		}
		other := h.pki.Under(k.by, k.o)
		if got := h.header(h.process(toSupport, h.announcing(signer, other)).text[0], "X-SMIME-Signature"); got != "valid" {
			t.Errorf("%s: %s", name, got)
		}
		want := signer
		if k.used {
			want = other
		}
		list := h.stored(anna)
		if len(list) != 1 || !bytes.Equal(list[0].DER, want.Certificate.Raw) {
			t.Errorf("%s: stored %+v", name, list)
		} else if above := list[0].Intermediates; k.used && k.by == sub && (len(above) != 1 || !bytes.Equal(above[0], sub.Certificate.Raw)) {
			t.Errorf("%s: stored with %d authorities", name, len(above))
		}
		if list := h.stored(bob); len(list) > 0 {
			t.Errorf("%s: stored for a stranger: %+v", name, list)
		}
		out := h.process(outboundTo(anna), fromSupport(anna, "X-SMIME-Encrypt: yes\r\n"+plainText))
		if !k.used && (out.Disposition != Reject || out.Reply.Code != 550) {
			t.Errorf("%s: encrypted to: %+v", name, out.Outcome)
		}
		if k.used {
			if shown, _, m := h.readCopy(out.text[0], other); m.Undecryptable != nil || !strings.Contains(shown, "the secret text") || strings.Contains(out.text[0], "the secret text") {
				t.Errorf("%s: not for its key:\n%s", name, out.text[0])
			}
		}
		for _, c := range []*testpki.Cert{signer, other} {
			h.store.Delete(context.Background(), identity(c))
		}
	}
}

func (h *house) stored(addr string) []*certstore.Record {
	h.t.Helper()
	list, err := h.store.ByAddress(context.Background(), addr)
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}
