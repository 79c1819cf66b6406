package main

// This file is log: what became of which mail.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sealgate/journal"
)

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
			return withJournal(o.path, func(ctx context.Context, j *commandJournal) error {
				n, err := j.erase(ctx, args[0])
				fmt.Printf("%d records erased\n", n)
				return err
			})
		},
	})
	return c
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
	return withJournal(o.path, func(ctx context.Context, j *commandJournal) error {
		if o.follow && !j.running {
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
