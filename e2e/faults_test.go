package e2e

// This file lets the next hop, and reinject, fail at every step.

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sealgate/internal/nexthop"
)

var update = flag.Bool("update", false, "write docs/faults.md anew")

// faultsDoc is the table that the test keeps true.
const faultsDoc = "../docs/faults.md"

// TestFaultsOfTheNextHop: at each SMTP step, refused for now and for good, cut
// and silent, with one copy and with three, before the queue and through
// reinject. Whenever the client hears 250 every copy was taken; whenever it does
// not, the mail is still its own.
func TestFaultsOfTheNextHop(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("end-to-end tests are left out with -short")
	}
	var rows []string
	var filling sync.Mutex // of columns
	columns := map[string]map[string]string{}
	for _, k := range []struct {
		transport string
		copies    int
	}{{viaProxy, 1}, {viaProxy, 3}, {viaBoth, 3}} {
		name := fmt.Sprintf("%s, %d", k.transport, k.copies)
		columns[name] = map[string]string{}
		rows = append(rows, name)
	}
	t.Run("run", func(t *testing.T) {
		for _, transport := range []string{viaProxy, viaBoth} {
			t.Run(transport, func(t *testing.T) {
				t.Parallel()
				found := faulty(t, transport)
				filling.Lock()
				defer filling.Unlock()
				for n, column := range found {
					columns[fmt.Sprintf("%s, %d", transport, n)] = column
				}
			})
		}
	})
	if t.Failed() {
		return
	}
	if len(columns[rows[0]]) == 0 {
		t.Skip("no private Postfix here")
	}
	compareDoc(t, faultTable(rows, columns))
}

// faulty plays every fault on one site and returns what came of it, by the
// number of copies and the fault's name.
func faulty(t *testing.T, transport string) map[int]map[string]string {
	hop, err := nexthop.New(nexthop.Fault{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hop.Close() })
	s := newSite(t, transport, siteOptions{hop: hop.Address, config: "[limits]\nmessage_timeout = \"3s\"\n"})
	s.customers("anna", "carl", "dora")
	results := map[int]map[string]string{3: {}}
	if transport == viaProxy { // a milter changes a single copy in place: no next hop of ours
		results[1] = map[string]string{}
	}
	for n := range results {
		for _, name := range faultNames() {
			results[n][name] = s.fault(hop, name, n)
		}
	}
	return results
}

// faultNames are step and kind, in order; "first" is a step of the copy whose final
// dot is the first.
func faultNames() (names []string) {
	for _, when := range []string{"", "first "} {
		for _, step := range nexthop.Steps {
			for _, what := range nexthop.Kinds(step) {
				if when == "" || step == "RCPT" || late(step) {
					names = append(names, when+step+","+what)
				}
			}
		}
	}
	return append(names, "none,-")
}

// late tells the steps at which it is known which copy the connection is for.
func late(step string) bool { return slices.Contains([]string{"content", "dot", "answer"}, step) }

// fault sends one mail while the next hop fails on one connection, and says what
// the client heard and how many copies were taken over.
func (s *site) fault(hop *nexthop.NextHop, name string, n int) string {
	s.t.Helper()
	step, what, _ := strings.Cut(name, ",")
	step, first := strings.CutPrefix(step, "first ")
	f := nexthop.Fault{Step: step, What: what, Conn: n}
	to := []string{"anna@kunde.example"}
	if n == 3 {
		to = []string{"anna@kunde.example", "carl@kunde.example", "dora@kunde.example"}
	}
	switch { // hidden recipients' copies come before the open one
	case first && step == "RCPT":
		f.Conn = 1
	case first:
		f.Conn, f.To = 0, to[n/2]
	case late(step):
		f.Conn, f.To = 0, to[n-1]
	}
	if err := hop.Reset(f); err != nil {
		s.t.Fatal(err)
	}
	mail := ticket("faulty", "anna@kunde.example", bothOrders)
	if step == "content" {
		mail += strings.Repeat("a line of a message that is longer than what sockets hold\n", 150000)
	}
	got := s.send(s.outbound, "support@firma.example", to, mail)
	taken := hop.Messages()
	seen := map[string]int{}
	for _, m := range taken {
		seen[m.Rcpt[0]]++
		if len(m.Rcpt) != 1 || seen[m.Rcpt[0]] > 1 || !strings.Contains(m.Data, "enveloped-data") || strings.Contains(m.Data, secret) {
			s.t.Errorf("%s, %d copies: a wrong copy for %v", name, n, m.Rcpt)
		}
	}
	if good := got.code == 250; good != (step == "none" || what == "late") || good && len(taken) != n {
		s.t.Errorf("%s: %+v with %d of %d copies taken", name, got, len(taken), n)
	}
	if early := step != "dot" && step != "answer" && step != "none"; early && len(taken) > 0 {
		s.t.Errorf("%s: %d copies went out though the fault was there before", name, len(taken))
	}
	return fmt.Sprintf("%d, %d of %d", got.code, len(taken), n)
}

// faultTable draws the table.
func faultTable(columns []string, results map[string]map[string]string) string {
	var b strings.Builder
	b.WriteString("| step | fault | " + strings.Join(columns, " | ") + " |\n|---|---|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, name := range faultNames() {
		step, what, _ := strings.Cut(name, ",")
		b.WriteString("| " + step + " | " + what + " |")
		for _, c := range columns {
			b.WriteString(" " + results[c][name] + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// compareDoc holds the table against the one in docs.
func compareDoc(t *testing.T, table string) {
	t.Helper()
	path := filepath.FromSlash(faultsDoc)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), "| step |")
	_, after, ok2 := strings.Cut(rest, "|\n\n")
	if !ok || !ok2 {
		t.Fatalf("%s has no table", path)
	}
	now := head + table + "\n" + after
	if *update {
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if now != string(text) {
		t.Errorf("%s is not what happens (go test ./e2e -run %s -update):\n%s", path, t.Name(), table)
	}
}
