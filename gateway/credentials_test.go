package gateway

// This file tests which of a mailbox's credentials signs and decrypts, and what goes
// along with its signature.

import (
	"bytes"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/keyring"
	"sealgate/smime"
)

// hold gives the support mailbox these credentials.
func (h *house) hold(certs ...*testpki.Cert) {
	h.ring[0].Credentials = nil
	for _, c := range certs {
		chain := c.Chain()
		h.ring[0].Credentials = append(h.ring[0].Credentials, &keyring.Credential{Certificate: c.Certificate, Key: c.Key, Chain: chain[:len(chain)-1]})
	}
}

// sends is a mail from the support mailbox, signed by whom it holds.
func (h *house) sends() (text string, v *verdict.Verdict, m *smime.Message) {
	h.t.Helper()
	out := h.process(toAnna, fromSupport("anna@kunde.example", "Date: "+time.Now().Format(time.RFC1123Z)+"\r\n"+orderSign+plainText))
	if out.Disposition != Accept {
		h.t.Fatalf("%+v", out.Outcome)
	}
	_, v, m = h.readCopy(out.text[0], h.anna)
	if v.Signature != verdict.SignatureValid {
		h.t.Fatalf("%s %s", v.Signature, v.Reason)
	}
	return out.text[0], v, m
}

// TestRollover: the newest credential that is valid now signs, wherever it stands among
// them; all decrypt.
func TestRollover(t *testing.T) {
	h := newHouse(t)
	day := 24 * time.Hour
	issue := func(from, to time.Duration) *testpki.Cert {
		return h.pki.Issue(testpki.Options{Addresses: []string{"support@firma.example"}, Key: "rsa-2048", NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to)})
	}
	expired, old, newest, next := issue(-400*day, -day), issue(-300*day, day), issue(-day, 300*day), issue(day, 400*day)
	for _, order := range [][]*testpki.Cert{{expired, old, newest, next}, {next, newest, old, expired}, {newest, expired, next, old}} {
		h.hold(order...)
		if _, v, _ := h.sends(); !v.Signer.Signature.Certificate.Equal(newest.Certificate) {
			t.Errorf("signed with the one valid from %s", v.Signer.Signature.Certificate.NotBefore)
		}
		for _, c := range order {
			if text := h.process(toSupport, h.sealed(fromAnna, plainText, c)).text[0]; h.header(text, "X-SMIME-Encryption") != "decrypted" {
				t.Errorf("the key valid from %s does not decrypt", c.Certificate.NotBefore)
			}
		}
	}
}

// TestWhatGoesAlong: the chain without the root, the certificate that the mailbox
// decrypts with, and what we can read.
func TestWhatGoesAlong(t *testing.T) {
	h := newHouse(t)
	between := h.pki.Under(h.pki.Root, testpki.Options{CA: true, Name: "Between"})
	person := func(usage x509.KeyUsage) *testpki.Cert {
		return h.pki.Under(between, testpki.Options{Addresses: []string{"support@firma.example"}, Key: "rsa-2048", Usage: usage})
	}
	signs, decrypts := person(x509.KeyUsageDigitalSignature), person(x509.KeyUsageKeyEncipherment)
	h.hold(signs, decrypts)
	_, v, m := h.sends()
	if s := v.Signer.Signature; !s.Certificate.Equal(signs.Certificate) || !s.EncryptionCertificate.Equal(decrypts.Certificate) || len(s.Capabilities) == 0 {
		t.Errorf("signer %s, to encrypt %v, %d capabilities", s.Certificate.SerialNumber, s.EncryptionCertificate, len(s.Capabilities))
	}
	bag := layerOf(m, smime.SignedDetached).Certificates
	has := func(c *testpki.Cert) bool {
		for _, raw := range bag {
			if bytes.Equal(raw, c.Certificate.Raw) {
				return true
			}
		}
		return false
	}
	if !has(signs) || !has(decrypts) || !has(between) || has(h.pki.Root) || len(bag) != 3 {
		t.Errorf("%d certificates: signer %v, for encryption %v, intermediate %v, root %v", len(bag), has(signs), has(decrypts), has(between), has(h.pki.Root))
	}
}

// TestDigestFitsTheKey (RFC 5753 §2.1.1, RFC 8419 §3), and micalg says so.
func TestDigestFitsTheKey(t *testing.T) {
	h := newHouse(t)
	for key, want := range map[string]string{"rsa-2048": "sha-256", "p256": "sha-256", "p384": "sha-384", "p521": "sha-512", "ed25519": "sha-512"} {
		h.hold(h.pki.Issue(testpki.Options{Addresses: []string{"support@firma.example"}, Key: key}))
		text, v, _ := h.sends()
		if got := v.Signer.Signature.Digest; got != want || !strings.Contains(h.header(text, "Content-Type"), "micalg="+want) {
			t.Errorf("%s: %s, %s", key, got, h.header(text, "Content-Type"))
		}
	}
}

// layerOf is the first layer of a type.
func layerOf(m *smime.Message, kind string) *smime.Layer {
	for i := range m.Layers {
		if m.Layers[i].Type == kind {
			return &m.Layers[i]
		}
	}
	return nil
}
