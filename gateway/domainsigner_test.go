package gateway

// This file lets a partner's gateway sign for all of its domain.

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// believing is a house that takes these certificates for the signers of bank.example.
func believing(t *testing.T, signers ...*testpki.Cert) *house {
	t.Helper()
	h := newHouse(t)
	h.believe(signers...)
	return h
}

func (h *house) believe(signers ...*testpki.Cert) {
	h.t.Helper()
	p := trust.Partner{Domain: "bank.example"}
	for _, c := range signers {
		p.Signers = append(p.Signers, c.Certificate)
	}
	h.judgesBy(trust.Options{
		Roots: []*x509.Certificate{h.pki.Root.Certificate}, AcceptAny: true, Revocation: trust.Off, Partners: []trust.Partner{p},
	})
}

// judgesBy gives the house another trust.
func (h *house) judgesBy(o trust.Options) {
	h.t.Helper()
	check, err := trust.New(o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.o.Trust = check
	h.g, err = New(h.o)
	if err != nil {
		h.t.Fatal(err)
	}
}

// statusFrom is the status of a mail that somebody signs in the name of an address.
func (h *house) statusFrom(from string, by *testpki.Cert) (status, words string) {
	h.t.Helper()
	mail := h.signed(by, strings.ReplaceAll(fromAnna, "anna@kunde.example", from), plainText)
	out := h.process(toSupport, mail)
	if out.Disposition != Accept || len(out.text) != 1 {
		h.t.Fatalf("%+v", out.Outcome)
	}
	return strings.TrimSpace(h.header(out.text[0], "X-SMIME-Signature")), h.header(out.text[0], "X-SMIME-Status")
}

// TestSignatureOfADomain: the partner's gateway speaks for all of its addresses, which is said;
// nothing is learned of the person.
func TestSignatureOfADomain(t *testing.T) {
	bank := domainCert(t)
	h := believing(t, bank)
	for _, from := range []string{"carl@bank.example", "dora@mail.bank.example"} {
		status, words := h.statusFrom(from, bank)
		if status != "valid" || !strings.Contains(strings.Join(strings.Fields(words), " "), "signed by the gateway of its domain") {
			t.Errorf("%s: %q, %q", from, status, words)
		}
		if list := h.stored(from); len(list) != 0 {
			t.Errorf("%s: the domain's certificate was kept as the person's", from)
		}
	}
}

// TestSignerIsKeptForNobody: not for the address either that it names.
func TestSignerIsKeptForNobody(t *testing.T) {
	bank := domainCert(t, func(o *testpki.Options) { o.Addresses = []string{"gateway@bank.example"} })
	h := believing(t, bank)
	status, words := h.statusFrom("gateway@bank.example", bank)
	if status != "valid" || strings.Contains(strings.Join(strings.Fields(words), " "), "by the gateway of its domain") {
		t.Errorf("%q, %q", status, words)
	}
	if list := h.stored("gateway@bank.example"); len(list) != 0 {
		t.Errorf("kept %d", len(list))
	}
}

// TestSignatureOfADomainCountsNowhereElse: not for another address, whatever the certificate
// names, and no certificate speaks for a domain because of what it or its authority says.
func TestSignatureOfADomainCountsNowhereElse(t *testing.T) {
	h := newHouse(t)
	issue := func(addresses ...string) *testpki.Cert {
		return h.pki.Issue(testpki.Options{Addresses: addresses, Key: "rsa-2048"})
	}
	bank := issue("domain-signing-authority@bank.example")
	h.believe(bank)
	for _, from := range []string{
		"anna@kunde.example", "carl@xbank.example", "carl@bank.example.evil.example", "bank.example@kunde.example",
		"support@firma.example",
	} {
		if status, _ := h.statusFrom(from, bank); status != "mismatch" {
			t.Errorf("%s: %q", from, status)
		}
	}
	several := strings.ReplaceAll(fromAnna, "anna@kunde.example", "carl@bank.example>, <anna@kunde.example")
	out := h.process(toSupport, h.signed(bank, several, plainText))
	if got := h.header(out.text[0], "X-SMIME-Signature"); got != "mismatch" {
		t.Errorf("several From: %q", got)
	}
	dns := issue()
	dns.Certificate.DNSNames = []string{"bank.example"}
	for name, c := range map[string]*testpki.Cert{
		"RFC 3183":               issue("domain-signing-authority@bank.example", "domain-confidentiality-authority@bank.example"),
		"a dNSName":              dns,
		"only the domain":        h.pki.Issue(testpki.Options{Name: "bank.example", Addresses: []string{"postmaster@bank.example"}}),
		"the same key":           h.pki.Issue(testpki.Options{Addresses: []string{"x@bank.example"}, ReuseKeyFrom: bank}),
		"a person of the domain": issue("eve@bank.example"),
	} {
		if status, _ := h.statusFrom("carl@bank.example", c); status != "mismatch" {
			t.Errorf("%s: %q", name, status)
		}
	}
}

// TestSignerOfADomainIsJudged: its time, what an admin says of it, and what its authority says.
func TestSignerOfADomainIsJudged(t *testing.T) {
	past := domainCert(t, between(-20, -10))
	toEncrypt := domainCert(t, func(o *testpki.Options) { o.Usage = x509.KeyUsageKeyEncipherment })
	h := believing(t, past, toEncrypt)
	for want, c := range map[string]*testpki.Cert{"expired": past, "untrusted": toEncrypt} {
		if status, _ := h.statusFrom("carl@bank.example", c); status != want {
			t.Errorf("%q, want %q", status, want)
		}
	}
	bank := domainCert(t)
	h = believing(t, bank)
	h.knows(bank)
	if err := h.store.SetState(t.Context(), certstore.Identity(bank.Certificate), certstore.Blocked); err != nil {
		t.Fatal(err)
	}
	if status, _ := h.statusFrom("carl@bank.example", bank); status == "valid" {
		t.Error("blocked")
	}
	changed := h.signed(domainCert(t), strings.ReplaceAll(fromAnna, "anna@kunde.example", "carl@bank.example"), plainText)
	if got := h.header(h.process(toSupport, changed).text[0], "X-SMIME-Signature"); got == "valid" {
		t.Error("another's of the same name")
	}
}

// TestRevokedSignerOfADomain: a revocation by an authority that is trusted counts.
func TestRevokedSignerOfADomain(t *testing.T) {
	h := newHouse(t)
	s := h.services(trust.Soft)
	bank := h.pki.Issue(testpki.Options{Addresses: []string{"gateway@bank.example"}, Key: "rsa-2048", CRL: []string{s.url + "/crl"}})
	s.revoke(bank, time.Now().Add(-time.Hour))
	h.judgesBy(trust.Options{
		Roots: []*x509.Certificate{h.pki.Root.Certificate}, Revocation: trust.Soft, Sources: s.sources,
		Partners: []trust.Partner{{Domain: "bank.example", Signers: []*x509.Certificate{bank.Certificate}}},
	})
	if status, _ := h.statusFrom("carl@bank.example", bank); status != "revoked" {
		t.Errorf("%q", status)
	}
}

// TestSignerNobodyCanAskAbout: what the authority must be heard on is not valid when it is not known.
func TestSignerNobodyCanAskAbout(t *testing.T) {
	foreign := testpki.New(t)
	bank := foreign.Issue(testpki.Options{Addresses: []string{"gateway@bank.example"}, Key: "rsa-2048"})
	own, err := testpki.NewRoot(testpki.Options{
		Addresses: []string{"gateway@bank.example"}, Usage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		signer *testpki.Cert
		policy trust.Policy
		above  [][]byte
		want   string
	}{
		{"hard", bank, trust.Hard, nil, "unchecked"},
		{"hard, with a root that is not trusted", bank, trust.Hard, [][]byte{foreign.Root.Certificate.Raw}, "unchecked"},
		{"hard, its own issuer", own, trust.Hard, nil, "valid"},
		{"soft", bank, trust.Soft, nil, "valid"},
		{"off", bank, trust.Off, nil, "valid"},
	} {
		h := newHouse(t)
		s := h.services(c.policy)
		h.judgesBy(trust.Options{
			Roots: []*x509.Certificate{h.pki.Root.Certificate}, AcceptAny: true, Revocation: c.policy, Sources: s.sources,
			Partners: []trust.Partner{{
				Domain: "bank.example", Signers: []*x509.Certificate{c.signer.Certificate}, Above: c.above,
			}},
		})
		if got, _ := h.statusFrom("carl@bank.example", c.signer); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestPinnedSignerOfADomain: an admin's pin goes before the revocation service here too.
func TestPinnedSignerOfADomain(t *testing.T) {
	h := newHouse(t)
	bank := h.pki.Issue(testpki.Options{Addresses: []string{"gateway@bank.example"}, Key: "rsa-2048"})
	h.judgesBy(trust.Options{
		Roots: []*x509.Certificate{h.pki.Root.Certificate}, Revocation: trust.Hard, Sources: h.services(trust.Hard).sources,
		Partners: []trust.Partner{{Domain: "bank.example", Signers: []*x509.Certificate{bank.Certificate}}},
	})
	h.knows(bank)
	h.decide(bank, certstore.Pinned)
	if got, _ := h.statusFrom("gateway@bank.example", bank); got != "valid" {
		t.Errorf("%q", got)
	}
}

// TestRevokedSignerHidesItsAuthority: who holds a revoked key leaves out what would show it, and the
// admin's file has it.
func TestRevokedSignerHidesItsAuthority(t *testing.T) {
	for _, policy := range []trust.Policy{trust.Soft, trust.Hard} {
		h := newHouse(t)
		s := h.services(policy)
		sub := h.pki.Issue(testpki.Options{Name: "sub", CA: true, Key: "rsa-2048"})
		bank := h.pki.Under(sub, testpki.Options{
			Addresses: []string{"gateway@bank.example"}, Key: "rsa-2048", CRL: []string{s.url + "/crl"},
		})
		s.by = sub
		s.root = sub
		s.revoke(bank, time.Now().Add(-time.Hour))
		h.judgesBy(trust.Options{
			Roots: []*x509.Certificate{h.pki.Root.Certificate}, Revocation: policy, Sources: s.sources,
			Partners: []trust.Partner{{
				Domain: "bank.example", Signers: []*x509.Certificate{bank.Certificate}, Above: [][]byte{sub.Certificate.Raw},
			}},
		})
		alone, err := smime.Sign(t.Context(), h.entity(plainText), smime.SignOptions{
			Signer: cms.Signer{Certificate: bank.Certificate, Key: bank.Key, SigningTime: time.Now()},
			Spool:  h.o.Spool, Unprepared: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		mail := h.whole(strings.ReplaceAll(fromAnna, "anna@kunde.example", "carl@bank.example"), alone)
		out := h.process(toSupport, mail)
		if got := h.header(out.text[0], "X-SMIME-Signature"); got != "revoked" {
			t.Errorf("%s: %q", policy, got)
		}
	}
}
