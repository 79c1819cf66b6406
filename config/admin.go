package config

// This file is [admin]: the HTTP side, and who may ask it.

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/http/httpguts"

	"sealgate/admin"
	"sealgate/admin/page"
)

// Admin is [admin]. Without an address nothing listens.
type Admin struct {
	Address string  `toml:"address"`
	TLSCert string  `toml:"tls_certificate"`
	TLSKey  string  `toml:"tls_key"`
	Token   []Token `toml:"token"`

	Login       []Login    `toml:"login"`
	Hosts       []string   `toml:"hosts"`
	LoginHeader string     `toml:"login_header"`
	LoginSecret admin.Hash `toml:"login_secret"`
}

// Login is one [[admin.login]]: who may use the page.
type Login struct {
	Name     string            `toml:"name"`
	Password page.PasswordHash `toml:"password"`
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
	if err := a.loginsUnmeant(); err != nil {
		return err
	}
	return a.proxyUnmeant()
}

// loginsUnmeant finds an admin whom nobody could tell from another, or who never gets in.
func (a *Admin) loginsUnmeant() error {
	names := map[string]bool{}
	for i, l := range a.Login {
		switch {
		case l.Name == "" || names[l.Name]:
			return at("admin.login", i+1, "", fmt.Errorf(
				"admin.login %d: it needs a name of its own (sealgate admin passwd makes one)", i+1))
		case l.Password == (page.PasswordHash{}) && a.LoginHeader == "":
			return at("admin.login", i+1, "", fmt.Errorf("admin.login %d: %s has no password (sealgate admin passwd "+
				"makes one), and there is no login_header by which a reverse proxy would let somebody in", i+1, l.Name))
		}
		names[l.Name] = true
	}
	return nil
}

// proxyUnmeant finds a reverse proxy that anybody could pass himself off for.
func (a *Admin) proxyUnmeant() error {
	hasSecret := a.LoginSecret != (admin.Hash{})
	switch {
	case a.LoginHeader == "" && hasSecret:
		return at("admin", 0, "login_secret", errors.New("admin.login_secret belongs to login_header"))
	case a.LoginHeader == "":
		return nil
	case len(a.Login) == 0:
		return at("admin", 0, "login_header", errors.New("admin.login_header: nobody is named in [[admin.login]]"))
	case !httpguts.ValidHeaderFieldName(a.LoginHeader) || strings.EqualFold(a.LoginHeader, page.SecretHeader):
		return at("admin", 0, "login_header", fmt.Errorf("admin.login_header %q: it is the name of a field "+
			"such as X-Remote-User", a.LoginHeader))
	case !hasSecret: // at a unix socket, too: who is in its group is no admin
		return at("admin", 0, "login_header", errors.New("admin.login_header: everybody who reaches the address could "+
			"send it; set login_secret (sealgate admin token draws one)"))
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
