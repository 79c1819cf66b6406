package proxy

// This file is what the wire keeps from go-smtp.

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"sealgate/internal/nexthop"
)

// TestBareLineEnds: they are refused in clear and under TLS, also where go-smtp
// drops them, and the text behind is not read as commands.
func TestBareLineEnds(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop), TLS: tlsConfig(t)})
	long := strings.Repeat("y", maxResponse-1)
	for name, text := range map[string]string{
		".CR":                    ".\rhello\r\n",
		".CRCRLF":                ".\r\r\n.\r\nMAIL FROM:<e@v.il>\r\n",
		"LF.CRLF":                "x\n.\r\nMAIL FROM:<e@v.il>\r\n",
		"CR at the buffer's end": long + "\rx\n\n.\r\nMAIL FROM:<e@v.il>\r\n",
		"CR.CRLF there":          long + "\r.\r\nMAIL FROM:<e@v.il>\r\n",
	} {
		script := envelope + "Subject: x\r\n\r\n" + text
		if name != ".CRCRLF" {
			script += ".\r\n"
		} // here CRLF.CRLF has been
		for where, got := range map[string]string{"clear": talk(t, address, script+"QUIT\r\n"), "TLS": talkTLS(t, address, script+"QUIT\r\n")} {
			if !strings.Contains(got, "554 5.5.2") || !strings.Contains(got, "221 2.0.0") || len(hop.Messages()) != 0 {
				t.Errorf("%s in %s, %+v: %s", name, where, hop.Messages(), got)
			}
			if name != ".CRCRLF" && strings.Contains(got, "e@v.il") {
				t.Errorf("%s in %s: smuggled: %s", name, where, got)
			}
		}
	}
}

// TestBareLineEndsAreForgotten: what is wrong with one message or one command is
// not held against the next.
func TestBareLineEndsAreForgotten(t *testing.T) {
	good := "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: good\r\n\r\nx\r\n.\r\nQUIT\r\n"
	for before, refusal := range map[string]string{
		envelope + "Subject: bad\r\n\r\na\rb\r\n.\r\n": "554 5.5.2",
		envelope + "Subject: bad\r\n\r\na\nb\r\n.\r\n": "554 5.5.2",
		"EHLO x\r\nNOOP\n":                   "500 5.5.2 lines end with CRLF",
		"EHLO x\r\n\n":                       "500 5.5.2 lines end with CRLF",
		"EHLO x\r\nNOOP\rNOOP\r\n":           "500 5.5.2 lines end with CRLF",
		"EHLO x\r\nMAIL FROM:<e@v.il>\r\r\n": "500 5.5.2 lines end with CRLF",
	} {
		hop := newNextHop(t, nexthop.Fault{})
		address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop)})
		got := talk(t, address, before+good)
		if m := hop.Messages(); strings.Count(got, refusal) != 1 || len(m) != 1 || m[0].Data != "Subject: good\r\n\r\nx\r\n" {
			t.Errorf("%q, %+v: %s", before, m, got)
		}
	}
}

// TestTextOverAnyCut: the end of content is found wherever its parts are cut, and
// CRLF.CRLF alone is one.
func TestTextOverAnyCut(t *testing.T) {
	for s, fault := range map[string]bool{"a\r\n": false, "..\r\n": false, "a\rb\r\n": true, "a\r\rb\r\n": true, "a\n.\r\nb\r\n": true, "a\r\r\n": true, "a\r\rb\n\n.\r\nb\r\n": true} {
		for cut := 1; cut < len(s); cut++ {
			text := newText()
			for line := range strings.SplitAfterSeq(s, "\n") {
				n := cut - strings.Index(s, line) // where the line is cut
				for _, p := range []string{line[:min(max(n, 0), len(line))], line[min(max(n, 0), len(line)):]} {
					if p != "" && text.add([]byte(p)) {
						t.Errorf("%q cut at %d ends at %q", s, cut, p)
					}
				}
			}
			if !text.add([]byte(".\r\n")) || (text.fault != nil) != fault {
				t.Errorf("%q cut at %d: %v", s, cut, text.fault)
			}
		}
	}
}

// TestStartTLSIsTheWires: go-smtp's own would be TLS that cannot be looked into;
// it upper-cases as Unicode does.
func TestStartTLSIsTheWires(t *testing.T) {
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{})), TLS: tlsConfig(t)})
	if got := talk(t, address, "EHLO x\r\n\u017ftarttls\r\nSTARTTLS now\r\nQUIT\r\n"); strings.Contains(got, "220 2.0.0") || strings.Count(got, "501 5.5.4 STARTTLS") != 2 {
		t.Errorf("%s", got)
	}
	if got := talkTLS(t, address, "EHLO x\r\nSTARTTLS\r\nQUIT\r\n"); strings.Contains(got, "220") || strings.Contains(got, "250-STARTTLS") || !strings.Contains(got, "502 5.5.1 TLS") {
		t.Errorf("TLS in TLS: %s", got)
	}
	address, _ = serve(t, &Server{Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{}))})
	if got := talk(t, address, "EHLO x\r\nSTARTTLS\r\nQUIT\r\n"); strings.Contains(got, "250-STARTTLS") || !strings.Contains(got, "502 5.5.1 TLS") {
		t.Errorf("without TLS: %s", got)
	}
}

// TestAnswerToAChallenge is no command, whatever it looks like.
func TestAnswerToAChallenge(t *testing.T) {
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{})), TLS: tlsConfig(t), Login: func(string, string) bool { return false }})
	if got := talkTLS(t, address, "EHLO x\r\nAUTH PLAIN\r\nBDAT 6\r\nQUIT\r\n"); !strings.Contains(got, "454 4.7.0 Invalid base64") || !strings.Contains(got, "221 2.0.0") {
		t.Errorf("%s", got)
	}
}

// TestSizes: a message of just the size that is announced is taken, a greater one is
// not, and the session goes on.
func TestSizes(t *testing.T) {
	const size = 100
	for _, lmtp := range []bool{false, true} {
		hop := newNextHop(t, nexthop.Fault{})
		address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop), MaxSize: size, LMTP: lmtp})
		start := envelope
		if lmtp {
			start = strings.Replace(start, "EHLO", "LHLO", 1)
		}
		for n, ok := range map[int]bool{size - 1: true, size: true, size + 1: false, 100 * size: false} {
			hop.Reset(nexthop.Fault{})
			text := "Subject: x\r\n\r\n.."
			text += strings.Repeat("y", n-len(text)-1) + "\r\n" // a dot is taken off
			got := talk(t, address, start+text+".\r\nMAIL FROM:<>\r\nQUIT\r\n")
			if (len(hop.Messages()) == 1) != ok || strings.Contains(got, "552 5.3.4") == ok || !strings.Contains(got, fmt.Sprintf("SIZE %d\r\n", size)) || !strings.Contains(got, "from <>") {
				t.Errorf("%d octets, LMTP %v: %s", n, lmtp, got)
			}
			got = talk(t, address, strings.Replace(start, "b.example>", fmt.Sprintf("b.example> SIZE=%d", n), 1)+"QUIT\r\n")
			if strings.Contains(got, "552 5.3.4") == ok {
				t.Errorf("SIZE=%d, LMTP %v: %s", n, lmtp, got)
			}
		}
	}
}

// TestLines: a line that is too long is answered and not said again, and the
// session goes on.
func TestLines(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop), TLS: tlsConfig(t), Login: func(string, string) bool { return false }})
	for begin, limit := range map[string]int{"NOOP ": maxCommand, "EHLO ": maxCommand, "AUTH PLAIN ": maxResponse, "auth plain ": maxResponse, "AUTH PLAIN\r\n": maxResponse + len("AUTH PLAIN\r\n")} {
		for _, over := range []int{0, 1, 1 << 20} {
			got := talkTLS(t, address, "EHLO x\r\n"+begin+strings.Repeat("w", limit-len(begin)-2+over)+"\r\nQUIT\r\n")
			if (strings.Contains(got, longLine) || strings.Contains(got, "501 5.0.0 Negotiation cancelled")) != (over > 0) || over > 0 && strings.Contains(got, "www") || !strings.Contains(got, "221 2.0.0") {
				t.Errorf("%q, %d over: %.2000s", begin, over, got)
			}
		}
	}
	for over, taken := range map[int]int{0: 1, 1: 0, 1 << 20: 0} {
		hop.Reset(nexthop.Fault{})
		got := talk(t, address, envelope+"Subject: x\r\n\r\n"+strings.Repeat("w", maxLine-2+over)+"\r\n.\r\nNOOP\r\nQUIT\r\n")
		if len(hop.Messages()) != taken || strings.Contains(got, "500 5.5.2") != (taken == 0) || !strings.Contains(got, "successfully done nothing") {
			t.Errorf("%d over in content: %s", over, got)
		}
	}
}

// TestNobodyIsWaitedForForEver: neither who is silent, nor who gives an octet now and
// then, in a command or in content.
func TestNobodyIsWaitedForForEver(t *testing.T) {
	const idle = 300 * time.Millisecond
	much := envelope + strings.Repeat("w\r\n", 30*minRate)
	for name, k := range map[string]struct {
		size  int64
		start string
		more  string // now and then
	}{
		"command":                        {0, "EHLO x\r\nNOOP ", "w"},
		"content":                        {0, envelope, "w"},
		"silence in a command":           {0, "EHLO x\r\nNO", ""},
		"silence in the handshake":       {0, "EHLO x\r\nSTARTTLS\r\n", ""},
		"silence in much content":        {0, much, ""},
		"content that is refused anyway": {10, much, "w"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := serve(t, &Server{Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{})), Idle: idle, MaxSize: k.size, TLS: tlsConfig(t)})
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			end := make(chan struct{})
			go func() {
				io.Copy(io.Discard, c)
				close(end)
			}()
			io.WriteString(c, k.start)
			for range 30 {
				select {
				case <-end:
					return
				case <-time.After(idle / 3):
					io.WriteString(c, k.more)
				}
			}
			t.Error("the session does not end")
		})
	}
}

// TestSlowIsNotTooSlow: who gives content at a fair pace has the time for it.
func TestSlowIsNotTooSlow(t *testing.T) {
	const idle = 300 * time.Millisecond
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop), Idle: idle})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, envelope)
	for range 10 {
		io.WriteString(c, strings.Repeat("w", int(2*minRate*(idle/3)/time.Second))+"\r\n")
		time.Sleep(idle / 3)
	}
	io.WriteString(c, ".\r\nQUIT\r\n")
	if got, _ := io.ReadAll(c); len(hop.Messages()) != 1 {
		t.Errorf("%s", got)
	}
}
