package milter

// This file is what senders can do to the milter with many and odd fields,
// recipients and moments.

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/smime"
	"sealgate/spool"
)

// TestHugeHeaderIsNotKept: neither by us nor by go-milter, which puts every field
// into a map of its own. Postfix bounds one field, not their number.
func TestHugeHeaderIsNotKept(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	g := simple("b@firma.example")
	m.begin(message{from: g.from, to: g.to})
	m.deliver(g)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m.send('M', g.from+"\x00")
	m.read()
	m.ask('R', g.to[0]+"\x00", 'c')
	for i := range 60000 {
		m.send('L', fmt.Sprintf("X-%d\x00 %0200d\x00", i, i))
	}
	m.ask('R', g.to[0]+"\x00", 'c') // its answer says that all before has come
	runtime.GC()
	runtime.ReadMemStats(&after)
	if more := int64(after.HeapAlloc) - int64(before.HeapAlloc); more > 6<<20 {
		t.Errorf("%d octets are kept of a header of 12 MB", more)
	}
	m.send('N', "")
	if got := m.finish(message{}); got[0].code != 'y' || !strings.HasPrefix(got[0].data, "554 5.6.0 ") {
		t.Errorf("%q", got)
	}
}

// TestHeaderBounds: one field, and one octet, below and above.
func TestHeaderBounds(t *testing.T) {
	for name, k := range map[string]struct {
		header []string
		want   byte
	}{
		"as many fields as possible": {slices.Repeat([]string{"X\x00 y\x00"}, maxFields), 'c'},
		"one field more":             {slices.Repeat([]string{"X\x00 y\x00"}, maxFields+1), 'y'},
		"as long as possible":        {slices.Repeat([]string{"X\x00" + strings.Repeat("y", 1<<16-1) + "\x00"}, 16), 'c'},
		"one octet more":             {append(slices.Repeat([]string{"X\x00" + strings.Repeat("y", 1<<16-1) + "\x00"}, 16), "Y\x00\x00"), 'y'},
	} {
		e := &engine{}
		m := dial(t, serve(t, &Server{Processor: e}))
		m.connect("127.0.0.1")
		g := simple("b@firma.example")
		g.header = k.header
		if got := m.deliver(g); got[0].code != k.want || (len(e.envs) == 1) != (k.want == 'c') {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestManyEditsAreLinear: 256,000 fields deleted, in messages of 4,000 and of 64,000.
// Linear work takes as long for both but for cache misses, quadratic 16 times as
// long. It is a ratio since the race detector slows both.
func TestManyEditsAreLinear(t *testing.T) {
	small, large := deleteAll(t, 4000, 64), deleteAll(t, 64000, 4)
	if large > 8*small {
		t.Errorf("%v in messages of 4,000 fields, %v of 64,000", small, large)
	}
}

// deleteAll deletes n fields, so many times, and returns the CPU time.
func deleteAll(t *testing.T, n, times int) time.Duration {
	t.Helper()
	names := slices.Repeat([]string{"X-SMIME-Status", "x-smime-STATUS"}, n/2)
	var edits []gateway.HeaderEdit
	for i := range names {
		edits = append(edits, gateway.HeaderEdit{Op: gateway.DeleteField, Index: i, Name: names[i]})
	}
	edits = append(edits, gateway.HeaderEdit{Op: gateway.InsertField, Name: "X"})
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime(t)
	for range times {
		if got := operations(names, edits); got[0].index != len(names) || got[len(got)-1].index != 0 {
			t.Fatalf("%+v, %+v", got[0], got[len(got)-1])
		}
	}
	return threadTime(t) - start
}

// threadTime is the CPU time of this thread: on a busy machine the clock on the
// wall also counts waiting.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestRecipients: each once, and no more than the bound at a time.
func TestRecipients(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	m.ask('M', "<a@b.example>\x00", 'c')
	for i := range maxRecipients {
		m.ask('R', fmt.Sprintf("<r%d@b.example>\x00", i), 'c')
	}
	m.ask('R', "<r1@b.example>\x00NOTIFY=NEVER\x00", 'c')
	if f := m.ask('R', "<more@b.example>\x00", 'y'); !strings.HasPrefix(f.data, "452 4.5.3 ") {
		t.Errorf("%q", f)
	}
	m.send('N', "")
	m.finish(message{body: "x"})
	if len(e.envs) != 1 || len(e.envs[0].To) != maxRecipients {
		t.Errorf("%d messages", len(e.envs))
	}
}

// TestLongTornHeader: beyond what is kept of a frame, too.
func TestLongTornHeader(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e}))
	m.connect("127.0.0.1")
	m.ask('M', "<a@b.example>\x00", 'c')
	m.send('L', "Subject\x00 "+strings.Repeat("a", 70000)+"\x00b\x00")
	if !m.closed() {
		t.Error("the session goes on")
	}
}

// TestMacrosOfAnotherMessage: a login that Postfix does not repeat is not one.
func TestMacrosOfAnotherMessage(t *testing.T) {
	e := &engine{}
	m := dial(t, serve(t, &Server{Processor: e, Direction: gateway.Auto}))
	m.connect("127.0.0.1")
	g := simple("b@firma.example")
	g.user = "agent"
	m.deliver(g)
	m.ask('M', "<a@b.example>\x00", 'c')
	m.ask('R', "<b@firma.example>\x00", 'c')
	m.send('N', "")
	m.finish(message{body: "x"})
	if len(e.envs) != 2 || e.envs[0].User != "agent" || e.envs[1].User != "" || e.envs[1].MayOrder {
		t.Errorf("%+v", e.envs)
	}
}

// slow is a Splitter that takes its time.
type slow time.Duration

func (s slow) Deliver(context.Context, Transaction, *spool.File, []gateway.Delivery) gateway.Reply {
	time.Sleep(time.Duration(s))
	return gateway.Reply{}
}

// TestProgressWhileCopiesAreDelivered: reinject may be slow too.
func TestProgressWhileCopiesAreDelivered(t *testing.T) {
	e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
		return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To[:1]}, {To: env.To[1:]}}}, nil
	}}
	m := dial(t, serve(t, &Server{Processor: e, Splitter: slow(120 * time.Millisecond), Progress: 20 * time.Millisecond}))
	m.connect("127.0.0.1")
	got := m.deliver(simple("b@firma.example", "c@firma.example"))
	if len(got) < 3 || got[0].code != 'p' || got[len(got)-1].code != 'd' {
		t.Errorf("%q", got)
	}
}

// TestOneCopyForAll: an edit in place reaches every recipient, so it must be
// meant for each of them.
func TestOneCopyForAll(t *testing.T) {
	for name, copies := range map[string][]gateway.Delivery{
		"none":       {},
		"for one":    {{To: []string{"b@firma.example"}}},
		"a stranger": {{To: []string{"b@firma.example", "x@firma.example"}}},
	} {
		e := &engine{do: func(context.Context, gateway.Envelope) (*gateway.Outcome, error) {
			return &gateway.Outcome{Deliveries: copies}, nil
		}}
		m := dial(t, serve(t, &Server{Processor: e}))
		m.connect("127.0.0.1")
		if got := m.deliver(simple("b@firma.example", "c@firma.example")); got[0].code != 'y' || !strings.HasPrefix(got[0].data, "451 4.3.0 ") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestSkippedBodyIsSaid: the engine may have been replaced since.
func TestSkippedBodyIsSaid(t *testing.T) {
	for _, skip := range []bool{true, false} {
		e := &engine{skip: skip}
		m := dial(t, serve(t, &Server{Processor: e}))
		m.connect("127.0.0.1")
		m.deliver(simple("b@firma.example"))
		if e.envs[0].HeaderOnly != skip {
			t.Errorf("skip %v: %+v", skip, e.envs[0])
		}
	}
}

// exhaustedOnce is a listener that runs out of files once.
type exhaustedOnce struct {
	net.Listener
	done bool
}

func (l *exhaustedOnce) Accept() (net.Conn, error) {
	if !l.done {
		l.done = true
		return nil, &net.OpError{Op: "accept", Err: errors.Join(syscall.EMFILE)}
	}
	return l.Listener.Accept()
}

// TestTooManyOpenFiles: the gateway outlives them.
func TestTooManyOpenFiles(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{}
	m := dial(t, serveOn(t, &Server{Processor: e}, &exhaustedOnce{Listener: l}))
	m.connect("127.0.0.1")
	if m.deliver(simple("b@firma.example")); len(e.envs) != 1 {
		t.Errorf("%d messages", len(e.envs))
	}
}

// TestFieldsAsTheEngineReadsThem: what the milter writes as one field is one field
// of that name to the engine, or positions would shift.
func TestFieldsAsTheEngineReadsThem(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	random := func(alphabet string, n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for range 20000 {
		f := sp.Create()
		var names []string
		for range r.IntN(5) {
			if name, value := random("aF- \t:\x01\xc3", 4), random(" \t\r\n:a\xa4", 8); fits(name, value) {
				names = append(names, name)
				fmt.Fprintf(f, "%s:%s\r\n", name, strings.ReplaceAll(value, "\n", "\r\n"))
			}
		}
		fmt.Fprint(f, "\r\nbody: x\r\n")
		got, err := smime.ParseEntity(f, f.Size())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got.Fields, names, func(f smime.Field, n string) bool { return f.Name == strings.TrimRight(n, " \t") }) {
			t.Fatalf("%q read as %+v", names, got.Fields)
		}
		f.Close()
	}
}
