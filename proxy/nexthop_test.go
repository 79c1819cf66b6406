package proxy

// This file is a next hop that fails where a test wants it to.

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// fault says at which step of which connection the next hop misbehaves.
type fault struct {
	step string // "connect" "banner" "EHLO" "MAIL" "RCPT" "DATA" "content" "dot" "answer"
	what string // "450" "550" (a reply), "cut", "hang"
	conn int    // 1-based; 0: every connection
}

// received is one message that the next hop has said 250 to.
type received struct {
	mail string // the MAIL line
	rcpt []string
	data string
}

type nextHop struct {
	t        *testing.T
	l        net.Listener
	fault    fault
	plain    bool // it offers no extension but SIZE
	mu       sync.Mutex
	conns    int
	messages []received
	kept     []received // taken over, though the answer never arrived
}

func newNextHop(t *testing.T, f fault) *nextHop {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &nextHop{t: t, l: l, fault: f}
	t.Cleanup(func() { l.Close() })
	if f.step == "connect" {
		l.Close()
		return h
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.conns++
			n := h.conns
			h.mu.Unlock()
			go h.serve(c, n)
		}
	}()
	return h
}

func (h *nextHop) taken() []received {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]received(nil), h.messages...)
}

// hop is one connection.
type hop struct {
	*nextHop
	c   net.Conn
	in  *bufio.Reader
	n   int
	now received
}

func (h *nextHop) serve(c net.Conn, n int) {
	defer c.Close()
	p := &hop{nextHop: h, c: c, in: bufio.NewReader(c), n: n}
	if !p.reply("banner", "220 next.example") {
		return
	}
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return
		}
		if !p.command(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

// reply gives the good answer, or misbehaves; false ends the connection.
func (p *hop) reply(step, good string) bool {
	f := p.fault
	if f.step != step || f.conn != 0 && f.conn != p.n {
		fmt.Fprintf(p.c, "%s\r\n", good)
		return true
	}
	switch f.what {
	case "cut":
		return false
	case "hang":
		time.Sleep(2 * time.Second)
		return false
	}
	fmt.Fprintf(p.c, "%s %s.7.1 said so at %s\r\n", f.what, f.what[:1], step)
	return true
}

func (p *hop) command(line string) bool {
	verb := strings.ToUpper(line[:min(4, len(line))])
	switch verb {
	case "EHLO":
		if p.plain {
			return p.reply(verb, "250-next.example\r\n250 SIZE 100000000")
		}
		return p.reply(verb, "250-next.example\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 SIZE 100000000")
	case "MAIL":
		p.now = received{mail: line}
		return p.reply(verb, "250 ok")
	case "RCPT":
		p.now.rcpt = append(p.now.rcpt, line)
		return p.reply(verb, "250 ok")
	case "DATA":
		if !p.reply(verb, "354 go on") || p.fault.step == "DATA" && (p.fault.conn == 0 || p.fault.conn == p.n) {
			return true
		}
		return p.content()
	case "QUIT":
		fmt.Fprint(p.c, "221 bye\r\n")
		return false
	}
	fmt.Fprint(p.c, "250 ok\r\n")
	return true
}

func (p *hop) content() bool {
	var b strings.Builder
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return false
		}
		if p.fault.step == "content" && (p.fault.conn == 0 || p.fault.conn == p.n) {
			return false
		}
		if line == ".\r\n" {
			break
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
	p.now.data = b.String()
	bad := p.fault.step == "dot" && (p.fault.conn == 0 || p.fault.conn == p.n)
	if p.fault.step == "answer" && (p.fault.conn == 0 || p.fault.conn == p.n) {
		p.mu.Lock()
		p.kept = append(p.kept, p.now)
		p.mu.Unlock()
		return false
	}
	if !bad {
		p.mu.Lock()
		p.messages = append(p.messages, p.now)
		p.mu.Unlock()
	}
	return p.reply("dot", "250 taken")
}

// tlsSession is a session under TLS after its greeting, to be written to raw.
func tlsSession(address string) (net.Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(c)
	in.ReadString('\n')
	fmt.Fprint(c, "EHLO x\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(line, "250 ") {
			break
		}
	}
	fmt.Fprint(c, "STARTTLS\r\n")
	if _, err := in.ReadString('\n'); err != nil {
		return nil, err
	}
	return tls.Client(c, &tls.Config{InsecureSkipVerify: true}), nil
}
