// Package nexthop is a next hop for tests that fails where they want it to.
package nexthop

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// Fault says at which step of which connection the next hop misbehaves.
type Fault struct {
	Step string // one of Steps, or "QUIT"
	// What is "450" or "550" (a reply), "cut", "hang", "late" (a good answer after
	// LateTime), "refused", "early" (cut before anything was read), or a whole reply.
	What string
	Conn int    // 1-based, in the order in which they come; 0: every connection
	To   string // only the connection on which this recipient was named, by LMTP only this recipient; for RCPT and after
}

// Steps are those of an SMTP delivery, in their order: "content" is the middle
// of DATA, "dot" the reply to the final dot, "answer" the loss of that reply
// after the message was taken.
var Steps = []string{"connect", "banner", "EHLO", "MAIL", "RCPT", "DATA", "content", "dot", "answer"}

// Kinds are the faults that can happen at a step: not everywhere is there a reply.
// A connection is refused to all.
func Kinds(step string) []string {
	switch step {
	case "connect":
		return []string{"cut", "refused"}
	case "content":
		return []string{"cut", "hang"}
	case "answer":
		return []string{"cut", "late"}
	}
	return []string{"450", "550", "cut", "hang"}
}

// Message is one that the next hop has taken over.
type Message struct {
	Mail string   // the MAIL line
	Rcpt []string // the RCPT lines
	Data string   // with CRLF, dots removed
	Told bool     // the 250 was sent; false at step "answer"
}

// hangTime is how long a hanging next hop keeps silent, LateTime how long a slow one
// takes for its answer.
const (
	hangTime = 5 * time.Second
	LateTime = 4 * time.Second
)

// NextHop is a listening server. Plain, LMTP and Think are set before the first connection.
type NextHop struct {
	Address string
	Plain   bool          // offers no extension but SIZE
	LMTP    bool          // speaks LMTP (RFC 2033), and not SMTP
	Think   time.Duration // before the answer to DATA, where there is no fault

	listener net.Listener
	mu       sync.Mutex
	fault    Fault
	conns    int
	messages []Message
}

// New listens on a loopback port.
func New(f Fault) (*NextHop, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &NextHop{Address: l.Addr().String(), listener: l}
	go h.accept(l)
	return h, h.Reset(f)
}

// Close ends the listener.
func (h *NextHop) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.listener.Close()
}

// Reset forgets all messages and connections and takes another fault.
func (h *NextHop) Reset(f Fault) (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.fault.What == "refused"
	h.fault = f
	h.conns = 0
	h.messages = nil
	switch now := f.What == "refused"; {
	case now && !was:
		return h.listener.Close()
	case was && !now:
		h.listener, err = net.Listen("tcp", h.Address)
		if err == nil {
			go h.accept(h.listener)
		}
	}
	return err
}

// Messages are those that were taken over since the last Reset.
func (h *NextHop) Messages() []Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Message(nil), h.messages...)
}

func (h *NextHop) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		h.mu.Lock()
		h.conns++
		s := &session{h: h, c: c, in: bufio.NewReader(c), fault: h.fault}
		if s.fault.Conn != 0 && s.fault.Conn != h.conns {
			s.fault = Fault{}
		}
		h.mu.Unlock()
		go s.serve()
	}
}

// session is one connection.
type session struct {
	h     *NextHop
	c     net.Conn
	in    *bufio.Reader
	fault Fault
	now   Message
}

func (s *session) serve() {
	defer s.c.Close()
	if s.fault.Step == "connect" || !s.reply("banner", "220 next.example") {
		return
	}
	for {
		line, err := s.in.ReadString('\n')
		if err != nil || !s.command(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

// reply gives the good answer, or misbehaves; false ends the connection.
func (s *session) reply(step, good string) bool {
	if s.fault.Step != step {
		fmt.Fprintf(s.c, "%s\r\n", good)
		return true
	}
	switch s.fault.What {
	case "cut":
		return false
	case "hang":
		time.Sleep(hangTime)
		return false
	}
	if strings.Contains(s.fault.What, " ") {
		fmt.Fprintf(s.c, "%s\r\n", s.fault.What)
		return true
	}
	fmt.Fprintf(s.c, "%s %s.7.1 said so at %s\r\n", s.fault.What, s.fault.What[:1], step)
	return true
}

func (s *session) command(line string) bool {
	verb := strings.ToUpper(line[:min(4, len(line))])
	switch verb {
	case "EHLO", "HELO", "LHLO":
		return s.hello(verb)
	case "MAIL":
		s.now = Message{Mail: line}
		return s.reply(verb, "250 ok")
	case "RCPT":
		s.now.Rcpt = append(s.now.Rcpt, line)
		mine := strings.Contains(line, s.fault.To)
		if !mine && !s.h.LMTP {
			s.fault = Fault{}
		}
		if !mine {
			return s.good("250 ok")
		}
		return s.reply(verb, "250 ok")
	case "DATA":
		if s.fault.Step == "" {
			time.Sleep(s.h.Think)
		}
		if !s.reply(verb, "354 go on") || s.fault.What == "early" {
			return false
		}
		return s.fault.Step == "DATA" || s.content()
	case "QUIT":
		s.reply(verb, "221 bye")
		return false
	}
	fmt.Fprint(s.c, "250 ok\r\n")
	return true
}

// hello answers the greeting of its own protocol. What it does not know it says as Postfix
// and Dovecot do.
func (s *session) hello(verb string) bool {
	if s.h.LMTP != (verb == "LHLO") {
		return s.good("500 5.5.2 Unknown command")
	}
	step := "EHLO"
	switch {
	case s.h.LMTP:
		return s.reply(step, "250-next.example\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 PIPELINING")
	case s.h.Plain:
		return s.reply(step, "250-next.example\r\n250 SIZE 100000000")
	}
	return s.reply(step, "250-next.example\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 SIZE 100000000")
}

func (s *session) good(answer string) bool {
	fmt.Fprintf(s.c, "%s\r\n", answer)
	return true
}

// content takes a message to its final dot.
func (s *session) content() bool {
	var b strings.Builder
	for {
		line, err := s.in.ReadString('\n')
		if err == nil && s.fault.Step == "content" && s.fault.What == "hang" {
			time.Sleep(hangTime)
		}
		if err != nil || s.fault.Step == "content" {
			return false
		}
		if line == ".\r\n" {
			break
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
	s.now.Data = b.String()
	s.now.Told = s.fault.Step != "answer" || s.fault.What == "late"
	if s.h.LMTP {
		return s.answerEach()
	}
	if s.fault.Step != "dot" {
		s.take()
	}
	if s.fault.What == "late" {
		time.Sleep(LateTime)
	}
	return s.now.Told && s.reply("dot", "250 taken")
}

// take takes the message over.
func (s *session) take() {
	s.h.mu.Lock()
	s.h.messages = append(s.h.messages, s.now)
	s.h.mu.Unlock()
}

// answerEach answers for each recipient (RFC 2033 §4.2). Those before the one that the fault
// is for have got the message, those behind it have when the session goes on.
func (s *session) answerEach() bool {
	all := s.now.Rcpt
	for _, r := range all {
		s.now.Rcpt = []string{r}
		if s.fault.Step == "dot" && strings.Contains(r, s.fault.To) {
			if !s.reply("dot", "") {
				return false
			}
			continue
		}
		s.take()
		if s.fault.Step == "answer" && strings.Contains(r, s.fault.To) {
			return false
		}
		s.good("250 taken")
	}
	return true
}
