package smime

import (
	"context"
	"strings"
	"testing"
)

// TestOmitInside: what is not for the outside goes from parts and from messages in them, and
// nothing else changes; what is signed stays whole, whatever is in it.
func TestOmitInside(t *testing.T) {
	const (
		head      = "X-Crypt-Sign: yes\nContent-Type: multipart/mixed; boundary=b\n\nlook\n--b\n"
		order     = "X-Crypt-Encrypt: yes\n"
		status    = "X-Crypt-Signature: valid\n"
		body      = "Content-Type: text/plain\n\nFrom here: \xfc  \n"
		forwarded = "Content-Type: message/rfc822\n\nFrom: anna@kunde.example\n"
		nested    = "Content-Type: multipart/mixed; boundary=c\n\n--c\n"
		signed    = "Content-Type: multipart/signed; boundary=s; protocol=\"application/pkcs7-signature\"\n\n--s\n" + order + body + "\n--s\n" + order + "Content-Type: application/pkcs7-signature\n\nx\n--s--\n"
	)
	for name, k := range map[string]struct{ was, want string }{
		"an order in a part":          {head + order + body + "\n--b--\nbehind\n", head + body + "\n--b--\nbehind\n"},
		"status in a forwarded mail":  {head + forwarded + status + "Subject: x\n\ntext\n\n--b--\n", head + forwarded + "Subject: x\n\ntext\n\n--b--\n"},
		"in a forwarded multipart":    {head + forwarded + status + nested + order + body + "\n--c--\n\n--b--\n", head + forwarded + nested + body + "\n--c--\n\n--b--\n"},
		"in a forwarded signed mail":  {head + forwarded + status + signed + "\n--b--\n", head + forwarded + signed + "\n--b--\n"},
		"folded, and nothing but it":  {head + "X-Crypt-Encrypt:\n yes\n\ntext\n\n--b--\n", head + "\ntext\n\n--b--\n"},
		"within a signed part":        {head + signed + "\n--b--\n", ""},
		"a whole signed mail":         {signed, ""},
		"nothing of it":               {head + body + "\n--b--\n", ""},
		"its own header only":         {"X-Crypt-Sign: yes\nContent-Type: text/plain\n\nX-Crypt-Sign: yes\n", ""},
		"a multipart without an end":  {head + order + body, head + body},
		"no boundary to be taken at":  {"Content-Type: multipart/mixed\n\n--b\n" + order + body + "\n--b--\n", ""},
		"a bare CR, which stays":      {head + "X-Note: a\rb\n" + body + "\n--b--\n", ""},
		"deeper than what is read":    {strings.Repeat("Content-Type: message/rfc822\n\n", 200) + order + body, ""},
		"an unknown encoding of mail": {head + "Content-Transfer-Encoding: base64\n" + forwarded + status + "\n--b--\n", ""},
	} {
		sp := newSpool(t)
		e := parse(t, crlf(k.was))
		got, err := OmitInside(context.Background(), e, isOrder, sp)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if k.want == "" {
			if got != e {
				t.Errorf("%s: changed to\n%s", name, text(t, got))
			}
		} else if whole := text(t, got); whole != crlf(k.want) {
			t.Errorf("%s:\n%q\nwant\n%q", name, whole, crlf(k.want))
		}
		if got != e {
			got.Close()
		}
		if n := sp.Used(); n != 0 {
			t.Errorf("%s: %d octets are left in the spool", name, n)
		}
	}
}
