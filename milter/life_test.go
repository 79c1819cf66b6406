package milter

// This file is the life of sessions: cut, hostile, silent, drained.

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/spool"
)

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
		if s.sessions.Open() == 0 && s.Spool.Used() == 0 {
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

// TestShutdownLeavesTheAnswer: a message is under way until Postfix has its answer, which
// it says with Abort. A session that was cut between the edits and the answer would make
// Postfix keep a mail whose copies have been delivered.
func TestShutdownLeavesTheAnswer(t *testing.T) {
	s := &Server{Processor: &engine{}}
	m := dial(t, serve(t, s))
	m.connect("127.0.0.1")
	m.deliver(simple("b@firma.example"))
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	for !s.sessions.Draining() {
		time.Sleep(time.Millisecond)
	}
	select {
	case <-done:
		t.Error("the session was cut before Postfix said that it has the answer")
	case <-time.After(50 * time.Millisecond):
	}
	m.send('A', "")
	if !m.closed() {
		t.Error("the session goes on after its message")
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestNewMessageWhileDraining: a session that has a message under way may finish it, and
// begins no other.
func TestNewMessageWhileDraining(t *testing.T) {
	e := &engine{}
	s := &Server{Processor: e}
	m := dial(t, serve(t, s))
	m.connect("127.0.0.1")
	m.begin(simple("b@firma.example"))
	go s.Shutdown(context.Background())
	for !s.sessions.Draining() {
		time.Sleep(time.Millisecond)
	}
	m.ask('E', "", 'c')
	if f := m.ask('M', "<a@kunde.example>\x00", 'y'); !strings.HasPrefix(f.data, "451 4.3.2 ") {
		t.Errorf("%q", f.data)
	}
	m.send('A', "")
	if !m.closed() {
		t.Error("the session goes on")
	}
	if len(e.envs) != 1 {
		t.Errorf("%d messages", len(e.envs))
	}
}

// clocked keeps the deadlines that it is given.
type clocked struct {
	net.Conn
	read, write time.Time
}

func (c *clocked) SetReadDeadline(t time.Time) error  { c.read = t; return nil }
func (c *clocked) SetWriteDeadline(t time.Time) error { c.write = t; return nil }
func (c *clocked) Read([]byte) (int, error)           { return 0, io.EOF }
func (c *clocked) Write(p []byte) (int, error)        { return len(p), nil }

// TestDeadlines: a Postfix that neither speaks nor reads does not hold a session, and
// every octet gives it time anew.
func TestDeadlines(t *testing.T) {
	under := &clocked{}
	c := &conn{Conn: under, idle: time.Minute}
	for range 2 {
		under.read, under.write = time.Time{}, time.Time{}
		c.Read(make([]byte, 1))
		c.Write([]byte("x"))
		for what, k := range map[string]struct {
			end  time.Time
			time time.Duration
		}{"read": {under.read, time.Minute}, "write": {under.write, writeTimeout}} {
			if left := time.Until(k.end); left > k.time || left < k.time-10*time.Second {
				t.Errorf("%s: %s are left of %s", what, left, k.time)
			}
		}
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

// TestShutdownBeforeServe: a server that was stopped does not begin.
func TestShutdownBeforeServe(t *testing.T) {
	s := &Server{Processor: &engine{}, Direction: gateway.Inbound}
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
