package gateway

import (
	"context"
	"math/big"
	"strings"
	"testing"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// saying is a Trust that says the same of everybody.
type saying trust.Result

func (s saying) Check(context.Context, trust.Request) trust.Result { return trust.Result(s) }

const htmlText = "Content-Type: text/html\r\n\r\n<b>the secret text</b><img src=\"http://evil.example/\">\r\n"

// failures makes a mail for each entry of [on].
var failures = map[string]struct {
	says trust.Result // of every certificate; zero: trust as it is
	mail func(h *house) string
}{
	"bad_signature": {mail: func(h *house) string {
		return strings.Replace(h.signed(h.anna, fromAnna, htmlText), "secret", "forged", 1)
	}},
	"untrusted": {mail: func(h *house) string {
		return h.signed(testpki.New(h.t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}}), fromAnna, htmlText)
	}},
	"expired": {mail: func(h *house) string {
		return h.signed(h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}), fromAnna, htmlText)
	}},
	"revoked":            {trust.Result{Status: trust.Revoked, Revocation: "revoked"}, func(h *house) string { return h.signed(h.anna, fromAnna, htmlText) }},
	"revocation_unknown": {trust.Result{Status: trust.Unchecked, Rule: trust.RuleRevocation, Revocation: "unknown"}, func(h *house) string { return h.signed(h.anna, fromAnna, htmlText) }},
	"mismatch":           {mail: func(h *house) string { return h.signed(h.sales, fromAnna, htmlText) }},
	"weak":               {trust.Result{Status: trust.Weak, Revocation: "not checked"}, func(h *house) string { return h.signed(h.anna, fromAnna, htmlText) }},
	"partial": {mail: func(h *house) string {
		return fromAnna + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + htmlText + "--b\r\n" + h.signed(h.anna, "", plainText) + "\r\n--b--\r\n"
	}},
	"unauthenticated": {mail: func(h *house) string { return h.sealed(fromAnna, htmlText, h.support) }},
	"undecryptable":   {mail: func(h *house) string { return h.sealed(fromAnna, htmlText, h.anna) }},
	"malformed": {mail: func(*house) string {
		return fromAnna + "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQ==\r\n"
	}},
	"no_certificate": {mail: func(h *house) string {
		return h.signed(h.anna, fromAnna, htmlText, func(s *cms.Signer) {
			other := *s.Certificate
			other.SerialNumber = big.NewInt(7)
			s.Certificate = &other
		})
	}},
	"unsupported": {trust.Result{Status: trust.Unchecked, Rule: "key", Revocation: "not checked"}, func(h *house) string { return h.signed(h.anna, fromAnna, htmlText) }},
}

// nothing stands for a cause that [on] does not name.
const nothing Action = "nothing"

// TestFailureTable: every entry of [on] with every action: what becomes of the
// mail, and that no other entry's action is taken.
func TestFailureTable(t *testing.T) {
	for cause, k := range failures {
		t.Run(cause, func(t *testing.T) {
			t.Parallel()
			for action, want := range map[Action]Disposition{nothing: Accept, TagMail: Accept, TextMail: Accept, QuarantineMail: Quarantine, RejectMail: Reject, TempFailMail: TempFail} {
				on := Actions{cause: action}
				if action == nothing {
					delete(on, cause)
					for other := range failures {
						if other != cause { // the mail is of no other kind
							on[other] = RejectMail
						}
					}
				}
				h := newHouse(t, func(o *Options) {
					o.On = on
					if k.says.Status != "" {
						o.Trust = saying(k.says)
					}
				})
				text := k.mail(h)
				out := h.process(toSupport, text)
				if discreet := cause == "unauthenticated" || cause == "undecryptable"; discreet && (want == Reject || want == TempFail) {
					want = Quarantine // an answer would tell the sender what was decrypted
				}
				if out.Disposition != want {
					t.Errorf("%q: verdict %v, want %v (%+v)", action, out.Disposition, want, out.Reply)
				}
				words := strings.ReplaceAll(cause, "_", " ")
				if (want == Reject || want == TempFail) && !strings.Contains(out.Reply.Text, words) {
					t.Errorf("%q: the reply does not say why: %+v", action, out.Reply)
				}
				if action == TextMail && strings.Contains(out.text[0], "<img") {
					t.Errorf("HTML is left:\n%s", out.text[0])
				}
				inProxy := toSupport
				inProxy.CanHold = false
				if out := h.process(inProxy, text); action == QuarantineMail && (out.Disposition != TempFail) != (cause == "unauthenticated" || cause == "undecryptable") {
					t.Errorf("quarantine where nothing can be held: %v", out.Disposition)
				}
			}
		})
	}
	if len(failures) != 13 {
		t.Errorf("%d entries, [on] has 13", len(failures))
	}
}

// TestStrictestActionWins: a mail of two kinds.
func TestStrictestActionWins(t *testing.T) {
	for _, k := range []struct {
		on   Actions
		want Disposition
	}{
		{Actions{"unauthenticated": TextMail, "bad_signature": RejectMail}, Quarantine}, // for a refusal that would tell what was decrypted
		{Actions{"unauthenticated": TagMail, "bad_signature": TextMail}, Accept},
		{Actions{"unauthenticated": QuarantineMail, "bad_signature": TextMail}, Quarantine},
	} {
		h := newHouse(t, func(o *Options) { o.On = k.on })
		broken := strings.Replace(h.signed(h.anna, "", htmlText), "secret", "forged", 1)
		if out := h.process(toSupport, h.sealed(fromAnna, broken, h.support)); out.Disposition != k.want {
			t.Errorf("%v: %v", k.on, out.Disposition)
		}
	}
}

// TestStrictestRefusal: tempfail before reject.
func TestStrictestRefusal(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.On = Actions{"partial": TempFailMail, "bad_signature": RejectMail} })
	d, _ := h.g.o.On.decide(&verdict.Verdict{Signature: verdict.SignatureInvalid, Encryption: verdict.EncryptionPartial})
	if d.action != TempFailMail {
		t.Errorf("%+v", d)
	}
}
