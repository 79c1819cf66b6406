// Package page is the admin's page: what needs attention, what passed, and what may be decided, as
// HTML that needs no script. It holds no policy: it asks package admin's interfaces and shows what
// they say.
package page

// This file is what the page is made of.

import (
	"log/slog"
	"net/http"
	"time"

	"sealgate/admin"
)

// Options are who may log in, and what is asked for them.
type Options struct {
	Logins   []Login
	Proxy    Proxy
	Hosts    []string // names by which browsers may reach the page, beside addresses and localhost
	Gateway  admin.Gateway
	CanSplit bool // outbound mail can leave in several copies
	Version  string
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
}

// Page answers browsers.
type Page struct {
	Options
	sessions *sessions
	attempts *attempts
	refusals *refusals
	arrivals *arrivals
	views    views
	tally    tally
	handler  http.Handler
}

// Login is one admin. Without a password only a reverse proxy lets in who has the name.
type Login struct {
	Name     string
	Password PasswordHash
}

// SecretHeader is the field in which a reverse proxy proves that it is ours.
const SecretHeader = "X-Sealgate-Secret"

// Proxy is a reverse proxy that has asked people who they are.
type Proxy struct {
	Header string     // the field with the name; "": there is no such proxy
	Secret admin.Hash // of what SecretHeader holds; zero: nobody is the proxy
}
