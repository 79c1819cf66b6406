package postfixtest

// This file is the world outside: it takes every mail and keeps it.

import (
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Mail is one message that the sink has taken.
type Mail struct {
	From    string
	Options smtp.MailOptions
	To      []string
	Rcpt    []smtp.RcptOptions // one for each of To
	Text    string             // with CRLF, as it came
}

// Sink is an SMTP server that keeps what it gets.
type Sink struct {
	Address string
	server  *smtp.Server
	mu      sync.Mutex
	mails   []Mail
	refused map[string]bool
	before  func(Mail)
	arrived chan struct{}
}

// NewSink listens on a free loopback port.
func NewSink() (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{Address: l.Addr().String(), arrived: make(chan struct{}, 1), refused: map[string]bool{}}
	s.server = smtp.NewServer(
		smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{sink: s}, nil }),
	)
	s.server.Domain = "sink.example"
	s.server.EnableSMTPUTF8 = true
	s.server.EnableDSN = true
	s.server.MaxLineLength = 1 << 20
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// Close ends the server.
func (s *Sink) Close() error { return s.server.Close() }

// Refuse makes the sink answer 550 to a recipient.
func (s *Sink) Refuse(recipient string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[recipient] = true
}

// Before makes the sink call do with each mail before it answers for it: nobody has it
// until do returns.
func (s *Sink) Before(do func(Mail)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = do
}

// Mails are those that came so far.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Wait returns the first mail whose text holds mark, or false after d.
func (s *Sink) Wait(mark string, d time.Duration) (Mail, bool) {
	list := s.WaitFor(mark, 1, d)
	if len(list) == 0 {
		return Mail{}, false
	}
	return list[0], true
}

// WaitFor waits until n mails hold mark, or for d, and returns those that do.
func (s *Sink) WaitFor(mark string, n int, d time.Duration) (found []Mail) {
	end := time.After(d)
	for {
		found = found[:0]
		for _, m := range s.Mails() {
			if strings.Contains(m.Text, mark) {
				found = append(found, m)
			}
		}
		if len(found) >= n {
			return found
		}
		select {
		case <-s.arrived:
		case <-time.After(20 * time.Millisecond):
		case <-end:
			return found
		}
	}
}

type sinkSession struct {
	sink *Sink
	mail Mail
}

func (s *sinkSession) Reset()        { s.mail = Mail{} }
func (s *sinkSession) Logout() error { return nil }

func (s *sinkSession) Mail(from string, o *smtp.MailOptions) error {
	s.mail = Mail{From: from, Options: *o}
	return nil
}

func (s *sinkSession) Rcpt(to string, o *smtp.RcptOptions) error {
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	if s.sink.refused[to] {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody here"}
	}
	s.mail.To = append(s.mail.To, to)
	s.mail.Rcpt = append(s.mail.Rcpt, *o)
	return nil
}

func (s *sinkSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Text = string(text)
	s.sink.mu.Lock()
	before := s.sink.before
	s.sink.mu.Unlock()
	if before != nil {
		before(s.mail)
	}
	s.sink.mu.Lock()
	s.sink.mails = append(s.sink.mails, s.mail)
	s.sink.mu.Unlock()
	select {
	case s.sink.arrived <- struct{}{}:
	default:
	}
	return nil
}
