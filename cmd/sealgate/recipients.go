package main

// This file draws which certificate a mail to somebody is encrypted for.

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"sealgate/config"
	"sealgate/gateway/lookup"
	"sealgate/internal/terminal"
)

// explainRecipients asks the running gateway when there is one, else an engine of
// its own over the store at rest.
func explainRecipients(w io.Writer, path string, to []string) error {
	cfg, err := config.Load(path)
	if err != nil {
		return unreadable(err)
	}
	candidates, done, err := candidates(cfg)
	if err != nil {
		return unreadable(err)
	}
	defer done()
	missing := 0
	for _, addr := range to {
		list, err := candidates(addr)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", addr, err))
		}
		if !drawRecipient(w, addr, list) {
			missing++
		}
	}
	if missing > 0 {
		return failed(fmt.Errorf("%d of %d addresses have no usable certificate", missing, len(to)))
	}
	return nil
}

// candidates is who answers, and what is to be done in the end.
func candidates(cfg *config.Config) (ask func(string) ([]lookup.Candidate, error), done func(), err error) {
	ctx := context.Background()
	if c, running := dial(cfg); running {
		ask = func(addr string) ([]lookup.Candidate, error) { return c.Explain(ctx, addr) }
		return ask, func() {}, nil
	}
	h, err := build(cfg)
	if err != nil {
		return nil, nil, err
	}
	h.log = slog.New(slog.DiscardHandler)
	ask = func(addr string) ([]lookup.Candidate, error) { return h.explain(ctx, addr) }
	return ask, h.closeStore, nil
}

// drawRecipient draws one address as a tree and reports whether it can be written to.
func drawRecipient(w io.Writer, addr string, list []lookup.Candidate) (usable bool) {
	w = terminal.New(w)
	fmt.Fprintf(w, "%q\n", addr)
	if len(list) == 0 {
		fmt.Fprintln(w, "└─ no certificate is known; a signed mail from there, or sealgate cert import, brings one")
	}
	for i, c := range list {
		branch := "├─"
		stem := "│ "
		if i == len(list)-1 {
			branch = "└─"
			stem = "  "
		}
		mark := "passed over"
		if c.Chosen {
			mark = "CHOSEN"
			usable = true
		}
		fmt.Fprintf(w, "%s %s: %s, %s, valid %s to %s\n", branch, mark, c.State, c.Source,
			c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
		fmt.Fprintf(w, "%s    sha256 %s\n", stem, c.Fingerprint)
		lines := [][2]string{
			{"because: ", c.Reason},
			{"rule: ", c.Rule},
			{"would help: ", c.Remedy},
			{"revocation: ", c.Revocation},
			{"would be sent: ", cipherIf(c)},
		}
		for _, line := range lines {
			if line[1] != "" {
				fmt.Fprintf(w, "%s    %s%s\n", stem, line[0], line[1])
			}
		}
	}
	return usable
}

func cipherIf(c lookup.Candidate) string {
	if !c.Chosen {
		return ""
	}
	return c.Cipher
}
