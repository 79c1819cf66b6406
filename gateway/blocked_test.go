package gateway

// This file blocks certificates that come from elsewhere than the store.

import (
	"crypto/x509"
	"strings"
	"testing"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/testpki"
)

// TestBlockedCertificateInADirectory: the key of a customer was stolen, and the directory of the
// customer's company still publishes the certificate.
func TestBlockedCertificateInADirectory(t *testing.T) {
	h, d := withDirectory(t)
	h.knows(h.anna)
	h.decide(h.anna, certstore.Blocked)
	d.holds["anna@kunde.example"] = h.anna
	h.refusedNotClear("blocked", h.mailTo("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"), 550)
	list, err := h.g.Explain(t.Context(), "anna@kunde.example")
	if err != nil || len(list) != 2 || list[1].Chosen || !strings.Contains(list[1].Reason, "blocked") {
		t.Errorf("%+v, %v", list, err)
	}
	h.decide(h.anna, certstore.Active)
	if out := h.mailTo("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"); out.Disposition != Accept {
		t.Errorf("activated: %+v", out.Outcome)
	}
}

// TestDirectoryWhereNobodyKnowsOfBlocks: a store that does not answer has not said that a certificate of a
// directory may be used.
func TestDirectoryWhereNobodyKnowsOfBlocks(t *testing.T) {
	d := &directory{holds: map[string]*testpki.Cert{}}
	h := newHouse(t, func(o *Options) {
		o.Sources = []lookup.Source{d}
		o.Store = unreadable{o.Store}
	})
	d.holds["anna@kunde.example"] = h.anna
	h.refusedNotClear("silent", h.mailTo("anna@kunde.example", "X-SMIME-Encrypt: if-possible\r\n"), 451)
}

// TestBlockedArchive: the archive's key was stolen. The customer gets the mail, and it nothing.
func TestBlockedArchive(t *testing.T) {
	archive := domainCert(t)
	h := newHouse(t, func(o *Options) { o.Outbound.Archive = []*x509.Certificate{archive.Certificate} })
	h.knows(h.anna)
	out := h.mailTo("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n")
	if shown, _, _ := h.readCopy(out.text[0], archive); !strings.Contains(shown, "the secret text") {
		t.Error("the archive cannot read it")
	}
	h.knows(archive)
	h.decide(archive, certstore.Blocked)
	out = h.mailTo("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n")
	if out.Disposition != Accept {
		t.Fatalf("%+v", out.Outcome)
	}
	if shown, _, _ := h.readCopy(out.text[0], archive); strings.Contains(shown, "the secret text") {
		t.Error("who has the archive's blocked key reads the mail")
	}
	if shown, _, _ := h.readCopy(out.text[0], h.anna); !strings.Contains(shown, "the secret text") {
		t.Error("anna cannot read it")
	}
}
