package milter

// This file is one SMTP session as Postfix tells it, with any number of
// messages.

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/textproto"
	"strings"

	"github.com/emersion/go-milter"

	"sealgate/gateway"
	"sealgate/internal/address"
	"sealgate/internal/sessions"
	"sealgate/spool"
)

// session keeps what Connect learnt for every message of the session; the rest
// is reset at each MAIL.
type session struct {
	server *Server
	life   *sessions.Session
	conn   *conn
	client netip.Addr
	port   uint16

	mail
}

// mail is what is known of the one under way.
type mail struct {
	user   string
	t      Transaction
	known  map[string]bool // its recipients
	names  []string        // of the header fields, in their order
	header int             // octets of the header
	msg    *spool.File
	wants  bool  // the engine has a use for the body
	fault  error // what went wrong while the message came in
	id     string
}

// Bounds of one message. What is beyond those of the header the engine refuses
// too (smime); Postfix's own limit of recipients is 1000.
const (
	maxFields     = 10000
	maxHeader     = 1 << 20 // octets
	maxRecipients = 10000
)

// answer is a response that keeps go-milter's backend: after every response
// whose Continue is false it would make a new one, and what Connect learnt
// would be lost.
type answer struct {
	code byte
	data []byte
}

func (a answer) Response() *milter.Message { return &milter.Message{Code: a.code, Data: a.data} }
func (a answer) Continue() bool            { return true }

var goOn = answer{code: byte(milter.ActContinue)}

// reply refuses with an SMTP reply line.
func reply(r gateway.Reply) answer {
	return answer{byte(milter.ActReplyCode), []byte(fmt.Sprintf("%d %s %s\x00", r.Code, r.Enhanced, replyText(r.Text)))}
}

// maxReply bounds a reply's text; an SMTP reply line has 512 octets
// (RFC 5321 §4.5.3.1.5).
const maxReply = 450

// replyText is one line of printable ASCII. A percent sign is doubled: libmilter
// and its followers take the text as a format.
func replyText(s string) string {
	var b strings.Builder
	for _, c := range []byte(s[:min(len(s), maxReply)]) {
		switch {
		case c == '%':
			b.WriteString("%%")
		case c < 0x20 || c > 0x7e:
			b.WriteByte('?')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Connect learns the client's address; a unix socket or an unknown family has
// none.
func (s *session) Connect(_, _ string, port uint16, addr net.IP, _ *milter.Modifier) (milter.Response, error) {
	if a, ok := netip.AddrFromSlice(addr); ok {
		s.client = a.Unmap()
		s.port = port
	}
	return goOn, nil
}

// Helo is not asked for.
func (s *session) Helo(string, *milter.Modifier) (milter.Response, error) { return goOn, nil }

// MailFrom begins a message.
func (s *session) MailFrom(from string, m *milter.Modifier) (milter.Response, error) {
	s.reset()
	if !s.life.Begin() {
		return reply(gateway.Reply(sessions.Stopping)), nil
	}
	if s.circle() {
		s.log().Error("one of our own copies comes back to us: take sealgate off the milters of the service that "+
			"reinject or next_hop leads to", "port", s.port)
		return reply(circle), nil
	}
	from, ok := path(from)
	if !ok {
		return reply(gateway.Reply(sessions.BadSender)), nil
	}
	s.mail = mail{
		user:  m.Macros["{auth_authen}"],
		t:     Transaction{From: from, Args: s.conn.args},
		known: map[string]bool{},
		msg:   s.server.Spool.Create(),
	}
	s.note(m)
	return goOn, nil
}

// circle reports whether the client is ourselves. Passing twice would overwrite what the
// first pass found out, so that a decrypted mail would say that it came in clear. The
// answer is given before anything is sent; it is a 4xx, because an admin can help.
func (s *session) circle() bool {
	return s.server.Own != nil && s.server.Own(netip.AddrPortFrom(s.client, s.port))
}

var circle = gateway.Reply{
	Code:     451,
	Enhanced: "4.4.6",
	Text:     "mail loop: what the S/MIME gateway sends on passes its milter again",
}

// RcptTo takes a recipient, once however often it is named.
func (s *session) RcptTo(to string, m *milter.Modifier) (milter.Response, error) {
	s.note(m)
	to, ok := path(to)
	switch {
	case !ok || to == "":
		return reply(gateway.Reply(sessions.BadRecipient)), nil
	case s.msg == nil || s.known[to]:
	case len(s.t.To) == maxRecipients:
		return reply(gateway.Reply{Code: 452, Enhanced: "4.5.3", Text: "too many recipients for one message"}), nil
	default:
		s.known[to] = true
		s.t.To = append(s.t.To, Recipient{to, s.conn.args})
	}
	return goOn, nil
}

// path reads an address as Postfix does, which hands it over raw. Comments, groups
// and other RFC 822 syntax, which Postfix understands (strict_rfc821_envelopes), are
// refused: the engine would take such a recipient for somebody else's, and rules for
// it would not match.
func path(raw string) (string, bool) {
	p := address.WithoutRoute(strings.Trim(raw, " "))
	return p, address.IsPath(p)
}

// note takes the queue id when it is told: Sendmail does so at MAIL and never again, Postfix
// from the second recipient on.
func (s *session) note(m *milter.Modifier) {
	if id := m.Macros["i"]; id != "" {
		s.id = id
	}
}

// Header takes one field verbatim: SMFIP_HDR_LEADSPC gives the value with its
// leading space; folding comes with LF. go-milter's own map of all fields is
// emptied each time, or a header of any size would be in memory.
func (s *session) Header(name, value string, m *milter.Modifier) (milter.Response, error) {
	clear(m.Headers)
	if s.msg == nil || s.fault != nil {
		return nil, nil
	}
	s.header += len(name) + len(value)
	if len(s.names) == maxFields || s.header > maxHeader || !fits(name, value) {
		s.fault = errHeader
		return nil, nil
	}
	s.names = append(s.names, strings.Clone(name)) // else it holds on to the whole frame
	s.write([]byte(name + ":" + strings.ReplaceAll(value, "\n", "\r\n") + "\r\n"))
	return nil, nil
}

// fits reports whether a field, written out, is the one field that Postfix means:
// otherwise positions would shift, and an order could be lost.
func fits(name, value string) bool {
	name = strings.TrimRight(name, " \t")
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
		return false
	}
	for i := strings.IndexByte(value, '\n'); i >= 0; {
		if i+1 == len(value) || value[i+1] != ' ' && value[i+1] != '\t' {
			return false
		}
		next := strings.IndexByte(value[i+1:], '\n')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return true
}

// Headers ends the header and asks whether the engine wants the body.
func (s *session) Headers(textproto.MIMEHeader, *milter.Modifier) (milter.Response, error) {
	if s.msg != nil {
		s.write([]byte("\r\n"))
		s.wants = s.server.Processor.NeedsBody(s.envelope())
	}
	return nil, nil
}

// BodyChunk spools a part of the body, or tells Postfix to skip the rest.
func (s *session) BodyChunk(chunk []byte, _ *milter.Modifier) (milter.Response, error) {
	if s.msg == nil || !s.wants || s.fault != nil {
		return answer{code: byte(milter.ActSkip)}, nil
	}
	s.write(chunk)
	return goOn, nil
}

func (s *session) write(p []byte) {
	if s.fault == nil {
		_, s.fault = s.msg.Write(p)
	}
}

// Abort ends a message; it comes after every finished one too, when Postfix has its
// answer, so it is where a session ends when the server drains.
func (s *session) Abort(*milter.Modifier) error {
	s.reset()
	s.life.End()
	return nil
}

// reset forgets the message, never the client.
func (s *session) reset() {
	if s.msg != nil {
		s.msg.Close()
	}
	s.mail = mail{}
}

func (s *session) log() *slog.Logger {
	return s.server.Log.With("queue_id", s.id, "client", s.client.String())
}

// mayOrder reports whether this client may give orders.
func (s *session) mayOrder() bool { return sessions.MayOrder(s.server.OrdersFrom, s.client, s.user) }

// direction is the listener's, or what Auto means for this client.
func (s *session) direction() gateway.Direction {
	switch {
	case s.server.Direction != gateway.Auto:
		return s.server.Direction
	case s.mayOrder():
		return gateway.Outbound
	}
	return gateway.Inbound
}

func (s *session) envelope() gateway.Envelope {
	env := gateway.Envelope{
		From:         s.t.From,
		HeaderOnly:   !s.wants,
		CanSplit:     s.server.Splitter != nil,
		CanHold:      true,
		WantsNotices: s.t.wantsNotices(),
		Client:       s.client,
		User:         s.user,
		QueueID:      s.id,
	}
	env.Direction = s.direction()
	env.MayOrder = env.Direction == gateway.Outbound && s.mayOrder()
	for _, r := range s.t.To {
		env.To = append(env.To, r.Address)
	}
	return env
}
