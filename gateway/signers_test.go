package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
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
