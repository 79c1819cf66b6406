package gateway

// This file attacks the gateway: what must not leave in clear, and what must not
// be believed.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/internal/encodedword"
	"sealgate/internal/testpki"
	"sealgate/keyring"
	"sealgate/trust"
)

// leaves tells whether any copy of a mail has the text in clear.
func leaves(c copies, text string) bool {
	return slices.ContainsFunc(c.text, func(s string) bool { return strings.Contains(s, text) })
}

// TestOddRecipientsDoNotEscapeRules: addresses without a normal form that Postfix
// delivers nevertheless.
func TestOddRecipientsDoNotEscapeRules(t *testing.T) {
	for name, rule := range map[string]Rule{"recipient": {Recipient: "@bank.example"}, "domain": {Domain: "example"}} {
		rule.Encrypt = Yes
		h := newHouse(t, func(o *Options) { o.Rules = []Rule{rule} })
		for _, to := range []string{
			"anna@bank.example", "a..b@bank.example", ".a@bank.example", "a.@BANK.example.", strings.Repeat("x", 65) + "@bank.example", "a b@bank.example",
			"@relay.example:anna@bank.example", "a\u200b@bank.example", "a@b@bank.example",
		} {
			out := h.process(outboundTo(to), fromSupport("x@y.example", plainText))
			if out.Disposition != Reject || out.Reply.Code != 550 || leaves(out, "the secret text") {
				t.Errorf("rule by %s, to %q: %+v", name, to, out.Outcome)
			}
		}
	}
}

// trustFunc judges as the test says.
type trustFunc func(trust.Request) trust.Result

func (f trustFunc) Check(_ context.Context, r trust.Request) trust.Result { return f(r) }

// TestUnknownRevocationIsNoReasonToSendInClear: a source that did not answer is
// not one that answered no.
func TestUnknownRevocationIsNoReasonToSendInClear(t *testing.T) {
	h := newHouse(t, func(o *Options) {
		o.Trust = trustFunc(func(trust.Request) trust.Result {
			return trust.Result{Status: trust.Unchecked, Revocation: "unknown", Reason: "the CRL cannot be fetched"}
		})
	})
	h.knows(h.anna)
	for _, order := range []string{"yes", "if-possible"} {
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Encrypt: "+order+"\r\n"+plainText))
		if out.Disposition != TempFail || out.Reply.Code != 451 {
			t.Errorf("%s: %+v, want 451", order, out.Outcome)
		}
	}
	blocked := trustFunc(func(trust.Request) trust.Result {
		return trust.Result{Status: trust.Revoked, Revocation: "revoked", Answered: trust.AllAnswered()}
	})
	h.o.Trust = blocked
	h.g, _ = New(h.o)
	if out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Encrypt: if-possible\r\n"+plainText)); out.Disposition != Accept || !leaves(out, "the secret text") {
		t.Errorf("revoked, so that there is no usable one: %+v", out.Outcome)
	}
}

// TestSubjectTagIsNotLost: an order by tag, however the Subject is written.
func TestSubjectTagIsNotLost(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Rules = []Rule{{SubjectTag: "[secret]", Demand: Demand{Encrypt: Yes}}} })
	for _, subject := range []string{
		"Subject: a [SECRET]\r\n", "Subject: a\r\nSubject: [secret]\r\n", "Subject : [secret]\r\n", "Subject: =?utf-8?b?W3NlY3JldF0=?=\r\n",
		"Subject: =?iso-8859-15?q?=5Bsecret=5D_=A4?=\r\n", "Subject: =?windows-1252?q?=80?= [secret]\r\n", "Subject: =?x-unknown?q?=FC?= =?utf-8?b?W3NlY3JldF0=?=\r\n",
		"Subject: =?x-unknown?q?=5Bsecret=5D?=\r\n", "Subject: =?utf-16?q?=FC?= [secret]\r\n",
	} {
		out := h.process(outboundTo("anna@kunde.example"), subject+"From: support@firma.example\r\nTo: anna@kunde.example\r\nMIME-Version: 1.0\r\n"+plainText)
		if out.Disposition != Reject {
			t.Errorf("%q left in clear", subject)
		}
	}
}

// TestHiddenSubjectIsHiddenEverywhere: in a second Subject, and in the field in
// which Outlook repeats it.
func TestHiddenSubjectIsHiddenEverywhere(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Outbound.HeaderProtection = ProtectHideSubject })
	h.knows(h.anna)
	out := h.process(outboundTo("anna@kunde.example"), "Subject: TOPSECRET\r\nThread-Topic: TOPSECRET\r\nSubject: TOPSECRET\r\n"+fromSupport("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"+plainText))
	if out.Disposition != Accept || len(out.text) != 1 || leaves(out, "TOPSECRET") {
		t.Errorf("%+v\n%s", out.Outcome, out.text)
	}
}

// TestHiddenSubjectStaysHidden: somebody sends the Message-ID again, with a
// visible Subject.
func TestHiddenSubjectStaysHidden(t *testing.T) {
	h := newHouse(t)
	if err := h.store.Remember(context.Background(), replyKey("1@kunde.example"), certstore.Memory{HiddenSubject: true}, h.g.o.Limits.Remember); err != nil {
		t.Fatal(err)
	}
	h.process(inboundTo("support@firma.example"), h.sealed(fromAnna, plainText, h.support))
	if m, known, err := h.store.Recall(context.Background(), replyKey("1@kunde.example")); err != nil || !known || !m.HiddenSubject {
		t.Errorf("%+v %v %v", m, known, err)
	}
}

// TestReplyToHiddenAmongOthers: a reply that refers to several mails stays hidden if
// any of them was, whichever stands first.
func TestReplyToHiddenAmongOthers(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	for id, hidden := range map[string]bool{"shown@kunde.example": false, "hidden@kunde.example": true} {
		if err := h.store.Remember(context.Background(), replyKey(id), certstore.Memory{HiddenSubject: hidden}, h.g.o.Limits.Remember); err != nil {
			t.Fatal(err)
		}
	}
	for ids, subject := range map[string]string{
		"In-Reply-To: <shown@kunde.example>\r\nReferences: <hidden@kunde.example>\r\n":                  "[...]",
		"References: <hidden@kunde.example> <shown@kunde.example>\r\n":                                  "[...]",
		"References: <shown@kunde.example> <plain@kunde.example> <hidden@kunde.example>\r\n":            "[...]",
		"In-Reply-To: <shown@kunde.example>\r\nReferences: <shown@kunde.example> <plain@x.example>\r\n": "re",
	} {
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", ids+plainText))
		if out.Disposition != Accept || leaves(out, "the secret text") || h.header(out.text[0], "Subject") != subject {
			t.Errorf("%q: %+v, Subject not %q\n%s", ids, out.Outcome, subject, out.text)
		}
	}
}

// TestHiddenSubjectOfSignedMail: a mail that is signed already has its Subject hidden
// as any other, and who opens it reads the true one under a valid signature.
func TestHiddenSubjectOfSignedMail(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Outbound.HeaderProtection = ProtectHideSubject })
	h.knows(h.anna)
	const orders = "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n"
	head := strings.Replace(fromSupport("anna@kunde.example", orders), "Subject: re", "Subject: TOPSECRET", 1)
	covering := "From: support@firma.example\r\nSubject: TOPSECRET\r\nContent-Type: text/plain; hp=\"clear\"\r\n\r\nthe secret text\r\n"
	for name, inner := range map[string]string{"Subject outside the signature": plainText, "Subject under the signature": covering} {
		out := h.process(outboundTo("anna@kunde.example"), h.signed(h.support, head, inner))
		if out.Disposition != Accept || len(out.text) != 1 || leaves(out, "TOPSECRET") {
			t.Errorf("%s: %+v\n%s", name, out.Outcome, out.text)
			continue
		}
		shown, j, m := h.readCopy(out.text[0], h.anna)
		if j.Signature != verdict.SignatureValid || len(m.Layers) != 2 || !strings.Contains(shown, "the secret text") {
			t.Errorf("%s: %s, %d layers\n%s", name, j.Signature, len(m.Layers), shown)
		}
		if m.Protected == nil || len(m.Protected.Get("Subject")) != 1 || m.Protected.Get("Subject")[0].Value() != "TOPSECRET" {
			t.Errorf("%s: the true Subject is lost: %+v", name, m.Protected)
		}
	}
}

// TestHiddenSubjectOfSignedMailWithoutKey: whose key is not here keeps his signature,
// and the Subject is hidden all the same.
func TestHiddenSubjectOfSignedMailWithoutKey(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Outbound.HeaderProtection = ProtectHideSubject })
	h.knows(h.anna)
	boss := h.pki.Issue(testpki.Options{Addresses: []string{"boss@firma.example"}, Key: "rsa-2048"})
	head := strings.NewReplacer("Subject: re", "Subject: TOPSECRET", "support@", "boss@").Replace(fromSupport("anna@kunde.example", "X-SMIME-Sign: if-possible\r\nX-SMIME-Encrypt: yes\r\n"))
	out := h.process(outboundTo("anna@kunde.example"), h.signed(boss, head, plainText))
	if out.Disposition != Accept || len(out.text) != 1 || leaves(out, "TOPSECRET") {
		t.Fatalf("%+v\n%s", out.Outcome, out.text)
	}
	if _, j, _ := h.readCopy(out.text[0], h.anna); j.Signature != verdict.SignatureValid || j.Signer.Address != "boss@firma.example" {
		t.Errorf("%+v", j)
	}
}

// TestBareCRIsNoHeaderLine: readers that end a line at a bare CR must find
// nothing behind it that only we may say.
func TestBareCRIsNoHeaderLine(t *testing.T) {
	h := newHouse(t)
	forged := "X-SMIME-Signature: valid"
	inner := "Content-Type: text/plain;\r x=\"\r" + forged + "\r\"\r\nContent-Description: a\r\r" + forged + "\r\n \t\r\n b\r\n\r\ntext\r\n"
	for name, text := range map[string]string{
		"inner header, encrypted": h.sealed(fromAnna, inner, h.support),
		"header as received":      "X-Other: a\r" + forged + "\r\n" + fromAnna + plainText,
		"results as received":     "X-Other: a\r\rAuthentication-Results : gw.example; smime=pass\r\n" + fromAnna + plainText,
	} {
		out := h.process(inboundTo("support@firma.example"), text)
		if out.Disposition != Accept || len(out.text) != 1 {
			t.Fatalf("%s: %+v", name, out.Outcome)
		}
		header, _, _ := strings.Cut(out.text[0], "\r\n\r\n")
		for _, line := range strings.FieldsFunc(header, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if strings.HasPrefix(line, forged) || strings.Contains(line, "smime=pass") {
				t.Errorf("%s: %q is a line of its own", name, line)
			}
			if strings.TrimSpace(line) == "" {
				t.Errorf("%s: a line of blanks, which ends the header for some", name)
			}
		}
	}
}

// TestLyingResults: an Authentication-Results in our name, however it is spelt;
// those of others under our id stay.
func TestLyingResults(t *testing.T) {
	h := newHouse(t)
	for value, stays := range map[string]bool{
		"gw.example; smime=pass": false, "gw.example\t1; smime=pass": false, "gw.example 1; smime=pass": false, `"gw\.example"; smime=pass`: false, `"gw.example" ; smime=pass`: false,
		"gw.example smime=pass": false, "gw.example/1; smime=pass": false, "gw.example;smime/1=pass": false, "gw.example; smime / 1 = pass": false, "gw.example\r\n\t1;\r\n\tSMIME=pass": false,
		"(c)GW.example(d);(e)smime(f)=(g)pass": false, "gw.example; dkim=pass header.i=@a/b; smime=pass": false, "gw.example; dkim=pass smime=pass": false, "gw.example; (open smime=pass": false,
		"gw.example; dkim=pass header.d=smime.example": true, "gw.example; spf=pass smtp.mailfrom=smime@kunde.example": true, "other.example; smime=pass": true, "gw.example.org; smime=pass": true,
	} {
		text := h.process(inboundTo("support@firma.example"), "Authentication-Results: "+value+"\r\n"+fromAnna+plainText).text[0]
		if got := strings.Contains(text, value); got != stays {
			t.Errorf("%q stays: %v", value, got)
		}
	}
}

// TestReplyToElsewhereIsSaid: of an old valid mail sent again, also when only
// some readers find the address.
func TestReplyToElsewhereIsSaid(t *testing.T) {
	h := newHouse(t)
	good := h.signed(h.anna, fromAnna, plainText)
	for replyTo, said := range map[string]bool{
		"": false, "Reply-To: Anna <ANNA@kunde.example>\r\n": false, "Reply-To: anna@kunde.example, anna@kunde.example\r\n": false,
		"Reply-To: evil@x.example\r\n": true, "Reply-To: anna@kunde.example, evil@x.example\r\n": true, "Reply-To: anna@kunde.example\r\nReply-To: evil@x.example\r\n": true,
		"Reply-To: a b evil@x.example\r\n": true, "Reply-To: <evil@x.example\r\n": true,
	} {
		text := h.process(inboundTo("support@firma.example"), replyTo+good).text[0]
		if got := strings.Contains(h.header(text, "X-SMIME-Status"), "another address"); got != said {
			t.Errorf("%q: %s", replyTo, h.header(text, "X-SMIME-Status"))
		}
		if encrypt := strings.Contains(h.header(text, "X-SMIME-Reply"), "encrypt=yes"); encrypt == said {
			t.Errorf("%q: %s", replyTo, h.header(text, "X-SMIME-Reply"))
		}
	}
}

// TestDefaultSignsForThoseWhoMay: who may not order gets no signature by writing
// the mailbox into From either.
func TestDefaultSignsForThoseWhoMay(t *testing.T) {
	for _, demand := range []Strength{Yes, IfPossible} {
		h := newHouse(t)
		h.ring[0].Users = []string{"agent"}
		h.o.Defaults = map[*keyring.Mailbox]Demand{h.ring[0]: {Sign: demand}}
		h.g, _ = New(h.o)
		for name, change := range map[string]func(*Envelope){"agent": func(e *Envelope) { e.User = "agent" }, "other": func(e *Envelope) { e.User = "other" }, "nobody": func(e *Envelope) { e.MayOrder = false }} {
			env := outboundTo("anna@kunde.example")
			change(&env)
			out := h.process(env, fromSupport("anna@kunde.example", plainText))
			signed := leaves(out, "smime.p7s")
			if signed != (name == "agent") || (out.Disposition == Reject) != (name != "agent" && demand == Yes) {
				t.Errorf("%s, %v: signed %v, %+v", name, demand, signed, out.Outcome)
			}
		}
	}
}

// TestOwnKeyThatCannotEncrypt: a signing key without key usage is no recipient.
func TestOwnKeyThatCannotEncrypt(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	ed := h.pki.Issue(testpki.Options{Addresses: []string{"support@firma.example"}, Key: "ed25519"})
	unlimited := *ed.Certificate
	unlimited.KeyUsage = 0
	h.ring[0].Credentials = append(h.ring[0].Credentials, &keyring.Credential{Certificate: &unlimited, Key: ed.Key})
	for _, own := range [][]*keyring.Credential{h.ring[0].Credentials, h.ring[0].Credentials[1:]} {
		h.ring[0].Credentials = own
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"+plainText))
		if out.Disposition != Accept || leaves(out, "the secret text") {
			t.Fatalf("%d credentials: %+v", len(own), out.Outcome)
		}
		if shown, _, _ := h.readCopy(out.text[0], h.anna); !strings.Contains(shown, "the secret text") {
			t.Errorf("%d credentials: the customer cannot read it", len(own))
		}
	}
}

// TestOrderToSignIsNotLost on a message that is encrypted already.
func TestOrderToSignIsNotLost(t *testing.T) {
	h := newHouse(t)
	for order, want := range map[string]Disposition{"X-SMIME-Sign: yes\r\n": Reject, "X-SMIME-Sign: if-possible\r\n": Accept, "X-SMIME-Encrypt: yes\r\n": Accept, "": Accept} {
		if out := h.process(outboundTo("anna@kunde.example"), h.sealed(fromSupport("anna@kunde.example", order), plainText, h.anna)); out.Disposition != want {
			t.Errorf("%q: %+v", order, out.Outcome)
		}
	}
}

// TestTagsInEverySubject: one Subject is allowed; of two, a reader may show
// either.
func TestTagsInEverySubject(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Headers.TagValid, o.Headers.TagDecrypted = "[signed]", "[was encrypted]" })
	for _, subject := range []string{"[signed] x\r\nSubject: y", "y\r\nSubject: x [Signed]", "=?iso-8859-15?q?=5Bsigned=5D?= x", "=?x-unknown?q?a?= =?utf-8?q?=5Bsigned=5D?=", "[was [signed]encrypted] x"} {
		text := h.process(inboundTo("support@firma.example"), strings.Replace(fromAnna, "Subject: hello", "Subject: "+subject, 1)+plainText).text[0]
		for _, f := range h.entity(text).Get("Subject") {
			if s := strings.ToLower(encodedword.Decode(f.Value())); strings.Contains(s, "[signed]") || strings.Contains(s, "[was encrypted]") {
				t.Errorf("%q: %q is left", subject, s)
			}
		}
	}
}

// TestReplyAdviceIsOfTheFirstMailbox, not of any.
func TestReplyAdviceIsOfTheFirstMailbox(t *testing.T) {
	h := newHouse(t)
	for range 20 {
		for to, want := range map[string]string{"support@firma.example keyless@firma.example": "sign=yes", "keyless@firma.example support@firma.example": "sign=no"} {
			text := h.process(inboundTo(strings.Fields(to)...), fromAnna+plainText).text[0]
			if got := h.header(text, "X-SMIME-Reply"); !strings.HasPrefix(got, want) {
				t.Fatalf("to %s: %s", to, got)
			}
		}
	}
}

// refusingStore refuses every record for good.
type refusingStore struct{ Store }

func (refusingStore) Put(context.Context, *certstore.Record) error {
	return fmt.Errorf("%w: too large", certstore.ErrRecord)
}

// TestRecordThatCannotBeStored does not keep the mail with its sender for ever.
func TestRecordThatCannotBeStored(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Store = refusingStore{o.Store} })
	if out := h.process(inboundTo("support@firma.example"), h.signed(h.anna, fromAnna, plainText)); out.Disposition != Accept || h.header(out.text[0], "X-SMIME-Signature") != "valid" {
		t.Errorf("%+v", out.Outcome)
	}
}

// TestSenderRuleWithUnreadableFrom: From that is not one address is no way around
// a rule for its sender.
func TestSenderRuleWithUnreadableFrom(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Rules = []Rule{{Sender: "@firma.example", Demand: Demand{Encrypt: Yes}}} })
	for _, from := range []string{"From: support@firma.example, sales@firma.example\r\n", "From: support@firma.example\r\nFrom: x@y.example\r\n", "From: a b@firma.example\r\n", "From: Support\r\n", ""} {
		if out := h.process(outboundTo("anna@kunde.example"), from+"To: anna@kunde.example\r\nMIME-Version: 1.0\r\n"+plainText); out.Disposition != Reject || out.Reply.Code != 554 {
			t.Errorf("%q: %+v", from, out.Outcome)
		}
	}
	env := outboundTo("anna@kunde.example")
	env.From = ""
	if out := h.process(env, "From: MAILER-DAEMON (Mail Delivery System)\r\nTo: anna@kunde.example\r\n\r\ncould not be delivered\r\n"); out.Disposition != Accept {
		t.Errorf("a bounce of nobody's: %+v", out.Outcome)
	}
}

// TestOrderBehindABareCR is refused, not lost.
func TestOrderBehindABareCR(t *testing.T) {
	h := newHouse(t)
	if out := h.process(outboundTo("anna@kunde.example"), "X-Queue: 1\rX-SMIME-Encrypt: yes\r\n"+fromSupport("anna@kunde.example", plainText)); out.Disposition != Reject || out.Reply.Code != 550 {
		t.Errorf("%+v", out.Outcome)
	}
}

// TestOrderInOurNameAmongOthers: one of several From addresses is ours.
func TestOrderInOurNameAmongOthers(t *testing.T) {
	h := newHouse(t)
	for _, from := range []string{"From: x@y.example, support@firma.example\r\n", "From: x@y.example\r\nFrom: support@firma.example\r\n"} {
		if out := h.process(inboundTo("support@firma.example"), from+"X-SMIME-Encrypt: yes\r\n"+plainText); out.Disposition != Reject || out.Reply.Code != 550 {
			t.Errorf("%q: %+v", from, out.Outcome)
		}
	}
}

// TestTextHoldsEverywhere: where an admin wants HTML as text, keep_signature or a
// message without a layer is no way around.
func TestTextHoldsEverywhere(t *testing.T) {
	html := "Content-Type: text/html\r\n\r\n<b>hello</b><img src=\"http://evil.example/\">\r\n"
	h := newHouse(t, func(o *Options) {
		o.On = Actions{"bad_signature": TextMail, "partial": TextMail, "malformed": TextMail}
		o.Inbound.KeepSignature = true
	})
	part := h.signed(h.anna, "", plainText)
	for name, text := range map[string]string{
		"bad signature, kept": strings.Replace(h.signed(h.anna, fromAnna, html), "<b>hello", "<b>hello ", 1),
		"partial":             fromAnna + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + html + "\r\n--b\r\n" + part + "\r\n--b--\r\n",
	} {
		out := h.process(inboundTo("support@firma.example"), text)
		if out.Disposition != Accept || leaves(out, "<img") || !leaves(out, "hello") {
			t.Errorf("%s:\n%s", name, out.text)
		}
	}
}

// TestBounceOfAnythingDecrypted: what was decrypted must not come back in a
// bounce, whatever was wrong further in.
func TestBounceOfAnythingDecrypted(t *testing.T) {
	h := newHouse(t)
	inner := "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CAMIACAQ==\r\n"
	out := h.process(inboundTo("support@firma.example"), h.sealed(fromAnna, inner, h.support))
	if d := out.Deliveries[0]; d.Body != nil && !d.CameEncrypted {
		t.Errorf("%s: decrypted and not marked so:\n%s", h.header(out.text[0], "X-SMIME-Encryption"), out.text[0])
	}
}

// TestLongReferences: what is answered stands last.
func TestLongReferences(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Outbound.ReplyToEncrypted = Yes })
	h.process(inboundTo("support@firma.example"), h.sealed(fromAnna, plainText, h.support))
	var ids strings.Builder
	for i := range maxIDs + 50 {
		fmt.Fprintf(&ids, " <%d@old.example>\r\n", i)
	}
	out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "References:"+ids.String()+" <1@kunde.example>\r\n"+plainText))
	if out.Disposition != Reject {
		t.Errorf("a reply to what came encrypted left in clear: %+v", out.Outcome)
	}
}

// TestLegacyDisplay: a restored Subject does not stand in the text once more
// (RFC 9788 §4.5).
func TestLegacyDisplay(t *testing.T) {
	h := newHouse(t)
	inner := "Content-Type: text/plain; charset=utf-8; hp=\"cipher\"; hp-legacy-display=\"1\"\r\nFrom: Anna <anna@kunde.example>\r\nSubject: the true one\r\nHP-Outer: Subject: [...]\r\nHP-Outer: From: Anna <anna@kunde.example>\r\n\r\n" +
		"Subject: the true one\r\n\r\nthe secret text\r\n"
	text := h.process(inboundTo("support@firma.example"), h.sealed(strings.Replace(fromAnna, "hello", "[...]", 1), inner, h.support)).text[0]
	if h.header(text, "Subject") != "the true one" || strings.Count(text, "the true one") != 1 || !strings.Contains(text, "the secret text") {
		t.Errorf("%s", text)
	}
}

// TestOrderInAPart: an order that a program repeats in a part does not reach the
// customer, whatever prefix it has (inner-prefix.eml).
func TestOrderInAPart(t *testing.T) {
	const parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\nX-Crypt-Sign: yes\r\nX_Crypt-Encrypt: yes\r\nX-RT: 1\r\n\r\nhello\r\n--b--\r\n"
	for _, prefix := range []string{"X-Crypt-", "X-SMIME-"} {
		h := newHouse(t, func(o *Options) { o.Headers.Prefix = prefix })
		text := strings.ReplaceAll(fromSupport("anna@kunde.example", "X-Crypt-Sign: yes\r\n"+parts), "Crypt", strings.Trim(prefix, "X-"))
		out := h.process(outboundTo("anna@kunde.example"), text)
		if out.Disposition != Accept || leaves(out, "-Sign") || leaves(out, "-Encrypt") || !leaves(out, "X-RT: 1") {
			t.Errorf("%s: %+v\n%s", prefix, out.Outcome, out.text)
		}
		if _, j, _ := h.readCopy(out.text[0], h.anna); j.Signature != verdict.SignatureValid {
			t.Errorf("%s: %s", prefix, j.Signature)
		}
	}
}
