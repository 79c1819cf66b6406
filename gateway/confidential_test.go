package gateway

// This file asks what a sender can learn of what decryption brought.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sealgate/internal/efail"
	"sealgate/smime"
	"sealgate/spool"
)

// badPadding is a sealed mail with the last block of its ciphertext changed such that
// the padding of the plaintext is wrong.
func (h *house) badPadding(sealed string) string {
	h.t.Helper()
	header, body, _ := strings.Cut(sealed, "\r\n\r\n")
	der, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
	if err != nil {
		h.t.Fatal(err)
	}
	der[len(der)-17] ^= 0x80 // in the block before the last: the last octet of the plaintext becomes more than 16
	mail := efail.Entity(der)
	top, _, _ := strings.Cut(header+"\r\n", "Content-Type:")
	_, mail, _ = strings.Cut(mail, "Content-Type:")
	return top + "Content-Type:" + mail
}

// both are a mail that opens, and one with a bad padding, each under a content key of
// its own: of two contents under one key the second is not decrypted.
func (h *house) both(entity string) map[string]string {
	return map[string]string{
		"good padding": h.sealed(fromAnna, entity, h.support),
		"bad padding":  h.badPadding(h.sealed(fromAnna, entity, h.support)),
	}
}

// TestBadPadding: the mail that the others here are tried with is what it claims.
func TestBadPadding(t *testing.T) {
	h := newHouse(t)
	for name, mail := range h.both(plainText) {
		want := map[string]string{"good padding": "decrypted", "bad padding": "undecryptable"}[name]
		if got := h.header(h.process(toSupport, mail).text[0], "X-SMIME-Encryption"); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestSenderOfEncryptedMail: the envelope sender of what came encrypted is an address
// of the house, whatever became of it; the one that came stands in a field; a notice
// stays one; and other mail keeps its sender.
func TestSenderOfEncryptedMail(t *testing.T) {
	for _, bounceTo := range []string{"", "bounces@firma.example"} {
		h := newHouse(t, func(o *Options) { o.Inbound.BounceTo = bounceTo })
		want := bounceTo
		if want == "" {
			want = "postmaster@firma.example"
		}
		mails := h.both(plainText)
		mails["for somebody else"] = h.sealed(fromAnna, plainText, h.anna)
		mails["malformed inside"] = h.sealed(fromAnna, "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CAMIACAQ==\r\n", h.support)
		for name, mail := range mails {
			for from, sender := range map[string]string{"anna@kunde.example": want, "": ""} {
				env := inboundTo("ticket@helpdesk.local")
				env.From = from
				out := h.process(env, "X-SMIME-Sender: <forged@kunde.example>\r\nReturn-Receipt-To: anna@kunde.example\r\nErrors-To: anna@kunde.example\r\n"+mail)
				if d := out.Deliveries[0]; !d.CameEncrypted || d.Sender != sender {
					t.Errorf("%s from <%s>: %v, sender %q, want %q", name, from, d.CameEncrypted, d.Sender, sender)
				}
				if got := h.header(out.text[0], "X-SMIME-Sender"); got != "<"+from+">" || strings.Contains(out.text[0], "forged@") {
					t.Errorf("%s from <%s>: X-SMIME-Sender: %s", name, from, got)
				}
				if strings.Contains(out.text[0], "Return-Receipt-To") || strings.Contains(out.text[0], "Errors-To") {
					t.Errorf("%s: machines are still asked to answer:\n%s", name, out.text[0])
				}
			}
		}
		for name, mail := range map[string]string{"plain": fromAnna + plainText, "signed": h.signed(h.anna, fromAnna, plainText)} {
			out := h.process(toSupport, mail)
			if d := out.Deliveries[0]; d.CameEncrypted || h.header(out.text[0], "X-SMIME-Sender") != "" {
				t.Errorf("%s: the sender is changed", name)
			}
		}
	}
}

// TestStatusOfDecryptedMailIsNoOrder: a helpdesk that sends the fields of a mail back
// orders nothing with X-SMIME-Sender.
func TestStatusOfDecryptedMailIsNoOrder(t *testing.T) {
	h := newHouse(t)
	out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Sender: <anna@kunde.example>\r\n"+plainText))
	if out.Disposition != Accept || strings.Contains(out.text[0], "X-SMIME") {
		t.Errorf("%+v\n%s", out.Reply, out.text)
	}
}

// TestAnswersTellNothing: with every entry of [on] at every action, where mail can be
// held and split and where it cannot, the answer to a mail with good padding is the
// answer to one with bad padding.
func TestAnswersTellNothing(t *testing.T) {
	insides := map[string]func(h *house) string{
		"plain":         func(*house) string { return htmlText },
		"bad signature": func(h *house) string { return strings.Replace(h.signed(h.anna, "", htmlText), "secret", "forged", 1) },
		"mismatch":      func(h *house) string { return h.signed(h.sales, "", htmlText) },
		"sealed again":  func(h *house) string { return h.sealed("", htmlText, h.anna) },
		"malformed": func(*house) string {
			return "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQ==\r\n"
		},
	}
	for _, action := range []Action{TagMail, TextMail, QuarantineMail, RejectMail, TempFailMail} {
		on := Actions{}
		for cause := range failures {
			on[cause] = action
		}
		h := newHouse(t, func(o *Options) { o.On = on })
		for inside, entity := range insides {
			mails := h.both(entity(h))
			for _, can := range []Envelope{{}, {CanHold: true}, {CanSplit: true}, {CanSplit: true, CanHold: true}, {CanHold: true, WantsNotices: true}, {CanSplit: true, CanHold: true, WantsNotices: true}} {
				for _, to := range [][]string{{"support@firma.example"}, {"support@firma.example", "sales@firma.example"}, {"support@firma.example", "boss@firma.example"}} {
					env := can
					env.Direction = Inbound
					env.From = "anna@kunde.example"
					env.To = to
					for name, mail := range mails {
						out := h.process(env, mail)
						withoutNotices := env.WantsNotices && !env.CanSplit // nothing is tried, so every answer says the same
						if out.Disposition != Accept && out.Disposition != Quarantine && !withoutNotices {
							t.Errorf("%s, %s, %s, %+v: %+v", action, inside, name, env, out.Reply)
						}
						if out.Disposition == Quarantine && (len(out.Deliveries) != 1 || env.WantsNotices && env.CanSplit) {
							t.Errorf("%s, %s, %s, %+v: held in %d copies, which the adapter cannot", action, inside, name, env, len(out.Deliveries))
						}
					}
				}
			}
		}
	}
}

// TestMailForNobodyIsNoAnswer: keys are tried on what names none of ours, so that
// answers to it are answers as well; a mailbox without keys tries none.
func TestMailForNobodyIsNoAnswer(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.On = Actions{"undecryptable": RejectMail} })
	mail := h.sealed(fromAnna, plainText, h.anna)
	if out := h.process(toSupport, mail); out.Disposition != Quarantine {
		t.Errorf("%+v", out.Reply)
	}
	if out := h.process(inboundTo("keyless@firma.example"), mail); out.Disposition != Reject {
		t.Errorf("without keys: %v", out.Disposition)
	}
}

// TestRefusedMailIsNotShown: what [on] wants refused and cannot be held is handed over
// as it came, with the reason.
func TestRefusedMailIsNotShown(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.On = Actions{"unauthenticated": RejectMail} })
	env := toSupport
	env.CanHold = false
	out := h.process(env, h.sealed(fromAnna, htmlText, h.support))
	if out.Disposition != Accept || leaves(out, "the secret text") || out.Deliveries[0].Body != nil || !strings.Contains(h.header(out.text[0], "X-SMIME-Reason"), "a rule of this house") {
		t.Errorf("%+v\n%s", out.Reply, out.text)
	}
}

// TestNoticesInPlace: a sender who asks to be told of success or delay, at an adapter
// that can give its one copy in place only, gets nothing opened: the copy tells the
// same, good padding or bad.
func TestNoticesInPlace(t *testing.T) {
	h := newHouse(t)
	env := toSupport
	env.WantsNotices = true
	told := map[string]bool{}
	for _, mail := range h.both(plainText) {
		out := h.process(env, mail)
		if leaves(out, "the secret text") || !strings.Contains(h.header(out.text[0], "X-SMIME-Reason"), "asked to be told of its delivery") {
			t.Errorf("%s", out.text[0])
		}
		told[h.header(out.text[0], "X-SMIME-Reason")+h.header(out.text[0], "X-SMIME-Status")+h.header(out.text[0], "X-SMIME-Encryption")] = true
	}
	if len(told) != 1 {
		t.Errorf("%d different headers: %v", len(told), told)
	}
	if out := h.process(env, h.signed(h.anna, fromAnna, plainText)); h.header(out.text[0], "X-SMIME-Signature") != "valid" {
		t.Errorf("mail that is not encrypted is judged as ever:\n%s", out.text[0])
	}
	env.CanSplit = true
	if out := h.process(env, h.sealed(fromAnna, plainText, h.support)); !leaves(out, "the secret text") {
		t.Errorf("where copies go apart it is opened:\n%s", out.text[0])
	}
}

// TestSpoolFullInsideIsNoAnswer: wherever the spool runs full from decryption on, the
// mail is taken, as it came at worst.
func TestSpoolFullInsideIsNoAnswer(t *testing.T) {
	const size = 200 << 10
	made := newHouse(t)
	mails := made.both("Content-Type: text/plain\r\n\r\n" + strings.Repeat("the secret text, many times over and over and over\r\n", size/51))
	asItCame, opened := 0, 0
	for limit := int64(300 << 10); limit < 1100<<10; limit += 40 << 10 {
		sp, err := spool.New(spool.Options{Dir: t.TempDir(), Limit: limit, Memory: 1 << 10})
		if err != nil {
			t.Fatal(err)
		}
		h := newHouse(t, func(o *Options) {
			o.Spool = sp
			o.Ring = made.o.Ring
		})
		for name, mail := range mails {
			out := h.process(toSupport, mail)
			switch {
			case out.Disposition != Accept || !out.Deliveries[0].CameEncrypted:
				t.Errorf("%s, limit %d: %+v", name, limit, out.Reply)
			case leaves(out, "the secret text"):
				opened++
			case out.Deliveries[0].Body == nil && strings.Contains(out.text[0], "at the moment"):
				asItCame++
			}
		}
		if sp.Used() != 0 {
			t.Errorf("%d octets are left in the spool", sp.Used())
		}
	}
	if asItCame == 0 || opened == 0 {
		t.Errorf("%d as it came, %d opened: the limits do not try both", asItCame, opened)
	}
}

// TestSizeInsideIsNoAnswer: what would be too large to be delivered once it is opened,
// or explained, is handed over as it came; one octet less is opened.
func TestSizeInsideIsNoAnswer(t *testing.T) {
	made := newHouse(t)
	mails := made.both("Content-Type: text/plain\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", 1000))
	body := int64(1000 * len("0123456789abcdef\r\n"))
	header := int64(strings.Index(mails["good padding"], "\r\n\r\n") + 4)
	for limit, fits := range map[int64]bool{header + body + roomForFields: true, header + body + roomForFields - 1: false} {
		h := newHouse(t, func(o *Options) {
			o.Ring = made.o.Ring
			o.Limits.ResultSize = limit
		})
		out := h.process(toSupport, mails["good padding"])
		if leaves(out, "0123456789abcdef") != fits || out.Disposition != Accept || !fits && !strings.Contains(out.text[0], "too large") {
			t.Errorf("limit %d: %+v\n%.900s", limit, out.Reply, out.text[0])
		}
		bad := h.process(toSupport, mails["bad padding"])
		if bad.Disposition != Accept {
			t.Errorf("limit %d: %+v", limit, bad.Reply)
		}
	}
}

// countdown is a context whose time is over when it has been asked so many times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	c.left--
	if c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestTimeInsideIsNoAnswer: a message whose time ends when it is decrypted, or later,
// is handed over as it came.
func TestTimeInsideIsNoAnswer(t *testing.T) {
	h := newHouse(t)
	for name, mail := range h.both("Content-Type: text/plain\r\n\r\n" + strings.Repeat("the secret text\r\n", 10000)) {
		msg := h.file(mail)
		before, asItCame := 0, 0
		for asked := range 100 {
			out, err := h.g.Process(&countdown{t.Context(), asked}, toSupport, msg)
			switch {
			case err != nil && (errors.Is(err, smime.ErrDecrypting) || asItCame > 0):
				t.Errorf("%s, asked %d times: %v", name, asked, err)
			case err != nil:
				before++
				continue
			case out.Disposition != Accept:
				t.Errorf("%s, asked %d times: %+v", name, asked, out.Reply)
			case out.Deliveries[0].Body == nil:
				asItCame++
			}
			out.Close()
		}
		if before == 0 || asItCame == 0 {
			t.Errorf("%s: %d times over before decryption, %d times later", name, before, asItCame)
		}
		msg.Close()
	}
}

// TestSevenBitInsideIsNoAnswer: where 8-bit text would be refused, neither what was
// decrypted nor the words that explain hold any.
func TestSevenBitInsideIsNoAnswer(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Language = "de" })
	env := toSupport
	env.SevenBit = true
	for name, mail := range h.both("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nViele Grüße aus dem Norden\r\n") {
		out := h.process(env, mail)
		if strings.ContainsFunc(out.text[0], func(r rune) bool { return r > '~' }) {
			t.Errorf("%s: 8-bit text:\n%s", name, out.text[0])
		}
		if name == "good padding" && !leaves(out, "Gr=C3=BC=C3=9Fe aus") {
			t.Errorf("%s", out.text[0])
		}
	}
}

// TestEightBitInPartsIsNoAnswer: a raw file name, or the header of a forwarded message, is
// encoded; where that cannot be, and the proxy would refuse it, the mail is handed over as
// it came.
func TestEightBitInPartsIsNoAnswer(t *testing.T) {
	h := newHouse(t)
	part := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; name=\"gr\u00fc\u00dfe.txt\"\r\n\r\nthe text\r\n--b--\r\n"
	for name, k := range map[string]struct {
		entity string
		opened bool // where there is no 8BITMIME
	}{
		"header of a part":      {part, true},
		"name of the root":      {"Content-Type: application/pdf; name=\"gr\u00fc\u00dfe.pdf\"\r\n\r\nthe text\r\n", true},
		"forwarded":             {"Content-Type: message/rfc822\r\n\r\nSubject: gr\u00fc\u00dfe\r\n\r\nthe text\r\n", true},
		"forwarded, a name":     {"Content-Type: message/rfc822\r\n\r\nFrom: gr\u00fc\u00dfe <a@b.example>\r\n\r\nthe text\r\n", true},
		"forwarded, an address": {"Content-Type: message/rfc822\r\n\r\nFrom: gr\u00fc\u00dfe@b.example\r\n\r\nthe text\r\n", false},
	} {
		for seven, opened := range map[bool]bool{true: k.opened, false: true} {
			env := toSupport
			env.SevenBit = seven
			out := h.process(env, h.sealed(fromAnna, k.entity, h.support))
			if out.Disposition != Accept || leaves(out, "the text") != opened {
				t.Errorf("%s, SevenBit %v: %+v\n%s", name, seven, out.Reply, out.text[0])
			}
			if seven && strings.ContainsFunc(out.text[0], func(r rune) bool { return r > '~' }) {
				t.Errorf("%s: 8-bit octets:\n%s", name, out.text[0])
			}
		}
	}
}

// TestStrangerInTheSameCopy: in place there is one copy for all recipients. One of them
// may be the sender, who must not learn from it, or from its not coming, what was
// decrypted.
func TestStrangerInTheSameCopy(t *testing.T) {
	for _, action := range []Action{TagMail, QuarantineMail, RejectMail, TempFailMail} {
		h := newHouse(t, func(o *Options) { o.On = Actions{"unauthenticated": action} })
		said := map[string]bool{}
		for _, mail := range h.both(plainText) {
			out := h.process(inboundTo("support@firma.example", "eve@hosted.example"), mail)
			words := fmt.Sprint(out.Disposition)
			for _, f := range h.entity(out.text[0]).Fields {
				if strings.HasPrefix(f.Name, "X-SMIME-") {
					words += "\n" + f.Name + ":" + f.Value()
				}
			}
			said[words] = true
		}
		if len(said) != 1 {
			t.Errorf("%s: %v", action, said)
		}
	}
}

// TestOuterHeaderTellsNothing: no word of the plaintext, of its names or its fields
// stands in the header of the copy, and what describes the content stands right below
// our fields.
func TestOuterHeaderTellsNothing(t *testing.T) {
	h := newHouse(t)
	for name, entity := range map[string]string{
		"fields":    "Content-A: secret\r\nContent-Description: secret\r\nContent-Language: secret\r\nContent-ID: <secret@x>\r\nContent-Type: text/plain; charset=utf-8; x=secret\r\n\r\nhello\r\n",
		"file name": "Content-Type: application/pdf; name=secret.pdf\r\nContent-Disposition: attachment; filename=secret.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nc2VjcmV0\r\n",
		"boundary":  "Content-Type: multipart/mixed; boundary=\"the secret\"\r\n\r\n--the secret\r\n\r\nhello\r\n--the secret--\r\n",
		"type":      "Content-Type: \"secret\"/plain; charset=utf-8\r\n\r\nhello\r\n",
	} {
		text := h.process(toSupport, h.sealed("X-First: 1\r\n"+fromAnna, entity, h.support)).text[0]
		header, body, _ := strings.Cut(text, "\r\n\r\n")
		if strings.Contains(header, "secret") || h.header(text, "X-SMIME-Encryption") != "decrypted" {
			t.Errorf("%s: %s", name, header)
		}
		if name == "file name" && !strings.Contains(body, "filename=secret.pdf") {
			t.Errorf("the name is lost:\n%s", body)
		}
		if at := strings.Index(header, "\r\nContent-Type:"); at < 0 || at > strings.Index(header, "\r\nX-First:") {
			t.Errorf("%s: Content-Type is not at the top:\n%s", name, header)
		}
	}
}

// TestContentTypeBeforeManyFields: readers that stop after so many fields find it.
func TestContentTypeBeforeManyFields(t *testing.T) {
	h := newHouse(t)
	var many strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&many, "X-Field-%d: x\r\n", i)
	}
	for name, mail := range map[string]string{"encrypted": h.sealed(many.String()+fromAnna, plainText, h.support), "signed": h.signed(h.anna, many.String()+fromAnna, plainText)} {
		text := h.process(toSupport, mail).text[0]
		if n := len(h.entity(text[:strings.Index(text, "Content-Type:")]).Fields); n > 10 {
			t.Errorf("%s: Content-Type is field %d", name, n+1)
		}
	}
}
