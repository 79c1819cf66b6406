package e2e

import (
	"strings"
	"testing"
)

// TestLogLineOfEachTransport: in each set-up one line tells of a message, and can be matched to
// Postfix's own: by its queue id where Postfix has one by then, by the Message-ID everywhere.
func TestLogLineOfEachTransport(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport)
			const mark = "logged"
			mail := s.sealed(s.signed("anna", textEntity), []string{"support"}, "-aes-256-cbc")
			s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf(mark), mail)))
			s.arrival("Subject: " + mark)
			s.logged("message_id=" + mark + "@kunde.example")
			var lines []string
			for line := range strings.Lines(s.log.String()) {
				if strings.Contains(line, "message_id="+mark+"@kunde.example") {
					lines = append(lines, line)
				}
			}
			if len(lines) != 1 {
				t.Fatalf("%d lines:\n%s", len(lines), strings.Join(lines, ""))
			}
			for _, want := range []string{
				"level=INFO msg=message direction=inbound", "client=127.0.0.1", "envelope_from=anna@kunde.example",
				"envelope_to=[support@firma.example]", "from=[anna@kunde.example]", "result=accepted", "copies=1",
				"signature=valid encryption=decrypted", `layers="[enveloped aes-256-cbc signed-detached sha-256]"`,
				`signers="[anna@kunde.example valid `, "opened_by=[", " ms=",
			} {
				if !strings.Contains(lines[0], want) {
					t.Errorf("%q is not in %s", want, lines[0])
				}
			}
			queued := transport != viaProxy
			_, rest, has := strings.Cut(lines[0], " queue_id=")
			id, _, _ := strings.Cut(rest, " ")
			if has != queued || queued && !strings.Contains(s.postfix.Log(), id+": message-id=<"+mark+"@kunde.example>") {
				t.Errorf("queue id %q:\n%s", id, s.postfix.Log())
			}
		})
	}
}
