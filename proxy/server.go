// Package proxy is the SMTP adapter: a server that turns a session into one
// gateway.Process call, and the client that delivers its copies.
//
// sealgate never owns a message: the reply to the end of DATA is given only
// when the next hop has taken every copy (RFC 5321 §6.1).
package proxy

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"golang.org/x/sync/singleflight"

	"sealgate/gateway"
	"sealgate/internal/sessions"
	"sealgate/spool"
)

// Processor is the engine; *gateway.Gateway is the one in use.
type Processor interface {
	Process(ctx context.Context, env gateway.Envelope, msg *spool.File) (*gateway.Outcome, error)
}

// Deliverer hands the copies of a message to the next hop; *Client does.
type Deliverer interface {
	Deliver(ctx context.Context, t Transaction, msg *spool.File, copies []gateway.Delivery) error
	// Offers asks the next hop which of these ESMTP extensions it offers, and returns
	// them with their parameters; an error when it does not answer.
	Offers(ctx context.Context, extensions ...string) (map[string]string, error)
}

// Defaults and bounds of Server.
const (
	defaultTimeout = 60 * time.Second // one message in all
	defaultIdle    = 5 * time.Minute  // RFC 5321 §4.5.3.2.7
	maxRecipients  = 1000             // RFC 5321 §4.5.3.1.8 asks for 100 at least
)

// Server is one SMTP or LMTP listener. Its fields are set before Serve.
type Server struct {
	Processor  Processor
	Next       Deliverer
	Spool      *spool.Spool
	Log        *slog.Logger
	Hostname   string
	Direction  gateway.Direction
	OrdersFrom []netip.Prefix // clients that may give orders
	LMTP       bool
	TLS        *tls.Config                      // nil: no STARTTLS
	Login      func(user, password string) bool // nil: no AUTH; offered under TLS only
	MaxSize    int64                            // octets of a message, 0: no limit
	Timeout    time.Duration                    // for one message after its final dot; 0: 60 s
	Idle       time.Duration                    // longest silence of a client; 0: 5 min
	MaxClients int                              // sessions at once, 0: no limit

	sessions sessions.Group
	asking   singleflight.Group
	offered  map[string]string // by the next hop; nil: it has not answered yet. Only what asking does touches it
}

// Sessions is how many there are at the moment.
func (s *Server) Sessions() int { return s.sessions.Open() }

// SessionsLimit is how many there may be, 0: any number.
func (s *Server) SessionsLimit() int { return s.MaxClients }
