package gateway

// This file lets signers bring a certificate for encryption beside the signature, with
// nothing under the signature that names it (RFC 8551 §2.5.3.1).

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// annasName is the subject of all of anna's certificates, as authorities write it.
var annasName = &pkix.Name{CommonName: "Anna", Organization: []string{"Kunde"}}

// beside is anna's mail that brings other certificates along, which nothing names.
func (h *house) beside(by *testpki.Cert, others ...*testpki.Cert) string {
	h.t.Helper()
	var bag []*x509.Certificate
	for _, c := range others {
		bag = append(bag, c.Certificate)
		bag = append(bag, c.Chain()...)
	}
	e, err := smime.Sign(context.Background(), h.entity(plainText), smime.SignOptions{
		Chain: bag, Spool: h.o.Spool, Unprepared: true,
		Signer: cms.Signer{Certificate: by.Certificate, Key: by.Key, SigningTime: time.Now()},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.whole(fromAnna, e)
}

// trusting is a house that trusts a second authority, and asks an admin when a correspondent
// changes from one to another.
func trusting(t *testing.T, other *testpki.PKI) *house {
	h := newHouse(t, func(o *Options) { o.Inbound.OnKeyChange = PendingKeyChange })
	check, err := trust.New(trust.Options{
		Roots: []*x509.Certificate{h.pki.Root.Certificate, other.Root.Certificate}, AcceptAny: true, Revocation: trust.Off,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.o.Trust = check
	if h.g, err = New(h.o); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestSeparateCertificates: of a signer who cannot be encrypted to, the certificate for
// encryption beside the signature is stored when it is his on its own account; any other is
// not, and one of another authority waits for the admin.
func TestSeparateCertificates(t *testing.T) {
	const anna, bob = "anna@kunde.example", "bob@kunde.example"
	encrypts := x509.KeyUsageKeyEncipherment
	twin := testpki.New(t)
	hers := testpki.Options{Addresses: []string{anna}, DN: annasName, Usage: encrypts, Key: "rsa-2048"}
	with := func(change func(*testpki.Options)) testpki.Options {
		o := hers
		change(&o)
		return o
	}
	for name, k := range map[string]struct {
		by   *testpki.Cert // nil: the root of the signer
		o    testpki.Options
		want certstore.State // "": the signer's own is stored
	}{
		"hers":                    {nil, hers, certstore.Active},
		"of another authority":    {twin.Root, hers, certstore.Pending},
		"of an unknown authority": {testpki.New(t).Root, hers, ""},
		"of another subject":      {nil, with(func(o *testpki.Options) { o.DN = &pkix.Name{CommonName: "Eve"} }), ""},
		"of another address":      {nil, with(func(o *testpki.Options) { o.Addresses = []string{bob} }), ""},
		"for signatures":          {nil, with(func(o *testpki.Options) { o.Usage = x509.KeyUsageDigitalSignature }), ""},
		"an authority's":          {nil, with(func(o *testpki.Options) { o.CA = true }), ""},
		"weak":                    {nil, with(func(o *testpki.Options) { o.Key = "rsa-1024" }), ""},
		"expired": {nil, with(func(o *testpki.Options) {
			o.NotBefore = time.Now().AddDate(-2, 0, 0)
			o.NotAfter = time.Now().AddDate(-1, 0, 0)
		}), ""},
	} {
		h := trusting(t, twin)
		signer := h.pki.Issue(testpki.Options{Addresses: []string{anna}, DN: annasName, Usage: x509.KeyUsageDigitalSignature})
		if k.by == nil {
			k.by = h.pki.Root
		}
		other := h.pki.Under(k.by, k.o)
		text := h.process(toSupport, h.beside(signer, other)).text[0]
		if got := h.header(text, "X-SMIME-Signature"); got != "valid" {
			t.Errorf("%s: %s", name, got)
		}
		want := signer
		state := certstore.Active
		if k.want != "" {
			want = other
			state = k.want
		}
		list := h.stored(anna)
		if len(list) != 1 || !bytes.Equal(list[0].DER, want.Certificate.Raw) || list[0].State != state {
			t.Errorf("%s: stored %+v", name, list)
		}
		encrypted := h.header(text, "X-SMIME-Reply") == "sign=yes; encrypt=yes"
		if encrypted != (k.want == certstore.Active) {
			t.Errorf("%s: %s", name, h.header(text, "X-SMIME-Reply"))
		}
	}
}

// TestUnsignedBagLeadsNowhere: a bag that was changed on the way does not replace the
// signer's own certificate that can be encrypted to, nor lead back to an older one of hers,
// however many others lie in it.
func TestUnsignedBagLeadsNowhere(t *testing.T) {
	const anna = "anna@kunde.example"
	twin := testpki.New(t)
	hers := func(days int, usage x509.KeyUsage) testpki.Options {
		return testpki.Options{
			Addresses: []string{anna}, DN: annasName, Usage: usage, Key: "rsa-2048", NotBefore: time.Now().AddDate(0, 0, -days),
		}
	}
	h := trusting(t, twin)
	both := h.pki.Issue(hers(3, 0))
	h.process(toSupport, h.beside(both, h.pki.Issue(hers(1, x509.KeyUsageKeyEncipherment))))
	if list := h.stored(anna); len(list) != 1 || !bytes.Equal(list[0].DER, both.Certificate.Raw) {
		t.Errorf("in the place of the signer's own: %+v", list)
	}

	h = trusting(t, twin)
	signer := h.pki.Issue(hers(10, x509.KeyUsageDigitalSignature))
	newer := h.pki.Issue(hers(2, x509.KeyUsageKeyEncipherment))
	older := h.pki.Issue(hers(5, x509.KeyUsageKeyEncipherment))
	h.process(toSupport, h.beside(signer, newer, older))
	h.process(toSupport, h.beside(signer, older))
	for _, r := range h.stored(anna) {
		if bytes.Equal(r.DER, older.Certificate.Raw) {
			t.Errorf("back to an older one")
		}
	}

	h = trusting(t, twin)
	own := h.pki.Issue(hers(2, x509.KeyUsageKeyEncipherment))
	var bag []*testpki.Cert
	for range maxSeparate + 1 {
		bag = append(bag, testpki.New(t).Issue(hers(1, x509.KeyUsageKeyEncipherment)))
	}
	signer = h.pki.Issue(hers(10, x509.KeyUsageDigitalSignature))
	h.process(toSupport, h.beside(signer, append(bag, own)...))
	if !slices.ContainsFunc(h.stored(anna), func(r *certstore.Record) bool { return bytes.Equal(r.DER, own.Certificate.Raw) }) {
		t.Error("hers was hidden behind others of her name")
	}
}
