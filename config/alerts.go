package config

// This file is [alerts]: who is told before certificates end.

import (
	"errors"
	"fmt"
	"slices"
)

// Alerts is [alerts]. Without To nobody is told.
type Alerts struct {
	To      []string `toml:"to"`
	NextHop string   `toml:"next_hop"`
	From    string   `toml:"from"` // "": sealgate at server.hostname
}

// maxTold bounds who is told: each gets a mail of his own.
const maxTold = 20

func (c *Config) alerts() error {
	a := &c.Alerts
	if len(a.To) > maxTold {
		return at("alerts", 0, "to", fmt.Errorf("alerts.to has %d addresses, at most %d", len(a.To), maxTold))
	}
	if err := normalize(a.To, false); err != nil {
		return at("alerts", 0, "to", fmt.Errorf("alerts.to: %w", err))
	}
	slices.Sort(a.To)
	a.To = slices.Compact(a.To)
	if err := c.alertsFrom(); err != nil {
		return err
	}
	if len(a.To) == 0 && a.NextHop == "" {
		return nil
	}
	return c.alertsHop()
}

func (c *Config) alertsFrom() error {
	if c.Alerts.From == "" {
		return nil
	}
	one := []string{c.Alerts.From}
	if err := normalize(one, false); err != nil {
		return at("alerts", 0, "from", fmt.Errorf("alerts.from: %w", err))
	}
	c.Alerts.From = one[0]
	return nil
}

// alertsHop refuses ourselves: a rule of ours could keep the mail from leaving.
func (c *Config) alertsHop() error {
	hop := c.Alerts.NextHop
	if hop == "" {
		return at("alerts", 0, "next_hop", errors.New("alerts.to needs alerts.next_hop: where the mails are handed over, "+
			"host:port or unix:PATH, with \"lmtp:\" in front for LMTP; for example the next_hop of a listener"))
	}
	if err := nextHop("next_hop", hop); err != nil {
		return at("alerts", 0, "next_hop", fmt.Errorf("alerts: %w", err))
	}
	for i := range c.Listener {
		if leadsTo(hop, c.Listener[i].Address) {
			return at("alerts", 0, "next_hop", fmt.Errorf("alerts.next_hop %q is our own listener %d; it must be a "+
				"service of Postfix, or any other server", hop, i+1))
		}
	}
	return nil
}
