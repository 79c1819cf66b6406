// Package milter is the Postfix milter adapter: it turns an SMTP session as
// Postfix tells it into gateway.Process calls, and the outcome into edits.
package milter

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/emersion/go-milter"

	"sealgate/gateway"
	"sealgate/internal/sessions"
	"sealgate/spool"
)

// Processor is the engine; *gateway.Gateway is the one in use.
type Processor interface {
	Process(ctx context.Context, env gateway.Envelope, msg *spool.File) (*gateway.Outcome, error)
	NeedsBody(env gateway.Envelope) bool
}

// Transaction is an SMTP envelope with the raw ESMTP arguments of each command,
// which go-milter cuts off.
type Transaction struct {
	From string
	Args []string // of MAIL: "RET=HDRS", "ENVID=…"
	To   []Recipient
}

// Recipient is one RCPT.
type Recipient struct {
	Address string
	Args    []string // "NOTIFY=…", "ORCPT=…"
}

// Splitter delivers several copies of one message elsewhere. The reply of the
// next hop is returned when it did not take all of them; a zero Code means that
// it did.
type Splitter interface {
	Deliver(ctx context.Context, t Transaction, msg *spool.File, copies []gateway.Delivery) gateway.Reply
}

// Defaults of Server.
const (
	defaultTimeout  = 60 * time.Second // one message in all
	defaultIdle     = 15 * time.Minute // Postfix keeps the connection for a whole SMTP session
	defaultProgress = 30 * time.Second // Postfix gives up after milter_content_timeout without a sign
)

// Server is one milter listener. Its fields are set before Serve.
type Server struct {
	Processor  Processor
	Splitter   Splitter // nil: this listener cannot split
	Spool      *spool.Spool
	Log        *slog.Logger
	Direction  gateway.Direction
	OrdersFrom []netip.Prefix // clients that may give orders
	MaxClients int            // sessions at once, 0: no limit
	Timeout    time.Duration  // for one message at its end; 0: 60 s
	Idle       time.Duration  // longest silence of Postfix; 0: 15 min
	Progress   time.Duration  // between signs of life; 0: 30 s

	Own func(client netip.AddrPort) bool // knows our own connections to Postfix; nil: there are none

	sessions sessions.Group
}

// actions and protocol are what we ask of Postfix. Values come verbatim
// (SMFIP_HDR_LEADSPC), header fields need no answer, and mail that we have no
// use for is skipped.
const (
	actions = milter.OptAddHeader | milter.OptChangeHeader | milter.OptChangeBody | milter.OptChangeFrom |
		milter.OptQuarantine
	protocol = milter.OptNoHelo | milter.OptNoUnknown | milter.OptNoData | milter.OptHeaderLeadingSpace | milter.OptSkip |
		milter.OptNoHeaderReply | milter.OptNoEOHReply
)

// Serve accepts sessions until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.Direction.Valid(); err != nil {
		l.Close()
		return fmt.Errorf("milter: direction %w", err)
	}
	s.Timeout = cmp.Or(s.Timeout, defaultTimeout)
	s.Idle = cmp.Or(s.Idle, defaultIdle)
	s.Progress = cmp.Or(s.Progress, defaultProgress)
	s.sessions.Limit = s.MaxClients // who is refused is closed: Postfix answers with default_action=tempfail
	s.sessions.Log = s.Log
	return s.sessions.Serve(l, s.converse)
}

// converse serves one connection: each gets a go-milter server of its own, because
// NewMilter is not told for which connection it is called.
func (s *Server) converse(c *sessions.Session) {
	closed := make(chan struct{})
	sess := &session{server: s, life: c}
	sess.conn = &conn{Conn: c, idle: s.Idle, closed: func() { close(closed) }}
	server := &milter.Server{
		NewMilter: func() milter.Milter { return sess },
		Actions:   actions,
		Protocol:  protocol,
	}
	_ = server.Serve(sessions.Listener(sess.conn)) // which ends at once; the session goes on until it closes
	<-closed
	sess.reset()
}

// Sessions is how many there are at the moment.
func (s *Server) Sessions() int { return s.sessions.Open() }

// SessionsLimit is how many there may be, 0: any number.
func (s *Server) SessionsLimit() int { return s.MaxClients }

// Shutdown refuses new sessions and new messages, and waits for those under way
// until ctx ends; then it cuts them, and Postfix keeps their mail.
func (s *Server) Shutdown(ctx context.Context) error { return s.sessions.Shutdown(ctx) }
