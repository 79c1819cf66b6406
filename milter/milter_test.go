package milter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
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
	m := dial(t, serve(t, &Server{Processor: e, Direction: Outbound, OrdersFrom: loopback}))
	m.connect("127.0.0.1")
	first := simple("b@firma.example", "c@firma.example")
	first.user = "agent"
	m.deliver(first)
	m.begin(simple("gone@firma.example"))
	m.send('A', "")
	e.do = func(context.Context, gateway.Envelope) (*gateway.Outcome, error) {
		return &gateway.Outcome{Verdict: gateway.Reject, Reply: gateway.Reply{Code: 550, Enhanced: "5.7.1", Text: "no"}}, nil
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

func TestDirections(t *testing.T) {
	for name, k := range map[string]*struct {
		s         Server
		from      string
		user      string
		direction gateway.Direction
		may       bool
	}{
		"inbound":                {Server{Direction: Inbound, OrdersFrom: loopback}, "127.0.0.1", "", gateway.Inbound, false},
		"inbound, authenticated": {Server{Direction: Inbound}, "127.0.0.1", "agent", gateway.Inbound, false},
		"outbound, listed":       {Server{Direction: Outbound, OrdersFrom: loopback}, "127.0.0.1", "", gateway.Outbound, true},
		"outbound, not listed":   {Server{Direction: Outbound, OrdersFrom: loopback}, "192.0.2.1", "", gateway.Outbound, false},
		"auto, listed":           {Server{Direction: Auto, OrdersFrom: loopback}, "127.0.0.1", "", gateway.Outbound, true},
		"auto, authenticated":    {Server{Direction: Auto}, "192.0.2.1", "agent", gateway.Outbound, true},
		"auto, stranger":         {Server{Direction: Auto, OrdersFrom: loopback}, "192.0.2.1", "", gateway.Inbound, false},
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
		m := dial(t, serve(t, &Server{Processor: e, Direction: Outbound, OrdersFrom: loopback}))
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

// TestEditsInPlace applies random edits as Postfix would, and compares with the
// plain reading of what gateway.HeaderEdit says.
func TestEditsInPlace(t *testing.T) {
	names := []string{"Received", "X-A", "x-a", "Subject", "X-B"}
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 500 {
		var received []string
		for range r.IntN(12) + 1 {
			received = append(received, names[r.IntN(len(names))])
		}
		edits := randomEdits(r, len(received), received)
		p := &postfix{}
		for i, n := range received {
			p.fields = append(p.fields, fmt.Sprintf("%s: v%d", n, i))
		}
		want := plain(p.fields, edits)
		var frames []frame
		for _, o := range operations(received, edits) {
			index := string([]byte{0, 0, byte(o.index >> 8), byte(o.index)})
			data := map[byte]string{'m': index + o.name + "\x00" + o.value + "\x00", 'i': index + o.name + "\x00" + o.value + "\x00", 'h': o.name + "\x00" + o.value + "\x00"}[o.code]
			frames = append(frames, frame{o.code, data})
		}
		p.apply(t, frames)
		if !slices.Equal(p.fields, want) {
			t.Fatalf("round %d: received %q, edits %+v:\ngot  %q\nwant %q", round, received, edits, p.fields, want)
		}
	}
}

// randomEdits touches each field at most once.
func randomEdits(r *rand.Rand, n int, received []string) (edits []gateway.HeaderEdit) {
	for i := range n {
		switch r.IntN(4) {
		case 0:
			edits = append(edits, gateway.HeaderEdit{Op: gateway.DeleteField, Index: i, Name: received[i]})
		case 1:
			edits = append(edits, gateway.HeaderEdit{Op: gateway.ReplaceField, Index: i, Name: received[i], Value: fmt.Sprint(" r", i)})
		}
	}
	for k := range r.IntN(4) {
		edits = append(edits, gateway.HeaderEdit{Op: gateway.InsertField, Index: r.IntN(n), Name: "X-I", Value: fmt.Sprint(" i", k)})
	}
	for k := range r.IntN(3) {
		edits = append(edits, gateway.HeaderEdit{Op: gateway.AppendField, Name: "X-N", Value: fmt.Sprint(" n", k)})
	}
	r.Shuffle(len(edits), func(i, j int) {
		if edits[i].Op != edits[j].Op { // the order among insertions counts
			edits[i], edits[j] = edits[j], edits[i]
		}
	})
	return edits
}

func plain(fields []string, edits []gateway.HeaderEdit) (out []string) {
	for i := 0; i <= len(fields); i++ {
		keep := true
		for _, e := range edits {
			if e.Op == gateway.InsertField && e.Index == i {
				out = append(out, e.Name+":"+e.Value)
			}
		}
		for _, e := range edits {
			line := e.Name + ":" + e.Value
			switch {
			case e.Op == gateway.AppendField && i == len(fields):
				out = append(out, line)
			case e.Op == gateway.DeleteField && e.Index == i:
				keep = false
			case e.Op == gateway.ReplaceField && e.Index == i:
				keep = false
				out = append(out, line)
			}
		}
		if keep && i < len(fields) {
			out = append(out, fields[i])
		}
	}
	return out
}

// TestBodyChunks: one run of chunks, none above 64 KiB, none that ends between
// CR and LF, so that go-milter's CRLF to LF loses nothing.
func TestBodyChunks(t *testing.T) {
	sp, err := spool.New(spool.Options{Dir: t.TempDir(), Memory: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 65534, 65535, 65536, 131070, 131071, 200000} {
		for _, text := range []string{strings.Repeat("a", max(0, size-2)) + "\r\n", strings.Repeat("\r\n", size/2), strings.Repeat("x\r\n", size/3), "y" + strings.Repeat("\r\n", size/2)} {
			e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
				body := sp.Create()
				io.WriteString(body, text)
				return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To, Body: body}}}, nil
			}}
			m := dial(t, serve(t, &Server{Processor: e, Spool: sp}))
			m.connect("127.0.0.1")
			p := &postfix{}
			list := m.deliver(simple("b@firma.example"))
			p.apply(t, list)
			if want := strings.ReplaceAll(text, "\r\n", "\n"); p.body.String() != want {
				t.Errorf("%d octets: %d came, want %d", size, p.body.Len(), len(want))
			}
			for _, f := range list {
				if len(f.data) > bodyChunk {
					t.Errorf("a chunk of %d", len(f.data))
				}
			}
			m.c.Close()
		}
	}
}

func TestDecryptedAndHeld(t *testing.T) {
	e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
		return &gateway.Outcome{Verdict: gateway.Quarantine, Reply: gateway.Reply{Text: "S/MIME: weak"}, Deliveries: []gateway.Delivery{{To: env.To, Decrypted: true}}}, nil
	}}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	p := &postfix{}
	p.apply(t, m.deliver(simple("b@firma.example")))
	if p.from != "<anna@kunde.example>\x00RET=HDRS\x00" || p.held != "S/MIME: weak\x00" {
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

// TestCutAnywhere: a connection that ends in any state leaves nothing behind.
func TestCutAnywhere(t *testing.T) {
	s := &Server{Processor: &engine{}}
	address := serve(t, s)
	steps := []func(*mta){
		func(m *mta) { m.connect("127.0.0.1") }, func(m *mta) { m.ask('M', "<a@b.example>\x00", 'c') }, func(m *mta) { m.ask('R', "<c@d.example>\x00", 'c') },
		func(m *mta) { m.send('L', "Subject\x00 x\x00") }, func(m *mta) { m.send('N', "") }, func(m *mta) { m.ask('B', strings.Repeat("x", 65000), 'c') },
		func(m *mta) { m.c.Write([]byte{0, 0, 1}) },
	}
	for n := range steps {
		m := dial(t, address)
		for _, step := range steps[:n+1] {
			step(m)
		}
		m.c.Close()
	}
	for range 200 {
		s.mu.Lock()
		left := len(s.sessions)
		s.mu.Unlock()
		if left == 0 && s.Spool.Used() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d octets and sessions are left", s.Spool.Used())
}

// TestHostileFrames: lengths and orders that no Postfix sends end the session.
func TestHostileFrames(t *testing.T) {
	address := serve(t, &Server{Processor: &engine{}})
	for _, raw := range []string{"\x00\x00\x00\x00", "\xff\xff\xff\xffM", "\x00\x00\x00\x01Z", "\x00\x00\x00\x02D", "\x00\x00\x00\x02Cx"} {
		m := dial(t, address)
		m.c.Write([]byte(raw))
		m.c.(interface{ CloseWrite() error }).CloseWrite()
		if !m.closed() {
			t.Errorf("%q: the session goes on", raw)
		}
	}
	m := dial(t, address) // commands out of order are harmless
	m.send('L', "Subject\x00 x\x00")
	m.send('N', "")
	m.ask('B', "x", 's')
	m.ask('E', "", 'y')
}

func TestSessionLimit(t *testing.T) {
	address := serve(t, &Server{Processor: &engine{}, MaxClients: 2})
	a, b := dial(t, address), dial(t, address)
	a.connect("127.0.0.1")
	b.connect("127.0.0.1")
	if c := dial(t, address); !c.closed() {
		t.Error("a third session was taken")
	}
	a.c.Close()
	time.Sleep(100 * time.Millisecond)
	dial(t, address).connect("127.0.0.1")
}

func TestSilentClient(t *testing.T) {
	m := dial(t, serve(t, &Server{Processor: &engine{}, Idle: 100 * time.Millisecond}))
	m.connect("127.0.0.1")
	if !m.closed() {
		t.Error("a silent session is kept")
	}
}

// TestDrain: what is under way is finished, new messages and sessions are not
// taken, idle sessions end.
func TestDrain(t *testing.T) {
	release, busy := make(chan struct{}), atomic.Bool{}
	e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
		busy.Store(true)
		<-release
		return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To}}}, nil
	}}
	s := &Server{Processor: e}
	address := serve(t, s)
	idle, working := dial(t, address), dial(t, address)
	idle.connect("127.0.0.1")
	working.connect("127.0.0.1")
	answer := make(chan []frame, 1)
	go func() { answer <- working.deliver(simple("b@firma.example")) }()
	for !busy.Load() {
		time.Sleep(5 * time.Millisecond)
	}
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	if !idle.closed() {
		t.Error("an idle session is kept")
	}
	close(release)
	if got := <-answer; got[0].code != 'c' {
		t.Errorf("what was under way: %q", got)
	}
	working.send('A', "")
	if !working.closed() {
		t.Error("the session goes on after its message")
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestMemoryIsFlat: a body of 100 MB is never held.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("100 MB take a second")
	}
	sp, err := spool.New(spool.Options{Dir: t.TempDir(), Memory: 256 << 10})
	if err != nil {
		t.Fatal(err)
	}
	m := dial(t, serve(t, &Server{Processor: discarder{}, Spool: sp}))
	m.c.SetDeadline(time.Now().Add(60 * time.Second))
	m.connect("127.0.0.1")
	m.begin(simple("b@firma.example"))
	chunk := string(bytes.Repeat([]byte("0123456789abcd\r\n"), 4095))
	var most, before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 100 << 20 / len(chunk) {
		m.ask('B', chunk, 'c')
		if i%200 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&most)
			if more := int64(most.HeapAlloc) - int64(before.HeapAlloc); more > 4<<20 {
				t.Fatalf("%d octets more after %d chunks", more, i)
			}
		}
	}
	m.ask('E', "", 'c')
}

// discarder is an engine that does not even read.
type discarder struct{}

func (discarder) NeedsBody(gateway.Envelope) bool { return true }
func (discarder) Process(_ context.Context, env gateway.Envelope, _ *spool.File) (*gateway.Outcome, error) {
	return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To}}}, nil
}
