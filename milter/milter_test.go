package milter

// This file is what a message becomes: envelope, header, answers.

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/spool"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// TestStateOverSeveralMessages: what Connect learnt holds for every message of
// the session, after acceptance, refusal and abort; the rest does not.
func TestStateOverSeveralMessages(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e, Direction: gateway.Outbound, OrdersFrom: loopback}))
	m.connect("127.0.0.1")
	first := simple("b@firma.example", "c@firma.example")
	first.user = "agent"
	m.deliver(first)
	m.begin(simple("gone@firma.example"))
	m.send('A', "")
	e.do = func(context.Context, gateway.Envelope) (*gateway.Outcome, error) {
		return &gateway.Outcome{Disposition: gateway.Reject, Reply: gateway.Reply{Code: 550, Enhanced: "5.7.1", Text: "no"}}, nil
	}
	if got := m.deliver(simple("d@firma.example")); got[0].code != 'y' || got[0].data != "550 5.7.1 no\x00" {
		t.Errorf("%q", got)
	}
	e.do = nil
	m.deliver(simple("e@firma.example"))
	if len(e.envs) != 3 {
		t.Fatalf("%d messages", len(e.envs))
	}
	for i, env := range e.envs {
		if !env.MayOrder || env.Client != netip.MustParseAddr("127.0.0.1") || env.QueueID != "QUEUEID" || env.From != "anna@kunde.example" {
			t.Errorf("message %d: %+v", i, env)
		}
		if want := map[int][]string{0: {"b@firma.example", "c@firma.example"}, 1: {"d@firma.example"}, 2: {"e@firma.example"}}[i]; !slices.Equal(env.To, want) {
			t.Errorf("message %d: to %v", i, env.To)
		}
		if (env.User == "agent") != (i == 0) {
			t.Errorf("message %d: user %q", i, env.User)
		}
	}
}

// TestQueueIDOfSendmail: Sendmail tells it at MAIL, and not again.
func TestQueueIDOfSendmail(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e, Direction: gateway.Outbound}))
	m.connect("127.0.0.1")
	for _, id := range []string{"5ATC1xyz000100", "5ATC1xyz000101"} {
		m.send('D', "Mi\x00"+id+"\x00")
		m.ask('M', "<anna@kunde.example>\x00", 'c')
		m.send('D', "R{rcpt_addr}\x00b@firma.example\x00")
		m.ask('R', "<b@firma.example>\x00", 'c')
		m.send('N', "")
		m.send('D', "E{msg_id}\x00<1@kunde.example>\x00")
		m.ask('E', "", 'c')
		if got := e.envs[len(e.envs)-1].QueueID; got != id {
			t.Errorf("queue id %q, want %q", got, id)
		}
	}
}

// TestForgedQueueID: what a sender writes is never taken for the id of the mail server, nor is the id
// of a message for that of the next one.
func TestForgedQueueID(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	forged := message{
		from: "<i@kunde.example>\x00i=FAKE", to: []string{"i@firma.example"},
		header: []string{"Received\x00 from x by m with ESMTP id FAKE\x00", "X-Queue-ID\x00 FAKE\x00", "i\x00 FAKE\x00"},
	}
	m.deliver(forged)
	m.begin(forged)
	m.send('D', "E{msg_id}\x00<FAKE>\x00")
	m.ask('E', "", 'c')
	for i, want := range []string{"QUEUEID", ""} {
		if got := e.envs[i].QueueID; got != want {
			t.Errorf("message %d: queue id %q, want %q", i, got, want)
		}
	}
}

func TestDirections(t *testing.T) {
	for name, k := range map[string]*struct {
		s         Server
		from      string
		user      string
		direction gateway.Direction
		may       bool
	}{
		"inbound":                {Server{Direction: gateway.Inbound, OrdersFrom: loopback}, "127.0.0.1", "", gateway.Inbound, false},
		"inbound, authenticated": {Server{Direction: gateway.Inbound}, "127.0.0.1", "agent", gateway.Inbound, false},
		"outbound, listed":       {Server{Direction: gateway.Outbound, OrdersFrom: loopback}, "127.0.0.1", "", gateway.Outbound, true},
		"outbound, not listed":   {Server{Direction: gateway.Outbound, OrdersFrom: loopback}, "192.0.2.1", "", gateway.Outbound, false},
		"auto, listed":           {Server{Direction: gateway.Auto, OrdersFrom: loopback}, "127.0.0.1", "", gateway.Outbound, true},
		"auto, authenticated":    {Server{Direction: gateway.Auto}, "192.0.2.1", "agent", gateway.Outbound, true},
		"auto, stranger":         {Server{Direction: gateway.Auto, OrdersFrom: loopback}, "192.0.2.1", "", gateway.Inbound, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{}
			s := &k.s
			s.Processor = e
			m := dial(t, serve(t, s))
			m.connect(k.from)
			g := simple("b@firma.example")
			g.user = k.user
			m.deliver(g)
			if env := e.envs[0]; env.Direction != k.direction || env.MayOrder != k.may || env.CanSplit || !env.CanHold {
				t.Errorf("%+v", env)
			}
		})
	}
}

// TestUnknownClient: an unknown family or a unix socket is nobody who may order.
func TestUnknownClient(t *testing.T) {
	for _, connect := range []string{"localhost\x00L\x00\x00/run/x\x00", "unknown\x00U", "v6.example\x006\x00\x19::1\x00"} {
		e := &engine{}
		m := dial(t, serve(t, &Server{Processor: e, Direction: gateway.Outbound, OrdersFrom: loopback}))
		m.ask('O', "\x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff", 'O')
		m.ask('C', connect, 'c')
		m.deliver(simple("b@firma.example"))
		if e.envs[0].MayOrder {
			t.Errorf("%q may order: %+v", connect, e.envs[0])
		}
	}
}

// TestHeaderVerbatim: values as they stand, folding and leading blanks kept.
func TestHeaderVerbatim(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	g := simple("b@firma.example")
	g.header = []string{"From\x00a@b.example\x00", "Subject\x00  two blanks\x00", "X-Folded\x00 a\n\tb\n c\x00", "X-Empty\x00\x00", "x-folded\x00 again\x00"}
	m.deliver(g)
	want := "From:a@b.example\r\nSubject:  two blanks\r\nX-Folded: a\r\n\tb\r\n c\r\nX-Empty:\r\nx-folded: again\r\n\r\ntext\r\n"
	if e.texts[0] != want {
		t.Errorf("got %q, want %q", e.texts[0], want)
	}
}

// TestImpossibleHeader: what cannot be written field by field is refused, since
// positions would shift and an order could be lost.
func TestImpossibleHeader(t *testing.T) {
	for _, h := range []string{"Sub ject\x00 a\x00", "S\xc3\xbc\x00 a\x00", "Subject\x00 a\nX-SMIME-Encrypt: no\x00", "Subject\x00 a\n\x00", "\x00 a\x00"} {
		e := &engine{}
		m := dial(t, serve(t, &Server{Processor: e}))
		m.connect("127.0.0.1")
		g := simple("b@firma.example")
		g.header = append(g.header, h)
		if got := m.deliver(g); got[0].code != 'y' || !strings.HasPrefix(got[0].data, "554 5.6.0 ") || len(e.envs) != 0 {
			t.Errorf("%q: %q, %d messages", h, got, len(e.envs))
		}
		if got := m.deliver(simple("b@firma.example")); got[0].code != 'c' {
			t.Errorf("the message after it: %q", got)
		}
	}
}

// TestTornHeader: go-milter drops a header frame with more than two strings, and
// answers it although no answer was agreed on; the session ends, and Postfix
// keeps the mail.
func TestTornHeader(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	g := simple("b@firma.example")
	m.send('M', g.from+"\x00")
	m.read()
	m.send('L', "Subject\x00 a\x00b\x00")
	if !m.closed() || len(e.envs) != 0 {
		t.Error("the session goes on")
	}
}

func TestDecryptedAndHeld(t *testing.T) {
	e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
		return &gateway.Outcome{Disposition: gateway.Quarantine, Reply: gateway.Reply{Text: "S/MIME: weak"}, Deliveries: []gateway.Delivery{{To: env.To, CameEncrypted: true, Sender: "bounces@firma.example"}}}, nil
	}}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	p := &postfix{}
	p.apply(t, m.deliver(simple("b@firma.example")))
	if p.from != "<bounces@firma.example>\x00RET=HDRS\x00" || p.held != "S/MIME: weak\x00" {
		t.Errorf("from %q, held %q", p.from, p.held)
	}
}

// copyKeeper is a Splitter.
type copyKeeper struct {
	t      Transaction
	copies int
	reply  gateway.Reply
}

func (c *copyKeeper) Deliver(_ context.Context, t Transaction, _ *spool.File, copies []gateway.Delivery) gateway.Reply {
	c.t, c.copies = t, len(copies)
	return c.reply
}

// TestSplit: all copies go through the splitter with their ESMTP arguments, and
// Postfix drops its own; a refusal of the next hop is the answer.
func TestSplit(t *testing.T) {
	e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
		if !env.CanSplit {
			t.Error("CanSplit is not set")
		}
		return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To[:1]}, {To: env.To[1:]}}}, nil
	}}
	keep := &copyKeeper{}
	m := dial(t, serve(t, &Server{Processor: e, Splitter: keep}))
	m.connect("127.0.0.1")
	g := simple()
	g.from, g.to = "<anna@kunde.example>\x00RET=FULL\x00ENVID=x\x00SMTPUTF8", []string{"<b@firma.example>\x00NOTIFY=NEVER", "<c@firma.example>"}
	if got := m.deliver(g); got[0].code != 'd' {
		t.Errorf("%q", got)
	}
	if keep.copies != 2 || !slices.Equal(keep.t.Args, []string{"RET=FULL", "ENVID=x", "SMTPUTF8"}) || !slices.Equal(keep.t.To[0].Args, []string{"NOTIFY=NEVER"}) || keep.t.To[1].Args != nil || keep.t.To[1].Address != "c@firma.example" {
		t.Errorf("%+v", keep)
	}
	keep.reply = gateway.Reply{Code: 550, Enhanced: "5.1.1", Text: "<c@firma.example>: nobody"}
	if got := m.deliver(g); got[0].code != 'y' || got[0].data != "550 5.1.1 <c@firma.example>: nobody\x00" {
		t.Errorf("%q", got)
	}
}

// TestNoticesOfWhatCameEncrypted: the one copy goes by the splitter when its sender asks
// to be told of success or delay, which Postfix would do; in every other case it stays.
func TestNoticesOfWhatCameEncrypted(t *testing.T) {
	for _, k := range []struct {
		mail, rcpt string
		asks       bool
	}{
		{"", "", false},
		{"RET=FULL\x00ENVID=x", "ORCPT=rfc822;b@firma.example", false},
		{"", "NOTIFY=NEVER", false},
		{"", "NOTIFY=FAILURE", false},
		{"", "NOTIFY=SUCCESS", true},
		{"", "notify=failure,delay", true},
		{"", "ORCPT=rfc822;x\x00NOTIFY=FAILURE,SUCCESS", true},
	} {
		for _, came := range []bool{true, false} {
			for _, splits := range []bool{true, false} {
				e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
					if env.WantsNotices != k.asks {
						t.Errorf("%q: WantsNotices is %v", k.rcpt, env.WantsNotices)
					}
					return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To, CameEncrypted: came, Sender: "postmaster@firma.example"}}}, nil
				}}
				s := &Server{Processor: e}
				keep := &copyKeeper{}
				if splits {
					s.Splitter = keep
				}
				m := dial(t, serve(t, s))
				m.connect("127.0.0.1")
				g := simple()
				g.from, g.to = "<anna@kunde.example>\x00"+k.mail, []string{"<c@firma.example>", "<b@firma.example>\x00" + k.rcpt}
				p := &postfix{}
				got := m.deliver(g)
				p.apply(t, got)
				apart := k.asks && came && splits
				if (keep.copies == 1) != apart || (got[len(got)-1].code == 'd') != apart {
					t.Errorf("%q, came encrypted %v, splitter %v: %d copies, %q", k.rcpt, came, splits, keep.copies, got)
				}
				if (p.from != "") != (came && !apart) {
					t.Errorf("%q, came encrypted %v, splitter %v: sender %q", k.rcpt, came, splits, p.from)
				}
			}
		}
	}
}

func TestSkip(t *testing.T) {
	e := &engine{skip: true}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	g := simple("b@firma.example")
	m.begin(g)
	m.ask('B', strings.Repeat("x", 60000), 's')
	m.send('E', "")
	if f := m.read(); f.code != 'c' || strings.Contains(e.texts[0], "xxx") {
		t.Errorf("%c, %d octets came", f.code, len(e.texts[0]))
	}
}

// TestProgress: signs of life while work goes on.
func TestProgress(t *testing.T) {
	e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
		time.Sleep(120 * time.Millisecond)
		return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To}}}, nil
	}}
	m := dial(t, serve(t, &Server{Processor: e, Progress: 20 * time.Millisecond}))
	m.connect("127.0.0.1")
	got := m.deliver(simple("b@firma.example"))
	if len(got) < 3 || got[0] != (frame{'p', ""}) || got[len(got)-1].code != 'c' {
		t.Errorf("%q", got)
	}
}

// TestFaults: whatever goes wrong on our side is a 4xx with the right code.
func TestFaults(t *testing.T) {
	for name, k := range map[string]struct {
		do   func(context.Context, gateway.Envelope) (*gateway.Outcome, error)
		want string
	}{
		"store": {func(context.Context, gateway.Envelope) (*gateway.Outcome, error) {
			return nil, errors.New("disk on fire")
		}, "451 4.3.0 "},
		"spool": {func(context.Context, gateway.Envelope) (*gateway.Outcome, error) {
			return nil, fmt.Errorf("x: %w", spool.ErrFull)
		}, "452 4.3.1 "},
		"panic": {func(context.Context, gateway.Envelope) (*gateway.Outcome, error) { panic("a fault of ours") }, "451 4.3.0 "},
		"timeout": {func(ctx context.Context, _ gateway.Envelope) (*gateway.Outcome, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, "451 4.3.0 "},
		"copies without a splitter": {func(context.Context, gateway.Envelope) (*gateway.Outcome, error) {
			return &gateway.Outcome{Deliveries: make([]gateway.Delivery, 2)}, nil
		}, "451 4.3.0 "},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{do: k.do}
			m := dial(t, serve(t, &Server{Processor: e, Timeout: 50 * time.Millisecond}))
			m.connect("127.0.0.1")
			if got := m.deliver(simple("b@firma.example")); got[0].code != 'y' || !strings.HasPrefix(got[0].data, k.want) || strings.Contains(got[0].data, "fire") {
				t.Errorf("%q, want %q", got, k.want)
			}
			e.do = nil
			if got := m.deliver(simple("b@firma.example")); got[0].code != 'c' {
				t.Errorf("the session does not go on: %q", got)
			}
		})
	}
}

func TestSpoolFullWhileItComes(t *testing.T) {
	sp, err := spool.New(spool.Options{Dir: t.TempDir(), Limit: 100000})
	if err != nil {
		t.Fatal(err)
	}
	m := dial(t, serve(t, &Server{Processor: &engine{}, Spool: sp}))
	m.connect("127.0.0.1")
	g := simple("b@firma.example")
	g.body = strings.Repeat("x", 200000)
	if got := m.deliver(g); got[0].code != 'y' || !strings.HasPrefix(got[0].data, "452 4.3.1 ") {
		t.Errorf("%q", got)
	}
}

func TestReplyText(t *testing.T) {
	got := replyText("100% \r\nX: ä " + strings.Repeat("y", 1000))
	if strings.ContainsAny(got, "\r\n") || !strings.HasPrefix(got, "100%% ??X: ??") || len(got) > maxReply+10 {
		t.Errorf("%q", got)
	}
}
