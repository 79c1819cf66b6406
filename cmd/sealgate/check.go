package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealgate/certstore/postgres"
	"sealgate/config"
	"sealgate/internal/address"
	"sealgate/internal/ownkeys"
)

// checking are the options of check.
type checking struct {
	path        string
	withPostfix bool
	postfixDir  string
	asJSON      bool
}

func checkCommand() *cobra.Command {
	var o checking
	c := &cobra.Command{
		Use:   "check --config FILE [--postfix] [--json]",
		Short: "do all of serve's start-up, look at the gateway that runs, and say what is wrong",
		Long: "Do all of serve's start-up, look at the gateway that runs, and say what is wrong. Exit codes: 0, 1 for " +
			"faults, 2 for what could not be looked at. Notes are for you to judge, and change neither. Root gets what the " +
			"gateway's own user would get.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	c.Flags().StringVar(&o.path, "config", installedConfig, "configuration file")
	c.Flags().BoolVar(&o.withPostfix, "postfix", false, "also read Postfix's configuration and name every way "+
		"past the gateway")
	c.Flags().StringVar(&o.postfixDir, "postfix-config", "",
		"Postfix's configuration directory (default: Postfix's own)")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print one JSON object")
	return c
}

// run says all that is wrong: a key that fails does not hide what Postfix does. What keeps the
// gateway from starting is the error for people, and a finding for programs.
func (o *checking) run(ctx context.Context) error {
	var r checkReport
	err := o.look(ctx, &r)
	unread := (*fs.PathError)(nil)
	isUnseen := errors.As(err, &unread) && unread.Path == o.path || errors.Is(err, errOtherUser)
	switch {
	case err != nil && o.asJSON && isUnseen:
		r.add(isUnknown, aboutConfiguration, "%v", err)
	case err != nil && o.asJSON:
		r.add(isFault, aboutConfiguration, "%v", err)
	}
	if bad := r.print(os.Stdout, o.asJSON); bad != nil {
		return failed(bad)
	}
	switch {
	case err == nil || o.asJSON:
		return r.result()
	case isUnseen:
		return unreadable(err)
	}
	return &failure{exitNotValid, err} // also what ends serve with another code
}

// look looks at everything; an error keeps the gateway from starting.
func (o *checking) look(ctx context.Context, r *checkReport) error {
	cfg, err := config.Load(o.path)
	if err != nil {
		return err
	}
	keys, err := r.startUp(ctx, o.path, cfg)
	if err != nil {
		return err
	}
	r.addKeys(keys)
	r.probeDirectories(ctx, cfg)
	r.checkNextHops(ctx, cfg)
	for _, domain := range agentsDomains(cfg) {
		r.add(isNote, aboutConfiguration, "%s is the domain of a mailbox and not in server.domains: a helpdesk's notices "+
			"of encrypted mail to others there are refused unless they can be encrypted; add it if that mail stays in "+
			"the house", domain)
	}
	if err := r.checkDomainFiles(cfg); err != nil {
		return err
	}
	for _, e := range exceptions(cfg, time.Now()) {
		r.add(isNote, aboutConfiguration, "%s (%s, until %s)", e.words, e.domain, e.until)
	}
	if o.withPostfix {
		r.checkPostfix(cfg, o.postfixDir)
	}
	return nil
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

// startUp tries a start as serve does it, for root with the rights of the gateway's user. A
// gateway that runs holds its addresses and its store: then that one is looked at. The keys
// come judged.
func (r *checkReport) startUp(ctx context.Context, path string, cfg *config.Config) ([]*ownkeys.Key, error) {
	if client, running := dial(cfg); running {
		r.checkRunning(ctx, path, cfg, client)
		return besideRunning(ctx, cfg, client)
	}
	var keys []*ownkeys.Key
	err := asOwner(cfg.Server.DataDir, func() (err error) {
		keys, err = r.tryStart(ctx, cfg)
		return err
	})
	return keys, err
}

// tryStart builds everything, and takes it down again.
func (r *checkReport) tryStart(ctx context.Context, cfg *config.Config) ([]*ownkeys.Key, error) {
	tried, done, err := r.apart(cfg)
	if err != nil {
		return nil, err
	}
	defer done()
	h, err := build(tried, 0)
	if err != nil {
		return nil, err
	}
	defer h.closeStore()
	services, err := h.open()
	if err != nil {
		return nil, err
	}
	for _, d := range services {
		err = errors.Join(err, d.listener.Close())
	}
	if err != nil {
		return nil, err
	}
	r.add(isNote, aboutGateway, "no gateway runs with this data_dir: its start was tried, nothing that runs was looked at")
	if database, is := h.store.(*postgres.Store); is {
		r.checkDurability(ctx, database)
	}
	r.add(isRight, aboutConfiguration, "%d listeners, %d mailboxes, %d rules", len(cfg.Listener), len(cfg.Mailbox),
		len(cfg.Rule))
	return h.engine.Load().own.fillBeforeUse(ctx).judged(ctx), nil
}

// addKeys says what is wrong with our keys.
func (r *checkReport) addKeys(keys []*ownkeys.Key) {
	for _, k := range keys {
		what := "mailbox"
		if k.Credential != nil {
			what = "key " + k.Credential.Path + " of"
		}
		for _, f := range k.Findings {
			s := isNote
			if f.Level == ownkeys.Failure {
				s = isFault
			}
			r.add(s, aboutKeys, "%s %s: %s", what, strings.Join(k.Mailbox.Addresses, " "), f)
		}
	}
}

// apart is cfg with a temporary data_dir where there is none yet: check is often
// run by root before the first start, and root's files would be in the way then.
func (r *checkReport) apart(cfg *config.Config) (*config.Config, func(), error) {
	if _, err := os.Stat(cfg.Server.DataDir); !errors.Is(err, fs.ErrNotExist) {
		return cfg, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "sealgate-check-*")
	if err != nil {
		return nil, nil, err
	}
	r.add(isRight, aboutConfiguration, "data_dir %s does not exist yet: serve makes it", cfg.Server.DataDir)
	c := *cfg
	c.Server.DataDir = dir
	c.Store.Dir = filepath.Join(dir, "store")
	return &c, func() { os.RemoveAll(dir) }, nil
}
