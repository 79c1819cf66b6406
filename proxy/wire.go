package proxy

// This file is the wire between a client and go-smtp: it ends TLS, gives go-smtp one
// command or one line of content at a time, each looked at before, and answers
// itself what go-smtp shall not see.

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/internal/sessions"
)

// Bounds of a line, in octets with its end.
const (
	maxLine     = 128 << 10 // of content, far above RFC 5321's 1000: answered, not cut
	maxCommand  = 2048      // RFC 5321 §4.5.3.1.4 asks for 512, and RFC 3461 and others for some 1000 beside
	maxResponse = 12288     // AUTH, and what answers its challenges (RFC 4954 §4)
)

// minRate is how many octets of content a second gives a client more time than the
// longest silence: half of what the slowest line in use carries, twice what Postfix
// asks for (smtpd_min_data_rate). Or one octet now and then would hold a session.
const minRate = 1000

// conn is a client's connection as go-smtp sees it, never TLS. TLS begins here and
// not in go-smtp: what it hides could not be looked at. Read and Write belong to
// the session's goroutine.
type conn struct {
	*sessions.Session // the socket
	idle              time.Duration
	limit             int64 // octets of a message, 0: none

	tls          *tls.Config // nil: STARTTLS is not offered
	secure       bool
	restart      bool // STARTTLS has just been done: the session begins anew
	ending       bool // a 421 has been said, and ends the session (RFC 5321 §3.8)
	skipGreeting bool // leave the next greeting out: there is none after STARTTLS

	stream net.Conn      // the socket, or TLS over it
	in     *bufio.Reader // over stream
	state  state
	text   text
	out    []byte // what Read still has to give

	start time.Time // when the command, or the content, was begun to wait for
	came  int64     // octets of the content

	size     int64 // octets of a message, as announced; 0: no limit
	eightBit bool  // 8BITMIME is announced
}

// state is what the client is to send next.
type state int

const (
	command  state = iota
	response       // to a challenge of AUTH
	content        // up to CRLF.CRLF
)

func newConn(socket *sessions.Session, idle time.Duration, limit int64) *conn {
	c := &conn{Session: socket, idle: idle, limit: limit, stream: socket}
	c.in = bufio.NewReaderSize(source{c}, maxResponse)
	return c
}

// source reads a stream; its client may be silent for a while, and take its time
// for a whole command or a whole message, not for ever.
type source struct{ *conn }

func (s source) Read(p []byte) (int, error) {
	until := s.start.Add(s.idle)
	if s.state == content {
		until = until.Add(time.Duration(s.came) * time.Second / minRate)
		if silent := time.Now().Add(s.idle); silent.Before(until) {
			until = silent
		}
	}
	s.Conn.SetReadDeadline(until)
	n, err := s.stream.Read(p)
	if s.came += int64(n); s.limit > 0 {
		s.came = min(s.came, s.limit) // what is beyond is refused, and gives no time
	}
	return n, err
}

// Read gives one line. The next is not looked at before go-smtp has answered:
// only the answer tells whether it is a command or content.
func (c *conn) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		var err error
		if c.state == content {
			c.out, err = c.readContent()
		} else {
			c.out, err = c.readCommand()
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// readCommand returns a command for go-smtp, nothing when it has been answered.
func (c *conn) readCommand() ([]byte, error) {
	if c.ending {
		return nil, io.EOF
	}
	c.start = time.Now()
	line, err := c.in.ReadSlice('\n')
	long := errors.Is(err, bufio.ErrBufferFull)
	if long {
		err = c.skipLine()
	}
	if err != nil {
		return nil, err
	}
	answers := c.state == response
	c.state = command
	switch {
	case long, len(line) > maxCommand && !answers && !strings.EqualFold(string(line[:5]), "AUTH "):
		return c.refuse(answers, longLine)
	case !bytes.HasSuffix(line, crlf), bytes.IndexByte(line, '\r') != len(line)-2: // RFC 5321 §2.3.8
		return c.refuse(answers, "500 5.5.2 lines end with CRLF")
	case answers:
		return line, nil
	case len(line) > 4 && strings.EqualFold(string(line[:4]), "BDAT"):
		return nil, c.refuseChunk(line)
	case c.tls != nil && strings.HasPrefix(strings.ToUpper(string(line)), "STARTTLS"): // as go-smtp reads it
		return nil, c.startTLS(line)
	}
	return line, nil
}

// longLine is not followed by the line: it may not even be text.
const longLine = "500 5.5.2 line too long"

// refuse answers a command; what was to answer a challenge gives the login up
// instead (RFC 4954 §4).
func (c *conn) refuse(answers bool, reply string) ([]byte, error) {
	if answers {
		return []byte("*\r\n"), nil
	}
	return nil, c.say(reply)
}

// skipLine reads away the rest of a line.
func (c *conn) skipLine() error {
	err := bufio.ErrBufferFull
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = c.in.ReadSlice('\n')
	}
	return err
}

// refuseChunk answers BDAT, which is not offered: when one is given up and another
// begun in one packet, go-smtp (v0.25.1) answers the second with the outcome of the
// first, and so may call taken what the next hop refused. The chunk follows all the
// same (RFC 3030 §2) and must not be read as commands.
func (c *conn) refuseChunk(line []byte) error {
	args := strings.Fields(string(line[4:]))
	if len(args) > 0 {
		if size, err := strconv.ParseUint(args[0], 10, 63); err == nil {
			if _, err := io.CopyN(io.Discard, c.in, int64(size)); err != nil {
				return err
			}
		}
	}
	return c.say("502 5.5.1 BDAT is not offered")
}

// startTLS begins TLS and the session anew (RFC 3207 §4.2). What came in clear
// behind the command is forgotten (CVE-2011-0411).
func (c *conn) startTLS(line []byte) error {
	if len(bytes.TrimSpace(line)) != len("STARTTLS") {
		return c.say("501 5.5.4 STARTTLS has no arguments")
	}
	if err := c.say("220 2.0.0 Ready to start TLS"); err != nil {
		return err
	}
	t := tls.Server(c.Conn, c.tls)
	c.Conn.SetDeadline(time.Now().Add(c.idle))
	if err := t.Handshake(); err != nil {
		return err
	}
	c.stream = t
	c.tls = nil
	c.secure = true
	c.restart = true
	c.skipGreeting = true
	c.in.Reset(source{c})
	return io.EOF
}

// cutShort ends content that go-smtp has been given a part of, wherever that stops.
const cutShort = "x\r\n.\r\n"

// readContent returns a line of content, or a part of it. Of what is refused the
// rest is kept from go-smtp, which may see an end where there is none, or none
// where there is one: it drops the dot and the CR of ".CR".
func (c *conn) readContent() ([]byte, error) {
	p, err := c.in.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	last := c.text.add(p)
	if last {
		c.state = command
	}
	switch {
	case c.text.fault == nil:
		return p, nil
	case last:
		return []byte(cutShort), nil
	}
	return nil, nil
}

// Write sends what go-smtp says, which it writes line by line, and learns from it
// what the client is to send next.
func (c *conn) Write(p []byte) (int, error) {
	line := strings.Map(printableLine, string(p)) // it says again what the client said
	switch {
	case c.skipGreeting:
		c.skipGreeting = false
		return len(p), nil
	case strings.HasPrefix(line, "354 "):
		c.state = content
		c.text = newText()
		c.start = time.Now()
		c.came = 0
	case strings.HasPrefix(line, "334 "):
		c.state = response
	case strings.HasPrefix(line, "421 "):
		c.ending = true
	case strings.HasPrefix(line, "250-"):
		line = c.offer(line)
	}
	return len(p), c.send(line)
}

func printableLine(r rune) rune {
	if r == '\r' || r == '\n' {
		return r
	}
	return printable(r)
}

// offer is a line of the answer to EHLO as it is to be. go-smtp always offers BDAT and
// 8BITMIME, and refuses a message of just the size that it knows.
func (c *conn) offer(line string) string {
	switch line {
	case "250-CHUNKING\r\n":
		return ""
	case "250-8BITMIME\r\n":
		if !c.eightBit {
			return ""
		}
	case "250-SIZE\r\n":
		if c.size > 0 {
			return fmt.Sprintf("250-SIZE %d\r\n", c.size)
		}
	}
	return line
}

func (c *conn) say(line string) error { return c.send(line + "\r\n") }

func (c *conn) send(text string) error {
	c.Conn.SetWriteDeadline(time.Now().Add(c.idle))
	_, err := io.WriteString(c.stream, text)
	return err
}

// Close ends the session, and the connection if no other is to begin on it.
func (c *conn) Close() error {
	if c.restart {
		return nil
	}
	return c.stream.Close()
}

// text looks at the content of one message.
type text struct {
	fault error        // why the message is refused
	ends  strictWriter // line ends, up to the first that is none
	fresh bool         // a CRLF came before
	cr    bool         // the octet before was CR
	line  int          // octets of the line up to here
}

func newText() text { return text{ends: strictWriter{w: io.Discard}, fresh: true} }

var crlf = []byte("\r\n")

// add looks at a line or the next part of one, and reports whether it is the end
// (RFC 5321 §4.1.1.4): nothing but CRLF.CRLF is.
func (t *text) add(p []byte) (last bool) {
	if t.line == 0 && t.fresh && string(p) == ".\r\n" {
		return true
	}
	if _, err := t.ends.Write(p); err != nil && t.fault == nil {
		t.fault = err
	}
	if t.line += len(p); t.line > maxLine && t.fault == nil {
		t.fault = smtp.ErrTooLongLine
	}
	switch p[len(p)-1] {
	case '\n':
		t.fresh = bytes.HasSuffix(p, crlf) || len(p) == 1 && t.cr
		t.cr = false
		t.line = 0
	default:
		t.cr = p[len(p)-1] == '\r'
	}
	return false
}
