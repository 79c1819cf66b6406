package proxy

// This file is what the wire keeps from go-smtp.

import (
	"strings"
	"testing"

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
		"EHLO x\r\nNOOP\n":                   "500 5.5.2",
		"EHLO x\r\n\n":                       "500 5.5.2",
		"EHLO x\r\nNOOP\rNOOP\r\n":           "500 5.5.2",
		"EHLO x\r\nMAIL FROM:<e@v.il>\r\r\n": "500 5.5.2",
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
