package e2e

// This file gives whole domains keys: ours, and a partner's.

import (
	"fmt"
	"strings"
	"testing"

	"sealgate/internal/testpki"
)

// TestWholeDomains: a partner's gateway and ours write to each other with one certificate each, for
// people who have none; openssl is the partner.
func TestWholeDomains(t *testing.T) {
	for _, transport := range []string{viaMilter, viaFilter} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			wholeDomains(newSite(t, transport))
		})
	}
}

func wholeDomains(s *site) {
	t := s.t
	for name, address := range map[string]string{"firma": "gateway@firma.example", "bank": "gateway@bank.example"} {
		c := testpki.New(t).Issue(testpki.Options{Addresses: []string{address}, Key: "rsa-2048"})
		s.keys[name], s.certs[name] = s.files(c, name)
	}
	s.o.trust = fmt.Sprintf("[[trust.partner]]\ndomain = \"bank.example\"\nsigners = [%q]\n", s.certs["bank"])
	s.o.config = fmt.Sprintf("[[mailbox]]\naddresses = [\"@firma.example\"]\nkeys = [%q]\n", s.keys["firma"]) +
		fmt.Sprintf("[[rule]]\ndomain = \"bank.example\"\ncertificate = [%q]\n", s.certs["bank"]) +
		"[[rule]]\nsender = \"@firma.example\"\nsign_as = \"@firma.example\"\n"
	s.kill()

	in := func(mark, to, entity string) string {
		header := strings.ReplaceAll(headerOf(mark), "anna@kunde.example", "carl@bank.example")
		s.accepted(s.send(s.inbound, "carl@bank.example", []string{to}, withHeader(header, entity)))
		return s.arrival("Subject: " + mark).Text
	}
	sealed := s.sealed(s.signed("bank", textEntity), []string{"firma"}, "-aes-256-cbc")
	for _, to := range []string{"employee@firma.example", "support@firma.example"} {
		text := in("to the domain, "+to, to, sealed)
		if !strings.Contains(text, secret) || field(t, text, "X-SMIME-Signature") != "valid" {
			t.Errorf("%s: %s", to, text)
		}
	}
	signed := s.signed("anna", textEntity)
	body := strings.ReplaceAll(strings.TrimPrefix(signed, "MIME-Version: 1.0\n"), "\r\n", "\n")
	text := in("to an employee", "employee@firma.example", signed)
	_, body, _ = strings.Cut(body, "\n\n")
	if !strings.HasSuffix(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), strings.TrimSpace(body)) ||
		strings.Contains(text, "X-SMIME-") {
		t.Errorf("an employee's mail was changed: %s", text)
	}

	mail := strings.ReplaceAll(ticket("from an employee", "dora@bank.example", ""), "support@firma.example", "employee@firma.example")
	s.accepted(s.send(s.outbound, "employee@firma.example", []string{"dora@bank.example"}, mail))
	text = s.arrival("Subject: from an employee").Text
	opened := s.opened(text, "bank")
	shown, err := s.tryOpenssl(opened, "cms", "-verify", "-CAfile", s.certs["firma"], "-partial_chain", "-purpose", "any")
	if err != nil || strings.Contains(text, secret) || !strings.Contains(shown, secret) {
		t.Errorf("the partner cannot read it: %v\n%s", err, text)
	}
}
