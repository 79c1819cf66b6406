//go:build postgres

package e2e

// This file puts two gateways with one PostgreSQL behind one Postfix, and lets a gateway, and the
// database's primary, die under load.

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealgate/internal/postgrestest"
)

// pair are two gateways: s, and the second one, which has ports of Postfix of its own.
type pair struct {
	*site
	second *site
}

// newPair starts them with a database that url leads to.
func newPair(t *testing.T, url string) *pair {
	t.Helper()
	p := &pair{}
	ports := map[string]string{}
	p.site = newSite(t, viaMilter, siteOptions{
		config: fmt.Sprintf("[store]\ndriver = \"postgres\"\nurl = %q\n", url),
		master: func(s *site) (more []string) {
			p.second = s.another()
			for name, door := range map[string]string{"inbound": "in", "outbound": "out"} {
				ports[name] = s.port()
				more = append(more, ports[name]+" inet n - n - - smtpd\n  -o smtpd_milters=inet:"+p.second.doors[door])
			}
			return more
		},
	})
	p.second.inbound = ports["inbound"]
	p.second.outbound = ports["outbound"]
	p.second.postfix = p.postfix
	return p
}

// another is a gateway like s, with a folder and doors of its own, and the same keys.
func (s *site) another() *site {
	s.t.Helper()
	second := *s
	second.dir = s.t.TempDir()
	second.log = &lockedBuffer{}
	second.doors = maps.Clone(s.doors)
	for name := range second.doors {
		if name != "re" {
			second.doors[name] = s.port()
		}
	}
	for _, name := range []string{"support.pem", "sales.pem", "root.crt"} {
		data, err := os.ReadFile(filepath.Join(s.dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(second.dir, name), data, 0o600)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	second.startGateway()
	return &second
}

// TestTwoGateways: what one has harvested the other encrypts to, what is blocked at one is blocked at the
// other, and one dies under load without a loss.
func TestTwoGateways(t *testing.T) {
	p := newPair(t, postgrestest.ForTest(t).URL())
	p.learn("anna", "anna@kunde.example")
	p.accepted(p.second.send(p.second.outbound, "support@firma.example", []string{"anna@kunde.example"},
		ticket("by-the-other", "anna@kunde.example", bothOrders)))
	p.check("by the other", p.arrival("Subject: by-the-other").Text, true, true)
	t.Run("oracle", func(t *testing.T) { p.oracle(t) })
	t.Run("kill", func(t *testing.T) { p.gatewayDies(t) })
	t.Run("blocked", func(t *testing.T) { p.blockedAtTheOther(t) })
}

// oracle: of one content key with two senders, brought to both at once, one is opened.
func (p *pair) oracle(t *testing.T) {
	for round := range 5 {
		entity := p.sealed(textEntity, []string{"support"})
		var all sync.WaitGroup
		for who, s := range map[string]*site{"anna": p.site, "eve": p.second} {
			all.Go(func() {
				mark := fmt.Sprintf("oracle-%d-%s", round, who)
				header := strings.ReplaceAll(headerOf(mark), "anna@kunde.example", who+"@kunde.example")
				if got := s.send(s.inbound, who+"@kunde.example", []string{"support@firma.example"}, withHeader(header, entity)); got.code != 250 {
					t.Errorf("%s: %+v", mark, got)
				}
			})
		}
		all.Wait()
		opened := 0
		for _, m := range p.sink.WaitFor(fmt.Sprintf("Message-ID: <oracle-%d-", round), 2, 20*time.Second) {
			if strings.Contains(m.Text, secret) {
				opened++
			}
		}
		if opened != 1 {
			t.Errorf("round %d: %d of two were opened", round, opened)
		}
	}
}

// load sends mail to all gateways until it is told to stop: signed mail in, and mail out that must be
// encrypted.
type load struct {
	p     *pair
	stop  chan struct{}
	all   sync.WaitGroup
	n     atomic.Int64
	mu    sync.Mutex
	codes map[string]int // answers
	taken []string       // marks that a client was answered 250 for
	slow  time.Duration
	heal  time.Time // from when on it is waited for the first mail
	first time.Time // that was encrypted after that
}

func (p *pair) startLoad() *load {
	l := &load{p: p, stop: make(chan struct{}), codes: map[string]int{}}
	entity := p.signed("anna", textEntity)
	for _, s := range []*site{p.site, p.second} {
		for range 2 {
			l.all.Go(func() {
				l.send(func(mark string) reply {
					return s.try(s.inbound, "anna@kunde.example", "support@firma.example", withHeader(headerOf(mark), entity))
				}, false)
			})
			l.all.Go(func() {
				l.send(func(mark string) reply {
					return s.try(s.outbound, "support@firma.example", "anna@kunde.example", ticket(mark, "anna@kunde.example", bothOrders))
				}, true)
			})
		}
	}
	return l
}

func (l *load) send(one func(mark string) reply, needsStore bool) {
	for {
		select {
		case <-l.stop:
			return
		default:
		}
		mark := fmt.Sprintf("load-%d-end", l.n.Add(1))
		began := time.Now()
		got := one(mark)
		l.mu.Lock()
		l.slow = max(l.slow, time.Since(began))
		l.codes[fmt.Sprint(got.code)]++
		if got.code == 250 {
			l.taken = append(l.taken, mark)
			if needsStore && !l.heal.IsZero() && l.first.IsZero() && began.After(l.heal) {
				l.first = time.Now()
			}
		}
		l.mu.Unlock()
		if got.code != 250 {
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// try is a session that may be refused at any step.
func (s *site) try(port, from, to, text string) reply {
	s.t.Helper()
	c := s.dial(port)
	defer c.close()
	c.cmd("EHLO client.example")
	for _, line := range []string{"MAIL FROM:<" + from + ">", "RCPT TO:<" + to + ">", "DATA"} {
		if got := c.cmd(line); got.code >= 400 {
			return got
		}
	}
	return c.data(text)
}

// end stops the load and compares what was answered with what has arrived.
func (l *load) end(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.all.Wait()
	l.p.postfix.Flush()
	missing := 0
	deadline := time.Now().Add(60 * time.Second)
	for {
		arrived := map[string]int{}
		for _, m := range l.p.sink.Mails() {
			_, rest, _ := strings.Cut(m.Text, "Subject: load-")
			n, _, ok := strings.Cut(rest, "-end")
			if !ok {
				continue
			}
			arrived["load-"+n+"-end"]++
			if strings.Contains(m.Text, "From: support@") && strings.Contains(m.Text, secret) {
				t.Fatalf("in clear:\n%s", m.Text)
			}
		}
		missing = 0
		for _, mark := range l.taken {
			if arrived[mark] == 0 {
				missing++
			}
		}
		if missing == 0 || time.Now().After(deadline) {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if missing > 0 {
		t.Errorf("%d of %d mails were answered with 250 and are lost", missing, len(l.taken))
	}
	for code := range l.codes {
		if code != "250" && !strings.HasPrefix(code, "4") {
			t.Errorf("somebody was told %s", code)
		}
	}
	t.Logf("%d mails; answers %v; the slowest took %v", l.n.Load(), l.codes, l.slow.Round(time.Millisecond))
}

func (p *pair) gatewayDies(t *testing.T) {
	l := p.startLoad()
	for range 3 {
		time.Sleep(2 * time.Second)
		p.second.kill()
	}
	time.Sleep(2 * time.Second)
	l.end(t)
}

func (p *pair) blockedAtTheOther(t *testing.T) {
	if out, err := p.sealgate("cert", "block", "--config", "config.toml", "anna@kunde.example"); err != nil {
		t.Fatal(err, out)
	}
	got := p.second.send(p.second.outbound, "support@firma.example", []string{"anna@kunde.example"},
		ticket("to-a-blocked-one", "anna@kunde.example", bothOrders))
	if got.code < 500 {
		t.Errorf("encrypted to a certificate that is blocked at the other gateway: %+v", got)
	}
}

// TestPrimaryDies: under load the primary dies and its standby is promoted. Meanwhile there are 4xx only,
// nothing leaves in clear or is lost, and it heals without a restart. What one gateway was told to block
// is blocked.
func TestPrimaryDies(t *testing.T) {
	primary := postgrestest.ForTest(t, "synchronous_standby_names=standby", "wal_level=replica")
	// without a standby nothing would be committed: the layout is made when it is there
	standby, err := postgrestest.NewStandby(primary, "standby")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(standby.Remove)
	url := fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable", primary.Port, standby.Port)
	p := newPair(t, url)
	p.learn("anna", "anna@kunde.example")
	p.recheck(t, "commits on its standby too")

	l := p.startLoad()
	time.Sleep(4 * time.Second)
	primary.Kill()
	time.Sleep(3 * time.Second)
	plain := p.send(p.inbound, "carl@kunde.example", []string{"nobody@firma.example"},
		strings.ReplaceAll(headerOf("plain"), "support@", "nobody@")+textEntity)
	t.Logf("plain mail without a database: %+v", plain)
	l.mu.Lock()
	l.heal = time.Now()
	l.mu.Unlock()
	if err := standby.Exec("SELECT pg_promote()"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(6 * time.Second)
	l.mu.Lock()
	first := l.first
	l.mu.Unlock()
	if first.IsZero() {
		t.Error("it does not heal")
	}
	l.end(t)
	t.Logf("from the order to promote to the first encrypted mail: %v", first.Sub(l.heal).Round(time.Millisecond))
	p.recheck(t, "synchronous_standby_names is empty")
}

// recheck runs check beside the gateway.
func (p *pair) recheck(t *testing.T, want string) {
	t.Helper()
	out, _ := p.sealgate("check", "--config", "config.toml")
	if !strings.Contains(out, want) {
		t.Errorf("check does not say %q:\n%s", want, out)
	}
}

// sealgate runs a command in the first gateway's folder.
func (p *pair) sealgate(args ...string) (string, error) {
	path, err := binary()
	if err != nil {
		return "", err
	}
	c := exec.Command(path, args...)
	c.Dir = p.dir
	out, err := c.CombinedOutput()
	return string(out), err
}
