package proxy

// This file is what a hostile client or a strange next hop does to the proxy.

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/nexthop"
	"sealgate/internal/testpki"
)

// TestChunks: BDAT is neither announced nor taken, in clear nor under TLS, and a
// chunk is not read as commands.
func TestChunks(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop), TLS: tlsConfig(t)})
	start, text := strings.TrimSuffix(envelope, "DATA\r\n"), "Subject: x\r\n\r\nMAIL FROM:<e@v.il>\r\n"
	for name, chunks := range map[string]string{
		"one":      fmt.Sprintf("BDAT %d LAST\r\n%s", len(text), text),
		"two":      fmt.Sprintf("bdat %d\r\n%sBDAT 0 LAST\r\n", len(text), text),
		"given up": fmt.Sprintf("BDAT 4\r\nhalfRSET\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nBDAT %d LAST\r\n%s", len(text), text),
		"no size":  "BDAT\r\nBDAT x\r\n",
		"cut":      fmt.Sprintf("BDAT %d LAST\r\n%s", len(text)+20, text),
	} {
		for where, got := range map[string]string{"clear": talk(t, address, start+chunks+"QUIT\r\n"), "TLS": talkTLS(t, address, start+chunks+"QUIT\r\n")} {
			if n := strings.Count(chunks, "BDAT") + strings.Count(chunks, "bdat"); strings.Contains(got, "CHUNKING") || strings.Contains(got, "queued") || name != "cut" && strings.Count(got, "502 5.5.1 BDAT") != n ||
				strings.Contains(got, "e@v.il") || len(hop.Messages()) != 0 {
				t.Errorf("%s in %s: %s", name, where, got)
			}
		}
	}
}

// TestNobody: an envelope without a recipient is not a message.
func TestNobody(t *testing.T) {
	if err := (&session{server: &Server{Next: &Client{}}}).Data(strings.NewReader("")); !errors.Is(err, errNobody) {
		t.Errorf("%v", err)
	}
}

// TestQuotedLocalParts: go-smtp takes the quotes off a local part. Written out
// without them it would end the path early: arguments, or another recipient.
func TestQuotedLocalParts(t *testing.T) {
	for in, want := range map[string]string{
		`"a b"@firma.example`:                         `"a b"@firma.example`,
		`"evil@outside.example> NOTIFY=X "@f.example`: `"evil@outside.example> NOTIFY=X "@f.example`,
		`"x@outside.example"@firma.example`:           `"x@outside.example"@firma.example`,
		`"\"q\\"@firma.example`:                       `"\"q\\"@firma.example`,
		`"plain.word"@firma.example`:                  `plain.word@firma.example`,
		`a+b=c@[IPv6:::1]`:                            `a+b=c@[IPv6:::1]`,
		`müller@münchen.example`:                      `müller@münchen.example`,
		`a..b@firma.example`:                          `"a..b"@firma.example`,
		`a@b@firma.example`:                           `"a@b"@firma.example`,
		`a@fir"ma.example`:                            "",
		`a@fir<ma.example`:                            "",
		"a@firma\x01.example":                         "",
		"\"a\x01\"@firma.example":                     "",
	} {
		hop, e := newNextHop(t, nexthop.Fault{}), &engine{}
		address, _ := serve(t, &Server{Processor: e, Next: to(hop)})
		got := talk(t, address, "EHLO x\r\nMAIL FROM:<"+in+"> SMTPUTF8\r\nMAIL FROM:<>\r\nRCPT TO:<"+in+">\r\nRCPT TO:<c@d.example>\r\nDATA\r\n\r\nx\r\n.\r\n"+
			"MAIL FROM:<"+in+"> SMTPUTF8\r\nRCPT TO:<c@d.example>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n")
		m := hop.Messages()
		if want == "" {
			if len(m) != 1 || len(m[0].Rcpt) != 1 || strings.Count(got, "501 5.1.") < 2 {
				t.Errorf("%q is not refused: %+v\n%s", in, m, got)
			}
			continue
		}
		if len(m) != 2 || len(m[0].Rcpt) != 2 || m[0].Rcpt[0] != "RCPT TO:<"+want+">" || !strings.HasPrefix(m[1].Mail, "MAIL FROM:<"+want+"> ") {
			t.Errorf("%q: %+v\n%s", in, m, got)
		}
	}
}

// TestUnsafeAddressIsNotSent: nor one that an adapter brings raw.
func TestUnsafeAddressIsNotSent(t *testing.T) {
	for _, bad := range []string{"a@b.example> SIZE=1", "a b@c.example", `"a"b@c.example`, `"a@c.example`, "a@b.example\r\nRCPT TO:<x@y.example", "a@b c.example"} {
		for _, sender := range []bool{true, false} {
			hop := newNextHop(t, nexthop.Fault{})
			tr, copies := recipients(1)
			if sender {
				tr.From = bad
			} else {
				tr.Recipients[0].Address, copies[0].To = bad, []string{bad}
			}
			if err := to(hop).Deliver(context.Background(), tr, file(t, mail), copies); err == nil || Reply(err).Code != 501 || len(hop.Messages()) != 0 {
				t.Errorf("%q: %v, %+v", bad, err, hop.Messages())
			}
		}
	}
}

// TestStrangeReplies: whatever a next hop says at the wrong moment, it is not a
// success, or the mail would be lost.
func TestStrangeReplies(t *testing.T) {
	for _, step := range []string{"banner", "EHLO", "MAIL", "RCPT", "DATA", "dot"} {
		for _, code := range []string{"200", "235", "354", "100", "600", "999"} {
			if step == "DATA" && code == "354" {
				continue // the right word
			}
			hop := newNextHop(t, nexthop.Fault{Step: step, What: code})
			address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop)})
			got := talk(t, address, envelope+"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
			if !strings.Contains(got, "\r\n451 4.") {
				t.Errorf("%s at %s: %s", code, step, got)
			}
			tr, copies := recipients(1)
			if r := Reply(to(hop).Deliver(context.Background(), tr, file(t, mail), copies)); r.Code != 451 {
				t.Errorf("%s at %s: the milter answers %+v", code, step, r)
			}
		}
	}
}

// TestNoAnswerOfTheEngine: an outcome without a reply, or one that holds the
// mail, which a proxy cannot, is a fault of ours.
func TestNoAnswerOfTheEngine(t *testing.T) {
	for _, v := range []gateway.Disposition{gateway.Reject, gateway.TempFail, gateway.Quarantine} {
		e := &engine{out: func(gateway.Envelope) (*gateway.Outcome, error) { return &gateway.Outcome{Disposition: v}, nil }}
		address, _ := serve(t, &Server{Processor: e, Next: to(newNextHop(t, nexthop.Fault{}))})
		if got := talk(t, address, envelope+"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n"); !strings.Contains(got, "\r\n451 4.3.0 ") {
			t.Errorf("verdict %d: %s", v, got)
		}
	}
}

// TestEveryRecipientOnce: copies that forget a recipient, or give two copies to
// one, are not sent.
func TestEveryRecipientOnce(t *testing.T) {
	for name, change := range map[string]func([]gateway.Delivery){
		"forgotten": func(c []gateway.Delivery) { c[1].To = nil },
		"twice":     func(c []gateway.Delivery) { c[1].To = append(c[1].To, c[0].To...) },
		"stranger":  func(c []gateway.Delivery) { c[1].To = append(c[1].To, "x@y.example") },
	} {
		hop := newNextHop(t, nexthop.Fault{})
		tr, copies := recipients(3)
		change(copies)
		if r := Reply(to(hop).Deliver(context.Background(), tr, file(t, mail), copies)); r.Code != 451 || len(hop.Messages()) != 0 {
			t.Errorf("%s: %+v, %d sent", name, r, len(hop.Messages()))
		}
	}
}

// TestGuessingPasswords: three attempts a session, each paid for with a pause; and a
// login speaks for itself only (RFC 4616 §2).
func TestGuessingPasswords(t *testing.T) {
	cert := testpki.New(t).Issue(testpki.Options{Name: "gw.example"})
	address, _ := serve(t, &Server{
		Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{})), Direction: gateway.Outbound,
		TLS:   &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Certificate.Raw}, PrivateKey: cert.Key}}},
		Login: func(user, password string) bool { return user == "agent" && password == "right" },
	})
	c, err := smtp.DialStartTLS(address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	start := time.Now()
	for _, k := range [][3]string{{"boss", "agent", "right"}, {"", "agent", "a"}, {"", "agent", "b"}} {
		if err := c.Auth(sasl.NewPlainClient(k[0], k[1], k[2])); err == nil {
			t.Errorf("%q logged in", k)
		}
	}
	if err := c.Auth(sasl.NewPlainClient("", "agent", "right")); err == nil {
		t.Error("the session goes on after three attempts")
	}
	if d := time.Since(start); d < maxLogins*loginPause {
		t.Errorf("%d attempts in %v", maxLogins, d)
	}
}

// TestBareCRFromTheMilter: trying again is no use, so it is refused for good.
func TestBareCRFromTheMilter(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	tr, copies := recipients(3)
	if r := Reply(to(hop).Deliver(context.Background(), tr, file(t, mail+"a\rb\r\n"), copies)); r.Code != 554 || len(hop.Messages()) != 0 {
		t.Errorf("%+v, %d sent", r, len(hop.Messages()))
	}
}

// TestDrain: what is under way is finished, idle sessions end at once, and no
// message begins any more.
func TestDrain(t *testing.T) {
	release, busy := make(chan struct{}), make(chan struct{})
	e := &engine{out: func(env gateway.Envelope) (*gateway.Outcome, error) {
		close(busy)
		<-release
		return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To}}}, nil
	}}
	hop, s := newNextHop(t, nexthop.Fault{}), &Server{Processor: e}
	s.Next = to(hop)
	address, _ := serve(t, s)
	idle, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	answer := make(chan string, 1)
	go func() {
		text := "Subject: x\r\n\r\nx\r\n.\r\n"
		answer <- talk(t, address, envelope+text+"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"+text+"QUIT\r\n")
	}()
	<-busy
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	idle.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadAll(idle); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("an idle session is kept")
	}
	close(release)
	if got := <-answer; strings.Count(got, "OK: queued") != 1 || len(hop.Messages()) != 1 {
		t.Errorf("%d messages: %s", len(hop.Messages()), got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestShutdownBeforeServe: a server that was stopped does not begin.
func TestShutdownBeforeServe(t *testing.T) {
	s := &Server{
		Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{})), Direction: gateway.Inbound,
		Log: slog.New(slog.DiscardHandler),
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); err != nil {
		t.Error(err)
	}
}

// TestQuitIsNotWaitedFor: the mail is delivered, and its client waits.
func TestQuitIsNotWaitedFor(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{Step: "QUIT", What: "hang"})
	tr, copies := recipients(3)
	start := time.Now()
	if err := to(hop).Deliver(context.Background(), tr, file(t, mail), copies); err != nil || len(hop.Messages()) != 3 {
		t.Errorf("%v, %d sent", err, len(hop.Messages()))
	}
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("%v", d)
	}
}

// TestCommandsBeforeTheHandshake: what came in clear behind STARTTLS is forgotten
// (CVE-2011-0411), and so is the session before it.
func TestCommandsBeforeTheHandshake(t *testing.T) {
	cert := testpki.New(t).Issue(testpki.Options{Name: "gw.example"})
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{
		Processor: &engine{}, Next: to(hop),
		TLS: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Certificate.Raw}, PrivateKey: cert.Key}}},
	})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(c, "EHLO x\r\nMAIL FROM:<a@b.example>\r\nSTARTTLS\r\nEHLO y\r\nMAIL FROM:<evil@b.example>\r\nRCPT TO:<evil@b.example>\r\n")
	in := bufio.NewReader(c)
	for line := ""; !strings.HasPrefix(line, "220 2.0.0 Ready"); {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	io.WriteString(secure, "RCPT TO:<c@d.example>\r\nDATA\r\nEHLO x\r\nRCPT TO:<c@d.example>\r\nQUIT\r\n")
	got, _ := io.ReadAll(secure)
	if strings.Contains(string(got), "354") || strings.Count(string(got), "502 5.5.1 Missing") != 3 {
		t.Errorf("%s", got)
	}
}
