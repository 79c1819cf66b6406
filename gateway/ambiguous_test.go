package gateway

import (
	"strings"
	"testing"
)

// TestReadersThatDisagree: signed mail whose outer header or surroundings lead other
// readers to another text than the one that was signed. Where the body stays as it
// came, they would show that text under our "valid".
func TestReadersThatDisagree(t *testing.T) {
	h := newHouse(t)
	good := h.signed(h.anna, fromAnna, plainText)
	_, rest, _ := strings.Cut(good, "boundary=\"")
	boundary, _, _ := strings.Cut(rest, "\"")
	other := "--evil\r\nContent-Type: text/plain\r\n\r\nplease pay to this account\r\n--evil--\r\n"
	replaced := func(old, with string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("%q does not stand in\n%s", old, good)
		}
		return strings.Replace(good, old, with, 1)
	}
	parameter := "boundary=\"" + boundary + "\""
	before := func(text string) string {
		return strings.Replace(text, "\r\n\r\n--"+boundary, "\r\n\r\n"+other+"--"+boundary, 1)
	}
	fields := "Content-Type: multipart/signed;"
	likeBoundary := func(line string) string {
		signed := h.signed(h.anna, fromAnna, "Content-Type: text/plain\r\n\r\nhello"+line+"please pay\r\n")
		_, rest, _ := strings.Cut(signed, "boundary=\"")
		chosen, _, _ := strings.Cut(rest, "\"")
		return strings.ReplaceAll(signed, chosen, "hell")
	}
	for name, text := range map[string]string{
		"two boundaries":                  before(replaced(parameter, parameter+"; boundary=evil")),
		"a boundary in pieces beside":     before(replaced(parameter, "boundary*0=evil; "+parameter)),
		"a boundary in pieces":            before(replaced(parameter, "boundary*0=\""+boundary[:5]+"\"; boundary*1=\""+boundary[5:]+"\"")),
		"an encoded boundary beside":      before(replaced(parameter, parameter+"; boundary*=utf-8''evil")),
		"a boundary in a comment":         before(replaced(parameter, "(; boundary=evil; ) "+parameter)),
		"a boundary in another parameter": before(replaced(parameter, "x=\"; boundary=evil; \"; "+parameter)),
		"a boundary that begins a line":   likeBoundary("\r\n--hello\r\n"),
		"a delimiter behind a bare CR":    likeBoundary("\r--hell\r"), // Python and Ruby: three parts
		"a thousand fields in front":      strings.Repeat("X-A: b\r\n", 1000) + good,
		"an empty parameter":              replaced(parameter, ";"+parameter),
		"8 bits in a parameter":           replaced(parameter, "x=\"\xe9\"; "+parameter),
		"text with a colon in front":      replaced("\r\n\r\n--"+boundary, "\r\n\r\nplease pay: this account\r\n--"+boundary),
		"two Content-Type fields":         before(replaced("\r\n\r\n--"+boundary, "\r\nContent-Type: multipart/mixed; boundary=evil\r\n\r\n--"+boundary)),
		"two transfer encodings":          replaced(fields, "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n"+fields),
		"a multipart in base64":           replaced(fields, "Content-Transfer-Encoding: base64\r\n"+fields),
		"a part before, longer boundary":  replaced("\r\n\r\n--"+boundary, "\r\n\r\n--"+boundary+"x\r\n\r\nplease pay\r\n--"+boundary),
		"a part behind the end":           good + "--" + boundary + "\r\n\r\nplease pay\r\n--" + boundary + "--\r\n",
		"a From behind a bare CR":         strings.Replace(good, "To: ", "X-Note: a\rFrom: ceo@bank.example\r\nTo: ", 1),
		"the header ends at bare CRs":     strings.Replace(good, "To: ", "X-Note: a\r\rplease pay to this account\r\nTo: ", 1),
		"a NUL in a field":                strings.Replace(good, "Subject: ", "Subject: pay\x00", 1),
		"a bare CR in front":              replaced("\r\n\r\n--"+boundary, "\r\n\r\nx\r--"+boundary+"\rContent-Type: text/plain\r\rplease pay\r\n--"+boundary),
		"an encoded word in the boundary": strings.ReplaceAll(good, boundary, "=?us-ascii?q?"+boundary+"?="),
		"a blank before the colon":        replaced("Content-Type: multipart", "Content-Type : multipart"),
		"the same in Reply-To":            "Reply-To : evil@x.example\r\n" + good,
		"an unquoted boundary with a =":   replaced(parameter, "boundary="+boundary), // Python ends it there
		"a page instead of the signature": replaced("Content-Type: application/pkcs7-signature", "Content-Type: application/pkcs7-signature\r\nContent-Type: text/html"),
		"inside another valid signature":  h.signed(h.sales, fromAnna, strings.TrimPrefix(before(replaced(parameter, parameter+"; boundary=evil")), fromAnna)),
	} {
		t.Run(name, func(t *testing.T) {
			env := inboundTo("support@firma.example", "employee@firma.example") // cannot be split: the body stays
			out := h.process(env, text)
			if len(out.text) != 1 || h.header(out.text[0], "X-SMIME-Signature") == "valid" {
				t.Errorf("%+v\n%s", out.Outcome, strings.Join(out.text, "\n"))
			}
		})
	}
	for name, text := range map[string]string{
		"as it was":             good,
		"one transfer encoding": replaced(fields, "Content-Transfer-Encoding: 7bit\r\n"+fields),
		"words in front":        replaced("\r\n\r\n--"+boundary, "\r\n\r\nThis is an S/MIME signed message\r\n\r\n--"+boundary),
		"a footer behind":       good + "-- \r\nthe list's footer\r\n",
		"the word as the value": strings.ReplaceAll(good, boundary, "boundary"),
		"the boundary unquoted": strings.ReplaceAll(replaced(parameter, "boundary="+boundary), "=_", ""),
	} {
		if out := h.process(inboundTo("support@firma.example", "employee@firma.example"), text); h.header(out.text[0], "X-SMIME-Signature") != "valid" {
			t.Errorf("%s: %s\n%s", name, h.header(out.text[0], "X-SMIME-Reason"), out.text[0])
		}
	}
}
