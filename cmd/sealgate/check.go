package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"sealgate/config"
	"sealgate/internal/address"
	"sealgate/internal/control"
)

func checkCommand() *cobra.Command {
	var path, postfixDir string
	var withPostfix bool
	c := &cobra.Command{
		Use:   "check --config FILE [--postfix]",
		Short: "do all of serve's start-up and say what is wrong",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := check(path)
			if missing := (*fs.PathError)(nil); errors.As(err, &missing) && missing.Path == path {
				return unreadable(err)
			}
			if err != nil {
				return &failure{exitNotValid, err}
			}
			for _, domain := range agentsDomains(cfg) {
				fmt.Printf(
					"note: %s is the domain of a mailbox and not in server.domains: a helpdesk's notices of encrypted mail to others there are refused unless they can be encrypted; add it if that mail stays in the house\n",
					domain,
				)
			}
			if !withPostfix {
				return nil
			}
			return checkPostfix(cfg, postfixDir)
		},
	}
	c.Flags().StringVar(&path, "config", "/etc/sealgate/config.toml", "configuration file")
	c.Flags().BoolVar(
		&withPostfix,
		"postfix",
		false,
		"also read Postfix's configuration and name every way past the gateway",
	)
	c.Flags().StringVar(&postfixDir, "postfix-config", "", "Postfix's configuration directory (default: Postfix's own)")
	return c
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
// runs holds its addresses and its store: then those cannot be tried.
func check(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if _, running := control.Dial(controlSocket(cfg)); running {
		fmt.Println("a gateway runs with this data_dir: its store and its addresses are in use and were not tried")
		h := &house{cfg: cfg, log: newLogger(cfg.Log, io.Discard)}
		if h.spool, err = offlineSpool(); err != nil {
			return nil, err
		}
		return cfg, h.checkEngine()
	}
	tried, done, err := apart(cfg)
	if err != nil {
		return nil, err
	}
	defer done()
	h, err := build(tried)
	if err != nil {
		return nil, err
	}
	defer h.closeStore()
	doors, err := h.open()
	if err != nil {
		return nil, err
	}
	for _, d := range doors {
		err = errors.Join(err, d.listener.Close())
	}
	fmt.Printf("ok: %d listeners, %d mailboxes, %d rules\n", len(cfg.Listener), len(cfg.Mailbox), len(cfg.Rule))
	return cfg, err
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
	c.Server.DataDir, c.Store.Dir = dir, filepath.Join(dir, "store")
	return &c, func() { os.RemoveAll(dir) }, nil
}

// checkEngine tries keys, rules and roots alone.
func (h *house) checkEngine() error {
	if _, _, err := mailboxes(h.cfg, h.log); err != nil {
		return err
	}
	_, err := h.newChecker(h.cfg, nil)
	return err
}
