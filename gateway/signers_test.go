package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/smime/cms"
)

// TestSeveralSigners: those of the From address decide, the worst of them counts;
// others are listed; a broken signature of anybody makes it invalid.
func TestSeveralSigners(t *testing.T) {
	h := newHouse(t)
	bob := h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}})
	stranger := testpki.New(t).Issue(testpki.Options{Addresses: []string{"eve@evil.example"}})
	old := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, -1, 0)})
	for name, k := range map[string]struct {
		by     []*testpki.Cert
		broken bool
		want   string
	}{
		"anna and bob":             {[]*testpki.Cert{h.anna, bob}, false, "valid"},
		"anna and a stranger":      {[]*testpki.Cert{h.anna, stranger}, false, "valid"},
		"anna twice, one expired":  {[]*testpki.Cert{h.anna, old}, false, "expired"},
		"bob and a stranger":       {[]*testpki.Cert{bob, stranger}, false, "mismatch"},
		"anna and bob, one broken": {[]*testpki.Cert{h.anna, bob}, true, "invalid"},
		"anna and a broken one":    {[]*testpki.Cert{stranger, h.anna}, true, "invalid"},
	} {
		text := h.signedByAll(k.by, func(der []byte) {
			if k.broken {
				der[len(der)-1] ^= 1 // of the last SignerInfo's signature
			}
		})
		if got := h.header(h.process(toSupport, text).text[0], "X-SMIME-Signature"); got != k.want {
			t.Errorf("%s: %s, want %s", name, got, k.want)
		}
	}
}

// signedByAll is an opaque signature of several, changed afterwards.
func (h *house) signedByAll(by []*testpki.Cert, change func(der []byte)) string {
	h.t.Helper()
	var signers []cms.Signer
	for _, c := range by {
		signers = append(signers, cms.Signer{Certificate: c.Certificate, Key: c.Key, SigningTime: time.Now()})
	}
	var der bytes.Buffer
	content := strings.NewReader(plainText)
	if err := cms.Sign(context.Background(), &der, content, int64(content.Len()), cms.SignOptions{Signers: signers}); err != nil {
		h.t.Fatal(err)
	}
	change(der.Bytes())
	return fromAnna + "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(der.Bytes()) + "\r\n"
}

// TestWorstOfTheSameAddress: of two signatures of the From address the worse one counts,
// whichever stands first, opaque, beside the text, and within another signature.
func TestWorstOfTheSameAddress(t *testing.T) {
	h := newHouse(t)
	stranger := testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	old := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048", NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, -1, 0)})
	bob := h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}, Key: "rsa-2048"})
	for name, k := range map[string]struct {
		other *testpki.Cert
		want  string
	}{
		"untrusted": {stranger, "untrusted"}, "expired": {old, "expired"}, "another's": {bob, "valid"},
	} {
		for order, by := range map[string][]*testpki.Cert{"before": {k.other, h.anna}, "behind": {h.anna, k.other}} {
			for form, text := range map[string]string{
				"opaque":   h.signedByAll(by, func([]byte) {}),
				"detached": fromAnna + h.detachedByAll(by),
				"nested":   h.signed(h.anna, fromAnna, h.detachedByAll(by)),
			} {
				out := h.process(toSupport, text)
				if got := h.header(out.text[0], "X-SMIME-Signature"); got != k.want {
					t.Errorf("%s, %s, %s: %s, want %s (%s)", name, order, form, got, k.want, h.header(out.text[0], "X-SMIME-Reason"))
				}
			}
		}
	}
}

// TestUncheckedBesideTheSameAddress: beside a checked signature of the From address, one
// that names a certificate which the mail does not have, or is of an algorithm that
// nobody knows, is reported only (design, the rule for several signers); alone it is
// not valid. X-SMIME-Signer names the one that decided.
func TestUncheckedBesideTheSameAddress(t *testing.T) {
	h := newHouse(t)
	also := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "p256"}) // the other key is of RSA
	for name, change := range map[string]func(der []byte){
		"without a certificate":   func(der []byte) { spoil(t, der, bytes.Index(der, also.Certificate.SerialNumber.Bytes())) },
		"of an unknown algorithm": func(der []byte) { spoil(t, der, bytes.LastIndex(der, ecdsaArc)+len(ecdsaArc)) },
	} {
		for order, by := range map[string][]*testpki.Cert{"before": {also, h.anna}, "behind": {h.anna, also}, "alone": {also}} {
			out := h.process(toSupport, h.signedByAll(by, change))
			want := "valid"
			if order == "alone" {
				want = "unchecked"
			}
			if got := h.header(out.text[0], "X-SMIME-Signature"); got != want {
				t.Errorf("%s, %s: %s, want %s (%s)", name, order, got, want, h.header(out.text[0], "X-SMIME-Reason"))
			}
			decided := strings.Contains(h.header(out.text[0], "X-SMIME-Signer"), fmt.Sprintf("%x", sha256.Sum256(h.anna.Certificate.Raw)))
			if decided != (order != "alone") {
				t.Errorf("%s, %s: signed by %s", name, order, h.header(out.text[0], "X-SMIME-Signer"))
			}
		}
	}
}

// ecdsaArc is what the object identifiers of ECDSA begin with (RFC 5758 §3.2).
var ecdsaArc = []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 4}

// spoil changes one octet so that its value is one that nothing else has.
func spoil(t *testing.T, der []byte, at int) {
	t.Helper()
	if at < 0 {
		t.Fatal("nothing to change")
	}
	der[at] ^= 0x30
}

// detachedByAll is a multipart/signed of several.
func (h *house) detachedByAll(by []*testpki.Cert) string {
	h.t.Helper()
	var signers []cms.Signer
	for _, c := range by {
		signers = append(signers, cms.Signer{Certificate: c.Certificate, Key: c.Key, SigningTime: time.Now()})
	}
	var der bytes.Buffer
	content := strings.NewReader(plainText)
	if err := cms.Sign(h.t.Context(), &der, content, int64(content.Len()), cms.SignOptions{Signers: signers, Detached: true}); err != nil {
		h.t.Fatal(err)
	}
	return "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"bb\"\r\n\r\n--bb\r\n" + plainText +
		"\r\n--bb\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(der.Bytes()) + "\r\n--bb--\r\n"
}
