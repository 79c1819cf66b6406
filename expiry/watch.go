package expiry

// This file is what a watch is given, and what it counts.

import (
	"context"
	"crypto/x509"
	"log/slog"
	"sync/atomic"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/ownkeys"
)

// Store is what is needed of certstore.Store.
type Store interface {
	List(ctx context.Context, cursor string, n int) (page []*certstore.Record, next string, err error)
	ByAddress(ctx context.Context, address string) ([]*certstore.Record, error)
	Secret(ctx context.Context) ([32]byte, error)
	BindContent(ctx context.Context, keys [][32]byte, c certstore.Content) (first []certstore.Content, err error)
	Contents(ctx context.Context, keys [][32]byte) ([]*certstore.Content, error)
}

// Domain is a domain, or an address, with the certificates that its mail is encrypted for.
type Domain struct {
	Name         string
	Certificates []*x509.Certificate // during rollover several
}

// Watch tells of certificates that end.
type Watch struct {
	To       []string // in normal form
	From     string   // stands in From; the envelope has no sender
	Hostname string
	Language gateway.Language
	Store    Store
	Keys     func() []*ownkeys.Key // of all mailboxes
	Domains  func() []Domain       // whose certificates an admin has named
	Now      func() time.Time
	Log      *slog.Logger

	// HandOver returns nil once somebody else is responsible for the mail (RFC 5321 §4.2.5).
	HandOver func(ctx context.Context, to string, mail []byte) error

	Sent   atomic.Int64 // mails
	Failed atomic.Int64 // mails that could not be handed over, each attempt
}
