package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sealgate/config"
	"sealgate/internal/address"
	"sealgate/internal/control"
	"sealgate/internal/ownkeys"
	"sealgate/internal/x509cert"
)

func checkCommand() *cobra.Command {
	var path, postfixDir string
	var withPostfix bool
	c := &cobra.Command{
		Use:   "check --config FILE [--postfix]",
		Short: "do all of serve's start-up and say what is wrong",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return checkAll(context.Background(), path, withPostfix, postfixDir)
		},
	}
	c.Flags().StringVar(&path, "config", "/etc/sealgate/config.toml", "configuration file")
	c.Flags().BoolVar(&withPostfix, "postfix", false, "also read Postfix's configuration and name every way "+
		"past the gateway")
	c.Flags().StringVar(&postfixDir, "postfix-config", "", "Postfix's configuration directory (default: Postfix's own)")
	return c
}

// checkAll says all that is wrong: a key that fails does not hide what Postfix does.
func checkAll(ctx context.Context, path string, withPostfix bool, postfixDir string) error {
	cfg, keys, err := check(ctx, path)
	if missing := (*fs.PathError)(nil); errors.As(err, &missing) && missing.Path == path {
		return unreadable(err)
	}
	if err != nil {
		return &failure{exitNotValid, err}
	}
	failures := tellKeys(keys)
	for _, domain := range agentsDomains(cfg) {
		fmt.Printf("note: %s is the domain of a mailbox and not in server.domains: a helpdesk's notices of "+
			"encrypted mail to others there are refused unless they can be encrypted; add it if that mail stays in "+
			"the house\n", domain)
	}
	if withPostfix {
		err = checkPostfix(cfg, postfixDir)
	}
	if failures > 0 {
		fault := fmt.Errorf("our own keys: %d fail or are missing, as told above", failures)
		return &failure{exitNotValid, errors.Join(fault, err)}
	}
	return err
}

// agentsDomains are the domains of mailboxes that server.domains does not have.
func agentsDomains(cfg *config.Config) (domains []string) {
	for _, m := range cfg.Mailbox {
		for _, a := range m.Addresses {
			if d := address.Domain(a); !slices.Contains(cfg.Server.Domains, d) {
				domains = append(domains, d)
			}
		}
	}
	slices.Sort(domains)
	return slices.Compact(domains)
}

// check builds everything as serve does, and takes it down again. A gateway that
// runs holds its addresses and its store: then those cannot be tried. The keys come judged.
func check(ctx context.Context, path string) (*config.Config, []*ownkeys.Key, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, nil, err
	}
	if client, running := control.Dial(controlSocket(cfg)); running {
		fmt.Println("a gateway runs with this data_dir: its store and its addresses are in use and were not tried")
		keys, err := besideRunning(ctx, cfg, client)
		return cfg, keys, err
	}
	tried, done, err := apart(cfg)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	h, err := build(tried)
	if err != nil {
		return nil, nil, err
	}
	defer h.closeStore()
	services, err := h.open()
	if err != nil {
		return nil, nil, err
	}
	for _, d := range services {
		err = errors.Join(err, d.listener.Close())
	}
	if err != nil {
		return nil, nil, err
	}
	keys := h.engine.Load().own.judged(ctx)
	if !slices.ContainsFunc(keys, (*ownkeys.Key).Failed) {
		fmt.Printf("ok: %d listeners, %d mailboxes, %d rules\n", len(cfg.Listener), len(cfg.Mailbox), len(cfg.Rule))
	}
	return cfg, keys, nil
}

// besideRunning tries keys, rules and roots alone, with the certificates that the running
// gateway knows.
func besideRunning(ctx context.Context, cfg *config.Config, client *control.Client) ([]*ownkeys.Key, error) {
	h := &house{cfg: cfg, log: newLogger(cfg.Log, io.Discard), others: client}
	running, err := client.Keys(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range running {
		for _, der := range k.Chain {
			if c, err := x509cert.Parse(der); err == nil {
				h.known = append(h.known, c)
			}
		}
	}
	return h.judgedApart(ctx)
}

// judgedApart judges the keys of the configuration without the store.
func (h *house) judgedApart(ctx context.Context) ([]*ownkeys.Key, error) {
	boxes, _, err := mailboxes(h.cfg, h.log)
	if err != nil {
		return nil, err
	}
	h.asked = h.newSources(h.cfg)
	defer h.asked.Close()
	checker, roots, err := h.newChecker(h.cfg, h.asked)
	if err != nil {
		return nil, err
	}
	return h.newOwnKeys(boxes, checker, h.asked, roots).judged(ctx), nil
}

// tellKeys says what is wrong with our keys, and how many fail.
func tellKeys(keys []*ownkeys.Key) (failures int) {
	for _, k := range keys {
		what := "mailbox"
		if k.Credential != nil {
			what = "key " + k.Credential.Path + " of"
		}
		for _, f := range k.Findings {
			fmt.Fprintf(terminal{os.Stdout}, "%s %s: %s\n", what, strings.Join(k.Mailbox.Addresses, " "), f)
		}
		if k.Failed() {
			failures++
		}
	}
	return failures
}

// apart is cfg with a temporary data_dir where there is none yet: check is often
// run by root before the first start, and root's files would be in the way then.
func apart(cfg *config.Config) (*config.Config, func(), error) {
	if _, err := os.Stat(cfg.Server.DataDir); !errors.Is(err, fs.ErrNotExist) {
		return cfg, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "sealgate-check-*")
	if err != nil {
		return nil, nil, err
	}
	fmt.Printf("data_dir %s does not exist yet: serve makes it\n", cfg.Server.DataDir)
	c := *cfg
	c.Server.DataDir = dir
	c.Store.Dir = filepath.Join(dir, "store")
	return &c, func() { os.RemoveAll(dir) }, nil
}
