package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// readCopy reads a copy with a key and judges its signature.
func (h *house) readCopy(text string, with *testpki.Cert) (shown string, v *verdict.Verdict, m *smime.Message) {
	h.t.Helper()
	m, err := smime.Open(context.Background(), strings.NewReader(text), int64(len(text)),
		smime.OpenOptions{Keys: []cms.DecryptionKey{{Certificate: with.Certificate, Key: with.Key}}, Spool: h.o.Spool})
	if err != nil {
		h.t.Fatal(err)
	}
	defer m.Close()
	body := make([]byte, m.Inner.Size())
	if _, err := m.Inner.Section().ReadAt(body, 0); err != nil && m.Inner.Size() > 0 && err.Error() != "EOF" {
		h.t.Fatal(err)
	}
	return string(body), verdict.Of(context.Background(), m, "", h.o.Trust, time.Now()), m
}

func TestOutboundOrders(t *testing.T) {
	for _, k := range []struct {
		name, order string
		known       bool
		signed      bool
		encrypted   bool
		code        int
	}{
		{"neither", "", true, false, false, 0},
		{"sign", "X-SMIME-Sign: yes\r\n", true, true, false, 0},
		{"encrypt", "X-SMIME-Encrypt: yes\r\n", true, false, true, 0},
		{"both", "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n", true, true, true, 0},
		{"both, any case, folded", "x-smime-sign:\r\n YES\r\nX-Smime-Encrypt:yes\r\n", true, true, true, 0},
		{"if possible, it is", "X-SMIME-Sign: if-possible\r\nX-SMIME-Encrypt: if-possible\r\n", true, true, true, 0},
		{"if possible, it is not", "X-SMIME-Encrypt: if-possible\r\n", false, false, false, 0},
		{"encrypt without certificate", "X-SMIME-Encrypt: yes\r\n", false, false, false, 550},
		{"wrong value", "X-SMIME-Encrypt: ja\r\n", true, false, false, 550},
		{"status as order", "X-SMIME-Encryption: yes\r\n", true, false, false, 550},
		{"status of a plain ticket", "X-SMIME-Encryption: none\r\n", true, false, false, 0},
		{"status of a decrypted ticket", "X-SMIME-Encryption: decrypted\r\n", true, false, true, 0},
		{"status of a decrypted ticket, no certificate", "X-SMIME-Encryption: decrypted\r\n", false, false, false, 550},
	} {
		t.Run(k.name, func(t *testing.T) {
			h := newHouse(t)
			if k.known {
				h.knows(h.anna)
			}
			out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", k.order+"Bcc: x@y.example\r\n"+plainText))
			if k.code != 0 {
				if out.Disposition != Reject || out.Reply.Code != k.code || len(out.Deliveries) != 0 {
					t.Errorf("%+v", out.Outcome)
				}
				if !k.known && !strings.Contains(out.Reply.Text, "anna@kunde.example") {
					t.Errorf("the reply names nobody: %s", out.Reply.Text)
				}
				return
			}
			text := out.text[0]
			if low := strings.ToLower(text); strings.Contains(low, "x-smime-") || strings.Contains(low, "\nbcc:") {
				t.Errorf("left over:\n%s", text)
			}
			if strings.Contains(text, "the secret text") == k.encrypted {
				t.Fatalf("in clear: %v\n%s", !k.encrypted, text)
			}
			shown, v, _ := h.readCopy(text, h.anna)
			if !strings.Contains(shown, "the secret text") || (v.Signature == verdict.SignatureValid) != k.signed || (v.Encryption == verdict.EncryptionDecrypted) != k.encrypted {
				t.Errorf("%s/%s %s\n%s", v.Signature, v.Encryption, v.Reason, shown)
			}
			if self, _, _ := h.readCopy(text, h.support); !strings.Contains(self, "the secret text") {
				t.Error("the mailbox cannot read its own mail")
			}
		})
	}
}

func TestWhoMayOrder(t *testing.T) {
	h := newHouse(t)
	h.ring[0].Users = []string{"agent"}
	text := fromSupport("anna@kunde.example", "X-SMIME-Sign: yes\r\n"+plainText)
	env := outboundTo("anna@kunde.example")
	env.MayOrder = false
	if out := h.process(env, text); out.Disposition != Reject || !strings.Contains(out.Reply.Text, "not allowed to order") {
		t.Errorf("%+v", out.Outcome)
	}
	env.MayOrder, env.User = true, "other"
	if out := h.process(env, text); out.Disposition != Reject {
		t.Errorf("another user: %+v", out.Outcome)
	}
	env.User = "agent"
	if out := h.process(env, text); out.Disposition != Accept {
		t.Errorf("the mailbox's user: %+v", out.Outcome)
	}
}

func TestSignYesNeedsAKey(t *testing.T) {
	h := newHouse(t)
	for _, from := range []string{"keyless@firma.example", "boss@firma.example"} {
		text := strings.Replace(fromSupport("a@b.example", "X-SMIME-Sign: yes\r\n"+plainText), "support@firma.example", from, 1)
		if out := h.process(outboundTo("a@b.example"), text); out.Disposition != Reject || !strings.Contains(out.Reply.Text, from) {
			t.Errorf("%s: %+v", from, out.Outcome)
		}
		text = strings.Replace(text, "Sign: yes", "Sign: if-possible", 1)
		if out := h.process(outboundTo("a@b.example"), text); out.Disposition != Accept {
			t.Errorf("%s, if possible: %+v", from, out.Outcome)
		}
	}
}

func TestOrderNeedsOneFrom(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	for _, from := range []string{"", "From: a@firma.example, support@firma.example\r\n", "From: support@firma.example\r\nFrom: a@b.example\r\n"} {
		if out := h.process(outboundTo("anna@kunde.example"), from+"X-SMIME-Encrypt: yes\r\n"+plainText); out.Disposition != Reject || out.Reply.Code != 554 {
			t.Errorf("%q: %+v", from, out.Outcome)
		}
	}
}

// brokenStore answers nothing.
type brokenStore struct{ Store }

func (brokenStore) ByAddress(context.Context, string) ([]*certstore.Record, error) {
	return nil, errors.New("disk on fire")
}

// TestBrokenStoreIsNoReasonToSendInClear: even if-possible waits.
func TestBrokenStoreIsNoReasonToSendInClear(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Store = brokenStore{o.Store} })
	for _, order := range []string{"yes", "if-possible"} {
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Encrypt: "+order+"\r\n"+plainText))
		if out.Disposition != TempFail || out.Reply.Code != 451 || !strings.Contains(out.Reply.Text, "the certificate store since ") {
			t.Errorf("%s: %+v", order, out.Outcome)
		}
	}
}

// TestReplyToEncrypted: a reply without an order to a mail that came encrypted.
func TestReplyToEncrypted(t *testing.T) {
	h := newHouse(t)
	h.process(inboundTo("support@firma.example"), h.sealed(fromAnna, h.signed(h.anna, "", plainText), h.support))
	for name, head := range map[string]string{
		"In-Reply-To": "In-Reply-To: <1@kunde.example>\r\n", "References": "References: <0@x> <1@kunde.example>\r\n",
		"automatic": "References: <1@kunde.example>\r\nAuto-Submitted: auto-replied\r\n",
	} {
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", head+plainText))
		if out.Disposition != Accept || strings.Contains(out.text[0], "the secret text") {
			t.Errorf("%s: left in clear: %+v\n%s", name, out.Outcome, out.text)
		}
	}
	if out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "In-Reply-To: <2@kunde.example>\r\n"+plainText)); !strings.Contains(out.text[0], "the secret text") {
		t.Error("a reply to a plain mail was encrypted")
	}
}

// TestLabelIsNothing: a mail that calls itself encrypted and is not gets encrypted.
func TestLabelIsNothing(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	labelled := "X-SMIME-Encrypt: yes\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\r\nthe secret text\r\n"
	if out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", labelled)); out.Disposition == Accept && strings.Contains(out.text[0], "the secret text") {
		t.Errorf("left in clear:\n%s", out.text[0])
	}
	really := h.sealed(fromSupport("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"), plainText, h.anna)
	out := h.process(outboundTo("anna@kunde.example"), really)
	if out.Disposition != Accept || out.Deliveries[0].Body != nil {
		t.Errorf("encrypted twice: %+v", out.Outcome)
	}
}

// TestCopies: To, Cc, Bcc and a served mailbox; who can open which copy.
func TestCopies(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Outbound.EncryptToSelf = ToSelfYes })
	bob := h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}, Key: "rsa-2048"})
	carl := h.pki.Issue(testpki.Options{Addresses: []string{"carl@kunde.example"}, Key: "p256"})
	for _, c := range []*testpki.Cert{h.anna, bob, carl} {
		h.knows(c)
	}
	text := fromSupport("anna@kunde.example", "Cc: bob@kunde.example, sales@firma.example\r\nX-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n"+plainText)
	env := outboundTo("anna@kunde.example", "bob@kunde.example", "carl@kunde.example", "sales@firma.example")
	if out := h.process(env, text); out.Disposition != Reject || out.Reply.Code != 550 {
		t.Errorf("without splitting: %+v", out.Outcome)
	}
	env.CanSplit = true
	out := h.process(env, text)
	can := map[string][]string{}
	for i, d := range out.Deliveries {
		for who, c := range map[string]*testpki.Cert{"anna": h.anna, "bob": bob, "carl": carl, "support": h.support} {
			if _, v, m := h.readCopy(out.text[i], c); m.Undecryptable == nil && v.Encryption == verdict.EncryptionDecrypted {
				can[strings.Join(d.To, " ")] = append(can[strings.Join(d.To, " ")], who)
			}
		}
		slices.Sort(can[strings.Join(d.To, " ")])
		_, v, m := h.readCopy(out.text[i], h.support)
		if slices.Equal(d.To, []string{"sales@firma.example"}) {
			if h.header(out.text[i], "X-SMIME-Encryption") != "none" || !strings.Contains(out.text[i], "the secret text") {
				t.Errorf("the copy for the house:\n%s", out.text[i])
			}
			continue
		}
		if v.Signature != verdict.SignatureValid || len(m.Layers[0].Recipients) != map[bool]int{true: 3, false: 2}[len(d.To) == 2] {
			t.Errorf("copy for %v: %s, %d RecipientInfos", d.To, v.Signature, len(m.Layers[0].Recipients))
		}
	}
	want := map[string][]string{"anna@kunde.example bob@kunde.example": {"anna", "bob", "support"}, "carl@kunde.example": {"carl", "support"}}
	if fmt.Sprint(can) != fmt.Sprint(want) {
		t.Errorf("who can open which copy: %v, want %v", can, want)
	}
}

// TestHiddenRecipientInSeveralSpellings gets one copy, and alone it needs none of its own.
func TestHiddenRecipientInSeveralSpellings(t *testing.T) {
	h := newHouse(t)
	carl := h.pki.Issue(testpki.Options{Addresses: []string{"carl@kunde.example"}, Key: "rsa-2048"})
	h.knows(h.anna)
	h.knows(carl)
	spellings := []string{"carl@kunde.example", "Carl@kunde.example", "CARL@Kunde.Example"}
	text := fromSupport("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"+plainText)
	env := outboundTo(append(spellings, "anna@kunde.example")...)
	env.CanSplit = true
	out := h.process(env, text)
	if len(out.Deliveries) != 2 || !slices.Equal(out.Deliveries[0].To, spellings) || !slices.Equal(out.Deliveries[1].To, []string{"anna@kunde.example"}) {
		t.Fatalf("%+v", out.Outcome)
	}
	if _, v, m := h.readCopy(out.text[0], carl); v.Encryption != verdict.EncryptionDecrypted || len(m.Layers[0].Recipients) != 2 {
		t.Errorf("carl's copy: %s, %d RecipientInfos", v.Encryption, len(m.Layers[0].Recipients))
	}
	if out := h.process(outboundTo(spellings...), text); out.Disposition != Accept || len(out.Deliveries) != 1 || len(out.Deliveries[0].To) != 3 {
		t.Errorf("alone, without splitting: %+v", out.Outcome)
	}
	if out := h.process(outboundTo(append(spellings, "sales@firma.example")...), text); out.Disposition != Reject {
		t.Errorf("beside a mailbox of the house, without splitting: %+v", out.Outcome)
	}
}

func TestMixedClear(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Outbound.MixedClear = true })
	h.knows(h.anna)
	text := fromSupport("anna@kunde.example, bob@kunde.example", "X-SMIME-Encrypt: if-possible\r\n"+plainText)
	env := outboundTo("anna@kunde.example", "bob@kunde.example")
	if out := h.process(env, text); len(out.text) != 1 || !strings.Contains(out.text[0], "the secret text") {
		t.Errorf("one copy: %+v", out.Outcome)
	}
	env.CanSplit = true
	out := h.process(env, text)
	if len(out.text) != 2 {
		t.Fatalf("%+v", out.Outcome)
	}
	for i, d := range out.Deliveries {
		if inClear := d.To[0] == "bob@kunde.example"; inClear != strings.Contains(out.text[i], "the secret text") {
			t.Errorf("copy for %v:\n%s", d.To, out.text[i])
		}
	}
}

func TestRuleAndHeaderNo(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Rules = []Rule{{Recipient: "@kunde.example", Demand: Demand{Encrypt: Yes}}} })
	h.knows(h.anna)
	out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Encrypt: no\r\n"+plainText))
	if strings.Contains(out.text[0], "the secret text") {
		t.Error("a header no has beaten a rule")
	}
	out = h.process(outboundTo("anna@kunde.example", "x@y.example"), fromSupport("anna@kunde.example, x@y.example", plainText))
	if out.Disposition != Reject || !strings.Contains(out.Reply.Text, "x@y.example") {
		t.Errorf("what one recipient's rule demands holds for every copy: %+v", out.Outcome)
	}
}

func TestAlgorithmsFollowCapabilities(t *testing.T) {
	for name, k := range map[string]struct {
		caps []cms.Capability
		rule Algorithms
		want string
	}{
		"nothing known": {nil, Algorithms{}, "aes-256-cbc"}, "reads GCM": {cms.OwnCapabilities(), Algorithms{}, "aes-256-gcm"}, "rule": {cms.OwnCapabilities(), Algorithms{Cipher: "aes-128-cbc"}, "aes-128-cbc"},
	} {
		h := newHouse(t, func(o *Options) { o.Rules = []Rule{{Algorithms: k.rule}} })
		h.knows(h.anna, k.caps...)
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"+plainText))
		if _, _, m := h.readCopy(out.text[0], h.anna); m.Layers[0].Cipher != k.want {
			t.Errorf("%s: %s, want %s", name, m.Layers[0].Cipher, k.want)
		}
	}
}

func TestHiddenSubject(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Outbound.HeaderProtection = ProtectHideSubject })
	h.knows(h.anna)
	out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n"+plainText))
	if got := h.header(out.text[0], "Subject"); got != "[...]" {
		t.Errorf("outside: %q", got)
	}
	_, v, m := h.readCopy(out.text[0], h.anna)
	if v.Signature != verdict.SignatureValid || m.Protected == nil || m.Protected.Get("Subject")[0].Value() != "re" || !m.Protected.Hidden("Subject") {
		t.Errorf("%s %+v", v.Signature, m.Protected)
	}
}

func TestTooLargeResult(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Limits.ResultSize = 2000 })
	out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Sign: yes\r\n"+plainText))
	if out.Disposition != Reject || out.Reply.Code != 552 || !strings.Contains(out.Reply.Text, "2000") {
		t.Errorf("%+v", out.Outcome)
	}
}

func TestDKIMGoesWithTheBody(t *testing.T) {
	h := newHouse(t)
	dkim := "DKIM-Signature: v=1; a=rsa-sha256\r\nARC-Seal: i=1\r\n"
	out := h.process(outboundTo("a@b.example"), fromSupport("a@b.example", dkim+"X-SMIME-Sign: yes\r\n"+plainText))
	if strings.Contains(out.text[0], "DKIM-Signature") || strings.Contains(out.text[0], "ARC-Seal") {
		t.Errorf("a broken DKIM signature is left:\n%s", out.text[0])
	}
	out = h.process(outboundTo("a@b.example"), fromSupport("a@b.example", dkim+plainText))
	if !strings.Contains(out.text[0], "DKIM-Signature") {
		t.Error("a good DKIM signature is gone")
	}
}

// TestRuleForRSAWithOtherKeys: a rule that wants OAEP and PSS binds RSA keys; with
// others the mail goes out as it would without.
func TestRuleForRSAWithOtherKeys(t *testing.T) {
	for _, key := range []string{"p256", "rsa-2048"} {
		h := newHouse(t, func(o *Options) {
			o.Rules = []Rule{{Recipient: "@kunde.example", Algorithms: Algorithms{OAEP: true, PSS: true}}}
		})
		own := h.pki.Issue(testpki.Options{Addresses: []string{"support@firma.example"}, Key: key})
		h.ring[0].Credentials = []*keyring.Credential{{Certificate: own.Certificate, Key: own.Key}}
		anna := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: key})
		h.knows(anna)
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n"+plainText))
		if out.Disposition != Accept {
			t.Fatalf("%s: %+v", key, out.Outcome)
		}
		shown, v, m := h.readCopy(out.text[0], anna)
		if !strings.Contains(shown, "the secret text") || v.Signature != verdict.SignatureValid {
			t.Errorf("%s: %+v", key, v)
		}
		oaep, pss := strings.Contains(m.Layers[0].KeyManagement, "oaep"), v.Signer.Signature.Algorithm == "rsa-pss"
		if want := key != "p256"; oaep != want || pss != want {
			t.Errorf("%s: %s, %s", key, m.Layers[0].KeyManagement, v.Signer.Signature.Algorithm)
		}
	}
}
