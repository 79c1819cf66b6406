package proxy

// This file bounds what a client may hold: sessions at once, and silence.

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// listener gives each connection an idle deadline and one of the free slots.
type listener struct {
	net.Listener
	idle time.Duration
	free chan struct{} // nil: no limit
}

func slots(n int) chan struct{} {
	if n == 0 {
		return nil
	}
	return make(chan struct{}, n)
}

// Accept refuses a session beyond the limit with 421 (RFC 5321 §3.8).
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.free == nil {
			return l.wrap(c, func() {}), nil
		}
		select {
		case l.free <- struct{}{}:
			return l.wrap(c, sync.OnceFunc(func() { <-l.free })), nil
		default:
			c.SetDeadline(time.Now().Add(time.Second))
			fmt.Fprintf(c, "421 4.3.2 too many sessions at once, try again later\r\n")
			c.Close()
		}
	}
}

func (l *listener) wrap(c net.Conn, release func()) *conn {
	return &conn{Conn: c, idle: l.idle, release: release, ends: strictWriter{w: io.Discard}}
}

// conn renews its deadline with every read and write, also inside DATA, where
// go-smtp sets none, and looks at line ends before go-smtp does: its reader of
// DATA drops the dot and the CR of a line that begins ".CR".
type conn struct {
	net.Conn
	idle    time.Duration
	release func()
	ends    strictWriter
	bare    bool // a bare CR or LF has come, in a command or in text
	ended   bool // Read has failed: nothing more comes
}

func (c *conn) Read(p []byte) (int, error) {
	c.Conn.SetReadDeadline(time.Now().Add(c.idle))
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

func (c *conn) Write(p []byte) (int, error) {
	c.Conn.SetWriteDeadline(time.Now().Add(c.idle))
	return c.Conn.Write(p)
}

func (c *conn) Close() error {
	c.release()
	return c.Conn.Close()
}

func sprintf(format string, v ...any) string { return strings.TrimSpace(fmt.Sprintf(format, v...)) }
func sprintln(v ...any) string               { return strings.TrimSpace(fmt.Sprintln(v...)) }
