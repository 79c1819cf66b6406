package gateway

// This file signs with the key of a domain.

import (
	"strings"
	"testing"

	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/keyring"
)

// signingAs has a rule that signs all mail of firma.example with the domain's key.
func signingAs(t *testing.T, rule Rule, change ...func(*keyring.Mailbox)) (h *house, firma *testpki.Cert) {
	t.Helper()
	h, firma, _ = withDomain(t, change...)
	rule.SignAs = "@firma.example"
	h.o.Rules = []Rule{rule}
	var err error
	h.g, err = New(h.o)
	if err != nil {
		t.Fatal(err)
	}
	return h, firma
}

// sent is what becomes of a mail of somebody.
func (h *house) sentBy(from string, change ...func(*Envelope)) copies {
	h.t.Helper()
	env := outboundTo("anna@kunde.example")
	env.From = from
	for _, c := range change {
		c(&env)
	}
	return h.process(env, strings.ReplaceAll(fromSupport("anna@kunde.example", plainText), "support@firma.example", from))
}

// signerOf is the fingerprint of who signed the one copy, "" when nobody did.
func (h *house) signerOf(out copies) string {
	h.t.Helper()
	if out.Disposition != Accept || len(out.text) != 1 {
		h.t.Fatalf("%+v", out.Outcome)
	}
	_, v, _ := h.readCopy(out.text[0], h.anna)
	if len(v.Signers) == 0 {
		return ""
	}
	if err := v.Signers[0].Signature.Err; err != nil {
		h.t.Error(err)
	}
	return fingerprint(v.Signers[0].Signature.Certificate)
}

// TestSignAsADomain: a rule signs for who has no key; who has one signs with it, and who believes
// the domain sees a valid signature.
func TestSignAsADomain(t *testing.T) {
	h, firma := signingAs(t, Rule{Sender: "@firma.example", Demand: Demand{Sign: Yes}})
	for from, by := range map[string]*testpki.Cert{
		"employee@firma.example": firma, "keyless@firma.example": firma, "support@firma.example": h.support,
	} {
		if got := h.signerOf(h.sentBy(from)); got != fingerprint(by.Certificate) {
			t.Errorf("%s: signed by %q", from, got)
		}
	}
	c, err := h.g.Capabilities(t.Context(), Question{From: "employee@firma.example", To: []string{"anna@kunde.example"}})
	if err != nil || c.Sign.State != Enabled || !c.Sign.Preset {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestDomainSignsForItsOwn: not for another domain of ours, or one outside, though a rule speaks of
// all mail; not for who may not order, nor for a user who may not; not for several in From.
func TestDomainSignsForItsOwn(t *testing.T) {
	h, _ := signingAs(t, Rule{Demand: Demand{Sign: IfPossible}}, func(b *keyring.Mailbox) { b.Users = []string{"boss"} })
	for _, from := range []string{
		"employee@other.example", "employee@mail.firma.example", "stranger@kunde.example", "employee@xfirma.example",
		"employee@firma.example>, <eve@evil.example",
	} {
		if got := h.signerOf(h.sentBy(from)); got != "" {
			t.Errorf("%s: signed by %q", from, got)
		}
	}
	for name, change := range map[string]func(*Envelope){
		"who may not order": func(env *Envelope) { env.MayOrder = false },
		"another user":      func(env *Envelope) { env.User = "eve" },
	} {
		if got := h.signerOf(h.sentBy("employee@firma.example", change)); got != "" {
			t.Errorf("%s: signed by %q", name, got)
		}
	}
	h.o.Rules[0].Sign = Yes
	var err error
	h.g, err = New(h.o)
	if err != nil {
		t.Fatal(err)
	}
	out := h.sentBy("employee@firma.example", func(env *Envelope) { env.User = "eve" })
	if out.Disposition != Reject || !strings.Contains(out.Reply.Text, string(TokenWrongUser)) {
		t.Errorf("another user: %+v", out.Outcome)
	}
	if got := h.signerOf(h.sentBy("employee@firma.example", func(env *Envelope) { env.User = "boss" })); got == "" {
		t.Error("its user: not signed")
	}
	if out := h.sentBy("employee@other.example"); out.Disposition != Reject {
		t.Errorf("another domain: %+v", out.Outcome)
	}
}

// TestDomainSignatureInTheHouse: a mailbox of ours sees the mail as it was written; the domain's
// signature says nothing of the person.
func TestDomainSignatureInTheHouse(t *testing.T) {
	h, _ := signingAs(t, Rule{Sender: "@firma.example", Demand: Demand{Sign: Yes}})
	out := h.sentBy("employee@firma.example", func(env *Envelope) {
		env.To = []string{"anna@kunde.example", "support@firma.example"}
		env.CanSplit = true
	})
	if len(out.text) != 2 {
		t.Fatalf("%+v", out.Outcome)
	}
	for i, d := range out.Deliveries {
		got := strings.TrimSpace(h.header(out.text[i], "X-SMIME-Signature"))
		if d.To[0] == "support@firma.example" && got != "none" {
			t.Errorf("%q", got)
		}
	}
}

// TestOwnSignatureIsNotTheDomains: a mail that its writer has signed stays signed by them, also
// where the Subject would be hidden: the domain's signature is not theirs.
func TestOwnSignatureIsNotTheDomains(t *testing.T) {
	h, _ := signingAs(t, Rule{Sender: "@firma.example", Demand: Demand{Sign: Yes, Encrypt: Yes}})
	h.o.Outbound.HeaderProtection = ProtectHideSubject
	var err error
	h.g, err = New(h.o)
	if err != nil {
		t.Fatal(err)
	}
	h.knows(h.anna)
	carl := h.pki.Issue(testpki.Options{Addresses: []string{"employee@firma.example"}, Key: "rsa-2048"})
	out := h.sentBySigned(carl, "employee@firma.example")
	if len(out.text) != 1 {
		t.Fatalf("%+v", out.Outcome)
	}
	if _, v, _ := h.readCopy(out.text[0], h.anna); v.Signature != verdict.SignatureValid {
		t.Errorf("%v: %v", v.Signature, v.Reason)
	}
}

// sentBySigned is what becomes of a mail that its writer has signed.
func (h *house) sentBySigned(signer *testpki.Cert, from string) copies {
	h.t.Helper()
	env := outboundTo("anna@kunde.example")
	env.From = from
	header := strings.NewReplacer("anna@kunde.example", from, "To: support@firma.example", "To: anna@kunde.example").Replace(fromAnna)
	return h.process(env, h.signed(signer, header, plainText))
}
