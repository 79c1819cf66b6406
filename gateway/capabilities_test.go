package gateway

// This file holds what is said before a mail is written against what becomes of it.

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/testpki"
	"sealgate/keyring"
	"sealgate/trust"
)

// asking is a house whose log is read.
type asking struct {
	*house
	log bytes.Buffer
}

// newAsking knows Anna and Eve, whose certificate has ended; a directory knows Dora, and is
// silent about everybody at silent.example.
func newAsking(t *testing.T, rules []Rule, split bool) *asking {
	a := &asking{}
	d := &directory{holds: map[string]*testpki.Cert{}}
	silent := silence{}
	firma := domainCert(t)
	a.house = newHouse(t, func(o *Options) {
		o.Ring = keyring.NewRing(append(o.Ring.Mailboxes(), &keyring.Mailbox{
			Addresses: []string{"@firma.example"}, Credentials: []*keyring.Credential{{Certificate: firma.Certificate, Key: firma.Key}},
		}))
		o.Rules = rules
		o.Sources = []lookup.Source{d, silent}
		o.Log = slog.New(slog.NewJSONHandler(&a.log, nil))
		o.Domains = []string{"house.example"}
		o.Language = German
		o.Outbound.MixedClear = split
	})
	a.knows(a.anna)
	a.knows(a.pki.Issue(testpki.Options{
		Addresses: []string{"eve@kunde.example"}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, -1, 0),
	}))
	d.holds["dora@bank.example"] = a.pki.Issue(testpki.Options{Addresses: []string{"dora@bank.example"}})
	a.asked("Message-ID: <1@kunde.example>\r\n")
	return a
}

// entry is what the log says of the last message.
type loggedEntry struct {
	SignedBy     string   `json:"signed_by"`
	EncryptedFor []string `json:"encrypted_for"`
}

// sent lets the mail that was asked about go out, with an order.
func (a *asking) sent(q Question, order string) (*Outcome, loggedEntry) {
	a.t.Helper()
	a.log.Reset()
	env := outboundTo(q.recipients()...)
	env.From = q.From
	env.CanSplit = q.CanSplit
	out := a.process(env, string(q.mail(order))+"text\r\n")
	lines := strings.Split(strings.TrimSpace(a.log.String()), "\n")
	var e loggedEntry
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &e); err != nil {
		a.t.Fatal(err)
	}
	return out.Outcome, e
}

// pick is one of a list.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// someRules are up to three rules.
func someRules(r *rand.Rand, bank *x509.Certificate) (rules []Rule) {
	strength := []Strength{Unset, No, IfPossible, Yes}
	for range r.IntN(4) {
		rule := Rule{Demand: Demand{Sign: pick(r, strength...), Encrypt: pick(r, strength...)}}
		switch r.IntN(4) {
		case 0:
			rule.Sender = pick(r, "support@firma.example", "@firma.example")
		case 1:
			rule.Recipient = pick(r, "anna@kunde.example", "@bank.example", "sales@firma.example")
		case 2:
			rule.Domain = pick(r, "example", "silent.example", "bank.example")
			if r.IntN(2) == 0 {
				rule.DomainCertificates = DomainCertificates{Certificates: []*x509.Certificate{bank}, Before: r.IntN(2) == 0}
			}
		case 3:
			rule.SubjectTag = "[secret]"
		}
		if r.IntN(4) == 0 {
			rule.SignAs = "@firma.example"
		}
		rules = append(rules, rule)
	}
	return rules
}

// someQuestion is a mail to up to four.
func someQuestion(r *rand.Rand) Question {
	q := Question{
		From:      pick(r, "support@firma.example", "support@firma.example", "keyless@firma.example", "x@other.example"),
		Subject:   pick(r, "a question", "[secret] plan", "Grüße [SECRET]"),
		InReplyTo: pick(r, "", "", "<1@kunde.example>", "<other@kunde.example>"),
		Calendar:  r.IntN(8) == 0,
		CanSplit:  r.IntN(2) == 0,
	}
	for range 1 + r.IntN(4) {
		to := pick(r, "anna@kunde.example", "anna@kunde.example", "eve@kunde.example", "nobody@kunde.example", "dora@bank.example", "fred@bank.example",
			"fritz@silent.example", "sales@firma.example", "colleague@house.example", `"a@b"@bank.example`)
		list := pick(r, &q.To, &q.Cc, &q.Bcc)
		*list = append(*list, to)
	}
	return q
}

// TestCapabilitiesAreWhatBecomesOfMail: 2,000 mails at random, under random rules; each box
// says what the order, or none, then comes to.
func TestCapabilitiesAreWhatBecomesOfMail(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 2))
	mails := 2000
	if testing.Short() {
		mails = 200
	}
	counts := map[string]int{}
	bank := domainCert(t).Certificate
	for mails > 0 {
		a := newAsking(t, someRules(r, bank), r.IntN(2) == 0)
		for range 40 {
			mails--
			q := someQuestion(r)
			c, err := a.g.Capabilities(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			order := pick(r, "", "Sign", "Encrypt")
			a.compare(q, c, order)
			counts[fmt.Sprintf("%q %s", order, boxOf(c, order).State)]++
		}
	}
	t.Log(counts)
	for _, order := range []string{"", "Sign", "Encrypt"} {
		for _, state := range []State{Enabled, Disabled, Unknown} {
			if kind := fmt.Sprintf("%q %s", order, state); counts[kind] == 0 && (order == "Encrypt" || state == Enabled) {
				t.Errorf("%s: none", kind)
			}
		}
	}
}

func boxOf(c *Capabilities, order string) Box {
	return map[string]Box{"": c.Plain, "Sign": c.Sign, "Encrypt": c.Encrypt}[order]
}

// compare sends the mail and compares.
func (a *asking) compare(q Question, c *Capabilities, order string) {
	a.t.Helper()
	field := ""
	if order != "" {
		field = "X-SMIME-" + order + ": yes\r\n"
	}
	out, entry := a.sent(q, field)
	box := boxOf(c, order)
	state := Enabled
	switch {
	case out.Disposition == TempFail || out.Disposition == Reject && out.Reply.Code < 500:
		state = Unknown
	case out.Disposition == Reject:
		state = Disabled
	}
	if box.State != state || box.Code != out.Reply.Code || box.Text != out.Reply.Text ||
		(box.Token != "") != (state != Enabled) || !strings.HasPrefix(box.Text, bracketed(box.Token)) {
		a.t.Errorf("%+v, order %q:\nsaid %+v\nwas  %s %+v", q, order, box, state, out.Reply)
	}
	if order == "" && state == Enabled && (c.Sign.Preset != (entry.SignedBy != "") || c.Encrypt.Preset != (entry.EncryptedFor != nil)) {
		a.t.Errorf("%+v: said %+v, was %+v", q, c, entry)
	}
	for _, r := range c.Readers {
		a.compareReader(q, r, order, entry)
	}
}

// bracketed is a token as a reply begins with it.
func bracketed(t Token) string {
	if t == "" {
		return ""
	}
	return "[" + string(t) + "] "
}

// compareReader wants the certificate that was said, where the mail was encrypted.
func (a *asking) compareReader(q Question, r Reader, order string, entry loggedEntry) {
	a.t.Helper()
	if order != "Encrypt" || entry.EncryptedFor == nil || r.Inside {
		return
	}
	for _, chosen := range entry.EncryptedFor {
		if strings.HasPrefix(chosen, r.Address+" ") && !strings.Contains(chosen, " "+r.Fingerprint+" ") {
			a.t.Errorf("%+v: said %+v, was %s", q, r, chosen)
		}
	}
}

// TestReaders: per recipient which certificate, or why none.
func TestReaders(t *testing.T) {
	a := newAsking(t, nil, false)
	c, err := a.g.Capabilities(t.Context(), Question{
		From: "support@firma.example",
		To:   []string{"anna@kunde.example", "eve@kunde.example", "nobody@kunde.example", "fritz@silent.example", "sales@firma.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Reader{
		"anna@kunde.example": {
			State: Enabled, Fingerprint: fingerprint(a.anna.Certificate), Issuer: a.anna.Certificate.Issuer.String(),
			NotAfter: a.anna.Certificate.NotAfter,
		},
		"eve@kunde.example":    {State: Disabled, Reason: "the certificate is valid from "},
		"nobody@kunde.example": {State: Disabled, Reason: "no certificate is known"},
		"fritz@silent.example": {State: Unknown, Reason: "a source of certificates does not answer"},
		"sales@firma.example":  {State: Enabled, Inside: true},
	}
	if len(c.Readers) != len(want) {
		t.Errorf("%d recipients", len(c.Readers))
	}
	for _, r := range c.Readers {
		w := want[r.Address]
		if !strings.Contains(r.Reason, w.Reason) || (w.Reason == "") != (r.Reason == "") {
			t.Errorf("%s: reason %q, want %q", r.Address, r.Reason, w.Reason)
		}
		if r.State != w.State || r.Fingerprint != w.Fingerprint || r.Issuer != w.Issuer || !r.NotAfter.Equal(w.NotAfter) || r.Inside != w.Inside {
			t.Errorf("%s: %+v, want %+v", r.Address, r, w)
		}
	}
	if c.Encrypt.State != Disabled || c.Encrypt.Code != 550 || c.Sign.State != Enabled {
		t.Errorf("%+v", c)
	}
}

// TestQuestionIsNoHeader: a question cannot bring fields of its own, or be endless.
func TestQuestionIsNoHeader(t *testing.T) {
	a := newAsking(t, nil, false)
	good := Question{From: "support@firma.example", To: []string{"anna@kunde.example"}}
	for name, change := range map[string]func(*Question){
		"nobody":          func(q *Question) { q.To = nil },
		"From":            func(q *Question) { q.From = "support@firma.example>\r\nX-SMIME-Encrypt: no" },
		"To":              func(q *Question) { q.To = []string{"a@b.example>\r\nBcc: <c@d.example"} },
		"Subject":         func(q *Question) { q.Subject = "x\r\nX-SMIME-Encrypt: no" },
		"In-Reply-To":     func(q *Question) { q.InReplyTo = "<1@x>\n\n" },
		"long":            func(q *Question) { q.Subject = strings.Repeat("x", maxQuestionText+1) },
		"too many people": func(q *Question) { q.To = manyPeople(MaxQuestionRecipients + 1) },
	} {
		q := good
		change(&q)
		if _, err := a.g.Capabilities(t.Context(), q); !errors.Is(err, ErrQuestion) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.To = manyPeople(MaxQuestionRecipients)
	good.Subject = strings.Repeat("x", maxQuestionText)
	if _, err := a.g.Capabilities(t.Context(), good); err != nil {
		t.Error(err)
	}
}

func manyPeople(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("p%d@kunde.example", i))
	}
	return list
}

// silence answers for nobody at silent.example, and says "none" for all others.
type silence struct{}

func (silence) LookUp(_ context.Context, addresses []string) map[string]lookup.Answer {
	answers := map[string]lookup.Answer{}
	for _, a := range addresses {
		answers[a] = lookup.Answer{Answered: trust.AllAnswered()}
		if strings.HasSuffix(a, "@silent.example") {
			answers[a] = lookup.Answer{Answered: trust.NotAnswered(trust.Silence{Source: "the silent place", Since: time.Now()})}
		}
	}
	return answers
}

// TestReadersAreTold: whatever keeps a mail from being encrypted for somebody has a word for programs,
// and a sentence in the language that was asked for.
func TestReadersAreTold(t *testing.T) {
	a := newAsking(t, nil, false)
	q := Question{
		From: "support@firma.example", To: []string{"eve@kunde.example", "fritz@silent.example", "nobody@kunde.example"},
	}
	for l, words := range map[Language][]string{
		"":      {"abgelaufen", "später", "signierte Mail"}, // that of the settings
		English: {"has expired", "later", "signed message"},
		German:  {"abgelaufen", "später", "signierte Mail"},
	} {
		q.Language = l
		c, err := a.g.Capabilities(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for i, cause := range []Cause{Cause(trust.RuleValidity), CauseSilent, CauseNone} {
			if r := c.Readers[i]; r.Cause != cause || !strings.Contains(r.Text, words[i]) {
				t.Errorf("%q: %+v", l, r)
			}
		}
		if german := strings.Contains(c.Encrypt.Text, "moeglich"); german != (l != English) {
			t.Errorf("%q: %s", l, c.Encrypt.Text)
		}
	}
	for _, l := range []*language{&english, &german} {
		for _, rule := range []trust.Rule{
			trust.RuleCertificate, trust.RuleAddress, trust.RuleKey, trust.RuleUsage, trust.RuleState, trust.RuleChain,
			trust.RuleValidity, trust.RuleRevocation, trust.RuleCost,
		} {
			if l.readers[Cause(rule)] == "" {
				t.Errorf("%s: nothing is said of %s", l.tag, rule)
			}
		}
	}
}

// TestThreadIsTold: what a reply to an encrypted mail must be is said before it is written.
func TestThreadIsTold(t *testing.T) {
	a := newAsking(t, nil, false)
	a.g.o.Outbound.ReplyToEncrypted = Yes
	if err := a.g.remember(t.Context(), "2@kunde.example", certstore.Memory{
		Writers: writerHashes("2@kunde.example", []string{"anna@kunde.example", "nobody@kunde.example"}),
	}); err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		to, answers string
		want        Thread
		plain       State
	}{
		{"anna@kunde.example", "", Thread{}, Enabled},
		{"anna@kunde.example", "<other@kunde.example>", Thread{}, Enabled},
		{"anna@kunde.example", "<2@kunde.example>", Thread{true, Yes}, Enabled},
		{"nobody@kunde.example", "<2@kunde.example>", Thread{true, Yes}, Disabled},
		{"sales@firma.example", "<2@kunde.example>", Thread{}, Enabled},
	} {
		c, err := a.g.Capabilities(t.Context(), Question{From: "support@firma.example", To: []string{k.to}, InReplyTo: k.answers})
		if err != nil {
			t.Fatal(err)
		}
		if c.Thread != k.want || c.Plain.State != k.plain {
			t.Errorf("%s to %s: %+v, plain %s", k.answers, k.to, c.Thread, c.Plain.State)
		}
	}
}
