package proxy

// This file is what a session keeps from one command to the next.

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/internal/nexthop"
)

// TestRecipientsBound: as many as are allowed are taken, one more is to wait for
// another message (RFC 5321 §4.5.3.1.10).
func TestRecipientsBound(t *testing.T) {
	hop, e := newNextHop(t, nexthop.Fault{}), &engine{}
	address, _ := serve(t, &Server{Processor: e, Next: to(hop)})
	var all strings.Builder
	for i := range maxRecipients + 1 {
		fmt.Fprintf(&all, "RCPT TO:<c%d@d.example>\r\n", i)
	}
	got := talk(t, address, "EHLO x\r\nMAIL FROM:<a@b.example>\r\n"+all.String()+"DATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
	if m := hop.Messages(); strings.Count(got, "452 4.5.3") != 1 || len(m) != 1 || len(m[0].Rcpt) != maxRecipients || len(e.env.To) != maxRecipients {
		t.Errorf("%d refused, %d recipients, %d messages", strings.Count(got, "452 4.5.3"), len(e.env.To), len(m))
	}
}

// TestRecipientTwice: it gets the message once, however it is written.
func TestRecipientTwice(t *testing.T) {
	hop, e := newNextHop(t, nexthop.Fault{}), &engine{}
	address, _ := serve(t, &Server{Processor: e, Next: to(hop)})
	got := talk(t, address, "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<\"c\"@d.example>\r\nRCPT TO:<e@d.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
	if m := hop.Messages(); len(m) != 1 || len(m[0].Rcpt) != 2 || len(e.env.To) != 2 {
		t.Errorf("%v, %+v: %s", e.env.To, m, got)
	}
}

// open is a session whose answers are read one by one; "" is its end.
func open(t *testing.T, address string) func(command, want string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(c)
	return func(command, want string) {
		t.Helper()
		io.WriteString(c, command)
		for line, more := "", true; more; more = line[3] == '-' {
			if line, err = in.ReadString('\n'); err != nil && want == "" {
				return
			} else if err != nil || want == "" || !strings.HasPrefix(line, want) {
				t.Fatalf("%q: want %q, got %q, %v", command, want, line, err)
			}
		}
	}
}

// TestNoMessageWhileDraining: who has begun one may give it up, and then the session
// ends at once; who begins another hears 421, and the session ends as well.
func TestNoMessageWhileDraining(t *testing.T) {
	for _, command := range []string{"RSET\r\n", "EHLO y\r\n", "MAIL FROM:<>\r\n"} {
		s := &Server{Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{}))}
		address, _ := serve(t, s)
		say := open(t, address)
		say("", "220")
		say("EHLO x\r\n", "250")
		say("MAIL FROM:<a@b.example>\r\n", "250")
		done := make(chan error, 1)
		go func() { done <- s.Shutdown(context.Background()) }()
		for !s.sessions.Draining() {
			time.Sleep(time.Millisecond)
		}
		say("NOOP\r\n", "250") // still there
		if strings.HasPrefix(command, "MAIL") {
			say(command, "421 4.3.2")
			command = ""
		}
		say(command, "")
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%q: %v", command, err)
			}
		case <-time.After(3 * time.Second):
			t.Errorf("%q: the session does not end", command)
		}
	}
}

// TestTrustIsNotPassedOn: AUTH= is what another session's client says of itself.
func TestTrustIsNotPassedOn(t *testing.T) {
	who := "boss@firma.example"
	given := &smtp.MailOptions{Auth: &who, Return: smtp.DSNReturnFull}
	l := &leg{t: Transaction{Options: given}, msg: file(t, mail)}
	if o, err := l.mailOptions(); err != nil || o.Auth != nil || o.Return != smtp.DSNReturnFull || given.Auth == nil {
		t.Errorf("%+v, given %+v, %v", o, given, err)
	}
}
