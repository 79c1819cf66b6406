package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/nexthop"
	"sealgate/spool"
)

// engine answers what a test wants and keeps what it was given.
type engine struct {
	env  gateway.Envelope
	text string
	out  func(gateway.Envelope) (*gateway.Outcome, error)
}

func (e *engine) Process(_ context.Context, env gateway.Envelope, msg *spool.File) (*gateway.Outcome, error) {
	text, err := io.ReadAll(msg.NewReader())
	if err != nil {
		return nil, err
	}
	e.env, e.text = env, string(text)
	if e.out != nil {
		return e.out(env)
	}
	return &gateway.Outcome{Disposition: gateway.Accept, Deliveries: []gateway.Delivery{{To: env.To}}}, nil
}

func serve(t *testing.T, s *Server) (address string, sp *spool.Spool) {
	t.Helper()
	sp, err := spool.New(spool.Options{Dir: t.TempDir(), Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.Direction == "" {
		s.Direction = gateway.Inbound
	}
	s.Spool, s.Log, s.Hostname = sp, slog.New(slog.DiscardHandler), "gw.example"
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := sp.Used(); n != 0 {
			t.Errorf("%d octets are left in the spool", n)
		}
	})
	return l.Addr().String(), sp
}

// talk sends raw text after the greeting and returns all that comes back.
func talk(t *testing.T, address, script string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(c)
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, script)
	c.(*net.TCPConn).CloseWrite()
	all, _ := io.ReadAll(in)
	return string(all)
}

const envelope = "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"

// TestSmuggling: whatever looks like an end of data but is not CRLF.CRLF is
// refused, and no second message comes of it.
func TestSmuggling(t *testing.T) {
	for name, end := range map[string]string{
		"LF.LF": "\n.\n", "LF.CRLF": "\n.\r\n", "CRLF.LF": "\r\n.\n", "CR.CR": "\r.\r", "CRLF.CR": "\r\n.\r", "CR.CRLF": "\r.\r\n",
		"bare LF": "a\nb", "bare CR": "a\rb", "CRCRLF": "a\r\r\nb", "NUL": "\n.\x00\n", "LF CRLF.": "\n\r\n.\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hop := newNextHop(t, nexthop.Fault{})
			address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop)})
			smuggled := "MAIL FROM:<evil@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"
			got := talk(t, address, envelope+"Subject: x\r\n\r\ntext"+end+smuggled+"QUIT\r\n")
			if !strings.Contains(got, "554 5.5.2") {
				t.Errorf("not refused: %q", got)
			}
			if m := hop.Messages(); len(m) != 0 {
				t.Errorf("%d messages went on: %+v", len(m), m)
			}
		})
	}
}

// TestStrictWriterOverAnyCut: a CR at the end may still get its LF.
func TestStrictWriterOverAnyCut(t *testing.T) {
	for text, ok := range map[string]bool{"a\r\nb\r\n": true, "\r\n\r\n": true, "": true, "a": true, "a\nb": false, "\n": false, "a\r": true, "a\rb": false, "\r\r\n": false, "a\r\n\n": false} {
		for cut := 0; cut <= len(text); cut++ {
			w := &strictWriter{w: io.Discard}
			_, err1 := w.Write([]byte(text[:cut]))
			_, err2 := w.Write([]byte(text[cut:]))
			if err := errors.Join(err1, err2); (err == nil) != ok {
				t.Errorf("%q cut at %d: %v", text, cut, err)
			}
		}
	}
}

func TestDotsAndPipelining(t *testing.T) {
	hop, e := newNextHop(t, nexthop.Fault{}), &engine{}
	address, _ := serve(t, &Server{Processor: e, Next: to(hop)})
	got := talk(t, address, envelope+"Subject: x\r\n\r\n..\r\n..a\r\n.\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<e@f.example>\r\nDATA\r\n\r\nsecond\r\n.\r\nQUIT\r\n")
	m := hop.Messages()
	if len(m) != 2 || m[0].Data != "Subject: x\r\n\r\n.\r\n.a\r\n" || m[1].Data != "\r\nsecond\r\n" || m[1].Mail != "MAIL FROM:<> BODY=8BITMIME SIZE=10" {
		t.Errorf("%+v\n%s", m, got)
	}
}

func TestReplies(t *testing.T) {
	for name, k := range map[string]struct {
		out  *gateway.Outcome
		err  error
		hop  nexthop.Fault
		want string
	}{
		"refused":            {out: &gateway.Outcome{Disposition: gateway.Reject, Reply: gateway.Reply{Code: 550, Enhanced: "5.7.1", Text: "cannot encrypt: x@y.example"}}, want: "550 5.7.1 cannot encrypt: x@y.example"},
		"for now":            {out: &gateway.Outcome{Disposition: gateway.TempFail, Reply: gateway.Reply{Code: 451, Enhanced: "4.7.1", Text: "later"}}, want: "451 4.7.1 later"},
		"our fault":          {err: errors.New("disk"), want: "451 4.3.0"},
		"spool full":         {err: fmt.Errorf("x: %w", spool.ErrFull), want: "452 4.3.1"},
		"next hop's word":    {hop: nexthop.Fault{Step: "RCPT", What: "550"}, want: "550 5.7.1 <c@d.example>: said so at RCPT"},
		"next hop not there": {hop: nexthop.Fault{Step: "connect"}, want: "451 4.4.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hop := newNextHop(t, k.hop)
			e := &engine{}
			if k.out != nil || k.err != nil {
				e.out = func(gateway.Envelope) (*gateway.Outcome, error) { return k.out, k.err }
			}
			address, _ := serve(t, &Server{Processor: e, Next: to(hop)})
			if got := talk(t, address, envelope+"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n"); !strings.Contains(got, "\r\n"+k.want) {
				t.Errorf("want %q in %q", k.want, got)
			}
		})
	}
}

func TestWhoMayOrder(t *testing.T) {
	loop := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, k := range map[string]struct {
		s    *Server
		want bool
	}{
		"outbound, listed":    {&Server{Direction: gateway.Outbound, OrdersFrom: loop}, true},
		"outbound, not":       {&Server{Direction: gateway.Outbound, OrdersFrom: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, false},
		"inbound, nobody may": {&Server{Direction: gateway.Inbound, OrdersFrom: loop}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{}
			k.s.Processor, k.s.Next = e, to(newNextHop(t, nexthop.Fault{}))
			address, _ := serve(t, k.s)
			talk(t, address, envelope+"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
			if e.env.MayOrder != k.want || !e.env.CanSplit || e.env.Direction != k.s.Direction || e.env.Client != netip.MustParseAddr("127.0.0.1") {
				t.Errorf("%+v", e.env)
			}
		})
	}
}

func TestPanicKeepsTheMail(t *testing.T) {
	e := &engine{out: func(gateway.Envelope) (*gateway.Outcome, error) { panic("a fault of ours") }}
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: e, Next: to(hop)})
	if got := talk(t, address, envelope+"Subject: x\r\n\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n"); !strings.Contains(got, "451 4.3.0") || !strings.Contains(got, "221") || len(hop.Messages()) != 0 {
		t.Errorf("%q", got)
	}
}

func TestSessionLimitAndSilence(t *testing.T) {
	address, _ := serve(t, &Server{Processor: &engine{}, Next: &Client{Address: "127.0.0.1:1"}, MaxClients: 1, Idle: 300 * time.Millisecond})
	first, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	first.SetDeadline(time.Now().Add(5 * time.Second))
	r := bufio.NewReader(first)
	r.ReadString('\n')
	if c, err := smtp.Dial(address); err == nil {
		if err = c.Hello("x"); err == nil || !strings.Contains(err.Error(), "421") {
			t.Errorf("a second session: %v", err)
		}
		c.Close()
	}
	io.WriteString(first, "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nstuck")
	start := time.Now()
	io.ReadAll(r)
	if d := time.Since(start); d > 4*time.Second {
		t.Errorf("a silent client was kept for %v", d)
	}
}

// TestCircle: a next hop that leads back to us does not go on for ever.
func TestCircle(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop)})
	trace := func(n int) string { return strings.Repeat("received: from a by b;\r\n\tfolded\r\n", n) }
	if got := talk(t, address, envelope+trace(maxHops+1)+"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n"); !strings.Contains(got, "554 5.4.6") || len(hop.Messages()) != 0 {
		t.Errorf("one too many: %q", got)
	}
	if got := talk(t, address, envelope+trace(maxHops)+"Subject: x\r\n\r\nreceived: in the body\r\n.\r\nQUIT\r\n"); len(hop.Messages()) != 1 {
		t.Errorf("just enough: %q", got)
	}
}
