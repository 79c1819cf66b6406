package proxy

// This file is random sessions: whatever a client says in whatever order, what was
// taken was delivered, once.

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"sealgate/internal/nexthop"
)

// randomSession strings commands, contents and chunks together, good and bad.
func randomSession(r *rand.Rand) string {
	text := func() string {
		return []string{"Subject: x\r\n\r\nbody\r\n", "Subject: x\r\n\r\n..\r\n", "\r\n", "Subject: x\r\n\r\na\nb\r\n", "no header\r\n", "Subject: x\r\n\r\nMAIL FROM:<e@v.il>\r\nDATA\r\n"}[r.IntN(6)]
	}
	var b strings.Builder
	b.WriteString("EHLO x\r\n")
	for range r.IntN(30) {
		switch r.IntN(10) {
		case 0, 1:
			b.WriteString([]string{"MAIL FROM:<a@b.example>\r\n", "MAIL FROM:<>\r\n", "MAIL FROM:<x y>\r\n"}[r.IntN(3)])
		case 2, 3:
			b.WriteString([]string{"RCPT TO:<c@d.example>\r\n", "RCPT TO:<\"c> d\"@d.example>\r\n", "RCPT TO:<@>\r\n"}[r.IntN(3)])
		case 4:
			b.WriteString("DATA\r\n" + text() + ".\r\n")
		case 5, 6:
			first, last := text(), text()
			fmt.Fprintf(&b, "BDAT %d\r\n%sBDAT %d LAST\r\n%s", len(first), first, len(last), last)
		case 7:
			b.WriteString([]string{"RSET\r\n", "EHLO y\r\n", "NOOP\r\n", "BDAT 0 LAST\r\n", "BDAT\r\n", "\r\n"}[r.IntN(6)])
		case 9:
			b.WriteString([]string{"BDAT 4\r\nhalfRSET\r\n", "BDAT 4\r\nhalf", "NOOP\nNOOP\r\n"}[r.IntN(3)])
		case 8:
			fmt.Fprintf(&b, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n%s.\r\n", text())
		}
	}
	return b.String() + []string{"", "QUIT\r\n", "BDAT 10 LAST\r\nhalf", "BDAT 4\r\nhalfQUIT\r\n", "DATA\r\nhalf"}[r.IntN(5)]
}

// TestRandomSessions: as many messages at the next hop as were said to be taken.
func TestRandomSessions(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop), MaxSize: 10000})
	all := 0
	for range 400 {
		hop.Reset(nexthop.Fault{})
		script := randomSession(r)
		got := talk(t, address, script)
		taken, sent := strings.Count(got, "OK: queued"), len(hop.Messages())
		if all += taken; taken != sent {
			t.Errorf("%d were taken, %d delivered:\n%q\n%s", taken, sent, script, got)
		}
	}
	if all < 100 {
		t.Errorf("only %d messages were taken", all)
	}
}
