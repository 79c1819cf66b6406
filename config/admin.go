package config

// This file is [admin]: the HTTP side, and who may ask it.

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"sealgate/admin"
)

// Admin is [admin]. Without an address nothing listens.
type Admin struct {
	Address string  `toml:"address"`
	TLSCert string  `toml:"tls_certificate"`
	TLSKey  string  `toml:"tls_key"`
	Token   []Token `toml:"token"`
}

// Token is one [[admin.token]].
type Token struct {
	Name  string      `toml:"name"`
	Hash  admin.Hash  `toml:"hash"`
	Scope admin.Scope `toml:"scope"`
}

// admins finds what cannot be meant: above all tokens that would travel in clear.
func (c *Config) admins() error {
	a := &c.Admin
	if a.Address == "" {
		return nil
	}
	if err := endpoint("admin.address", a.Address); err != nil {
		return at("admin", 0, "address", err)
	}
	if (a.TLSCert == "") != (a.TLSKey == "") {
		return at("admin", 0, "tls_certificate", errors.New("admin: tls_certificate and tls_key belong together"))
	}
	if a.TLSCert == "" && !isLocal(a.Address) {
		return at("admin", 0, "address", fmt.Errorf("admin.address %s: tokens would travel in clear; "+
			"set tls_certificate and tls_key, or listen at 127.0.0.1 or a unix socket", a.Address))
	}
	names := map[string]bool{}
	for i, t := range a.Token {
		if t.Name == "" || names[t.Name] || t.Scope == 0 || t.Hash == (admin.Hash{}) {
			return at("admin.token", i+1, "", fmt.Errorf(
				"admin.token %d: it needs a name of its own, a hash and a scope (sealgate admin token makes one)", i+1))
		}
		names[t.Name] = true
	}
	return nil
}

// isLocal reports whether what is sent to an address stays on this machine.
func isLocal(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
