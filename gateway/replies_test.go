package gateway

// This file tests what may leave in clear though it refers to encrypted mail.

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"sealgate/certstore"
)

const (
	customer   = "anna@kunde.example"
	bystander  = "bob@kunde.example"
	answersHer = "In-Reply-To: <1@kunde.example>\r\n"
)

// clear, sealed and refused are what can become of an outbound mail.
const (
	isClear   = "in clear"
	isSealed  = "encrypted"
	isRefused = "refused"
)

// became says what became of an outbound mail with the secret text.
func (h *house) became(header, entity string, to ...string) string {
	h.t.Helper()
	out := h.process(outboundTo(to...), fromSupport(strings.Join(to, ", "), header+entity))
	switch {
	case out.Disposition == Reject && out.Reply.Code == 550:
		return isRefused
	case out.Disposition != Accept:
		return fmt.Sprintf("%+v", out.Outcome)
	case leaves(out, "the secret text"):
		return isClear
	}
	return isSealed
}

// asked lets an encrypted mail of Anna's come in, whose certificate is not known.
func (h *house) asked(header string) {
	h.t.Helper()
	h.process(inboundTo("support@firma.example"), h.sealed(header, plainText, h.support))
}

// TestReplyRules is the table of docs/helpdesk.md.
func TestReplyRules(t *testing.T) {
	no := "X-SMIME-Encrypt: no\r\n"
	forward := "Content-Type: message/rfc822\r\n\r\nMessage-ID: <1@kunde.example>\r\n\r\nthe secret text\r\n"
	for _, k := range []struct {
		name, header, entity string
		to                   []string
		without, with        string // a certificate of Anna
	}{
		{"an answer to who wrote", answersHer, plainText, []string{customer}, isClear, isSealed},
		{"an answer to who wrote, and others", answersHer, plainText, []string{customer, bystander}, isRefused, isRefused},
		{"an answer with no", answersHer + no, plainText, []string{customer}, isClear, isClear},
		{"an answer to others too, with no", answersHer + no, plainText, []string{customer, bystander}, isClear, isClear},
		{"mail to others", answersHer, plainText, []string{bystander}, isRefused, isRefused},
		{"mail to others with no", answersHer + no, plainText, []string{bystander}, isRefused, isRefused},
		{"an automatic answer", answersHer + "Auto-Submitted: auto-replied\r\n", plainText, []string{customer}, isRefused, isSealed},
		{"an automatic answer with no", answersHer + no + "Precedence: bulk\r\n", plainText, []string{customer}, isRefused, isSealed},
		{"precedence of a person", answersHer + "Precedence: first-class\r\n", plainText, []string{customer}, isClear, isSealed},
		{"auto-submitted: no", answersHer + "Auto-Submitted: no\r\n", plainText, []string{customer}, isClear, isSealed},
		{"an old vacation program", answersHer + "Precedence: auto_reply\r\n", plainText, []string{customer}, isRefused, isSealed},
		{"a forward", "", forward, []string{bystander}, isRefused, isRefused},
		{"a forward to who wrote", "", forward, []string{customer}, isRefused, isSealed},
		{"a forward with no", no, forward, []string{customer}, isRefused, isSealed},
		{"something else", "In-Reply-To: <2@kunde.example>\r\n", plainText, []string{bystander}, isClear, isClear},
	} {
		t.Run(k.name, func(t *testing.T) {
			h := newHouse(t)
			h.asked(fromAnna)
			if got := h.became(k.header, k.entity, k.to...); got != k.without {
				t.Errorf("without a certificate: %s, not %s", got, k.without)
			}
			h.knows(h.anna)
			if got := h.became(k.header, k.entity, k.to...); got != k.with {
				t.Errorf("with Anna's certificate: %s, not %s", got, k.with)
			}
		})
	}
}

// TestReplySettings: each may be loosened on its own.
func TestReplySettings(t *testing.T) {
	answers := reply{refers: true, toWriter: true}
	auto := reply{refers: true, toWriter: true, automatic: true}
	others := reply{refers: true, toOthers: true}
	autoOthers := reply{refers: true, toOthers: true, automatic: true}
	off := OutboundOptions{ReplyToEncrypted: No, AutoReplyToEncrypted: No, ForwardOfEncrypted: No}
	for _, k := range []struct {
		name   string
		change func(*OutboundOptions)
		want   [4]Strength // answers, auto, others, autoOthers
	}{
		{"defaults", func(o *OutboundOptions) { *o = DefaultOutbound() }, [4]Strength{IfPossible, Yes, Yes, Yes}},
		{"all off", func(*OutboundOptions) {}, [4]Strength{No, No, No, No}},
		{"reply_to_encrypted", func(o *OutboundOptions) { o.ReplyToEncrypted = Yes }, [4]Strength{Yes, No, No, No}},
		{"auto_reply_to_encrypted", func(o *OutboundOptions) { o.AutoReplyToEncrypted = IfPossible }, [4]Strength{No, IfPossible, No, IfPossible}},
		{"forward_of_encrypted", func(o *OutboundOptions) { o.ForwardOfEncrypted = Yes }, [4]Strength{No, No, Yes, Yes}},
	} {
		o := off
		k.change(&o)
		for i, r := range []reply{answers, auto, others, autoOthers} {
			if got := o.demand(r, Unset); got != k.want[i] {
				t.Errorf("%s, %+v: %v, not %v", k.name, r, got, k.want[i])
			}
		}
	}
}

// TestIfPossibleIsNoReasonForClearToAll: one recipient without a certificate, of the
// two addresses that Anna wrote from.
func TestIfPossibleIsNoReasonForClearToAll(t *testing.T) {
	h := newHouse(t)
	h.asked("Reply-To: anna@privat.example\r\n" + fromAnna)
	if got := h.became(answersHer, plainText, customer, "anna@privat.example"); got != isClear {
		t.Errorf("nobody can be encrypted to: %s", got)
	}
	h.knows(h.anna)
	out := h.process(outboundTo(customer, "anna@privat.example"), fromSupport("anna@kunde.example, anna@privat.example", answersHer+plainText))
	if out.Disposition != Reject || !strings.Contains(out.Reply.Text, "anna@privat.example") || strings.Contains(out.Reply.Text, customer) {
		t.Errorf("%+v", out.Outcome)
	}
}

// TestEncryptedWithoutMessageID gets one, the same in all copies and when it comes
// again, and an answer to it is known.
func TestEncryptedWithoutMessageID(t *testing.T) {
	for name, field := range map[string]string{
		"none": "", "empty": "Message-ID: <>\r\n", "two": "Message-ID: <1@x>\r\nMessage-ID: <2@x>\r\n",
		"cut off": "Message-ID: <1@x\r\n", "with a blank": "Message-ID: <1 2@x>\r\n", "too long": "Message-ID: <" + strings.Repeat("1", maxMessageID) + "@x>\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			header := strings.Replace(fromAnna, "Message-ID: <1@kunde.example>\r\n", field, 1)
			mail := h.sealed(header, plainText, h.support)
			env := inboundTo("support@firma.example", "sales@firma.example", "stranger@firma.example")
			env.CanSplit = true
			var ids []string
			for range 2 {
				for _, text := range h.process(env, mail).text {
					if n := len(h.entity(text).Get("Message-ID")); n != 1 {
						t.Errorf("%d Message-IDs in\n%s", n, text)
					}
					ids = append(ids, h.header(text, "Message-ID"))
				}
			}
			if len(ids) != 6 || len(slices.Compact(slices.Clone(ids))) != 1 {
				t.Fatalf("%q", ids)
			}
			if got := h.became("Auto-Submitted: auto-replied\r\nIn-Reply-To: "+ids[0]+"\r\n", plainText, customer); got != isRefused {
				t.Errorf("an automatic answer is %s", got)
			}
		})
	}
}

// TestMessageIDLimit: one that helpdesks keep whole stays.
func TestMessageIDLimit(t *testing.T) {
	h := newHouse(t)
	field := "Message-ID: <" + strings.Repeat("1", maxMessageID-2) + "@x>"
	text := h.process(inboundTo("support@firma.example"), h.sealed(strings.Replace(fromAnna, "Message-ID: <1@kunde.example>", field, 1), plainText, h.support)).text[0]
	if !strings.Contains(text, field+"\r\n") {
		t.Errorf("%s", text)
	}
}

// TestPlainMailWithoutMessageID is not touched.
func TestPlainMailWithoutMessageID(t *testing.T) {
	h := newHouse(t)
	text := h.process(inboundTo("support@firma.example"), strings.Replace(fromAnna, "Message-ID: <1@kunde.example>\r\n", "", 1)+plainText).text[0]
	if h.header(text, "Message-ID") != "" {
		t.Errorf("%s", text)
	}
}

// rubbish is a mail that looks encrypted, as anybody can write it.
func (h *house) rubbish(header string) string {
	h.t.Helper()
	return h.sealed(header, plainText, h.anna)
}

// TestAnswerToUndecryptable: what could not be read was a secret all the same.
func TestAnswerToUndecryptable(t *testing.T) {
	h := newHouse(t)
	text := h.process(inboundTo("support@firma.example"), h.rubbish(fromAnna)).text[0]
	if got := h.header(text, "X-SMIME-Encryption"); got != "undecryptable" {
		t.Fatal(got)
	}
	automatic := answersHer + "Auto-Submitted: auto-replied\r\n"
	if got := h.became(automatic, plainText, customer); got != isRefused {
		t.Errorf("an automatic answer is %s", got)
	}
	if got := h.became(answersHer, plainText, customer); got != isClear {
		t.Errorf("an answer is %s", got)
	}
	h.knows(h.anna)
	if got := h.became(answersHer, plainText, customer); got != isSealed {
		t.Errorf("an answer is %s although there is a certificate", got)
	}
	if got := h.became(automatic, plainText, bystander); got != isClear {
		t.Errorf("mail to somebody else is %s", got)
	}
}

// TestAnswerBehindAnotherBracket: a comment, a phrase (RFC 5322 §4.5.4) or another
// bracket in front hides no Message-ID.
func TestAnswerBehindAnotherBracket(t *testing.T) {
	for _, value := range []string{"(answer <to) <1@kunde.example>", "Your message \"a<b\" <1@kunde.example>", "<<1@kunde.example>>"} {
		h := newHouse(t)
		h.asked(fromAnna)
		if got := h.became("In-Reply-To: "+value+"\r\nAuto-Submitted: auto-replied\r\n", plainText, customer); got != isRefused {
			t.Errorf("%s: %s", value, got)
		}
	}
}

// secondContentFails is a store that has no answer for the second content key.
type secondContentFails struct {
	Store
	asked int
}

func (s *secondContentFails) BindContent(ctx context.Context, keys [][32]byte, c certstore.Content) ([]certstore.Content, error) {
	s.asked++
	if s.asked == 2 {
		return nil, errors.New("no answer")
	}
	return s.Store.BindContent(ctx, keys, c)
}

// TestAnswerToWhatAFaultKeptClosed: a mail that a fault of ours left as it came is
// remembered like any that could not be decrypted, and has a Message-ID.
func TestAnswerToWhatAFaultKeptClosed(t *testing.T) {
	for _, id := range []string{"", "Message-ID: <1@kunde.example>\r\n"} {
		h := newHouse(t).with(func(o *Options) { o.Store = &secondContentFails{Store: o.Store} })
		mail := h.sealed(strings.Replace(fromAnna, "Message-ID: <1@kunde.example>\r\n", id, 1), h.sealed("", plainText, h.support), h.support)
		text := h.process(toSupport, mail).text[0]
		if !strings.Contains(text, "at the moment") {
			t.Fatal(text)
		}
		answer := "In-Reply-To: " + h.header(text, "Message-ID") + "\r\nAuto-Submitted: auto-replied\r\n"
		if got := h.became(answer, plainText, customer); got != isRefused {
			t.Errorf("%q: an automatic answer is %s", id, got)
		}
	}
}

// TestRubbishBlocksNoPlainThread: a stranger sends EnvelopedData of his own under the
// Message-ID of somebody's plain mail, or of ours.
func TestRubbishBlocksNoPlainThread(t *testing.T) {
	h := newHouse(t)
	h.process(inboundTo("support@firma.example"), fromAnna+plainText)
	h.became("Message-ID: <ours@firma.example>\r\n"+answersHer, plainText, customer)
	automatic := "References: <1@kunde.example> <ours@firma.example>\r\nAuto-Submitted: auto-replied\r\n"
	for _, id := range []string{"<1@kunde.example>", "<ours@firma.example>"} {
		for _, from := range []string{"eve@evil.example", customer} {
			header := strings.NewReplacer("<1@kunde.example>", id, customer, from).Replace(fromAnna)
			h.process(inboundTo("support@firma.example"), h.rubbish(header))
			if got := h.became(automatic, plainText, customer); got != isClear {
				t.Errorf("after rubbish of %s as %s: %s", from, id, got)
			}
		}
	}
	// Read, it counts, whoever wrote it: it may be in the ticket.
	h.asked(fromAnna)
	if got := h.became(automatic, plainText, customer); got != isRefused {
		t.Errorf("after an encrypted mail that was read: %s", got)
	}
}

// TestOurEncryptedMailIsRemembered: the customer answers in clear, and the thread goes
// on encrypted.
func TestOurEncryptedMailIsRemembered(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	ours := "Message-ID: <ours@firma.example>\r\n"
	if got := h.became(ours+"X-SMIME-Encrypt: yes\r\n", plainText, customer); got != isSealed {
		t.Fatal(got)
	}
	h.process(inboundTo("support@firma.example"), "In-Reply-To: <ours@firma.example>\r\n"+fromAnna+plainText)
	thread := answersHer + "References: <ours@firma.example> <1@kunde.example>\r\n"
	if got := h.became(thread, plainText, customer); got != isSealed {
		t.Errorf("an answer is %s", got)
	}
	if got := h.became(thread, plainText, bystander); got != isRefused {
		t.Errorf("mail to others is %s", got)
	}
	if got := h.became(ours, plainText, bystander); got != isClear {
		t.Errorf("the same mail in a second transaction is %s", got)
	}
}

// TestOurEncryptedMailWithoutMessageID gets one that tells nothing of the text.
func TestOurEncryptedMailWithoutMessageID(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	mail := fromSupport(customer, "X-SMIME-Encrypt: yes\r\n"+plainText)
	first := h.header(h.process(outboundTo(customer), mail).text[0], "Message-ID")
	second := h.header(h.process(outboundTo(customer), mail).text[0], "Message-ID")
	if first == "" || first == second {
		t.Errorf("%q %q", first, second)
	}
	if got := h.became("In-Reply-To: "+first+"\r\n", plainText, bystander); got != isRefused {
		t.Errorf("mail to others that refers to it is %s", got)
	}
}

// TestFirstWriterStays: somebody else sends an encrypted mail under the same
// Message-ID, to be answered in clear.
func TestFirstWriterStays(t *testing.T) {
	h := newHouse(t)
	h.asked(fromAnna)
	h.asked(strings.ReplaceAll(fromAnna, customer, "eve@evil.example"))
	if got := h.became(answersHer, plainText, "eve@evil.example"); got != isRefused {
		t.Errorf("an answer to the second is %s", got)
	}
	if got := h.became(answersHer, plainText, customer); got != isClear {
		t.Errorf("an answer to the first is %s", got)
	}
}

// TestReplyToChangedOnTheWay: the protected header says where answers go (RFC 9788).
func TestReplyToChangedOnTheWay(t *testing.T) {
	h := newHouse(t)
	inner := "Content-Type: text/plain; charset=utf-8; hp=\"cipher\"\r\nFrom: Anna <anna@kunde.example>\r\nSubject: hello\r\n\r\nthe secret text\r\n"
	h.process(inboundTo("support@firma.example"), h.sealed("Reply-To: eve@evil.example\r\n"+fromAnna, inner, h.support))
	if got := h.became(answersHer, plainText, "eve@evil.example"); got != isRefused {
		t.Errorf("an answer to the Reply-To outside is %s", got)
	}
	if got := h.became(answersHer, plainText, customer); got != isClear {
		t.Errorf("an answer to Anna is %s", got)
	}
}

// TestMemoriesFromBefore: those without writers are still read, and a person's answer
// is as it was then.
func TestMemoriesFromBefore(t *testing.T) {
	h := newHouse(t)
	if err := h.store.Remember(context.Background(), replyKey("1@kunde.example"), certstore.Memory{}, h.g.o.Limits.Remember); err != nil {
		t.Fatal(err)
	}
	if got := h.became(answersHer, plainText, customer); got != isClear {
		t.Errorf("an answer is %s", got)
	}
	if got := h.became(answersHer+"Precedence: bulk\r\n", plainText, customer); got != isRefused {
		t.Errorf("an automatic answer is %s", got)
	}
}

// TestManyWriters: those whom the memory has no room for count as others, and where
// nobody can be read, everybody does.
func TestManyWriters(t *testing.T) {
	var list []string
	for i := range maxWriters + 1 {
		list = append(list, fmt.Sprintf("a%d@kunde.example", i))
	}
	memory := certstore.Memory{Writers: writerHashes("1@x", list)}
	if !wroteHere(memory, "1@x", list[maxWriters-1]) || wroteHere(memory, "1@x", list[maxWriters]) {
		t.Error("not the first maxWriters")
	}
	if nobody := (certstore.Memory{Writers: writerHashes("1@x", nil)}); wroteHere(nobody, "1@x", customer) {
		t.Error("a mail without a readable From was written by everybody")
	}
}

// TestAgentsOfTheHouse: helpdesks notify their agents of an encrypted mail.
func TestAgentsOfTheHouse(t *testing.T) {
	var log bytes.Buffer
	domains := []string{}
	h := newHouse(t, func(o *Options) {
		o.Domains = domains
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	h.asked(fromAnna)
	notice := answersHer + "Precedence: bulk\r\n"
	if got := h.became(notice, plainText, "agent@firma.example"); got != isRefused {
		t.Errorf("a notice outside of server.domains is %s", got)
	}
	if text := log.String(); !strings.Contains(text, "add their domain to server.domains") || !strings.Contains(text, "domains=[firma.example]") {
		t.Errorf("the log does not name the domain:\n%s", text)
	}
	h.o.Domains = []string{"firma.example"}
	var err error
	if h.g, err = New(h.o); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	if got := h.became(notice, plainText, "agent@firma.example"); got != isClear || strings.Contains(log.String(), "level=WARN") {
		t.Errorf("a notice inside is %s\n%s", got, log.String())
	}
	for _, to := range []string{"agent@sub.firma.example", `"boss@bank.example"@firma.example`, "boss%bank.example@firma.example", "bank.example!boss@firma.example"} {
		if got := h.became(notice, plainText, to); got != isRefused {
			t.Errorf("a notice to %s is %s", to, got)
		}
	}
	if got := h.became("X-SMIME-Encrypt: yes\r\n", plainText, "agent@firma.example"); got != isRefused {
		t.Errorf("an order for an agent without a certificate is %s", got)
	}
}

// TestAgentBesideTheCustomer gets a clear copy, she an encrypted one; the Subject that
// had been hidden is hidden outside.
func TestAgentBesideTheCustomer(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Domains = []string{"firma.example"} })
	h.asked(fromAnna)
	h.knows(h.anna)
	if err := h.store.Remember(context.Background(), replyKey("1@kunde.example"),
		certstore.Memory{HiddenSubject: true, Writers: writerHashes("1@kunde.example", []string{customer})}, h.g.o.Limits.Remember); err != nil {
		t.Fatal(err)
	}
	env := outboundTo(customer, "agent@firma.example")
	mail := "Message-ID: <r@firma.example>\r\n" + fromSupport("anna@kunde.example, agent@firma.example", answersHer+plainText)
	if out := h.process(env, mail); out.Disposition != Reject || !strings.Contains(out.Reply.Text, "send separately") {
		t.Errorf("without a way to split: %+v", out.Outcome)
	}
	env.CanSplit = true
	out := h.process(env, mail)
	if out.Disposition != Accept || len(out.Deliveries) != 2 {
		t.Fatalf("%+v", out.Outcome)
	}
	for i, d := range out.Deliveries {
		inClear := strings.Contains(out.text[i], "the secret text")
		if hidden := h.header(out.text[i], "Subject") == hiddenSubject; slices.Contains(d.To, customer) == inClear || hidden == inClear {
			t.Errorf("%v\n%s", d.To, out.text[i])
		}
	}
}

// TestClearRepliesAreToldAndCounted, with the reason.
func TestClearRepliesAreToldAndCounted(t *testing.T) {
	var log bytes.Buffer
	h := newHouse(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		o.Outbound.AutoReplyToEncrypted = No
	})
	h.asked(fromAnna)
	for i, k := range []struct{ header, reason string }{
		{answersHer, "outbound.reply_to_encrypted = if-possible: nobody among the recipients has a usable certificate"},
		{answersHer + "X-SMIME-Encrypt: no\r\n", "order x-smime-encrypt: no"},
		{answersHer + "Precedence: bulk\r\n", "outbound.auto_reply_to_encrypted = off"},
	} {
		log.Reset()
		if got := h.became(k.header, plainText, customer); got != isClear {
			t.Errorf("%s: %s", k.reason, got)
		}
		if text := log.String(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, k.reason) {
			t.Errorf("the log does not say %q:\n%s", k.reason, text)
		}
		if n := h.g.o.Counters.RepliesInClear.Load(); n != int64(i+1) {
			t.Errorf("%d counted after %d", n, i+1)
		}
	}
	log.Reset()
	h.became("", plainText, customer)
	h.knows(h.anna)
	h.became(answersHer, plainText, customer)
	if n := h.g.o.Counters.RepliesInClear.Load(); n != 3 || strings.Contains(log.String(), "level=WARN") {
		t.Errorf("%d counted\n%s", n, log.String())
	}
}

// TestWhatIsAnsweredIsLookedForInside: receipts, reports and forwards of all kinds.
func TestWhatIsAnsweredIsLookedForInside(t *testing.T) {
	h := newHouse(t)
	h.asked(fromAnna)
	mixed := func(media, body string) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nthe secret text\r\n--b\r\nContent-Type: " + media + "\r\n\r\n" + body + "\r\n--b--\r\n"
	}
	original := "Message-ID: <1@kunde.example>\r\nFrom: anna@kunde.example\r\n\r\ntext\r\n"
	for name, entity := range map[string]string{
		"receipt":                 mixed("message/disposition-notification", "Original-Message-ID: <1@kunde.example>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"),
		"report's own field":      mixed("message/delivery-status", "Reporting-MTA: dns; x\r\nX-Original-Message-ID: <1@kunde.example>\r\n\r\nAction: failed\r\n"),
		"returned original":       mixed("message/rfc822", original),
		"returned header":         mixed("text/rfc822-headers", original),
		"answer that is attached": mixed("message/rfc822", "Message-ID: <9@firma.example>\r\nReferences: <1@kunde.example>\r\n\r\ntext\r\n"),
		"status field of ours":    mixed("message/rfc822", "X-Smime-Encryption: decrypted\r\n\r\ntext\r\n"),
		"in base64":               mixed("message/rfc822\r\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte(original))),
		"more than we look at":    strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 40) + plainText,
	} {
		if got := h.became("", entity, customer); got != isRefused {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := h.became("Message-ID: <1@kunde.example>\r\nResent-To: bob@kunde.example\r\n", plainText, bystander); got != isRefused {
		t.Errorf("the ticket itself, sent on: %s", got)
	}
	for name, entity := range map[string]string{
		"a plain mail's original": mixed("message/rfc822", "Message-ID: <2@kunde.example>\r\nX-SMIME-Encryption: none\r\n\r\ntext\r\n"),
		"a Message-ID in text":    mixed("text/plain", original),
	} {
		if got := h.became("", entity, customer); got != isClear {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestManyReferences: those that are not looked up may be the ones.
func TestManyReferences(t *testing.T) {
	for _, k := range []struct {
		number int
		want   string
	}{{maxReferences, isClear}, {maxReferences + 1, isRefused}} {
		h := newHouse(t)
		var b strings.Builder
		b.WriteString("Content-Type: message/rfc822\r\n\r\n")
		for i := 0; i < k.number; i++ {
			fmt.Fprintf(&b, "References: <%d@x> <%d@y>\r\n", i/2, i/2)
			i++
		}
		if k.number%2 == 1 {
			b.WriteString("Message-ID: <last@x>\r\n")
		}
		if got := h.became("", b.String()+"\r\nthe secret text\r\n", customer); got != k.want {
			t.Errorf("%d: %s", k.number, got)
		}
	}
}

// TestRecordedReplies are mails of helpdesks as they left in clear.
func TestRecordedReplies(t *testing.T) {
	for name, k := range map[string]struct {
		id string
		to []string
	}{
		"receipt.eml":         {"plain@kunde.example", []string{customer}},
		"delivery-report.eml": {"plain@kunde.example", []string{customer}},
		"rt-follow-up-cc.eml": {"zweiteif-possible@kunde.example", []string{"bob@kunde.example", "niemand@kunde.example"}},
		"rt-forward.eml":      {"ersteif-possible@kunde.example", []string{"niemand@kunde.example"}},
		"returned-header.eml": {"plain@kunde.example", []string{customer}},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/replies/" + name)
			if err != nil {
				t.Fatal(err)
			}
			h := newHouse(t)
			h.asked(strings.Replace(fromAnna, "1@kunde.example", k.id, 1))
			if out := h.process(outboundTo(k.to...), string(text)); out.Disposition != Reject || out.Reply.Code != 550 {
				t.Errorf("left in clear: %+v\n%s", out.Outcome, out.text)
			}
		})
	}
}
