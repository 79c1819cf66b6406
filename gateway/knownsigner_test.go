package gateway

// This file signs mails that do not bring the signer's certificate along (RFC 5652 §5.1 lets
// a sender leave it out).

import (
	"context"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/internal/testpki"
)

// imported is a record as cert import makes it.
func imported(c *testpki.Cert, state certstore.State) *certstore.Record {
	now := time.Now()
	x := c.Certificate
	r := &certstore.Record{
		DER: x.Raw, Identity: certstore.Identity(x), Fingerprint: sha256.Sum256(x.Raw), Addresses: x.EmailAddresses,
		KeyUsage: x.KeyUsage, NotBefore: x.NotBefore, NotAfter: x.NotAfter,
		FirstSeen: now, LastSeen: now, ProofTime: now, Source: certstore.Imported, State: state,
	}
	for by := c.Issuer; by.Issuer != nil; by = by.Issuer {
		r.Intermediates = append(r.Intermediates, by.Certificate.Raw)
	}
	return r
}

// TestSignerCertificateNotInTheMail: it is found among what was harvested, imported or
// pinned for From, with its authorities, by either name; what an admin has said of it holds.
func TestSignerCertificateNotInTheMail(t *testing.T) {
	const anna = "anna@kunde.example"
	keyID := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 14}, Value: append([]byte{4, 20}, make([]byte, 20)...)}
	for name, k := range map[string]struct {
		state certstore.State // "": unknown
		more  []string
		want  string
	}{
		"unknown":                   {"", nil, "unchecked"},
		"imported":                  {certstore.Active, nil, "valid"},
		"imported, opaque":          {certstore.Active, []string{"-nodetach"}, "valid"},
		"imported, by key":          {certstore.Active, []string{"-keyid"}, "valid"},
		"imported, without digests": {certstore.Active, []string{"-noattr"}, "valid"},
		"pinned":                    {certstore.Pinned, nil, "valid"},
		"blocked":                   {certstore.Blocked, nil, "untrusted"},
	} {
		h := newHouse(t)
		sub := h.pki.Issue(testpki.Options{Name: "Sub", CA: true})
		c := h.pki.Under(sub, testpki.Options{Addresses: []string{anna}, Key: "rsa-2048", Extra: []pkix.Extension{keyID}})
		if k.state != "" {
			r := imported(c, certstore.Active)
			if err := h.store.Put(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			if err := h.store.SetState(context.Background(), r.Identity, k.state); err != nil {
				t.Fatal(err)
			}
		}
		mail := h.opensslSigned([]*testpki.Cert{c}, nil, append(k.more, "-nocerts")...)
		if got := h.header(h.process(toSupport, mail).text[0], "X-SMIME-Signature"); got != k.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestHarvestedSignerIsKnown: the first mail brings the certificate, the next one does not.
func TestHarvestedSignerIsKnown(t *testing.T) {
	h := newHouse(t)
	h.process(toSupport, h.signed(h.anna, fromAnna, plainText))
	mail := h.opensslSigned([]*testpki.Cert{h.anna}, nil, "-nocerts")
	if got := h.header(h.process(toSupport, mail).text[0], "X-SMIME-Signature"); got != "valid" {
		t.Error(got)
	}
	changed := strings.Replace(mail, "secret", "forged", 1)
	if got := h.header(h.process(toSupport, changed).text[0], "X-SMIME-Signature"); got != "invalid" {
		t.Errorf("changed: %s", got)
	}
	if list := h.stored("anna@kunde.example"); len(list) != 1 {
		t.Errorf("%d records", len(list))
	}
}

// TestOnlyTheSendersCertificateIsKnown: one that is known for another address is not looked
// at, whoever signed.
func TestOnlyTheSendersCertificateIsKnown(t *testing.T) {
	h := newHouse(t)
	bob := h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}, Key: "rsa-2048"})
	if err := h.store.Put(context.Background(), imported(bob, certstore.Active)); err != nil {
		t.Fatal(err)
	}
	mail := h.opensslSigned([]*testpki.Cert{bob}, nil, "-nocerts") // From: anna
	if got := h.header(h.process(toSupport, mail).text[0], "X-SMIME-Signature"); got != "unchecked" {
		t.Error(got)
	}
}

// silentStore knows nobody, because it does not answer.
type silentStore struct{ Store }

func (s silentStore) ByAddress(context.Context, string) ([]*certstore.Record, error) {
	return nil, errors.New("the disk is gone")
}

// TestSilentStoreIsNoVerdict: when the store cannot say whether it has the certificate, the
// mail stays with Postfix.
func TestSilentStoreIsNoVerdict(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Store = silentStore{o.Store} })
	mail := h.opensslSigned([]*testpki.Cert{h.anna}, nil, "-nocerts")
	msg := h.file(mail)
	defer msg.Close()
	out, err := h.g.Process(context.Background(), toSupport, msg)
	if err == nil && out.Disposition != TempFail {
		t.Errorf("%+v", out)
	}
}
