package page

// This file is a gateway to look at: a house with some of everything, and a stranger who has written
// markup into every text that strangers write.

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/certadmin"
	"sealgate/internal/ownkeys"
	"sealgate/journal"
)

// hostile is what a stranger puts into names, addresses and fields.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'` + "\u202e" + `{{.}}</title></textarea>`

// sample is the gateway.
type sample struct {
	now          time.Time
	certificates []*admin.Certificate
	changes      []*journal.Change
	logins       []*journal.Change
	records      records
	imported     []admin.ImportFile
	explained    []byte
	hostile      bool
}

func fingerprintOf(n int) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte{byte(n), byte(n >> 8)}))
}

func newSample(now time.Time, isHostile bool) *sample {
	s := &sample{now: now, hostile: isHostile}
	s.add("anna.berger@kunde.example", certstore.Pending, certstore.Harvested, "CN=D-TRUST Application Certificates CA 3-1 2013,O=D-Trust GmbH,C=DE")
	s.add("einkauf@lieferant.example", certstore.Active, certstore.LDAP, "CN=Sectigo RSA Client Authentication and Secure Email CA,O=Sectigo Limited,C=GB")
	s.add("post@kanzlei-weber.example", certstore.Pinned, certstore.Imported, "CN=post@kanzlei-weber.example")
	s.add("ceo@kunde.example", certstore.Blocked, certstore.Harvested, "CN=Secure Email CA,O=Example Trust,C=DE")
	s.add("info@alt.example", certstore.Active, certstore.SMIMEA, "CN=Secure Email CA,O=Example Trust,C=DE")
	s.certificates[4].NotAfter = now.AddDate(0, -2, 0)
	s.certificates[4].Useless = "it has expired"
	if isHostile {
		s.add(hostile+"@evil.example", certstore.Pending, certstore.Harvested, "CN="+hostile)
		c := s.certificates[5]
		c.Subject = hostile
		c.Proof = "<" + hostile + ">"
		c.Useless = hostile
		c.Tolerated = []string{hostile}
		c.Uses = []admin.Use{{Address: hostile, Reason: hostile, Remedy: hostile}}
		c.Chain = []certadmin.Link{{Subject: hostile, Issuer: hostile}}
		s.changes = append(s.changes, &journal.Change{
			Time: now.Add(-time.Hour), By: "admin " + testName, What: "import", Text: hostile, Failed: hostile, Addresses: []string{hostile},
		})
	}
	s.fill()
	return s
}

func (s *sample) add(address string, state certstore.State, source certstore.Source, issuer string) {
	n := len(s.certificates)
	s.certificates = append(s.certificates, &admin.Certificate{
		Detail: &certadmin.Detail{
			Certificate: certadmin.Certificate{
				Fingerprint: fingerprintOf(n), Addresses: []string{address}, State: state, Source: source,
				Subject: "CN=" + address, Issuer: issuer, NotBefore: s.now.AddDate(-1, 0, 0), NotAfter: s.now.AddDate(1, n, 0),
				FirstSeen: s.now.AddDate(0, -3, 0), LastSeen: s.now.AddDate(0, 0, -1),
			},
			Serial: "5f3a9c21d0", Key: "RSA 3072", Signature: "SHA256-RSA", Proof: "<20261128.4711@kunde.example>",
			ProofTime: s.now.AddDate(0, 0, -1),
			Chain:     []certadmin.Link{{Fingerprint: fingerprintOf(99), Subject: issuer, Issuer: "CN=D-TRUST Root CA 3 2013,O=D-Trust GmbH,C=DE", NotAfter: s.now.AddDate(4, 0, 0)}},
			DER:       []byte{0x30, 0x00},
		},
		Uses: []admin.Use{{Address: address, Chosen: state == certstore.Active || state == certstore.Pinned, Status: "valid"}},
	})
}

// fill passes two days of mail.
func (s *sample) fill() {
	people := []string{"anna.berger@kunde.example", "einkauf@lieferant.example", "post@kanzlei-weber.example", "noreply@shop.example"}
	for i := range 420 {
		at := s.now.Add(-48*time.Hour + time.Duration(i)*411*time.Second)
		if hour := at.Hour(); (hour < 7 || hour > 18) && i%5 != 0 {
			continue
		}
		who := people[i%len(people)]
		r := &journal.Record{
			Time: at, Direction: "inbound", QueueID: fmt.Sprintf("4f%dKx", i), MessageID: fmt.Sprintf("<%d@%s>", i, who[strings.Index(who, "@")+1:]),
			Client: "192.0.2.7", EnvelopeFrom: who, EnvelopeTo: []string{"support@firma.example"}, From: []string{who},
			Result: "accepted", Signature: "none", Encryption: "none", Milliseconds: 4.2,
		}
		switch {
		case i%7 == 0:
			r.Signature = "valid"
			r.Encryption = "decrypted"
			r.Layers = []string{"enveloped aes-256-cbc", "signed-detached sha-256"}
			r.Signers = []string{who + " valid " + fingerprintOf(0)}
			r.OpenedBy = []string{fingerprintOf(40)}
		case i%5 == 0:
			r.Direction = "outbound"
			r.EnvelopeFrom = "support@firma.example"
			r.EnvelopeTo = []string{who}
			r.Signature = ""
			r.Encryption = ""
			r.SignedBy = fingerprintOf(40)
			r.EncryptedFor = []string{who + " " + fingerprintOf(1) + " ldap"}
			r.Copies = 1
		case i%43 == 0:
			r.Result = "rejected"
			r.Code = 550
			r.Text = "5.7.1 [SG-NOCERT] This mail cannot be encrypted for everybody."
		case i%37 == 0:
			r.Result = "quarantined"
			r.Signature = "invalid"
			r.Reason = "the content was changed after it had been signed"
		case i%23 == 0:
			r.Signature = "mismatch"
			r.Reason = "the certificate names another address"
		case i%71 == 0:
			r.Result = "deferred"
			r.Code = 451
		}
		s.records = append(s.records, r)
	}
	if s.hostile {
		s.records = append(s.records, &journal.Record{
			Time: s.now.Add(-time.Second), Direction: hostile, QueueID: hostile, MessageID: hostile, Client: hostile, User: hostile,
			EnvelopeFrom: hostile, EnvelopeTo: []string{hostile, hostile, hostile}, From: []string{hostile}, Result: hostile, Code: 550, Text: hostile,
			Signature: hostile, Encryption: hostile, Reason: hostile, Closed: hostile, Layers: []string{hostile}, Signers: []string{hostile},
			OpenedBy: []string{hostile}, Named: []string{hostile}, SignedBy: hostile, EncryptedFor: []string{hostile},
		})
	}
}

func (s *sample) gateway() admin.Gateway {
	return admin.Bounded(admin.Gateway{
		Engine: s, Certificates: s, Mailboxes: s, Changes: s, Journal: s, Explainer: s, Health: s,
	})
}

// Certificates implements admin.Certificates.
func (s *sample) Certificates(_ context.Context, q certadmin.Query) (*certadmin.Page, error) {
	if q.Search == "impossible" {
		return nil, certadmin.ErrInput
	}
	page := &certadmin.Page{}
	for _, c := range s.certificates {
		if (q.State == "" || q.State == c.State) && strings.Contains(strings.Join(c.Addresses, " "), q.Search) {
			page.Certificates = append(page.Certificates, c.Certificate)
		}
	}
	if q.Cursor == "" && q.Search == "" && q.State == "" {
		page.Next = "cursor & more"
	}
	return page, nil
}

// Certificate implements admin.Certificates.
func (s *sample) Certificate(_ context.Context, fingerprint string) (*admin.Certificate, error) {
	for _, c := range s.certificates {
		if c.Fingerprint != fingerprint {
			continue
		}
		c.Possible = certadmin.Possible(c.State)
		c.History = nil
		for _, change := range slices.Concat(s.logins, s.changes) {
			if change.Fingerprint == fingerprint {
				c.History = append(c.History, change)
			}
		}
		return c, nil
	}
	return nil, certstore.ErrNotFound
}

// Decide implements admin.Changes.
func (s *sample) Decide(
	ctx context.Context, by, fingerprint string, d certadmin.Decision, seen certstore.State,
) error {
	c, err := s.Certificate(ctx, fingerprint)
	if err != nil {
		return err
	}
	if err := d.Check(c.State, seen); err != nil {
		return err
	}
	s.changes = append(s.changes, &journal.Change{
		Time: s.now, By: by, What: string(d), Fingerprint: fingerprint, Addresses: c.Addresses, Text: "it was " + string(c.State),
	})
	switch d {
	case certadmin.Approve, certadmin.Unblock, certadmin.Unpin:
		c.State = certstore.Active
	case certadmin.Block:
		c.State = certstore.Blocked
	case certadmin.Pin:
		c.State = certstore.Pinned
	case certadmin.Delete:
		s.certificates = slices.DeleteFunc(s.certificates, func(one *admin.Certificate) bool { return one == c })
	}
	return nil
}

// Import implements admin.Changes.
func (s *sample) Import(_ context.Context, by string, f admin.ImportFile) (*admin.Imported, error) {
	if string(f.Data) == "nothing" {
		return nil, fmt.Errorf("%w: no certificate in it", admin.ErrInput)
	}
	s.imported = append(s.imported, f)
	s.changes = append(s.changes, &journal.Change{Time: s.now, By: by, What: "import", Text: fmt.Sprintf("%q, 1 certificates", f.Name)})
	return &admin.Imported{Added: 1, Certificates: []certadmin.Certificate{s.certificates[0].Certificate}, LeftOut: []string{f.Name}}, nil
}

// Record implements admin.Changes.
func (s *sample) Record(_ context.Context, c journal.Change) error {
	c.Time = s.now
	s.logins = append(s.logins, &c)
	return nil
}

// Find implements admin.Journal.
func (s *sample) Find(ctx context.Context, q journal.Question) ([]*journal.Record, error) {
	if q.Oldest {
		return s.records.Find(ctx, q)
	}
	all, err := s.records.Find(ctx, journal.Question{Since: q.Since, Until: q.Until, Most: len(s.records)})
	all = slices.DeleteFunc(all, func(r *journal.Record) bool {
		return q.Verdict != "" && q.Verdict != r.Result && q.Verdict != r.Signature && q.Verdict != r.Encryption ||
			q.Address != "" && q.Address != r.EnvelopeFrom || q.QueueID != "" && q.QueueID != r.QueueID ||
			q.MessageID != "" && q.MessageID != r.MessageID
	})
	return all[max(0, len(all)-q.Most):], err
}

// Changes implements admin.Journal.
func (s *sample) Changes(_ context.Context, q journal.Question) (found []*journal.Change, err error) {
	for _, c := range s.changes {
		if q.Until.IsZero() || c.Time.Before(q.Until) {
			found = append(found, c)
		}
	}
	return found[max(0, len(found)-q.Most):], nil
}

// Mailboxes implements admin.Mailboxes.
func (s *sample) Mailboxes(context.Context) []admin.Mailbox {
	key := func(n, days int, wrong ...ownkeys.Finding) admin.Key {
		return admin.Key{
			Fingerprint: fingerprintOf(40 + n), Addresses: []string{"support@firma.example"}, Issuer: "CN=D-TRUST Application Certificates CA 3-1 2013,O=D-Trust GmbH,C=DE",
			NotAfter: s.now.AddDate(0, 0, days), Can: []string{"sign", "decrypt"}, Wrong: wrong, File: "/etc/sealgate/keys/support.p12",
			Chain: s.certificates[0].Chain,
		}
	}
	list := []admin.Mailbox{
		{Addresses: []string{"support@firma.example", "hilfe@firma.example"}, Keys: []admin.Key{key(0, 12, ownkeys.Finding{
			Rule: ownkeys.RuleExpiry, Level: ownkeys.Warning, Cause: "the certificate ends in 12 days", Remedy: "order the next one, and add it beside this one",
		})}},
		{Addresses: []string{"vertrieb@firma.example"}, Keys: []admin.Key{key(1, 400)}},
		{Addresses: []string{"neu@firma.example"}, Wrong: []ownkeys.Finding{{Level: ownkeys.Failure, Cause: "the mailbox has no key", Remedy: "sealgate key import"}}},
	}
	if s.hostile {
		list[0].Addresses = []string{hostile}
		list[0].Keys[0].Issuer = hostile
		list[0].Keys[0].File = hostile
		list[0].Keys[0].Chain = []certadmin.Link{{Subject: hostile, Issuer: hostile}}
		list[0].Keys[0].Wrong[0].Cause = hostile
	}
	return list
}

// Capabilities implements admin.Engine.
func (s *sample) Capabilities(_ context.Context, q gateway.Question) (*gateway.Capabilities, error) {
	if !strings.Contains(q.From, "@") {
		return nil, fmt.Errorf("%w: %q is no address", gateway.ErrQuestion, q.From)
	}
	c := &gateway.Capabilities{
		Plain: gateway.Box{State: gateway.Enabled}, Sign: gateway.Box{State: gateway.Enabled, Preset: true},
		Encrypt: gateway.Box{State: gateway.Disabled, Code: 550, Text: "This mail cannot be encrypted for new@kunde.example."},
	}
	for i, to := range q.To {
		r := gateway.Reader{Address: to, State: gateway.Enabled, Fingerprint: fingerprintOf(1), Issuer: s.certificates[1].Issuer, NotAfter: s.now.AddDate(1, 0, 0)}
		if i == 1 {
			r = gateway.Reader{Address: to, State: gateway.Disabled, Reason: "no certificate is known", Remedy: "ask for a signed mail"}
		}
		c.Readers = append(c.Readers, r)
	}
	return c, nil
}

// Explain implements admin.Explainer.
func (s *sample) Explain(_ context.Context, recipient string, message io.Reader) (*admin.Explanation, error) {
	if recipient != "support@firma.example" {
		return nil, admin.ErrNotOur
	}
	text, err := io.ReadAll(message)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", admin.ErrInput, err)
	}
	s.explained = text
	report, _ := json.Marshal(map[string]string{"signature": "valid", "encryption": "decrypted", "reason": strings.Repeat(hostile, map[bool]int{true: 1}[s.hostile])})
	drawing := "message\n└─ enveloped-data, aes-256-cbc, for support@firma.example\n   └─ signed-detached, sha-256, anna.berger@kunde.example: valid\n      └─ text/plain\n"
	if s.hostile {
		drawing = hostile
	}
	return &admin.Explanation{Report: report, Drawing: drawing}, nil
}

// Ready implements admin.Health.
func (s *sample) Ready(context.Context) []admin.Fault { return nil }

// Process implements admin.Health.
func (s *sample) Process() admin.Process { return admin.Process{Version: "test"} }

// Attention implements admin.Health.
func (s *sample) Attention(context.Context) []admin.Attention {
	list := []admin.Attention{
		{Kind: admin.KindNotReady, Level: ownkeys.Failure, Object: "next hop", Cause: "127.0.0.1:10026: connection refused"},
		{Kind: admin.KindKey, Level: ownkeys.Warning, Object: "support@firma.example", Cause: "the certificate ends in 12 days", Remedy: "order the next one, and add it beside this one"},
		{Kind: admin.KindPending, Level: ownkeys.Warning, Count: 1},
		{Kind: admin.KindClearReplies, Level: ownkeys.Warning, Count: 3},
	}
	if s.hostile {
		list = append(list, admin.Attention{Kind: hostile, Level: hostile, Object: hostile, Cause: hostile, Remedy: hostile})
	}
	return list
}
