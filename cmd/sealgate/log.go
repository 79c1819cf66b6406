package main

// This file asks the journal of messages: what became of which mail.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sealgate/config"
	"sealgate/internal/control"
	"sealgate/journal"
)

// followTime is how often who follows the journal asks it.
const followTime = time.Second

// logOptions are the flags of log.
type logOptions struct {
	path     string
	question journal.Question
	since    string
	until    string
	follow   bool
	json     bool
}

func logCommand() *cobra.Command {
	o := &logOptions{}
	c := &cobra.Command{
		Use:   "log",
		Short: "the journal of messages: what became of which mail, newest last",
		Long: `One line a message, or an object of JSON (--json), out of the running gateway or the
store at rest: whose it was, what was found, and what became of it. Flags narrow it
down; all of them must fit. TIME is 2026-11-29, "2026-11-29 09:30" (both local),
2026-11-29T09:30:00Z, or a time span back from now: 2h, 7d.`,
		Example: `  sealgate log --address anna@kunde.example --since 7d
  sealgate log --verdict rejected -f
  sealgate log erase anna@kunde.example`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Flags().Changed("number")) },
	}
	c.PersistentFlags().StringVar(&o.path, "config", installedConfig, "configuration file")
	f := c.Flags()
	q := &o.question
	f.StringVar(&o.since, "since", "", "from `TIME` on: all of them, unless -n is given too")
	f.StringVar(&o.until, "until", "", "before `TIME`")
	f.StringVar(&q.Address, "address", "", "that name `ADDRESS`: as sender, recipient, signer, user")
	f.StringVar(&q.MessageID, "message-id", "", "with Message-ID `ID`")
	f.StringVar(&q.QueueID, "queue-id", "", "with Postfix's queue `ID`")
	f.StringVar(&q.Verdict, "verdict", "", "`WORD` is the result (accepted, rejected, …), "+
		"the signature's or the encryption's")
	f.IntVarP(&q.Most, "number", "n", 100, fmt.Sprintf("the newest `N`, at most %d", journal.MaxRecords))
	f.BoolVarP(&o.follow, "follow", "f", false, "go on with what comes, until interrupted")
	f.BoolVar(&o.json, "json", false, "print JSON, one object a line")
	c.AddCommand(changesCommand(&o.path), &cobra.Command{
		Use:   "erase ADDRESS",
		Short: "remove all records that name an address, hashed ones too",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return withJournal(o.path, func(ctx context.Context, j control.Journal, _ bool) error {
				n, err := j.Erase(ctx, args[0])
				fmt.Printf("%d records erased\n", n)
				return err
			})
		},
	})
	return c
}

// withJournal asks the running gateway when there is one, else opens the store.
func withJournal(path string, do func(ctx context.Context, j control.Journal, running bool) error) error {
	cfg, err := config.Load(path)
	if err != nil {
		return unreadable(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if c, running := control.Dial(controlSocket(cfg)); running {
		return failed(do(ctx, c, true))
	}
	if err := hasStore(cfg); err != nil {
		return failed(err)
	}
	store, err := openStore(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return unreadable(err)
	}
	defer store.Close()
	j, err := journal.Open(ctx, store)
	if err != nil {
		return failed(err)
	}
	return failed(do(ctx, j, false))
}

// run prints what the flags ask for.
func (o *logOptions) run(number bool) error {
	now := time.Now()
	for text, to := range map[*string]*time.Time{&o.since: &o.question.Since, &o.until: &o.question.Until} {
		t, err := momentOf(*text, now)
		if err != nil {
			return unreadable(err)
		}
		*to = t
	}
	return withJournal(o.path, func(ctx context.Context, j control.Journal, running bool) error {
		if o.follow && !running {
			return errors.New("no gateway runs, nothing can come: leave -f away")
		}
		p := &logPrinter{journal: j, question: o.question, out: os.Stdout, json: o.json}
		begin := p.newest
		if o.since != "" && !number {
			begin = p.rest
		}
		if err := begin(ctx); err != nil || !o.follow {
			return err
		}
		return p.follow(ctx)
	})
}

// momentOf reads a TIME; none is the zero Time.
func momentOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var back config.Duration
	if back.UnmarshalText([]byte(text)) == nil {
		return now.Add(-time.Duration(back)), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 2026-11-29, \"2026-11-29 09:30\", "+
		"2026-11-29T09:30:00Z, 2h or 7d", text)
}

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
		if _, err := fmt.Fprintln(terminal{p.out}, text); err != nil {
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
