package proxy

// This file is one SMTP session of the server: envelope in, Process, copies out.

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/address"
	"sealgate/internal/sessions"
	"sealgate/spool"
)

// session implements smtp.Session, smtp.AuthSession and smtp.LMTPSession.
type session struct {
	server *Server
	conn   *smtp.Conn
	wire   *conn
	client netip.Addr
	user   string
	failed int // logins
	t      Transaction
	given  []string // the recipients as go-smtp names them, for LMTP

	messageID string // of the message that is handed over, for the log
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	client, _ := netip.ParseAddrPort(c.Conn().RemoteAddr().String())
	return &session{server: s, conn: c, wire: c.Conn().(*conn), client: client.Addr().Unmap()}, nil
}

// AuthMechanisms offers PLAIN where logins are configured, under TLS.
func (s *session) AuthMechanisms() []string {
	if s.server.Login == nil || !s.wire.secure {
		return nil
	}
	return []string{sasl.Plain}
}

// maxLogins bounds the attempts of one session, loginPause their pace in it.
const (
	maxLogins  = 3
	loginPause = time.Second
)

// Auth checks a login. Whoever fails waits, and then has to connect again.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if s.server.Login == nil {
		return nil, smtp.ErrAuthUnsupported
	}
	if !s.wire.secure {
		return nil, &smtp.SMTPError{Code: 523, EnhancedCode: smtp.EnhancedCode{5, 7, 10}, Message: "TLS is required"}
	}
	if mechanism != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(as, user, password string) error {
		if (as == "" || as == user) && s.server.Login(user, password) {
			s.user = user
			return nil
		}
		time.Sleep(loginPause)
		if s.failed++; s.failed < maxLogins {
			return smtp.ErrAuthFailed
		}
		s.conn.Close()
		return smtp.ErrAuthFailed
	}), nil
}

// Reset comes after every message, too.
func (s *session) Reset() {
	s.t = Transaction{}
	s.given = nil
	s.wire.End()
}

func (s *session) Logout() error {
	s.Reset()
	return nil
}

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	path, ok := address.Quote(from) // go-smtp has taken the quotes off
	if !ok {
		return errSender
	}
	if s.wire.size > 0 && o.Size > s.wire.size {
		return smtp.ErrDataTooLarge
	}
	if !s.wire.Begin() {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "shutting down, try again later"}
	}
	s.t = Transaction{From: path, Options: o}
	s.given = nil
	return nil
}

// Rcpt takes a recipient once, however often it is named.
func (s *session) Rcpt(to string, o *smtp.RcptOptions) error {
	path, ok := address.Quote(to)
	if !ok || path == "" {
		return errRecipient
	}
	s.given = append(s.given, to)
	if !slices.ContainsFunc(s.t.Recipients, func(r Recipient) bool { return r.Address == path }) {
		s.t.Recipients = append(s.t.Recipients, Recipient{path, o})
	}
	return nil
}

// Data takes the message and answers only when every copy is taken.
func (s *session) Data(r io.Reader) error {
	return s.take(r, s.server.Next.Deliver)
}

// log is that of the message of the moment.
func (s *session) log() *slog.Logger {
	return s.server.Log.With("client", s.client.String(), "message_id", s.messageID)
}

// deliverer hands the copies of a message over.
type deliverer func(ctx context.Context, t Transaction, msg *spool.File, copies []gateway.Delivery) error

// take takes a message in, has it processed, and delivers what comes of it.
func (s *session) take(r io.Reader, deliver deliverer) (err error) {
	t := s.t
	if len(t.Recipients) == 0 {
		return errNobody
	}
	s.messageID = ""
	log := s.log()
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic while a message was handled", "panic", fmt.Sprint(p))
			err = tempFail("internal error, the message was not taken")
		}
	}()
	msg := s.server.Spool.Create()
	defer msg.Close()
	if err := s.receive(msg, r); err != nil {
		log.Info("message not taken", "error", err)
		return receiveReply(err)
	}
	if err := looping(msg); err != nil {
		log.Error("message not taken", "error", err)
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.server.Timeout)
	defer cancel()
	out, err := s.server.Processor.Process(ctx, s.envelope(t, msg), msg)
	if err != nil {
		log.Error("message kept with its sender", "error", err)
		return processReply(err)
	}
	defer out.Close()
	s.messageID = out.MessageID
	if out.Disposition != gateway.Accept {
		return smtpError(out.Reply)
	}
	// A time of its own: what processing took of it would show in the answer.
	handing, done := context.WithTimeout(context.Background(), s.server.Timeout)
	defer done()
	if err := deliver(handing, t, msg, out.Deliveries); err != nil {
		s.log().Warn("next hop did not take the message", "error", err)
		return deliverReply(err)
	}
	return nil
}

// receive spools a message, which the wire has looked at, and reads it to its end
// in any case: only then may an answer follow.
func (s *session) receive(msg *spool.File, r io.Reader) error {
	w := &bounded{w: msg, left: s.server.MaxSize, endless: s.server.MaxSize == 0}
	_, err := io.CopyBuffer(w, r, make([]byte, 64<<10))
	if err != nil {
		_, _ = io.Copy(io.Discard, r) // the first error is the one to tell
	}
	if s.wire.text.fault != nil {
		return s.wire.text.fault
	}
	return err
}

// bounded fails with the first octet beyond the size of a message.
type bounded struct {
	w       io.Writer
	left    int64
	endless bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 && !b.endless {
		return 0, smtp.ErrDataTooLarge
	}
	return b.w.Write(p)
}

func (s *session) envelope(t Transaction, msg *spool.File) gateway.Envelope {
	env := gateway.Envelope{
		Direction: s.server.Direction,
		From:      t.From,
		CanSplit:  true,
		SevenBit:  !s.wire.eightBit,
		Client:    s.client,
		User:      s.user,
		QueueID:   queueID(msg),
	}
	for _, r := range t.Recipients {
		env.To = append(env.To, r.Address)
	}
	env.MayOrder = s.server.Direction == gateway.Outbound &&
		sessions.MayOrder(s.server.OrdersFrom, s.client, s.user)
	return env
}
