package config

// This file is [[trust.partner]]: what holds for the addresses of one domain.

import (
	"fmt"
)

// Partner is one [[trust.partner]].
type Partner struct {
	Domain    string   `toml:"domain"`
	Roots     []string `toml:"roots"`
	SHA1Until Date     `toml:"sha1_until"`
	Signers   []string `toml:"signers"`
}

// partners wants a domain of each, and something that holds for it.
func (c *Config) partners() error {
	for i := range c.Trust.Partner {
		p := &c.Trust.Partner[i]
		says := len(p.Roots) > 0 || !p.SHA1Until.IsZero() || len(p.Signers) > 0
		if err := domain(&p.Domain); err != nil || !says {
			return at("trust.partner", i+1, "", fmt.Errorf(
				"trust.partner %d: it needs a domain and roots, signers or sha1_until (domain %q)", i+1, p.Domain))
		}
	}
	return nil
}
