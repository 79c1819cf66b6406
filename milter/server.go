// Package milter is the Postfix milter adapter: it turns an SMTP session as
// Postfix tells it into gateway.Process calls, and the outcome into edits.
package milter

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/emersion/go-milter"

	"sealgate/gateway"
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

// Direction is what a listener says of its mail.
type Direction int

// The directions of a listener.
const (
	Inbound Direction = iota
	Outbound
	Auto // outbound for authenticated users and OrdersFrom
)

// Defaults of Server.
const (
	defaultTimeout  = 60 * time.Second // one message in all (design §7)
	defaultIdle     = 15 * time.Minute // Postfix keeps the connection for a whole SMTP session
	defaultProgress = 30 * time.Second // Postfix gives up after milter_content_timeout without a sign
)

// Server is one milter listener. Its fields are set before Serve.
type Server struct {
	Processor  Processor
	Splitter   Splitter // nil: this listener cannot split
	Spool      *spool.Spool
	Log        *slog.Logger
	Direction  Direction
	OrdersFrom []netip.Prefix // clients that may give orders
	MaxClients int            // sessions at once, 0: no limit
	Timeout    time.Duration  // for one message at its end; 0: 60 s
	Idle       time.Duration  // longest silence of Postfix; 0: 15 min
	Progress   time.Duration  // between signs of life; 0: 30 s

	Own func(client netip.AddrPort) bool // knows our own connections to Postfix; nil: there are none

	mu       sync.Mutex
	listener net.Listener
	sessions map[*session]struct{}
	draining bool
	all      sync.WaitGroup
}

// actions and protocol are what we ask of Postfix. Values come verbatim
// (SMFIP_HDR_LEADSPC), header fields need no answer, and mail that we have no
// use for is skipped.
const (
	actions  = milter.OptAddHeader | milter.OptChangeHeader | milter.OptChangeBody | milter.OptChangeFrom | milter.OptQuarantine
	protocol = milter.OptNoHelo | milter.OptNoUnknown | milter.OptNoData | milter.OptHeaderLeadingSpace | milter.OptSkip |
		milter.OptNoHeaderReply | milter.OptNoEOHReply
)

// Serve accepts sessions until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	s.start(l)
	for {
		c, err := l.Accept()
		if err != nil {
			if s.stopped() {
				return nil
			}
			if exhausted(err) {
				s.Log.Warn("milter session not accepted", "error", err)
				time.Sleep(pause)
				continue
			}
			return err
		}
		sess := &session{server: s}
		sess.conn = &conn{Conn: c, idle: s.Idle, closed: func() { s.remove(sess) }}
		if !s.add(sess) {
			s.Log.Warn("milter session refused: too many at once", "limit", s.MaxClients)
			c.Close() // Postfix answers with default_action=tempfail
			continue
		}
		one := &milter.Server{NewMilter: func() milter.Milter { return sess }, Actions: actions, Protocol: protocol}
		go one.Serve(&single{conn: sess.conn, addr: l.Addr()})
	}
}

// pause is how long a listener waits when the system has no more to give.
const pause = 100 * time.Millisecond

// exhausted tells faults that pass, such as too many open files, from a listener
// that is no more.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) ||
		errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ECONNABORTED)
}

func (s *Server) start(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener, s.sessions = l, map[*session]struct{}{}
	if s.draining {
		l.Close() // Shutdown came first
	}
	for v, d := range map[*time.Duration]time.Duration{&s.Timeout: defaultTimeout, &s.Idle: defaultIdle, &s.Progress: defaultProgress} {
		if *v == 0 {
			*v = d
		}
	}
}

func (s *Server) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

func (s *Server) add(sess *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || s.MaxClients > 0 && len(s.sessions) >= s.MaxClients {
		return false
	}
	s.sessions[sess] = struct{}{}
	s.all.Add(1)
	return true
}

func (s *Server) remove(sess *session) {
	sess.reset()
	s.mu.Lock()
	delete(s.sessions, sess)
	s.mu.Unlock()
	s.all.Done()
}

// Shutdown refuses new sessions and new messages, and waits for those under way
// until ctx ends; then it cuts them, and Postfix keeps their mail.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	if s.listener != nil {
		s.listener.Close()
	}
	for sess := range s.sessions {
		if !sess.busy.Load() {
			sess.conn.Conn.Close()
		}
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.all.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.cut()
		return ctx.Err()
	}
}

func (s *Server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sess := range s.sessions {
		sess.conn.Conn.Close()
	}
}
