package gateway

// This file sends mail to a domain that has a key.

import (
	"crypto/x509"
	"strings"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/keyring"
)

// withDomain is a house with a key for all of firma.example, and one for all of other.example.
func withDomain(t *testing.T, change ...func(*keyring.Mailbox)) (h *house, firma, other *testpki.Cert) {
	t.Helper()
	firma = domainCert(t, func(o *testpki.Options) { o.Addresses = []string{"gateway@firma.example"} })
	other = domainCert(t, func(o *testpki.Options) { o.Addresses = []string{"gateway@other.example"} })
	boxOf := func(domain string, c *testpki.Cert) *keyring.Mailbox {
		return &keyring.Mailbox{
			Addresses: []string{domain}, Credentials: []*keyring.Credential{{Certificate: c.Certificate, Key: c.Key}},
		}
	}
	h = newHouse(t)
	boxes := []*keyring.Mailbox{boxOf("@firma.example", firma), boxOf("@other.example", other)}
	for _, c := range change {
		c(boxes[0])
	}
	h.o.Ring = keyring.NewRing(append(h.ring, boxes...))
	var err error
	h.g, err = New(h.o)
	if err != nil {
		t.Fatal(err)
	}
	return h, firma, other
}

// isUntouched reports whether all get the mail as it came, but for what may lie.
func isUntouched(out copies, mail string) bool {
	return out.Disposition == Accept && len(out.text) == 1 && out.text[0] == mail
}

// TestMailForADomain: whoever it is addressed to there, it is opened, also where the recipient has a
// key of its own.
func TestMailForADomain(t *testing.T) {
	h, firma, _ := withDomain(t)
	mail := h.sealed(fromAnna, plainText, firma)
	for _, to := range []string{"employee@firma.example", "Support@firma.example", "keyless@firma.example"} {
		out := h.process(inboundTo(to), mail)
		if out.Disposition != Accept || len(out.text) != 1 || !leaves(out, "the secret text") {
			t.Errorf("%s: %+v", to, out.Outcome)
			continue
		}
		if got := h.header(out.text[0], "X-SMIME-Encryption"); strings.TrimSpace(got) != "decrypted" {
			t.Errorf("%s: %q", to, got)
		}
		if !out.Deliveries[0].CameEncrypted || out.Deliveries[0].Sender != "postmaster@firma.example" {
			t.Errorf("%s: a bounce would show it: %+v", to, out.Deliveries[0])
		}
	}
	inner := h.sealed("", h.signed(h.anna, "", plainText), firma)
	if out := h.process(inboundTo("employee@firma.example"), h.signed(h.anna, fromAnna, inner)); !leaves(out, "the secret text") {
		t.Errorf("encrypted within a signature: %+v", out.Outcome)
	}
}

// TestDomainKeyIsForItsDomain: nobody else gets what is encrypted to it opened: not who is
// outside, not another domain or mailbox of ours, not an address that an MTA delivers elsewhere.
func TestDomainKeyIsForItsDomain(t *testing.T) {
	h, firma, other := withDomain(t)
	mail := h.sealed(fromAnna, plainText, firma)
	for _, to := range []string{
		"stranger@kunde.example", "employee@other.example", "employee@mail.firma.example", "employee@xfirma.example",
		"ticket@helpdesk.local", `"eve@evil.example"@firma.example`, "eve%evil.example@firma.example", "not an address",
	} {
		if out := h.process(inboundTo(to), mail); leaves(out, "the secret text") || out.Disposition != Accept {
			t.Errorf("%s: %+v", to, out.Outcome)
		}
	}
	to := []string{"employee@firma.example", "stranger@kunde.example", "employee@other.example", "sales@firma.example", "ticket@helpdesk.local"}
	for _, split := range []bool{false, true} {
		env := inboundTo(to...)
		env.CanSplit = split
		out := h.process(env, mail)
		if !split && leaves(out, "the secret text") {
			t.Error("one copy for all of them was opened")
		}
		for i, d := range out.Deliveries {
			opened := strings.Contains(out.text[i], "the secret text")
			mayRead := strings.Join(d.To, " ") == "employee@firma.example sales@firma.example"
			if opened != (mayRead && split) {
				t.Errorf("split %v: %q: opened %v", split, d.To, opened)
			}
		}
	}
	both := h.sealed(fromAnna, h.sealed("", plainText, firma), other)
	if out := h.process(inboundTo("employee@firma.example"), both); leaves(out, "the secret text") {
		t.Error("the outer layer is for another domain")
	}
	env := inboundTo("employee@firma.example", "employee@other.example")
	env.CanSplit = true
	if out := h.process(env, both); leaves(out, "the secret text") {
		t.Error("two domains have a layer each, and none of them both")
	}
}

// TestMailOfEmployeesPasses: what is not encrypted to the domain passes as it came, signed, forged
// or broken; only what may lie is taken off.
func TestMailOfEmployeesPasses(t *testing.T) {
	h, firma, other := withDomain(t)
	for name, mail := range map[string]string{
		"plain":                  fromAnna + plainText,
		"signed":                 h.signed(h.anna, fromAnna, plainText),
		"for the employee":       h.sealed(fromAnna, plainText, h.anna),
		"for a mailbox of ours":  h.sealed(fromAnna, plainText, h.support),
		"for another of domains": h.sealed(fromAnna, plainText, other),
		"no S/MIME":              fromAnna + "Content-Type: application/pkcs7-mime\r\n\r\nAAAA\r\n",
		"cut off":                strings.TrimRight(h.sealed(fromAnna, plainText, firma), "\r\n")[:900],
	} {
		out := h.process(inboundTo("employee@firma.example"), mail)
		if !isUntouched(out, mail) {
			t.Errorf("%s: %+v\n%s", name, out.Outcome, out.text)
		}
	}
	lying := fromAnna + "X-SMIME-Signature: valid\r\n" + plainText
	if out := h.process(inboundTo("employee@firma.example"), lying); !isUntouched(out, fromAnna+plainText) {
		t.Errorf("a status that somebody else wrote: %s", out.text)
	}
	if known, err := h.store.ByAddress(t.Context(), "anna@kunde.example"); err != nil || len(known) != 0 {
		t.Errorf("an employee's mail was harvested: %d, %v", len(known), err)
	}
	if !h.g.NeedsBody(inboundTo("employee@firma.example")) {
		t.Error("the body is skipped, in which encrypted mail says whom it is for")
	}
}

// TestVerifyForADomain: with verify all mail of it is judged.
func TestVerifyForADomain(t *testing.T) {
	h, firma, _ := withDomain(t, func(b *keyring.Mailbox) { b.Verify = true })
	out := h.process(inboundTo("employee@firma.example"), h.signed(h.anna, fromAnna, plainText))
	if got := h.header(out.text[0], "X-SMIME-Signature"); strings.TrimSpace(got) != "valid" {
		t.Errorf("%q", got)
	}
	out = h.process(inboundTo("employee@firma.example", "sales@firma.example"), h.sealed(fromAnna, plainText, firma))
	if !leaves(out, "the secret text") {
		t.Errorf("%+v", out.Outcome)
	}
	if !h.g.Serves("employee@firma.example") || h.g.Serves("employee@other.example") {
		t.Error("whose mail stays in the house")
	}
}

// TestDomainKeyIsNoOracle: a content key that a mail to the domain has brought opens no other mail,
// whoever it is sent to and by whichever of our keys.
func TestDomainKeyIsNoOracle(t *testing.T) {
	h, firma, _ := withDomain(t)
	mail := h.sealed(fromAnna, plainText, firma, h.support)
	if out := h.process(inboundTo("employee@firma.example"), mail); !leaves(out, "the secret text") {
		t.Fatalf("%+v", out.Outcome)
	}
	eve := strings.ReplaceAll(mail, "anna@kunde.example", "eve@evil.example")
	for _, to := range []string{"employee@firma.example", "colleague@firma.example", "support@firma.example"} {
		if out := h.process(inboundTo(to), eve); leaves(out, "the secret text") || out.Disposition != Accept {
			t.Errorf("%s: sent again by another, opened: %+v", to, out.Outcome)
		}
	}
}

// TestMailOfEmployeesNeedsNoStore: it passes while the store is away; mail for the domain waits.
func TestMailOfEmployeesNeedsNoStore(t *testing.T) {
	h, firma, _ := withDomain(t)
	mail := h.opensslSigned([]*testpki.Cert{h.anna}, nil, "-nocerts") // whose signer the store would know
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if out := h.process(inboundTo("employee@firma.example"), mail); !isUntouched(out, mail) {
		t.Errorf("%+v", out.Outcome)
	}
	msg := h.file(h.sealed(fromAnna, plainText, firma))
	defer msg.Close()
	out, err := h.g.Process(t.Context(), inboundTo("employee@firma.example"), msg)
	if err == nil {
		t.Errorf("%+v", out)
		out.Close()
	}
}

// TestOrderOfAnEmployeeAtTheWrongService: whoever has no mailbox but stands in a domain of ours
// does not lose its order at the inbound service, and leave in clear.
func TestOrderOfAnEmployeeAtTheWrongService(t *testing.T) {
	h, _, _ := withDomain(t)
	for _, from := range []string{"support@firma.example", "employee@firma.example"} {
		mail := strings.ReplaceAll(fromAnna, "anna@kunde.example", from) + "X-SMIME-Encrypt: yes\r\n" + plainText
		out := h.process(inboundTo("stranger@kunde.example"), mail)
		if out.Disposition != Reject || !strings.Contains(out.Reply.Text, string(TokenWrongService)) {
			t.Errorf("%s: %v %+v", from, out.Disposition, out.Reply)
		}
	}
}

// TestArchivedMailSentBack: what was encrypted for who writes without a mailbox, and for a key of
// ours, is opened for nobody who sends it as their own.
func TestArchivedMailSentBack(t *testing.T) {
	h, firma, _ := withDomain(t)
	h.o.Outbound.Archive = []*x509.Certificate{firma.Certificate}
	h.o.Rules = []Rule{{Sender: "@firma.example", Demand: Demand{Encrypt: Yes}}}
	var err error
	h.g, err = New(h.o)
	if err != nil {
		t.Fatal(err)
	}
	h.knows(h.anna)
	for _, from := range []string{"support@firma.example", "employee@firma.example"} {
		out := h.sentBy(from)
		if out.Disposition != Accept || len(out.text) != 1 || leaves(out, "the secret text") {
			t.Fatalf("%s: %+v", from, out.Outcome)
		}
		stolen := strings.ReplaceAll(out.text[0], from, "eve@evil.example")
		back := h.process(inboundTo("colleague@firma.example"), stolen)
		if leaves(back, "the secret text") {
			t.Errorf("%s: opened as mail of eve", from)
		}
	}
}
