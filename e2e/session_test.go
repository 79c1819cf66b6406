package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestOneSession: several messages and recipients in one SMTP session, RSET in
// the middle, and everything pipelined.
func TestOneSession(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			oneSession(newSite(t, transport))
		})
	}
}

func oneSession(s *site) {
	s.learn("anna", "anna@kunde.example")
	c := s.dial(s.outbound)
	defer c.close()
	c.cmd("EHLO client.example")
	for i := range 3 {
		mark := fmt.Sprintf("session-%d", i)
		c.cmd("MAIL FROM:<support@firma.example>")
		c.cmd("RCPT TO:<anna@kunde.example>")
		if i == 1 {
			c.cmd("RSET")
			c.cmd("MAIL FROM:<support@firma.example>")
			c.cmd("RCPT TO:<anna@kunde.example>")
		}
		if got := c.cmd("DATA"); got.code != 354 {
			s.t.Fatalf("%+v", got)
		}
		order := map[int]string{0: encryptOrder, 1: "X-SMIME-Sign: yes\n" + encryptOrder, 2: ""}[i]
		s.accepted(c.data(ticket(mark, "anna@kunde.example", order)))
		s.check(mark, s.arrival("Subject: "+mark).Text, i == 1, i < 2)
	}
	c.cmd("MAIL FROM:<support@firma.example>")
	c.cmd("RCPT TO:<bob@kunde.example>")
	if c.cmd("DATA"); s.transport != viaFilter {
		if got := c.data(ticket("refused", "bob@kunde.example", encryptOrder)); got.code != 550 {
			s.t.Errorf("a refusal in the middle: %+v", got)
		}
	} else {
		c.data(ticket("refused", "bob@kunde.example", encryptOrder))
	}
	s.pipelined()
}

// pipelined sends envelope and next envelope without waiting (RFC 2920).
func (s *site) pipelined() {
	c := s.dial(s.inbound)
	defer c.close()
	c.cmd("EHLO client.example")
	for i := range 2 {
		mark := fmt.Sprintf("piped-%d", i)
		fmt.Fprintf(c.c, "MAIL FROM:<anna@kunde.example>\r\nRCPT TO:<support@firma.example>\r\nRCPT TO:<ticket@helpdesk.local>\r\nDATA\r\n")
		for _, want := range []int{250, 250, 250, 354} {
			if got := c.answer(); got.code != want {
				s.t.Fatalf("%+v, want %d", got, want)
			}
		}
		s.accepted(c.data(withHeader(headerOf(mark), s.sealed(textEntity, []string{"support"}))))
		m := s.arrival("Subject: " + mark)
		if len(m.To) != 2 || !strings.Contains(m.Text, secret) {
			s.t.Errorf("%s to %v:\n%s", mark, m.To, m.Text)
		}
	}
}

// resident is the resident memory of sealgate in octets.
func (s *site) resident() int64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.gateway.Process.Pid))
	if err != nil {
		s.t.Skip("no /proc here: ", err)
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return kib << 10
}

// Bounds of TestHundredMegabytes.
const (
	bigMail   = 100 << 20
	moreThan  = 16 << 20
	watchStep = 20 * time.Millisecond
)

// TestHundredMegabytes: a mail of 100 MB both ways takes at most 16 MiB more
// resident memory than idle.
func TestHundredMegabytes(t *testing.T) {
	s := newSite(t, viaMilter, siteOptions{config: "[limits]\nmessage_size = \"250 MiB\"\n"})
	s.learn("anna", "anna@kunde.example")
	s.accepted(s.out("warm", "anna@kunde.example", "X-SMIME-Sign: yes\n"+encryptOrder))
	s.arrival("Subject: warm")
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("warm-in"), s.sealed("Content-Type: text/plain\n\n"+strings.Repeat(secret+"\n", 1<<15), []string{"support"}))))
	s.arrival("Subject: warm-in")
	time.Sleep(time.Second)
	idle := s.resident()
	line := strings.Repeat("0123456789abcdef", 4) + "\n"
	body := strings.Repeat(line, bigMail/len(line))
	most := s.watch(func() {
		s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, strings.Replace(ticket("big-out", "anna@kunde.example", "X-SMIME-Sign: yes\n"+encryptOrder), secret, body, 1)))
	})
	out := s.arrival("Subject: big-out").Text
	if strings.Contains(out[:100000], line[:60]) {
		t.Error("left in clear")
	}
	t.Logf("outbound: %d MB, idle %.1f MiB, most %.1f MiB, %.1f MiB more", bigMail>>20, mib(idle), mib(most), mib(most-idle))
	if most-idle > moreThan {
		t.Errorf("%.1f MiB more than idle, at most %d are allowed", mib(most-idle), moreThan>>20)
	}
	sealed := s.sealed("Content-Type: text/plain\n\n"+body, []string{"support"}, "-aes-256-cbc")
	most = s.watch(func() {
		s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("big-in"), sealed)))
	})
	in := s.arrival("Subject: big-in").Text
	if n := strings.Count(in, line[:64]); n != bigMail/len(line) {
		t.Errorf("%d lines of %d came out", n, bigMail/len(line))
	}
	t.Logf("inbound: idle %.1f MiB, most %.1f MiB, %.1f MiB more", mib(idle), mib(most), mib(most-idle))
	if most-idle > moreThan {
		t.Errorf("%.1f MiB more than idle, at most %d are allowed", mib(most-idle), moreThan>>20)
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// watch is the most resident memory while do runs.
func (s *site) watch(do func()) (most int64) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			most = max(most, s.resident())
			select {
			case <-stop:
				return
			case <-time.After(watchStep):
			}
		}
	}()
	do()
	close(stop)
	<-done
	return most
}

// smuggled are ends of a message that are none (RFC 5321 §4.1.1.4).
var smuggled = []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n"}

// smuggle hides a second mail behind such an end and returns all answers.
func smuggle(t *testing.T, port, end string) string {
	t.Helper()
	c, err := net.Dial("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	r := bufio.NewReader(c)
	r.ReadString('\n')
	fmt.Fprintf(c, "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@firma.example>\r\nDATA\r\nSubject: x\r\n\r\nx%sMAIL FROM:<e@v.example>\r\nRCPT TO:<support@firma.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\nQUIT\r\n", end)
	c.(*net.TCPConn).CloseWrite()
	all, _ := io.ReadAll(r)
	return string(all)
}

// TestSmugglingThroughPostfix: with the lines of docs/postfix.md Postfix does not make
// two mails of one before sealgate sees them.
func TestSmugglingThroughPostfix(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport)
			for _, end := range smuggled {
				smuggle(t, s.inbound, end)
			}
			s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, ticket("after all", "support@firma.example", "")))
			s.arrival("Subject: after all")
			time.Sleep(300 * time.Millisecond)
			for _, m := range s.sink.Mails() {
				if m.From == "e@v.example" {
					t.Errorf("smuggled:\n%s", m.Text)
				}
			}
		})
	}
}

// TestSmuggling into the before-queue proxy itself, with a raw socket.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaProxy)
	for _, end := range smuggled {
		if all := smuggle(t, s.doors["smtp-in"], end); !strings.Contains(all, "554 5.5.2") {
			t.Errorf("%q: %s", end, all)
		}
	}
	time.Sleep(300 * time.Millisecond)
	if m := s.sink.Mails(); len(m) != 0 {
		t.Errorf("%d mails went through", len(m))
	}
}
