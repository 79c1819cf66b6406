package proxy

// This file bounds what a client may hold: sessions at once, and silence; and it
// ends sessions when the server drains.

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// listener knows its connections.
type listener struct {
	net.Listener
	idle  time.Duration
	limit int // sessions at once, 0: no limit

	mu       sync.Mutex
	open     map[*conn]struct{}
	draining bool
}

// Accept refuses a session beyond the limit with 421 (RFC 5321 §3.8).
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if w := l.add(c); w != nil {
			return w, nil
		}
		c.SetDeadline(time.Now().Add(time.Second))
		fmt.Fprintf(c, "421 4.3.2 too many sessions at once, try again later\r\n")
		c.Close()
	}
}

// add wraps a connection, nil when there is no room for it.
func (l *listener) add(c net.Conn) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.draining || l.limit > 0 && len(l.open) >= l.limit {
		return nil
	}
	w := &conn{Conn: c, listener: l, ends: strictWriter{w: io.Discard}}
	l.open[w] = struct{}{}
	return w
}

// drain ends sessions without a message under way; the others end with it.
func (l *listener) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
	for c := range l.open {
		if !c.busy {
			c.Conn.Close()
		}
	}
}

// cut ends all sessions.
func (l *listener) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.Conn.Close()
	}
}

// conn renews its deadline with every read and write, also inside DATA, where
// go-smtp sets none, and looks at line ends before go-smtp does: its reader of
// DATA drops the dot and the CR of a line that begins ".CR".
type conn struct {
	net.Conn
	listener *listener
	busy     bool // a message is under way; the listener's mutex guards it
	ends     strictWriter
	bare     bool // a bare CR or LF has come, in a command or in text
	ended    bool // Read has failed: nothing more comes
}

// begin tells whether a message may begin.
func (c *conn) begin() bool {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	c.busy = !c.listener.draining
	return c.busy
}

// end is called when a message has been answered, or given up.
func (c *conn) end() {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	if c.busy = false; c.listener.draining {
		c.Conn.Close()
	}
}

func (c *conn) Read(p []byte) (int, error) {
	c.Conn.SetReadDeadline(time.Now().Add(c.listener.idle))
	n, err := c.Conn.Read(p)
	if !c.bare && n > 0 {
		_, bad := c.ends.Write(p[:n])
		c.bare = bad != nil
	}
	c.ended = c.ended || err != nil
	return n, err
}

// gone tells whether the client has closed its side and nothing is left to read:
// the end of a TLS stream reads as the end before the connection's own.
func (c *conn) gone() bool { return errors.Is(silent(c.Conn), errGone) }

// chunking is a line of the answer to EHLO, which go-smtp always gives and writes
// line by line. It is left out: when a BDAT is given up and another begun in one
// packet, go-smtp (v0.25.1) may answer the second with the outcome of the first.
// Under TLS it stays; whoever uses BDAT is served as well as go-smtp can.
const chunking = "250-CHUNKING\r\n"

func (c *conn) Write(p []byte) (int, error) {
	if string(p) == chunking {
		return len(p), nil
	}
	c.Conn.SetWriteDeadline(time.Now().Add(c.listener.idle))
	return c.Conn.Write(p)
}

func (c *conn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

func sprintf(format string, v ...any) string { return strings.TrimSpace(fmt.Sprintf(format, v...)) }
func sprintln(v ...any) string               { return strings.TrimSpace(fmt.Sprintln(v...)) }
