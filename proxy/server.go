// Package proxy is the SMTP adapter: a server that turns a session into one
// gateway.Process call, and the client that delivers its copies.
//
// sealgate never owns a message: the reply to the end of DATA is given only
// when the next hop has taken every copy (RFC 5321 §6.1).
package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/spool"
)

// Processor is the engine; *gateway.Gateway is the one in use.
type Processor interface {
	Process(ctx context.Context, env gateway.Envelope, msg *spool.File) (*gateway.Outcome, error)
}

// Deliverer hands the copies of a message to the next hop; *Client does.
type Deliverer interface {
	Deliver(ctx context.Context, t Transaction, msg *spool.File, copies []gateway.Delivery) error
	// Offers asks the next hop for an ESMTP extension; true when it does not
	// answer, since then no mail is taken anyway.
	Offers(ctx context.Context, extensions ...string) []bool
}

// Defaults and bounds of Server.
const (
	defaultTimeout = 60 * time.Second // one message in all (design §7)
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

	mu      sync.Mutex
	door    *listener // nil: not begun
	offers  []bool    // what the next hop does
	stopped bool
}

// Serve accepts sessions until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if s.Timeout == 0 {
		s.Timeout = defaultTimeout
	}
	if s.Idle == 0 {
		s.Idle = defaultIdle
	}
	s.offers = s.ask()
	door := &listener{Listener: l, idle: s.Idle, limit: s.MaxClients, size: s.MaxSize, open: map[*conn]struct{}{}}
	if !s.begin(door) {
		return l.Close()
	}
	for {
		c, err := door.accept()
		switch {
		case err == nil:
			c.tls = s.TLS
			go s.converse(c)
		case errors.Is(err, net.ErrClosed):
			return nil
		case !passing(err):
			return err
		default:
			s.Log.Warn("no session can be accepted now", "error", err)
			time.Sleep(acceptPause)
		}
	}
}

// acceptPause is for what passes, such as too many open files.
const acceptPause = 100 * time.Millisecond

func passing(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// begin is false when Shutdown came first.
func (s *Server) begin(door *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.door = door
	return !s.stopped
}

// converse serves one connection: a session, and another when the first ends in
// STARTTLS. Each has a go-smtp server of its own, which knows nothing of the one
// before and announces what holds now.
func (s *Server) converse(c *conn) {
	defer c.listener.remove(c)
	for first := true; first || c.anew; first = false {
		c.anew = false
		v := s.configure(c)
		v.Serve(&one{Listener: c.listener, conn: c})
		v.Shutdown(context.Background()) // waits for the session
	}
}

// one is a listener of one connection: go-smtp serves none without.
type one struct {
	net.Listener
	conn *conn
}

func (l *one) Accept() (net.Conn, error) {
	c := l.conn
	if l.conn = nil; c == nil {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close leaves the door open.
func (l *one) Close() error { return nil }

// probeTime bounds the question what the next hop offers, at the start.
const probeTime = 5 * time.Second

// ask learns what the next hop offers: SMTPUTF8, DSN.
func (s *Server) ask() []bool {
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	offers := s.Next.Offers(ctx, "SMTPUTF8", "DSN")
	if !offers[1] {
		s.Log.Warn("the next hop does not offer DSN: when it cannot deliver what was decrypted, its bounce may show the text (RET=HDRS cannot be said)")
	}
	return offers
}

// configure announces what the next hop offers and go-smtp can pass on.
// BINARYMIME is not: our copies have lines. Sizes, times and TLS are the wire's.
func (s *Server) configure(c *conn) *smtp.Server {
	v := smtp.NewServer(smtp.BackendFunc(s.session))
	v.Domain, v.LMTP = s.Hostname, s.LMTP
	v.TLSConfig = c.tls        // for STARTTLS in the answer to EHLO
	v.AllowInsecureAuth = true // the session knows when AUTH may be
	v.MaxMessageBytes, v.MaxRecipients, v.MaxLineLength = 0, maxRecipients, 0
	c.size = s.MaxSize
	v.EnableSMTPUTF8, v.EnableDSN = s.offers[0], s.offers[1]
	v.ErrorLog = logger{s.Log}
	return v
}

// Shutdown refuses new sessions and new messages, and waits for those under way,
// until ctx ends; then it cuts them: what was not answered stays with the client.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	door := s.door
	s.mu.Unlock()
	if door == nil {
		return nil
	}
	door.drain()
	return door.wait(ctx)
}

// logger carries go-smtp's own words to slog.
type logger struct{ *slog.Logger }

func (l logger) Printf(format string, v ...any) {
	l.Warn("smtp server", "message", sprintf(format, v...))
}
func (l logger) Println(v ...any) { l.Warn("smtp server", "message", sprintln(v...)) }
