package main

// This file prints records of the journal, and goes on with what comes.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"sealgate/internal/control"
	"sealgate/internal/terminal"
	"sealgate/journal"
)

// followTime is how often who follows the journal asks it.
const followTime = time.Second

// logPrinter prints records, and knows the last of them.
type logPrinter struct {
	journal  control.Journal
	question journal.Question
	out      io.Writer
	json     bool
}

// newest prints the newest that fit.
func (p *logPrinter) newest(ctx context.Context) error {
	records, err := p.journal.Find(ctx, p.question)
	if err != nil {
		return err
	}
	return p.print(records)
}

// rest prints all that fit after the last one, the oldest first.
func (p *logPrinter) rest(ctx context.Context) error {
	q := p.question
	q.Most = journal.MaxRecords
	q.Oldest = true
	for {
		q.Since = p.question.Since
		records, err := p.journal.Find(ctx, q)
		if err != nil {
			return err
		}
		if err := p.print(records); err != nil {
			return err
		}
		if len(records) < q.Most {
			return nil
		}
	}
}

// follow prints what comes.
func (p *logPrinter) follow(ctx context.Context) error {
	if p.question.Since.IsZero() {
		p.question.Since = time.Now()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followTime):
		}
		if err := p.rest(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func (p *logPrinter) print(records []*journal.Record) error {
	for _, r := range records {
		p.question.Since = r.Time.Add(1) // no two have the same time
		text, err := p.text(r)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(terminal.New(p.out), text); err != nil {
			return err
		}
	}
	return nil
}

// text is a record in one line.
func (p *logPrinter) text(r *journal.Record) (string, error) {
	if p.json {
		text, err := json.Marshal(r)
		return string(text), err
	}
	return recordLine(r), nil
}

// recordLine is a record for people: when, what became of it, what was found, whose it was, why.
func recordLine(r *journal.Record) string {
	parts := []string{instant(r.Time), r.Direction, r.Result}
	if r.Code != 0 {
		parts = append(parts, fmt.Sprint(r.Code))
	}
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	add("queue_id", r.QueueID)
	add("message_id", r.MessageID)
	add("client", r.Client)
	add("user", r.User)
	parts = append(parts, "envelope_from=<"+r.EnvelopeFrom+">")
	add("envelope_to", strings.Join(r.EnvelopeTo, ","))
	add("from", strings.Join(r.From, ","))
	add("signature", r.Signature)
	add("encryption", r.Encryption)
	add("signers", strings.Join(r.Signers, ", "))
	add("rule", r.Rule)
	add("orders", strings.Join(r.Orders, ","))
	for _, n := range r.Rules {
		add("rules", fmt.Sprint(n))
	}
	add("signed_by", r.SignedBy)
	add("encrypted_for", strings.Join(r.EncryptedFor, ", "))
	quoted := func(name, value string) {
		if value != "" {
			add(name, fmt.Sprintf("%q", value))
		}
	}
	add("token", r.Token)
	quoted("reason", r.Reason)
	quoted("closed", r.Closed)
	quoted("text", r.Text)
	parts = append(parts, fmt.Sprintf("ms=%.1f", r.Milliseconds))
	return strings.Join(parts, " ")
}
