package gateway

// This file sends S/MIME that is larger than is read here, and is not malformed for it.

import (
	"context"
	"crypto/x509"
	"strings"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// TestUnreadIsNotMalformed: a signature with 65 certificates is unchecked,
// and the reason says why.
func TestUnreadIsNotMalformed(t *testing.T) {
	h := newHouse(t)
	signer := cms.Signer{Certificate: h.anna.Certificate, Key: h.anna.Key}
	var bag []*x509.Certificate
	for range 64 {
		bag = append(bag, h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}}).Certificate)
	}
	signed, err := smime.Sign(context.Background(), h.entity(plainText), smime.SignOptions{Signer: signer, Chain: bag, Spool: h.o.Spool, Unprepared: true})
	if err != nil {
		t.Fatal(err)
	}
	text := h.whole(fromAnna, signed)
	h.o.On = Actions{"unsupported": QuarantineMail}
	if h.g, err = New(h.o); err != nil {
		t.Fatal(err)
	}
	if out := h.process(toSupport, text); out.Disposition != Quarantine {
		t.Errorf("65 certificates, and [on] unsupported: %v", out.Disposition)
	}
	ticket := h.process(toSupport, text).text[0]
	if got := h.header(ticket, "X-SMIME-Signature"); got != "unchecked" {
		t.Errorf("65 certificates: %s", got)
	}
	if got := h.header(ticket, "X-SMIME-Cause"); !strings.Contains(got, "more than 64 certificates") {
		t.Errorf("65 certificates: %s", got)
	}
}
