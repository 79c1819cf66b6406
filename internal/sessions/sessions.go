// Package sessions is the shell of a server: it accepts sessions up to a limit, knows
// which of them have a message under way, and lets these finish when the server stops.
package sessions

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// Group are the sessions of one listener. Its exported fields are set before Serve.
type Group struct {
	Limit   int            // sessions at once, 0: no limit
	Log     *slog.Logger   // of what is refused
	TooMany func(net.Conn) // answers the one that is too many before it is closed; nil: nothing is said

	mu       sync.Mutex // guards what follows
	listener net.Listener
	open     map[*Session]struct{}
	draining bool
	ended    sync.WaitGroup // of the sessions
}

// Session is one accepted connection.
type Session struct {
	net.Conn // the socket
	group    *Group
	busy     bool // a message is under way; the group's mutex guards it
}

// Serve accepts sessions until Shutdown, and runs each in a goroutine of its own. The
// session ends, and its socket is closed, when run returns.
func (g *Group) Serve(l net.Listener, run func(*Session)) error {
	if !g.begin(l) {
		return l.Close()
	}
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			g.accept(c, run)
		case g.Draining():
			return nil
		case !passes(err):
			return err
		default:
			g.Log.Warn("no session can be accepted now", "error", err)
			time.Sleep(pause)
		}
	}
}

// pause is how long a listener waits when the system has no more to give.
const pause = 100 * time.Millisecond

// passes tells faults that pass, such as too many open files, from a listener that is no
// more.
func passes(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// begin is false when Shutdown came first.
func (g *Group) begin(l net.Listener) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listener = l
	g.open = map[*Session]struct{}{}
	return !g.draining
}

func (g *Group) accept(c net.Conn, run func(*Session)) {
	s := g.add(c)
	if s == nil {
		g.Log.Warn("session refused: too many at once, or the server stops", "limit", g.Limit)
		if g.TooMany != nil {
			g.TooMany(c)
		}
		c.Close()
		return
	}
	go func() {
		defer g.remove(s)
		run(s)
	}()
}

// add is nil when there is no room.
func (g *Group) add(c net.Conn) *Session {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining || g.Limit > 0 && len(g.open) >= g.Limit {
		return nil
	}
	s := &Session{Conn: c, group: g}
	g.open[s] = struct{}{}
	g.ended.Add(1)
	return s
}

func (g *Group) remove(s *Session) {
	s.Conn.Close()
	g.mu.Lock()
	delete(g.open, s)
	g.mu.Unlock()
	g.ended.Done()
}

// Open returns how many sessions there are.
func (g *Group) Open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.open)
}

// Draining reports whether Shutdown was called.
func (g *Group) Draining() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

// Begin reports whether a message may begin, and notes that it does.
func (s *Session) Begin() bool {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	s.busy = !s.group.draining
	return s.busy
}

// End notes that the message has been answered, or given up. When the server stops, the
// session ends with it: what answers the message must have been written before.
func (s *Session) End() {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	s.busy = false
	if s.group.draining {
		s.Conn.Close()
	}
}

// Shutdown refuses new sessions and new messages, and waits for the messages under way,
// until ctx ends; then it cuts their sessions: what was not answered stays with the client.
func (g *Group) Shutdown(ctx context.Context) error {
	g.drain()
	done := make(chan struct{})
	go func() {
		g.ended.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		g.cut()
		return ctx.Err()
	}
}

// drain ends the sessions without a message under way.
func (g *Group) drain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining = true
	if g.listener != nil {
		g.listener.Close()
	}
	for s := range g.open {
		if !s.busy {
			s.Conn.Close()
		}
	}
}

func (g *Group) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.open {
		s.Conn.Close()
	}
}

// one is a listener of one connection: the servers of go-milter and go-smtp serve nothing
// else.
type one struct {
	net.Conn
	addr net.Addr
	done bool
}

// Listener returns a listener that accepts c, once. Closing it leaves c open.
func Listener(c net.Conn) net.Listener { return &one{Conn: c, addr: c.LocalAddr()} }

// Accept implements net.Listener.
func (l *one) Accept() (net.Conn, error) {
	if l.done {
		return nil, net.ErrClosed
	}
	l.done = true
	return l.Conn, nil
}

// Close implements net.Listener.
func (l *one) Close() error { return nil }

// Addr implements net.Listener.
func (l *one) Addr() net.Addr { return l.addr }
