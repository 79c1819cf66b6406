package gateway

import (
	"strings"
	"testing"
)

// TestThousandsOfFields: a mail of which more than 64 fields would have to go is
// refused in both directions, whatever the fields are and whoever it is for; with 64 it
// passes.
func TestThousandsOfFields(t *testing.T) {
	h := newHouse(t)
	const withoutSubject = "From: Anna <anna@kunde.example>\r\n"
	outbound := outboundTo("someone@else.example")
	for name, c := range map[string]struct {
		env    Envelope
		header string
		field  string
	}{
		"our prefix":               {toSupport, fromAnna, "X-SMIME-A: x\r\n"},
		"for nobody whom we serve": {inboundTo("other@else.example"), withoutSubject, "X-SMIME-A: x\r\n"},
		"results in our name":      {toSupport, fromAnna, "Authentication-Results: gw.example; smime=pass\r\n"},
		"Content fields":           {toSupport, fromAnna, "Content-A: x\r\n"},
		"Subjects":                 {toSupport, fromAnna, "Subject: x\r\n"},
		"Message-IDs":              {toSupport, fromAnna, "Message-ID: <a@b.example>\r\n"},
		"Thread-Topic, outbound":   {outbound, fromSupport("someone@else.example", ""), "Thread-Topic: x\r\n"},
		"Bcc, outbound":            {outbound, fromSupport("someone@else.example", ""), "Bcc: a@b.example\r\n"},
		"DKIM-Signature, outbound": {outbound, fromSupport("someone@else.example", ""), "DKIM-Signature: x\r\n"},
	} {
		mail := func(n int) string { return strings.Repeat(c.field, n) + c.header + "\r\nText\r\n" }
		already := strings.Count(c.header, "Subject: ") + strings.Count(c.header, "Message-ID: ")
		for n, want := range map[int]Disposition{maxRemovals - already: Accept, maxRemovals - already + 1: Reject, 9000: Reject} {
			msg := h.file(mail(n))
			out, err := h.g.Process(t.Context(), c.env, msg)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if out.Disposition != want || want == Reject && out.Reply.Code != 554 {
				t.Errorf("%s, %d times: %+v, want %v", name, n, out.Reply, want)
			}
			out.Close()
			msg.Close()
		}
	}
}
