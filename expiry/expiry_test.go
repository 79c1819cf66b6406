package expiry

// This file tests who is told what, and how often, with a clock that is set.

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/ownkeys"
	"sealgate/internal/testpki"
	"sealgate/keyring"
)

const (
	support    = "support@firma.example"
	postmaster = "postmaster@firma.example"
)

// start is when the clocks begin.
var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// storeOf is an empty store.
func storeOf(t *testing.T) certstore.Store {
	t.Helper()
	s, err := certstore.OpenBadger(certstore.BadgerOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// site is a watch with what it sees and what it sends.
type site struct {
	*Watch
	mu   sync.Mutex
	now  time.Time
	fail error // of the next hop
	sent []string
	to   []string
}

func siteOf(t *testing.T, store Store, keys []*ownkeys.Key) *site {
	t.Helper()
	s := &site{now: start}
	s.Watch = &Watch{
		To: []string{postmaster}, From: "sealgate@firma.example", Hostname: "mail.firma.example", Language: gateway.English,
		Store: store, Keys: func() []*ownkeys.Key { return keys }, Domains: func() []Domain { return nil }, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return s.now },
	}
	s.HandOver = func(_ context.Context, to string, mail []byte) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.fail != nil {
			return s.fail
		}
		s.sent = append(s.sent, string(mail))
		s.to = append(s.to, to)
		return nil
	}
	return s
}

// round is one round, which must go well, and how many mails it sent.
func (s *site) round(t *testing.T) int {
	t.Helper()
	before := len(s.sent)
	if err := s.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	return len(s.sent) - before
}

// boxOf is a mailbox whose certificates end then.
func boxOf(t *testing.T, pki *testpki.PKI, address string, ends ...time.Time) *keyring.Mailbox {
	t.Helper()
	box := &keyring.Mailbox{Addresses: []string{address}}
	for _, end := range ends {
		c := pki.Issue(testpki.Options{Addresses: []string{address}, NotBefore: start.AddDate(-1, 0, 0), NotAfter: end})
		box.Credentials = append(box.Credentials, &keyring.Credential{
			Certificate: c.Certificate, Key: c.Key, Path: "/etc/sealgate/keys/" + address + ".pem",
		})
	}
	return box
}

// keysEnding is one mailbox with one certificate.
func keysEnding(t *testing.T, end time.Time) []*ownkeys.Key {
	t.Helper()
	return ownkeys.Keys([]*keyring.Mailbox{boxOf(t, testpki.New(t), support, end)})
}

// TestToldAtEachThreshold: a mailbox's certificate is told of at 30, 14, 7 and 1 days and when it has ended,
// once each and not before, to each recipient, whoever asks how often.
func TestToldAtEachThreshold(t *testing.T) {
	t.Parallel()
	end := start.AddDate(0, 0, 40)
	s := siteOf(t, storeOf(t), keysEnding(t, end))
	s.To = []string{postmaster, "security@firma.example"}
	var told []time.Duration
	for s.now.Before(end.Add(3 * day)) {
		n := s.round(t)
		if n != 0 && n != 2 {
			t.Fatalf("%d mails at %v", n, s.now)
		}
		if n == 2 {
			told = append(told, end.Sub(s.now))
		}
		s.now = s.now.Add(6 * time.Hour)
	}
	want := []time.Duration{30 * day, 14 * day, 7 * day, day, -6 * time.Hour}
	if len(told) != len(want) {
		t.Fatalf("told %v before the end, want %v", told, want)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("told %v before the end, want %v", told[i], want[i])
		}
	}
}

// TestWhatWasMissedIsToldOnce: a gateway that did not run for a month tells the threshold of the day, not all
// that it missed.
func TestWhatWasMissedIsToldOnce(t *testing.T) {
	t.Parallel()
	s := siteOf(t, storeOf(t), keysEnding(t, start.Add(10*day)))
	if n := s.round(t); n != 1 || !strings.Contains(s.sent[0], "in 10 days") {
		t.Fatalf("%d mails: %s", n, s.sent)
	}
	s.now = s.now.Add(time.Hour)
	if n := s.round(t); n != 0 {
		t.Error("told again")
	}
}

// TestOldKeysOfAMailbox: nobody is told of a key that another one of its mailbox outlives, and of the last one
// somebody is.
func TestOldKeysOfAMailbox(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	for name, c := range map[string]struct {
		ends []time.Time
		want int
	}{
		"one ended, one lasts":    {[]time.Time{start.AddDate(0, -2, 0), start.AddDate(1, 0, 0)}, 0},
		"one ends, one lasts":     {[]time.Time{start.Add(5 * day), start.AddDate(1, 0, 0)}, 0},
		"one ended, one ends":     {[]time.Time{start.AddDate(0, -2, 0), start.Add(5 * day)}, 1},
		"both end":                {[]time.Time{start.Add(5 * day), start.Add(6 * day)}, 1},
		"both have ended":         {[]time.Time{start.AddDate(0, -2, 0), start.AddDate(0, -1, 0)}, 1},
		"a second before 30 days": {[]time.Time{start.Add(30*day + time.Second)}, 0},
		"30 days":                 {[]time.Time{start.Add(30 * day)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			box := boxOf(t, pki, support, c.ends...)
			s := siteOf(t, storeOf(t), ownkeys.Keys([]*keyring.Mailbox{box}))
			s.round(t)
			got := strings.Count(strings.Join(s.sent, ""), "SHA-256:")
			if got != c.want {
				t.Errorf("%d certificates are told of, want %d", got, c.want)
			}
		})
	}
}

// TestDomains: of the certificates of a rule the last one counts, and it is told of as a mailbox's is.
func TestDomains(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	ending := func(days int) *x509.Certificate {
		return pki.Issue(testpki.Options{
			Addresses: []string{"gateway@bank.example"}, NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(0, 0, days),
		}).Certificate
	}
	s := siteOf(t, storeOf(t), nil)
	domains := []Domain{
		{"@bank.example", []*x509.Certificate{ending(20), ending(5)}},
		{"@renewed.example", []*x509.Certificate{ending(5), ending(60)}},
		{"@none.example", nil},
	}
	s.Domains = func() []Domain { return domains }
	mails := 0
	for range 4 * 21 {
		mails += s.round(t)
		s.now = s.now.Add(6 * time.Hour)
	}
	if mails != 5 || !strings.Contains(s.sent[0], "@bank.example\r\n    ends on 21 November 2026, in 20 days") {
		t.Errorf("%d mails: %s", mails, s.sent[0])
	}
	if strings.Contains(strings.Join(s.sent, ""), "renewed") {
		t.Error("a rule with a certificate that lasts is told of")
	}
}

// correspondent is a record as mail brings it.
func correspondent(t *testing.T, pki *testpki.PKI, address string, end, seen time.Time) *certstore.Record {
	t.Helper()
	c := pki.Issue(testpki.Options{Addresses: []string{address}, NotBefore: start.AddDate(-1, 0, 0), NotAfter: end})
	return certstore.NewRecord(c.Certificate, []string{address}, certstore.Harvested, certstore.Active, seen)
}

// TestCorrespondentsOnce: recent correspondents' certificates are told of once, those that nobody needs never.
func TestCorrespondentsOnce(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	soon := start.Add(20 * day)
	signs := correspondent(t, pki, "signs@partner.example", soon, start)
	signs.KeyUsage = x509.KeyUsageDigitalSignature
	blocked := correspondent(t, pki, "blocked@partner.example", soon, start)
	blocked.State = certstore.Blocked
	ours := boxOf(t, pki, support, start.AddDate(1, 0, 0), soon)
	own := ours.Credentials[1].Certificate
	store := storeOf(t)
	for _, r := range []*certstore.Record{
		correspondent(t, pki, "alice@partner.example", soon, start),
		correspondent(t, pki, "day90@partner.example", soon, start.Add(-90*day)),
		correspondent(t, pki, "day91@partner.example", soon, start.Add(-91*day)),
		correspondent(t, pki, "later@partner.example", start.Add(50*day), start),
		correspondent(t, pki, "ended@partner.example", start.Add(-day), start),
		correspondent(t, pki, "renewed@partner.example", soon, start),
		correspondent(t, pki, "renewed@partner.example", start.AddDate(1, 0, 0), start),
		signs, blocked,
		certstore.NewRecord(own, []string{support}, certstore.Harvested, certstore.Active, start),
	} {
		if err := store.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	s := siteOf(t, store, ownkeys.Keys([]*keyring.Mailbox{ours}))
	if n := s.round(t); n != 1 {
		t.Fatalf("%d mails", n)
	}
	for _, name := range []string{"signs", "blocked", "day91", "later", "ended", "renewed", "support"} {
		if strings.Contains(s.sent[0], name+"@") {
			t.Errorf("%s is told of", name)
		}
	}
	for _, name := range []string{"alice", "day90"} {
		if strings.Count(s.sent[0], name+"@") != 1 {
			t.Errorf("%s is not told of once", name)
		}
	}
	for range 4 * 19 { // no threshold of theirs is told again
		s.now = s.now.Add(6 * time.Hour)
		if n := s.round(t); n != 0 {
			t.Fatalf("told again %v before the end", soon.Sub(s.now))
		}
	}
}

// TestManyCorrespondents: no mail lists more than an admin reads, and none is left out.
func TestManyCorrespondents(t *testing.T) {
	t.Parallel()
	store := storeOf(t)
	pki := testpki.New(t)
	for i := range maxListed + 1 {
		r := correspondent(t, pki, fmt.Sprintf("a%d@partner.example", i), start.Add(20*day), start)
		if err := store.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	s := siteOf(t, store, nil)
	if n := s.round(t); n != 2 || strings.Count(s.sent[0], "SHA-256:") != maxListed || strings.Count(s.sent[1], "SHA-256:") != 1 {
		t.Errorf("%d mails", n)
	}
}

// forgetful is a store that breaks when somebody was told.
type forgetful struct {
	certstore.Store
	binds int // that still go well
}

var errKilled = errors.New("killed")

func (f *forgetful) BindContent(ctx context.Context, keys [][32]byte, c certstore.Content) ([]certstore.Content, error) {
	if f.binds == 0 {
		return nil, errKilled
	}
	f.binds--
	return f.Store.BindContent(ctx, keys, c)
}

// TestKilledBetweenAnswerAndRecord: who is killed after the 250 tells once more, when its claim has run out,
// and then never again.
func TestKilledBetweenAnswerAndRecord(t *testing.T) {
	t.Parallel()
	store := storeOf(t)
	keys := keysEnding(t, start.Add(10*day))
	killed := siteOf(t, &forgetful{store, 1}, keys)
	if err := killed.Round(t.Context()); !errors.Is(err, errKilled) || len(killed.sent) != 1 {
		t.Fatalf("%v, %d mails", err, len(killed.sent))
	}
	again := siteOf(t, store, keys)
	if err := again.Round(t.Context()); !errors.Is(err, ErrClaimed) || len(again.sent) != 0 {
		t.Fatalf("the claim does not hold: %v, %d mails", err, len(again.sent))
	}
	again.now = start.Add(failedTime)
	if n := again.round(t); n != 1 {
		t.Fatalf("lost: %d mails", n)
	}
	again.now = start.Add(day)
	if n := again.round(t); n != 0 {
		t.Error("told again")
	}
}

// TestNextHopThatFails: what was not taken is told later, one recipient's refusal brings no other a second
// mail.
func TestNextHopThatFails(t *testing.T) {
	t.Parallel()
	s := siteOf(t, storeOf(t), keysEnding(t, start.Add(10*day)))
	s.To = []string{postmaster, "wrong@firma.example"}
	refused := errors.New("550 no such user")
	hop := s.HandOver
	s.HandOver = func(ctx context.Context, to string, mail []byte) error {
		if to != postmaster {
			return refused
		}
		return hop(ctx, to, mail)
	}
	for range 3 {
		if err := s.Round(t.Context()); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		s.now = s.now.Add(failedTime)
	}
	if len(s.sent) != 1 || s.Sent.Load() != 1 || s.Failed.Load() != 3 {
		t.Errorf("%d mails, %d counted, %d failures", len(s.sent), s.Sent.Load(), s.Failed.Load())
	}
	s.HandOver = hop
	if n := s.round(t); n != 1 || s.to[1] != "wrong@firma.example" {
		t.Errorf("%d mails to %v", n, s.to)
	}
}

// TestOneGatewayTells: of gateways that share a store one tells, whenever they look.
func TestOneGatewayTells(t *testing.T) {
	t.Parallel()
	store := storeOf(t)
	keys := keysEnding(t, start.Add(10*day))
	var sites []*site
	for i := range 16 {
		s := siteOf(t, store, keys)
		s.now = start.Add(claimSlot*9/10 + time.Duration(i)*claimSlot/80) // on both sides of the end of a slot
		sites = append(sites, s)
	}
	var all sync.WaitGroup
	for _, s := range sites {
		all.Go(func() {
			if err := s.Round(t.Context()); err != nil && !errors.Is(err, ErrClaimed) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	sent := 0
	for _, s := range sites {
		sent += len(s.sent)
	}
	if sent > 1 {
		t.Errorf("%d mails", sent)
	}
	for _, s := range sites {
		s.now = start.Add(2 * failedTime)
		if err := s.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.now = start.Add(3 * failedTime)
	}
	sent = 0
	for _, s := range sites {
		sent += len(s.sent)
	}
	if sent != 1 {
		t.Errorf("%d mails in the end", sent)
	}
}

// TestClaimsRunOut: a claim holds for a slot and the next one, not longer.
func TestClaimsRunOut(t *testing.T) {
	t.Parallel()
	store := storeOf(t)
	m, err := newMemory(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   time.Duration
		want error
	}{
		{0, nil},
		{time.Second, ErrClaimed},
		{2*claimSlot - time.Second, ErrClaimed},
		{2 * claimSlot, nil},
		{4*claimSlot - time.Second, ErrClaimed},
		{5*claimSlot - time.Second, nil}, // at the end of a slot
		{6*claimSlot - time.Second, ErrClaimed},
		{6 * claimSlot, nil},
	} {
		if err := m.claim(t.Context(), start.Add(c.at)); !errors.Is(err, c.want) {
			t.Errorf("at %v: %v, want %v", c.at, err, c.want)
		}
	}
}

// TestRunEnds: without recipients nothing runs, and what runs ends.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	s := siteOf(t, storeOf(t), keysEnding(t, start.Add(10*day)))
	to := s.To
	s.To = nil
	s.Run(t.Context()) // returns
	if len(s.sent) != 0 {
		t.Error("somebody is told")
	}
	s.To = to
	ctx, cancel := context.WithCancel(t.Context())
	hop := s.HandOver
	s.HandOver = func(ctx context.Context, to string, mail []byte) error {
		defer cancel()
		return hop(ctx, to, mail)
	}
	s.Run(ctx)
	if len(s.sent) != 1 {
		t.Errorf("%d mails", len(s.sent))
	}
}
