package gateway

// This file tests verdicts at their edges: what a second signer, an old mail, a
// certificate for signatures only, or a failing store must not bring about.

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// TestMalformedSignerOfAnother: a SignerInfo that lacks its messageDigest is not
// passed over because another one is good.
func TestMalformedSignerOfAnother(t *testing.T) {
	h := newHouse(t)
	bob := h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}})
	text := h.signedByAll([]*testpki.Cert{h.anna, bob}, func(der []byte) {
		messageDigest := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04}
		der[bytes.LastIndex(der, messageDigest)+len(messageDigest)-1] = 0x7f
	})
	if got := h.header(h.process(toSupport, text).text[0], "X-SMIME-Signature"); got != "malformed" {
		t.Errorf("%q", got)
	}
}

// TestSignatureAroundCiphertextIsPartialAtBest, also by who has no good certificate:
// whoever has none would else escape what [on] says of partial.
func TestSignatureAroundCiphertextIsPartialAtBest(t *testing.T) {
	h := newHouse(t)
	sealed := h.sealed("", plainText, h.support)
	for name, by := range map[string]*testpki.Cert{
		"valid":     h.anna,
		"expired":   h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}),
		"untrusted": testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}}),
	} {
		if got := h.header(h.process(toSupport, h.signed(by, fromAnna, sealed)).text[0], "X-SMIME-Signature"); got != "partial" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestOldMailIsSaid: a signature of long ago is said, whatever the Date pretends.
func TestOldMailIsSaid(t *testing.T) {
	h := newHouse(t)
	long := time.Now().AddDate(0, -2, 0)
	date := func(at time.Time) string { return "Date: " + at.Format(time.RFC1123Z) + "\r\n" }
	for name, k := range map[string]struct {
		dates  string
		signed time.Time
		said   bool
	}{
		"today":             {date(time.Now()), time.Now(), false},
		"no Date, today":    {"", time.Now(), false},
		"old, said so":      {date(long), long, false},
		"another Date":      {date(time.Now()), long, true},
		"no Date":           {"", long, true},
		"unreadable Date":   {"Date: yesterday\r\n", long, true},
		"two Dates":         {date(long) + date(time.Now()), long, true},
		"two Dates, turned": {date(time.Now()) + date(long), long, true},
	} {
		text := h.signed(h.anna, k.dates+fromAnna, plainText, func(s *cms.Signer) { s.SigningTime = k.signed })
		status := h.header(h.process(toSupport, text).text[0], "X-SMIME-Status")
		if said := strings.Contains(status, english.notes[verdict.NoteSigningTime]); said != k.said {
			t.Errorf("%s: %q", name, status)
		}
	}
}

// TestSenderElsewhereIsSaid (RFC 8550 §3): From decides, another Sender is named.
func TestSenderElsewhereIsSaid(t *testing.T) {
	h := newHouse(t)
	for sender, want := range map[string]bool{"": false, "Sender: Anna <ANNA@kunde.example>\r\n": false, "Sender: eve@evil.example\r\n": true, "Sender: @\r\n": true} {
		out := h.process(toSupport, h.signed(h.anna, sender+fromAnna, plainText))
		if got := h.header(out.text[0], "X-SMIME-Signature"); got != "valid" {
			t.Errorf("%q: %s", sender, got)
		}
		if status := h.header(out.text[0], "X-SMIME-Status"); strings.Contains(status, english.notes[verdict.NoteSender]) != want {
			t.Errorf("%q: %q", sender, status)
		}
	}
}

// dead is a store of which the part that is set fails.
type dead struct {
	Store
	fingerprint, address error
}

func (d *dead) ByIdentity(ctx context.Context, fp [32]byte) (*certstore.Record, error) {
	if d.fingerprint != nil {
		return nil, d.fingerprint
	}
	return d.Store.ByIdentity(ctx, fp)
}

func (d *dead) ByAddress(ctx context.Context, a string) ([]*certstore.Record, error) {
	if d.address != nil {
		return nil, d.address
	}
	return d.Store.ByAddress(ctx, a)
}

// TestBrokenStoreIsNoVerdict: our own fault keeps a signed mail with its sender, and is
// never an answer for good.
func TestBrokenStoreIsNoVerdict(t *testing.T) {
	fault := errors.New("disk on fire")
	for _, d := range []*dead{{fingerprint: fault}, {address: fault}} { // to judge, to harvest
		h := newHouse(t, func(o *Options) {
			o.On = Actions{"no_certificate": RejectMail, "unsupported": RejectMail, "revocation_unknown": RejectMail}
			d.Store = o.Store
			o.Store = d
		})
		msg := h.file(h.signed(h.anna, fromAnna, plainText))
		defer msg.Close()
		out, err := h.g.Process(t.Context(), toSupport, msg)
		if !errors.Is(err, fault) {
			t.Errorf("%+v: %+v, %v", d, out, err)
		}
	}
}

// TestReplayedMailProvesNothingNew: an old mail that is sent again does not bring an
// old certificate, or old capabilities, back into use.
func TestReplayedMailProvesNothingNew(t *testing.T) {
	now := time.Now()
	h := newHouse(t, func(o *Options) { o.Now = func() time.Time { return now } })
	year := testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048", NotBefore: now.AddDate(-1, 0, 0)}
	first, second := h.pki.Issue(year), h.pki.Issue(year)
	mail := func(by *testpki.Cert, at time.Time, caps ...cms.Capability) string {
		return h.signed(by, fromAnna, plainText, func(s *cms.Signer) { s.SigningTime, s.Capabilities = at, caps })
	}
	old := mail(first, now.AddDate(0, -5, 0))
	h.process(toSupport, old)
	h.process(toSupport, mail(second, now.AddDate(0, -1, 0)))
	h.process(toSupport, mail(second, now, cms.OwnCapabilities()...))
	now = now.Add(25 * time.Hour)
	for _, text := range []string{old, mail(second, now.AddDate(0, -1, 0))} {
		h.process(toSupport, text)
		c := h.g.finder.Find(t.Context(), "anna@kunde.example")["anna@kunde.example"].Best
		if c == nil || !c.Certificate.Equal(second.Certificate) || c.Cipher() != lookup.GCM {
			t.Errorf("after the old mail: %+v", c)
		}
	}
}

// TestProofTime: what a signer says of its time counts as far as it can be true.
func TestProofTime(t *testing.T) {
	now := time.Now()
	before := now.AddDate(-1, 0, 0)
	for _, k := range []struct{ signed, want time.Time }{
		{time.Time{}, now}, {now.Add(time.Hour), now}, {now.Add(-underWay + time.Second), now}, {now.Add(-time.Hour), now.Add(-time.Hour)}, {before.AddDate(-1, 0, 0), before},
	} {
		if got := proofTime(k.signed, before, now); !got.Equal(k.want) {
			t.Errorf("signed %v: %v, want %v", k.signed, got, k.want)
		}
	}
}

// TestKeyForSignaturesOnly: a later certificate that nobody can encrypt to does not
// stand in the way of an earlier one.
func TestKeyForSignaturesOnly(t *testing.T) {
	h := newHouse(t)
	h.process(toSupport, h.signed(h.anna, fromAnna, plainText, func(s *cms.Signer) { s.SigningTime = time.Now().Add(-time.Hour) }))
	for _, usage := range []string{"none", "keyAgreement"} {
		o := testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "ed25519"}
		if usage == "keyAgreement" {
			o.Usage = 1<<4 | 1 // keyAgreement and digitalSignature
		}
		if got := h.header(h.process(toSupport, h.signed(h.pki.Issue(o), fromAnna, plainText)).text[0], "X-SMIME-Signature"); got != "valid" {
			t.Fatalf("%s: %s", usage, got)
		}
		c := h.g.finder.Find(t.Context(), "anna@kunde.example")["anna@kunde.example"].Best
		if c == nil || !c.Certificate.Equal(h.anna.Certificate) {
			t.Errorf("%s: %+v", usage, c)
		}
	}
}

// TestAuthorityOfTheSameName is another one.
func TestAuthorityOfTheSameName(t *testing.T) {
	twin := testpki.New(t)
	h := newHouse(t, func(o *Options) { o.Inbound.OnKeyChange = PendingKeyChange })
	check, err := trust.New(trust.Options{Roots: []*x509.Certificate{h.pki.Root.Certificate, twin.Root.Certificate}, AcceptAny: true, Revocation: trust.Off})
	if err != nil {
		t.Fatal(err)
	}
	h.o.Trust = check
	if h.g, err = New(h.o); err != nil {
		t.Fatal(err)
	}
	h.process(toSupport, h.signed(h.anna, fromAnna, plainText))
	renewed, other := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}}), twin.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}})
	for c, want := range map[*testpki.Cert]certstore.State{renewed: certstore.Active, other: certstore.Pending} {
		h.process(toSupport, h.signed(c, fromAnna, plainText))
		if r, err := h.store.ByIdentity(t.Context(), identity(c)); err != nil || r.State != want {
			t.Errorf("%+v, %v, want %s", r, err, want)
		}
	}
}

// TestSignedButNoMail: a receipt, a time stamp and their like are named and delivered
// as they came. They are never valid, since nothing of what is shown is signed.
func TestSignedButNoMail(t *testing.T) {
	h := newHouse(t)
	for id, name := range map[string]string{"1.2.840.113549.1.9.16.1.1": "a receipt", "1.2.840.113549.1.9.16.1.4": "a time stamp"} {
		mail := h.opensslSigned([]*testpki.Cert{h.anna}, nil, "-nodetach", "-econtent_type", id)
		text := h.process(toSupport, mail).text[0]
		_, body, _ := strings.Cut(mail, "\r\n\r\n")
		if h.header(text, "X-SMIME-Signature") != "partial" || !strings.Contains(h.header(text, "X-SMIME-Cause"), name) || !strings.Contains(text, body) {
			t.Errorf("%s: %s", name, text)
		}
	}
	other := h.opensslSigned([]*testpki.Cert{h.sales}, nil, "-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.1")
	if got := h.header(h.process(toSupport, other).text[0], "X-SMIME-Signature"); got != "mismatch" {
		t.Errorf("by another: %s", got)
	}
}
