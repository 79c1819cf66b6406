package main

// This file is log changes: who changed what.

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealgate/internal/terminal"
	"sealgate/journal"
)

func changesCommand(path *string) *cobra.Command {
	q := journal.Question{}
	var since string
	c := &cobra.Command{
		Use:   "changes",
		Short: "who changed what, by command, at the page or over HTTP; newest last",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			from, err := momentOf(since, time.Now())
			if err != nil {
				return unreadable(err)
			}
			q.Since = from
			return withJournal(*path, func(ctx context.Context, j *commandJournal) error {
				list, err := j.Changes(ctx, q)
				if err == nil {
					printChanges(terminal.New(os.Stdout), list)
				}
				return err
			})
		},
	}
	f := c.Flags()
	f.StringVar(&since, "since", "", "from `TIME` on")
	f.StringVar(&q.Address, "address", "", "to certificates of `ADDRESS`")
	f.StringVar(&q.Fingerprint, "fingerprint", "", "to the certificate with `SHA256`, as cert list has it")
	f.IntVarP(&q.Most, "number", "n", 100, fmt.Sprintf("the newest `N`, at most %d", journal.MaxRecords))
	return c
}

// printChanges prints one line a change: when, who, what, which certificate, whose, and how it failed.
func printChanges(w io.Writer, list []*journal.Change) {
	for _, c := range list {
		parts := []string{instant(c.Time), fmt.Sprintf("by=%q", c.By), c.What}
		for _, part := range []string{c.Fingerprint, strings.Join(c.Addresses, ",")} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		if c.Text != "" {
			parts = append(parts, fmt.Sprintf("text=%q", c.Text))
		}
		if c.Failed != "" {
			parts = append(parts, fmt.Sprintf("failed=%q", c.Failed))
		}
		fmt.Fprintln(w, strings.Join(parts, " "))
	}
}
