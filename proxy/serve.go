package proxy

// This file accepts sessions, and says in each what the next hop offers.

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/sessions"
)

// Serve accepts sessions until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if s.Direction != gateway.Inbound && s.Direction != gateway.Outbound {
		l.Close()
		return fmt.Errorf("proxy: direction %q is none of an smtp listener", s.Direction)
	}
	s.Timeout = cmp.Or(s.Timeout, defaultTimeout)
	s.Idle = cmp.Or(s.Idle, defaultIdle)
	s.offers() // says in the log at once what is missing
	s.sessions.Limit = s.MaxClients
	s.sessions.Log = s.Log
	s.sessions.TooMany = refuseSession
	return s.sessions.Serve(l, s.converse)
}

// refuseSession answers a session beyond the limit (RFC 5321 §3.8).
func refuseSession(c net.Conn) {
	c.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprintf(c, "421 4.3.2 too many sessions at once, try again later\r\n")
}

// converse serves one connection: a session, and another when the first ends in
// STARTTLS. Each has a go-smtp server of its own, which knows nothing of the one
// before and announces what holds now.
func (s *Server) converse(session *sessions.Session) {
	c := newConn(session, s.Idle, s.MaxSize)
	c.tls = s.TLS
	defer func() { c.stream.Close() }() // TLS says that it ends
	for first := true; first || c.restart; first = false {
		c.restart = false
		v := s.configure(c)
		_ = v.Serve(sessions.Listener(c))    // ends at once: there is one connection to accept
		_ = v.Shutdown(context.Background()) // waits for the session
	}
}

// probeTime bounds the question what the next hop offers, and so the wait of a session
// for its greeting.
const probeTime = 5 * time.Second

// offers is what the next hop offers, nothing while that is not known: what we do not
// announce, no client asks of us. It is asked at the start of a session until it has
// answered once, by one session for all that wait.
func (s *Server) offers() map[string]string {
	found, _, _ := s.asking.Do("", func() (any, error) {
		if s.offered == nil {
			s.offered = s.ask()
		}
		return s.offered, nil
	})
	return found.(map[string]string)
}

func (s *Server) ask() map[string]string {
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	found, err := s.Next.Offers(ctx, "SMTPUTF8", "DSN", "8BITMIME", "SIZE")
	if err != nil {
		s.Log.Warn("the next hop does not answer; it is asked again", "error", err)
		return nil
	}
	if _, ok := found["DSN"]; !ok {
		s.Log.Warn("the next hop does not offer DSN: when it cannot deliver what was decrypted, its bounce may " +
			"show the text (RET=HDRS cannot be said)")
	}
	return found
}

// configure announces what the next hop offers and go-smtp can pass on.
// BINARYMIME is not: our copies have lines. Sizes, times and TLS are the wire's.
func (s *Server) configure(c *conn) *smtp.Server {
	v := smtp.NewServer(smtp.BackendFunc(s.session))
	v.Domain = s.Hostname
	v.LMTP = s.LMTP
	v.TLSConfig = c.tls        // for STARTTLS in the answer to EHLO
	v.AllowInsecureAuth = true // the session knows when AUTH may be
	v.MaxMessageBytes = 0
	v.MaxRecipients = maxRecipients
	v.MaxLineLength = 0
	offers := s.offers()
	_, v.EnableSMTPUTF8 = offers["SMTPUTF8"]
	_, v.EnableDSN = offers["DSN"]
	_, c.eightBit = offers["8BITMIME"]
	c.size = smaller(s.MaxSize, offers["SIZE"])
	v.ErrorLog = logger{s.Log}
	return v
}

// smaller is the smaller of our size and the next hop's, where 0 is none
// (RFC 1870 §4).
func smaller(ours int64, theirs string) int64 {
	n, err := strconv.ParseInt(theirs, 10, 64)
	if err != nil || n <= 0 || ours > 0 && ours < n {
		return ours
	}
	return n
}

// Shutdown refuses new sessions and new messages, and waits for those under way,
// until ctx ends; then it cuts them: what was not answered stays with the client.
func (s *Server) Shutdown(ctx context.Context) error { return s.sessions.Shutdown(ctx) }

// logger carries go-smtp's own words to slog.
type logger struct{ *slog.Logger }

func (l logger) Printf(format string, v ...any) { l.say(fmt.Sprintf(format, v...)) }

func (l logger) Println(v ...any) { l.say(fmt.Sprintln(v...)) }

func (l logger) say(text string) { l.Warn("smtp server", "message", strings.TrimSpace(text)) }
