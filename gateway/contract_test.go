package gateway

// This file tests features of the contract whose loss no other test
// would notice, each with and without what asks for it.

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/internal/encodedword"
	"sealgate/internal/testpki"
	"sealgate/keyring"
)

// with is the same house under other settings.
func (h *house) with(change func(*Options)) *house {
	h.t.Helper()
	other := *h
	change(&other.o)
	var err error
	if other.g, err = New(other.o); err != nil {
		h.t.Fatal(err)
	}
	return &other
}

const (
	orderSign    = "X-SMIME-Sign: yes\r\n"
	orderEncrypt = "X-SMIME-Encrypt: yes\r\n"
)

var toAnna = outboundTo("anna@kunde.example")

// TestArchive: its certificates are recipients of all that is encrypted, and of nothing
// when there are none.
func TestArchive(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	archive := h.pki.Issue(testpki.Options{Addresses: []string{"archive@firma.example"}, Key: "rsa-3072"})
	for _, list := range [][]*x509.Certificate{nil, {archive.Certificate}} {
		h := h.with(func(o *Options) { o.Outbound.Archive = list })
		text := h.process(toAnna, fromSupport("anna@kunde.example", orderEncrypt+plainText)).text[0]
		shown, v, _ := h.readCopy(text, archive)
		if opened := v.Encryption == verdict.EncryptionDecrypted && strings.Contains(shown, "the secret text"); opened != (list != nil) {
			t.Errorf("%d certificates: the archive's key gives %s", len(list), v.Encryption)
		}
	}
}

// TestNextHopInbound: one encrypted copy for the outside and a mailbox of ours, only
// where a gateway behind us decrypts for it.
func TestNextHopInbound(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	env := outboundTo("anna@kunde.example", "sales@firma.example")
	mail := fromSupport("anna@kunde.example, sales@firma.example", orderEncrypt+plainText)
	if out := h.process(env, mail); out.Disposition != Reject || out.Reply.Code != 550 || !strings.Contains(out.Reply.Text, "sales@firma.example") {
		t.Errorf("%+v", out.Outcome)
	}
	out := h.with(func(o *Options) { o.Outbound.NextHopInbound = true }).process(env, mail)
	if len(out.Deliveries) != 1 || !slices.Equal(out.Deliveries[0].To, env.To) {
		t.Fatalf("%+v", out.Outcome)
	}
	for _, who := range []*testpki.Cert{h.anna, h.sales} {
		if shown, _, _ := h.readCopy(out.text[0], who); !strings.Contains(shown, "the secret text") {
			t.Errorf("%s cannot read it", who.Certificate.EmailAddresses)
		}
	}
}

// TestSignAsOther: a credential that names another address signs only where that is
// allowed.
func TestSignAsOther(t *testing.T) {
	h := newHouse(t)
	h.ring[0].Credentials = h.ring[1].Credentials // of sales@firma.example
	mail := fromSupport("anna@kunde.example", orderSign+plainText)
	if out := h.process(toAnna, mail); out.Disposition != Reject || !strings.Contains(out.Reply.Text, "no usable key for support@firma.example") {
		t.Errorf("%+v", out.Outcome)
	}
	out := h.with(func(o *Options) { o.Outbound.SignAsOther = true }).process(toAnna, mail)
	if out.Disposition != Accept {
		t.Fatalf("%+v", out.Outcome)
	}
	if _, v, _ := h.readCopy(out.text[0], h.anna); len(v.Signers) != 1 || !v.Signers[0].Signature.Certificate.Equal(h.sales.Certificate) {
		t.Errorf("%+v", v)
	}
}

// TestOmittedFields: each field of ours can be left out, and nothing else goes with it.
func TestOmittedFields(t *testing.T) {
	h := newHouse(t)
	bob := h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}})
	mail := h.sealed(fromAnna, h.signed(bob, "", plainText), h.support) // has a reason, and a sender that was changed
	all := []string{"Status", "Signature", "Encryption", "Signer", "Reason", "Cause", "Reply", "Sender"}
	missing := func(text string) (names []string) {
		for _, name := range all {
			if h.header(text, "X-SMIME-"+name) == "" {
				names = append(names, name)
			}
		}
		if h.header(text, "Authentication-Results") == "" {
			names = append(names, "results")
		}
		return names
	}
	if got := missing(h.process(toSupport, mail).text[0]); got != nil {
		t.Errorf("%q are not there", got)
	}
	for _, name := range all {
		h := h.with(func(o *Options) { o.Headers.Omit = map[string]bool{strings.ToLower(name): true} })
		if got := missing(h.process(toSupport, mail).text[0]); !slices.Equal(got, []string{name}) {
			t.Errorf("without %s: %q are not there", name, got)
		}
	}
	h = h.with(func(o *Options) { o.Headers.OmitAuthentic = true })
	if got := missing(h.process(toSupport, mail).text[0]); !slices.Equal(got, []string{"results"}) {
		t.Errorf("authentication_results = false: %q are not there", got)
	}
}

// TestAdvisedEncrypt: what came encrypted should be answered so; the agent is told.
func TestAdvisedEncrypt(t *testing.T) {
	h := newHouse(t)
	inner := h.signed(h.anna, "", plainText)
	for name, k := range map[string]struct{ text, want string }{
		"signed":              {fromAnna + inner, "sign=yes; encrypt=yes"},
		"signed and sealed":   {h.sealed(fromAnna, inner, h.support), "sign=yes; encrypt=yes; advised=encrypt"},
		"sealed, of nobody's": {strings.ReplaceAll(h.sealed(fromAnna, plainText, h.support), "anna@", "dora@"), "sign=yes; encrypt=no; advised=encrypt"},
	} {
		if got := h.header(h.process(toSupport, k.text).text[0], "X-SMIME-Reply"); got != k.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestExemptMail: invitations, notifications and automatic replies are exempt from the
// mailbox's default, and from nothing else.
func TestExemptMail(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	part := func(kind, media string) string {
		return "Content-Type: multipart/" + kind + "; boundary=b\r\n\r\n--b\r\n" + plainText + "--b\r\nContent-Type: " + media + "\r\n\r\nx\r\n--b--\r\n"
	}
	byDefault := h.with(func(o *Options) { o.Defaults = map[*keyring.Mailbox]Demand{h.ring[0]: {Sign: Yes, Encrypt: Yes}} })
	byRule := h.with(func(o *Options) { o.Rules = []Rule{{Recipient: "anna@kunde.example", Demand: Demand{Encrypt: Yes}}} })
	for name, k := range map[string]struct {
		content, from string
		exempt        bool
	}{
		"a mail":               {plainText, "support@firma.example", false},
		"sent by a person":     {"Auto-Submitted: no\r\n" + plainText, "support@firma.example", false},
		"a person's comment":   {"Auto-Submitted: (by hand) No (really)\r\n" + plainText, "support@firma.example", false},
		"an endless comment":   {"Auto-Submitted: no (\r\n" + plainText, "support@firma.example", true},
		"an automatic reply":   {"Auto-Submitted: auto-replied (vacation)\r\n" + plainText, "support@firma.example", true},
		"an automatic message": {"AUTO-SUBMITTED: Auto-Generated; x=y\r\n" + plainText, "support@firma.example", true},
		"an invitation":        {"Content-Type: text/calendar; method=REQUEST\r\n\r\nthe secret text\r\n", "support@firma.example", true},
		"one of two forms":     {part("alternative", "text/calendar; method=REPLY"), "support@firma.example", true},
		"a notification":       {part("report; report-type=delivery-status", "message/delivery-status"), "support@firma.example", true},
		"a bounce":             {plainText, "", true},
		"two forms of text":    {part("alternative", "text/html"), "support@firma.example", false},
	} {
		env := toAnna
		env.From = k.from
		if out := byDefault.process(env, fromSupport("anna@kunde.example", k.content)); out.Disposition != Accept || leaves(out, "the secret text") != k.exempt {
			t.Errorf("%s, by default: in clear %v, %+v", name, !k.exempt, out.Outcome)
		}
		for by, out := range map[string]copies{"order": h.process(env, fromSupport("anna@kunde.example", orderEncrypt+k.content)), "rule": byRule.process(env, fromSupport("anna@kunde.example", k.content))} {
			if out.Disposition != Accept || leaves(out, "the secret text") {
				t.Errorf("%s, by %s: %+v", name, by, out.Outcome)
			}
		}
	}
}

// TestSigningTime: it is left out when Date is more than half an hour off, because
// readers call a signature invalid when the two differ.
func TestSigningTime(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	h := newHouse(t, func(o *Options) { o.Now = func() time.Time { return now } })
	date := func(d time.Duration) string { return "Date: " + now.Add(d).Format(time.RFC1123Z) + "\r\n" }
	for name, k := range map[string]struct {
		date string
		said bool
	}{
		"now": {date(0), true}, "just inside": {date(-30 * time.Minute), true}, "just outside": {date(-30*time.Minute - time.Second), false},
		"ahead": {date(29 * time.Minute), true}, "far ahead": {date(31 * time.Minute), false}, "no date": {"", false}, "nonsense": {"Date: soon\r\n", false},
	} {
		_, v, _ := h.readCopy(h.process(toAnna, fromSupport("anna@kunde.example", k.date+orderSign+plainText)).text[0], h.anna)
		if v.Signature != verdict.SignatureValid {
			t.Errorf("%s: %s %s", name, v.Signature, v.Reason)
			continue
		}
		if at := v.Signer.Signature.SigningTime; !at.Equal(now) && k.said || !at.IsZero() && !k.said {
			t.Errorf("%s: signing-time %s", name, at)
		}
	}
}

// TestResentBcc: no hidden recipient leaves in the header, of a mail that is changed or
// not.
func TestResentBcc(t *testing.T) {
	h := newHouse(t)
	for _, order := range []string{"", orderSign} {
		mail := fromSupport("anna@kunde.example", order+"Resent-To: anna@kunde.example\r\nResent-Bcc: x@y.example\r\nBCC:\r\n x@y.example\r\n"+plainText)
		text := h.process(toAnna, mail).text[0]
		if strings.Contains(text, "x@y.example") || !strings.Contains(text, "Resent-To: ") {
			t.Errorf("%q:\n%s", order, text)
		}
	}
}

// TestAlreadySigned: a signature that is valid for From stays as it is; any other is
// signed over.
func TestAlreadySigned(t *testing.T) {
	h := newHouse(t)
	head := fromSupport("anna@kunde.example", orderSign)
	good := h.signed(h.support, head, plainText)
	for name, k := range map[string]struct {
		text string
		kept bool
	}{
		"valid": {good, true}, "broken": {strings.Replace(good, "secret", "forged", 1), false}, "somebody else's": {h.signed(h.sales, head, plainText), false},
	} {
		out := h.process(toAnna, k.text)
		if out.Disposition != Accept {
			t.Fatalf("%s: %+v", name, out.Outcome)
		}
		_, body, _ := strings.Cut(k.text, "\r\n\r\n")
		_, v, m := h.readCopy(out.text[0], h.anna)
		layers := map[bool]int{true: 1, false: 2}[k.kept]
		if kept := strings.HasSuffix(out.text[0], body); kept != k.kept || len(m.Layers) != layers || k.kept && v.Signature != verdict.SignatureValid {
			t.Errorf("%s: kept %v, %d layers, %s", name, kept, len(m.Layers), v.Signature)
		}
	}
}

// TestKeepSignature: the mail stays multipart/signed with its smime.p7s.
func TestKeepSignature(t *testing.T) {
	h := newHouse(t)
	mail := h.signed(h.anna, fromAnna, plainText)
	for _, keep := range []bool{false, true} {
		text := h.with(func(o *Options) { o.Inbound.KeepSignature = keep }).process(toSupport, mail).text[0]
		_, body, _ := strings.Cut(mail, "\r\n\r\n")
		if strings.HasSuffix(text, body) != keep || strings.Contains(text, "smime.p7s") != keep || strings.HasPrefix(h.header(text, "Content-Type"), "multipart/signed") != keep {
			t.Errorf("keep_signature %v:\n%s", keep, text)
		}
		if h.header(text, "X-SMIME-Signature") != "valid" {
			t.Errorf("keep_signature %v: %s", keep, h.header(text, "X-SMIME-Signature"))
		}
	}
}

// TestExplainPart: without it an undecryptable mail stays as it came.
func TestExplainPart(t *testing.T) {
	h := newHouse(t)
	mail := h.sealed(fromAnna, plainText, h.anna)
	_, body, _ := strings.Cut(mail, "\r\n\r\n")
	for _, explain := range []bool{false, true} {
		text := h.with(func(o *Options) { o.Inbound.ExplainPart = explain }).process(toSupport, mail).text[0]
		if strings.HasSuffix(text, "\r\n\r\n"+body) == explain || strings.Contains(text, "could not be opened here") != explain || h.header(text, "X-SMIME-Encryption") != "undecryptable" {
			t.Errorf("explain_part %v:\n%s", explain, text)
		}
	}
}

// TestGerman: the sentences of whole mails.
func TestGerman(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Language = "de" })
	inner := h.signed(h.anna, "", plainText)
	for _, k := range []struct{ text, status, reason string }{
		{fromAnna + inner, "Gültig signiert: Die Nachricht stammt von anna@kunde.example und wurde nicht verändert.", ""},
		{
			h.sealed(fromAnna, inner, h.support),
			"Gültig signiert: Die Nachricht stammt von anna@kunde.example und wurde nicht verändert. Sie kam verschlüsselt an.", "",
		},
		{fromAnna + plainText, "Die Nachricht ist weder signiert noch verschlüsselt.", ""},
		{h.sealed(fromAnna, plainText, h.anna), german.encrypted[verdict.EncryptionUndecryptable].status, german.encrypted[verdict.EncryptionUndecryptable].advice},
		{h.sealed(fromAnna, plainText, h.support), german.decrypted, german.unproven},
	} {
		text := h.process(toSupport, k.text).text[0]
		status, reason := encodedword.Decode(h.header(text, "X-SMIME-Status")), encodedword.Decode(h.header(text, "X-SMIME-Reason"))
		if status != k.status || reason != k.reason {
			t.Errorf("%q, %q, want %q, %q", status, reason, k.status, k.reason)
		}
	}
}

// TestUnknownAlgorithmOfASigner: beside a valid signature of the same address, or of
// somebody else, it is reported only; alone it makes the mail unchecked.
func TestUnknownAlgorithmOfASigner(t *testing.T) {
	h := newHouse(t)
	elliptic := func(address string) *testpki.Cert { return h.pki.Issue(testpki.Options{Addresses: []string{address}}) }
	for name, k := range map[string]struct {
		by   []*testpki.Cert
		want string
	}{
		"anna beside herself": {[]*testpki.Cert{h.anna, elliptic("anna@kunde.example")}, "valid"},
		"bob beside anna":     {[]*testpki.Cert{h.anna, elliptic("bob@kunde.example")}, "valid"},
		"alone":               {[]*testpki.Cert{elliptic("anna@kunde.example")}, "unchecked"},
	} {
		text := h.signedByAll(k.by, func(der []byte) {
			ecdsaWithSHA256 := "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
			at := strings.LastIndex(string(der), ecdsaWithSHA256) // in the SignerInfo: those of certificates stand before
			der[at+len(ecdsaWithSHA256)-1] = 0x7f
		})
		out := h.process(toSupport, text)
		if got := h.header(out.text[0], "X-SMIME-Signature"); got != k.want {
			t.Errorf("%s: %s, want %s\n%s", name, got, k.want, h.header(out.text[0], "X-SMIME-Reason"))
		}
	}
}

// slowStore lets a Put wait.
type slowStore struct {
	Store
	reached, release chan struct{}
}

func (s slowStore) Put(ctx context.Context, r *certstore.Record) error {
	close(s.reached)
	<-s.release
	return s.Store.Put(ctx, r)
}

// TestHarvestComesFirst: a mail is answered for when its certificate is in the store,
// not before.
func TestHarvestComesFirst(t *testing.T) {
	slow := slowStore{reached: make(chan struct{}), release: make(chan struct{})}
	h := newHouse(t, func(o *Options) { slow.Store = o.Store; o.Store = slow })
	mail := h.signed(h.anna, fromAnna, plainText)
	answered := make(chan copies, 1)
	go func() { answered <- h.process(toSupport, mail) }()
	<-slow.reached
	select {
	case <-answered:
		t.Error("the mail was answered for before its certificate was stored")
	case <-time.After(50 * time.Millisecond):
		close(slow.release)
		<-answered
	}
}

// TestAtMostTwentyNamed: a refusal names twenty recipients, and how many there are more.
func TestAtMostTwentyNamed(t *testing.T) {
	h := newHouse(t)
	var to []string
	for i := range 25 {
		to = append(to, fmt.Sprintf("a%02d@b.example", i))
	}
	out := h.process(outboundTo(to...), fromSupport(strings.Join(to, ", "), orderEncrypt+plainText))
	if text := out.Reply.Text; out.Reply.Code != 550 || strings.Count(text, "@b.example") != 20 || !strings.Contains(text, "a19@b.example and 5 more. ") {
		t.Errorf("%+v", out.Reply)
	}
}
