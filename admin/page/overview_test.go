package page

import (
	"context"
	"strings"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/journal"
)

// TestTally: what is counted once is not counted twice, what comes late is counted, and another
// period reaches further back.
func TestTally(t *testing.T) {
	t.Parallel()
	c := newClock()
	at := c.now()
	record := func(before time.Duration, result gateway.Result, signature string) *journal.Record {
		return &journal.Record{Time: at.Add(-before), Result: string(result), Signature: signature}
	}
	kept := records{
		record(40*24*time.Hour, gateway.Accepted, ""),
		record(7*24*time.Hour, gateway.Rejected, ""),
		record(3*time.Hour, gateway.Accepted, "valid"),
		record(3*time.Hour, gateway.Accepted, "none"),
		record(time.Minute, gateway.Quarantined, ""),
	}
	var counted tally
	update := func(p period) counts {
		t.Helper()
		bounds := p.bounds(c.now())
		if err := counted.update(context.Background(), kept, bounds[0], c.now()); err != nil {
			t.Fatal(err)
		}
		return counted.between(bounds[0], bounds[len(bounds)-1])
	}
	day := counts{secured: 1, plain: 1, quarantined: 1}
	for range 2 {
		if got := update(periods[0]); got != day {
			t.Errorf("a day: %v", got)
		}
	}
	if got := update(periods[2]); got != (counts{secured: 1, plain: 1, quarantined: 1, rejected: 1}) {
		t.Errorf("a month: %v", got)
	}
	kept = append(kept, record(30*time.Second, gateway.Failed, ""))
	c.pass(time.Minute)
	day[failed] = 1
	if got := update(periods[0]); got != day {
		t.Errorf("a minute later: %v", got)
	}
}

// TestTallyOfMany: more than one question brings.
func TestTallyOfMany(t *testing.T) {
	t.Parallel()
	c := newClock()
	var kept records
	for i := range 2*journal.MaxRecords + 1 {
		at := c.now().Add(-time.Hour + time.Duration(i))
		kept = append(kept, &journal.Record{Time: at, Result: string(gateway.Accepted)})
	}
	var counted tally
	if err := counted.update(context.Background(), kept, c.now().Add(-24*time.Hour), c.now()); err != nil {
		t.Fatal(err)
	}
	if got := counted.between(c.now().Add(-24*time.Hour), c.now()).total(); got != len(kept) {
		t.Errorf("%d of %d", got, len(kept))
	}
}

// TestBounds: each period has its bars, and now is in it.
func TestBounds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 7, 0, 0, time.UTC)
	for i, want := range [][2]string{
		{"2026-11-28T13:00:00Z", "2026-11-29T13:00:00Z"},
		{"2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
		{"2026-10-31T00:00:00Z", "2026-11-30T00:00:00Z"},
	} {
		bounds := periods[i].bounds(now)
		first := bounds[0].Format(time.RFC3339)
		last := bounds[len(bounds)-1].Format(time.RFC3339)
		if len(bounds) != periods[i].bars+1 || first != want[0] || last != want[1] {
			t.Errorf("%s: %d, %s to %s", periods[i].Word, len(bounds)-1, first, last)
		}
	}
}

func TestCeiling(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{0: 2, 1: 2, 2: 2, 3: 4, 5: 6, 7: 10, 10: 10, 11: 20, 61: 100, 1000: 1000, 1001: 2000} {
		if got := ceiling(n); got != want {
			t.Errorf("%d: %d", n, got)
		}
	}
}

// TestForgedIsNotSecured: the chart shows a forged mail that was accepted as no success of S/MIME.
func TestForgedIsNotSecured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		record journal.Record
		want   outcome
	}{
		{journal.Record{Signature: "invalid"}, doubtful},
		{journal.Record{Signature: "mismatch", Encryption: "none"}, doubtful},
		{journal.Record{Signature: "none", Encryption: "undecryptable"}, doubtful},
		{journal.Record{Signature: "invalid", Encryption: "decrypted"}, doubtful},
		{journal.Record{Signature: "valid", Encryption: "undecryptable"}, doubtful},
		{journal.Record{Signature: "valid", Encryption: "none"}, secured},
		{journal.Record{Signature: "none", Encryption: "decrypted"}, secured},
		{journal.Record{SignedBy: "aa"}, secured},
		{journal.Record{EncryptedFor: []string{"anna@kunde.example aa ldap"}}, secured},
		{journal.Record{Signature: "none", Encryption: "none"}, plain},
		{journal.Record{}, plain},
	} {
		c.record.Result = "accepted"
		if got := outcomeOf(&c.record); got != c.want {
			t.Errorf("signature %q, encryption %q: %s", c.record.Signature, c.record.Encryption, outcomeNames[got])
		}
	}
}

// TestOverview: the chart's numbers stand in the table, too.
func TestOverview(t *testing.T) {
	t.Parallel()
	o := testOptions(newClock())
	at := o.Now()
	o.Gateway.Journal = records{
		{Time: at.Add(-time.Hour), Result: "accepted", SignedBy: "aa"},
		{Time: at.Add(-time.Hour), Result: "rejected"},
		{Time: at.Add(-time.Hour), Result: "rejected"},
	}
	b := newBrowser(t, New(o))
	b.login(testName, testPassword)
	_, body := b.get("/")
	for _, part := range []string{
		`class="s-secured" x="221" y="150" width="7" height="50"`, `class="s-rejected" x="221" y="50" width="7" height="100"`,
		`<td class="n">2</td><td class="n">3</td>`, "Nothing needs attention.",
	} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is missing", part)
		}
	}
}
