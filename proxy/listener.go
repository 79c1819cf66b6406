package proxy

// This file bounds how many sessions there are at once, and ends them when the
// server drains.

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// listener knows its connections.
type listener struct {
	net.Listener
	idle  time.Duration
	limit int   // sessions at once, 0: no limit
	size  int64 // octets of a message, 0: no limit

	mu       sync.Mutex
	open     map[*conn]struct{}
	draining bool
	sessions sync.WaitGroup
}

// accept refuses a session beyond the limit with 421 (RFC 5321 §3.8).
func (l *listener) accept() (*conn, error) {
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
	w := newConn(l, c)
	l.open[w] = struct{}{}
	l.sessions.Add(1)
	return w
}

// remove ends a connection for good.
func (l *listener) remove(c *conn) {
	c.stream.Close()
	l.mu.Lock()
	delete(l.open, c)
	l.mu.Unlock()
	l.sessions.Done()
}

// drain ends sessions without a message under way; the others end with it.
func (l *listener) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
	l.Listener.Close()
	for c := range l.open {
		if !c.busy {
			c.Conn.Close()
		}
	}
}

// wait waits for the sessions to end; when ctx ends first it cuts them.
func (l *listener) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		l.sessions.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		l.cut()
		return ctx.Err()
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

func sprintf(format string, v ...any) string { return strings.TrimSpace(fmt.Sprintf(format, v...)) }
func sprintln(v ...any) string               { return strings.TrimSpace(fmt.Sprintln(v...)) }
