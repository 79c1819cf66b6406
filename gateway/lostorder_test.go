package gateway

// This file writes orders behind an early end of the header, and texts that are none.

import (
	"os"
	"strings"
	"testing"
)

// brokenHeaders are headers of an author's that end before the order, as he wrote them.
var brokenHeaders = map[string]string{
	"BOM in front":                  "\ufeff" + lostHead + lostOrders + lostRest,
	"BOM in front of the order":     "\ufeff" + lostOrders + lostHead + lostRest,
	"blank in front":                " \r\n" + lostHead + lostOrders + lostRest,
	"empty line in front":           "\r\n" + lostHead + lostOrders + lostRest,
	"empty lines in front":          "\r\n \r\n\r\n" + lostHead + lostOrders + lostRest,
	"indented first line":           " " + lostHead + lostOrders + lostRest,
	"raw line end in Subject":       lostHead + "vom Montag\r\n" + lostOrders + lostRest,
	"two raw line ends":             lostHead + "vom Montag\r\nund Dienstag\r\n" + lostOrders + lostRest,
	"raw line ends on both sides":   lostHead + "vom Montag\r\n" + lostOrders + "X-Note: a\r\nund so weiter\r\n" + lostRest,
	"name with a blank":             lostHead + "X Note: a\r\n" + lostOrders + lostRest,
	"8-bit name":                    lostHead + "Größe: a\r\n" + lostOrders + lostRest,
	"no name":                       lostHead + ": foo\r\n" + lostOrders + lostRest,
	"mbox line":                     lostHead + ">From x Sat Nov 28 20:00:00 2026\r\n" + lostOrders + lostRest,
	"a line that is no field":       lostHead + "foo\r\n" + lostOrders + lostRest,
	"the order's name with a blank": lostHead + "X SMIME-Encrypt: yes\r\n" + lostRest,
	"the order's name misspelt":     lostHead + "X\u2010SMIME\u2010Encrypt: yes\r\n" + lostRest,
	"the order last":                lostHead + lostRest + "foo\r\n" + lostOrders,
	"the order folded":              lostHead + "foo\r\nX-SMIME-Encrypt:\r\n yes\r\n" + lostRest,
	"no MIME fields":                lostHead + "foo\r\n" + lostOrders,
}

const (
	lostHead   = "From: support@firma.example\r\nTo: anna@kunde.example\r\nSubject: Re: Anfrage\r\n"
	lostOrders = "X-SMIME-Encrypt: yes\r\n"
	lostRest   = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	lostText   = "\r\nthe secret text\r\n"
)

// asPostfixSees is a message after Postfix's cleanup: an empty line stands before the
// line that ended the header, and what a header lacks is added to it.
func asPostfixSees(text string) string {
	lines := strings.SplitAfter(text, "\r\n")
	n := 0
	for n < len(lines) && lines[n] != "\r\n" && (strings.HasPrefix(lines[n], " ") && n > 0 || fieldOnly(lines[n])) {
		n++
	}
	head, rest := strings.Join(lines[:n], ""), strings.Join(lines[n:], "")
	if n < len(lines) && lines[n] != "\r\n" {
		rest = "\r\n" + rest
	}
	if !strings.Contains(head, "From:") {
		head += "From: support@firma.example\r\nTo: undisclosed-recipients:;\r\n"
	}
	return head + "Date: Sat, 28 Nov 2026 20:00:00 +0000\r\nMessage-Id: <x@mail.firma.example>\r\n" + rest
}

func fieldOnly(line string) bool {
	name, _, ok := strings.Cut(line, ":")
	return ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
}

// TestOrderBehindTheEndOfTheHeader: it is refused, as the author wrote it (to a proxy),
// and as Postfix gives it to a milter.
func TestOrderBehindTheEndOfTheHeader(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	for name, header := range brokenHeaders {
		for way, text := range map[string]string{"as written": header + lostText, "behind Postfix": asPostfixSees(header + lostText)} {
			out := h.process(outboundTo("anna@kunde.example"), text)
			if out.Disposition != Reject || out.Reply.Code != 550 || len(out.Deliveries) != 0 || !strings.Contains(out.Reply.Text, "header ends too early") {
				t.Errorf("%s, %s: %+v\n%s", name, way, out.Outcome, text)
			}
			if len(out.Reply.Text) > maxReplyText || strings.Contains(out.Reply.Text, "Montag") {
				t.Errorf("%s: %s", name, out.Reply.Text)
			}
		}
	}
	for _, file := range []string{"order_lost_bom.eml", "order_lost_subject_newline.eml"} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(text), asPostfixSees(string(text))} {
			if out := h.process(outboundTo("anna@kunde.example"), text); out.Disposition != Reject || out.Reply.Code != 550 {
				t.Errorf("%s: %+v", file, out.Outcome)
			}
		}
	}
}

// TestTextAboutOrders: who writes about our fields in an ordinary text is not refused,
// nor is a broken header without them.
func TestTextAboutOrders(t *testing.T) {
	h := newHouse(t)
	proper := lostHead + lostRest
	parts := "Content-Transfer-Encoding: 8bit\r\nX-SMIME-Sign: yes\r\n\r\nhello\r\n--b--\r\n"
	for name, text := range map[string]string{
		"first line":                   proper + "\r\nX-SMIME-Encrypt: yes\r\n\r\nis what you need\r\n",
		"in a sentence":                proper + "\r\nPlease set X-SMIME-Sign: yes\r\nand write again.\r\n",
		"on a line of its own":         proper + "\r\nPlease set\r\nX-SMIME-Sign: yes\r\nand write again.\r\n",
		"in a paragraph of its own":    proper + "\r\nHello,\r\n\r\nX-SMIME-Sign: yes\r\n\r\nRegards\r\n",
		"the end of the text":          proper + "\r\nPlease set\r\nX-SMIME-Sign: yes\r\n",
		"quoted":                       proper + "\r\nAnna wrote:\r\n> X-SMIME-Sign: yes\r\n> X-SMIME-Encrypt: yes\r\n\r\nRegards\r\n",
		"a header that is quoted":      proper + "\r\n---- Forwarded ----\r\n" + lostHead + "X-SMIME-Signature: valid\r\nReply-To: b@kunde.example\r\n\r\nhello\r\n",
		"a header as the text":         proper + "\r\n" + lostHead + lostOrders + lostRest + "\r\nhello\r\n",
		"without MIME":                 lostHead + "\r\nX-SMIME-Encrypt: yes\r\n\r\nis what you need\r\n",
		"in a part":                    lostHead + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + parts,
		"in a part, behind a preamble": lostHead + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nThis is MIME.\r\n--b\r\n" + parts,
		"a broken header without":      lostHead + "vom Montag\r\n" + lostRest + lostText,
		"an empty message":             lostHead + lostRest,
		"a far one":                    proper + "\r\nfoo\r\n" + strings.Repeat("X-Note: a\r\n", maxLost/11) + "X-SMIME-Sign: yes\r\n\r\nhello\r\n",
	} {
		if out := h.process(outboundTo("anna@kunde.example"), text); out.Disposition != Accept {
			t.Errorf("%s: %+v", name, out.Outcome)
		}
	}
}

// TestTextLikeTheRestOfAHeader: behind Postfix this text cannot be told from the rest of
// a header that has ended too early. It is refused, and the answer says what helps.
func TestTextLikeTheRestOfAHeader(t *testing.T) {
	h := newHouse(t)
	const text = "Please set\r\nX-SMIME-Sign: yes\r\n\r\nRegards\r\n"
	out := h.process(outboundTo("anna@kunde.example"), lostHead+lostRest+"\r\n"+text)
	if out.Disposition != Reject || !strings.Contains(out.Reply.Text, "begin it with an empty line") {
		t.Errorf("%+v", out.Outcome)
	}
	if out := h.process(outboundTo("anna@kunde.example"), lostHead+lostRest+"\r\n\r\n"+text); out.Disposition != Accept {
		t.Errorf("with an empty line: %+v", out.Outcome)
	}
}

// TestLostOrderIsLookedForSoFar: one octet less than Postfix's bound, and one more.
func TestLostOrderIsLookedForSoFar(t *testing.T) {
	h := newHouse(t)
	for more, verdict := range map[int]Disposition{0: Reject, 1: Accept} {
		const order = "X-SMIME-Sign:"
		note := "foo\r\nX-Note: " + strings.Repeat("a", maxLost-len("foo\r\nX-Note: \r\n")-len(order)+more) + "\r\n"
		if out := h.process(outboundTo("anna@kunde.example"), lostHead+note+order+" yes\r\n\r\nhello\r\n"); out.Disposition != verdict {
			t.Errorf("%d more: %+v", more, out.Outcome)
		}
	}
}
