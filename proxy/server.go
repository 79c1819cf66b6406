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
	maxLine        = 128 << 10        // octets of a line, far above RFC 5321's 1000: answered, not cut
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
	smtp    *smtp.Server // nil: not begun
	door    *listener
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
	v, door := s.configure(), &listener{Listener: l, idle: s.Idle, limit: s.MaxClients, open: map[*conn]struct{}{}}
	if !s.begin(v, door) {
		return l.Close()
	}
	err := v.Serve(door)
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// begin is false when Shutdown came first.
func (s *Server) begin(v *smtp.Server, door *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.smtp, s.door = v, door
	return !s.stopped
}

// probeTime bounds the question what the next hop offers, at the start.
const probeTime = 5 * time.Second

// configure announces what the next hop offers and go-smtp can pass on.
// BINARYMIME is not: our copies have lines.
func (s *Server) configure() *smtp.Server {
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	offers := s.Next.Offers(ctx, "SMTPUTF8", "DSN")
	if !offers[1] {
		s.Log.Warn("the next hop does not offer DSN: when it cannot deliver what was decrypted, its bounce may show the text (RET=HDRS cannot be said)")
	}
	v := smtp.NewServer(smtp.BackendFunc(s.session))
	v.Domain, v.LMTP, v.TLSConfig = s.Hostname, s.LMTP, s.TLS
	v.MaxMessageBytes, v.MaxRecipients, v.MaxLineLength = s.MaxSize, maxRecipients, maxLine
	v.ReadTimeout, v.WriteTimeout = s.Idle, s.Idle
	v.EnableSMTPUTF8, v.EnableDSN = offers[0], offers[1]
	v.ErrorLog = logger{s.Log}
	return v
}

// Shutdown refuses new sessions and new messages, and waits for those under way,
// until ctx ends; then it cuts them: what was not answered stays with the client.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	v, door := s.smtp, s.door
	s.mu.Unlock()
	if v == nil {
		return nil
	}
	door.drain()
	err := v.Shutdown(ctx)
	if err != nil {
		door.cut()
	}
	return err
}

// logger carries go-smtp's own words to slog.
type logger struct{ *slog.Logger }

func (l logger) Printf(format string, v ...any) {
	l.Warn("smtp server", "message", sprintf(format, v...))
}
func (l logger) Println(v ...any) { l.Warn("smtp server", "message", sprintln(v...)) }
