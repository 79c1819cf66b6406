package milter

// This file is random sessions against a model: whatever the order of events, a
// message has its own envelope, header and body, and nothing of another's.

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sealgate/gateway"
)

// model is what Postfix has said of the message under way.
type model struct {
	open, ended bool
	from        string
	to          []string
	text        strings.Builder
}

func TestRandomSessions(t *testing.T) {
	e := &engine{}
	address := serve(t, &Server{Processor: e, Direction: gateway.Outbound, OrdersFrom: loopback})
	r := rand.New(rand.NewPCG(11, 12))
	for range 300 {
		m := dial(t, address)
		m.connect("127.0.0.1")
		now := model{}
		for i := range 60 {
			step(t, m, e, &now, r, i)
		}
		m.c.Close()
	}
	if len(e.envs) < 100 {
		t.Errorf("only %d messages came to an end", len(e.envs))
	}
}

// step is one event, often one that Postfix would not send now.
func step(t *testing.T, m *mta, e *engine, now *model, r *rand.Rand, i int) {
	t.Helper()
	switch r.IntN(10) {
	case 0, 1:
		*now = model{open: true, from: fmt.Sprintf("s%d@b.example", i)}
		m.ask('M', "<"+now.from+">\x00", 'c')
	case 2, 3:
		to := fmt.Sprintf("r%d@b.example", r.IntN(5))
		m.ask('R', "<"+to+">\x00", 'c')
		if now.open && !slices.Contains(now.to, to) {
			now.to = append(now.to, to)
		}
	case 4, 5:
		if !now.ended {
			m.send('L', fmt.Sprintf("X-%d\x00 v\x00", i))
			fmt.Fprintf(&now.text, "X-%d: v\r\n", i)
		}
	case 6:
		if !now.ended {
			m.send('N', "")
			now.text.WriteString("\r\n")
			now.ended = now.open
		}
	case 7:
		if now.ended || !now.open {
			m.ask('B', "body\r\n", map[bool]byte{true: 'c', false: 's'}[now.open])
			now.text.WriteString("body\r\n")
		}
	case 8:
		m.send('A', "")
		*now = model{}
	case 9:
		finished(t, m, e, now)
	}
}

// finished ends the message, if there is one with a header that is over.
func finished(t *testing.T, m *mta, e *engine, now *model) {
	t.Helper()
	if now.open && !now.ended {
		return
	}
	before := len(e.envs)
	m.send('E', "")
	f := m.read()
	if !now.open {
		if f.code != 'y' || len(e.envs) != before {
			t.Errorf("no message, and %c %q", f.code, f.data)
		}
		return
	}
	if f.code != 'c' || len(e.envs) != before+1 {
		t.Fatalf("%c %q", f.code, f.data)
	}
	if env := e.envs[before]; env.From != now.from || !slices.Equal(env.To, now.to) || !env.MayOrder || e.texts[before] != now.text.String() {
		t.Errorf("got %+v %q, want %+v %q", env, e.texts[before], now, now.text.String())
	}
	*now = model{}
}
