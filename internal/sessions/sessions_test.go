package sessions

// This file tests the shell with sessions that do nothing but wait.

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"
)

// serve runs a group whose sessions echo lines; "begin" and "end" are a message's.
func serve(t *testing.T, g *Group) (address string, ended <-chan error) {
	t.Helper()
	g.Log = slog.New(slog.DiscardHandler)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- g.Serve(l, echo) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		g.Shutdown(ctx)
	})
	return l.Addr().String(), done
}

func echo(s *Session) {
	in := bufio.NewScanner(s)
	for in.Scan() {
		answer := "ok"
		switch in.Text() {
		case "begin":
			if !s.Begin() {
				answer = "no"
			}
		case "end":
			s.End()
		}
		if _, err := io.WriteString(s, answer+"\n"); err != nil {
			return
		}
	}
}

// client is one connection; say returns "" when it was closed.
type client struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return &client{c, bufio.NewReader(c)}
}

func (c *client) say(line string) string {
	io.WriteString(c, line+"\n")
	answer, _ := c.in.ReadString('\n')
	return answer
}

func TestLimit(t *testing.T) {
	g := &Group{Limit: 2, TooMany: func(c net.Conn) { io.WriteString(c, "full\n") }}
	address, _ := serve(t, g)
	a := dial(t, address)
	b := dial(t, address)
	if a.say("x") != "ok\n" || b.say("x") != "ok\n" || g.Open() != 2 {
		t.Fatal("two sessions are within the limit")
	}
	if got := dial(t, address).say(""); got != "full\n" {
		t.Errorf("the third session hears %q", got)
	}
	a.Close()
	for g.Open() > 1 {
		time.Sleep(time.Millisecond)
	}
	if got := dial(t, address).say("x"); got != "ok\n" {
		t.Errorf("a session in the place of one that has ended hears %q", got)
	}
}

// TestShutdown ends what is idle at once, and what has a message with its end.
func TestShutdown(t *testing.T) {
	g := &Group{}
	address, ended := serve(t, g)
	idle := dial(t, address)
	working := dial(t, address)
	idle.say("x")
	working.say("begin")
	done := make(chan error, 1)
	go func() { done <- g.Shutdown(context.Background()) }()
	for !g.Draining() {
		time.Sleep(time.Millisecond)
	}
	if got := idle.say("x"); got != "" {
		t.Errorf("the idle session hears %q", got)
	}
	if got := working.say("x"); got != "ok\n" {
		t.Errorf("the session with a message hears %q", got)
	}
	select {
	case <-done:
		t.Error("Shutdown did not wait for the message")
	default:
	}
	working.say("end")
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestShutdownBeginsNothing: a session that is still there may not begin another message.
func TestShutdownBeginsNothing(t *testing.T) {
	g := &Group{}
	address, _ := serve(t, g)
	c := dial(t, address)
	c.say("begin")
	go g.Shutdown(context.Background())
	for !g.Draining() {
		time.Sleep(time.Millisecond)
	}
	if got := c.say("begin"); got != "no\n" {
		t.Errorf("a new message: %q", got)
	}
}

// TestShutdownCuts what is still under way when its time is over.
func TestShutdownCuts(t *testing.T) {
	g := &Group{}
	address, _ := serve(t, g)
	c := dial(t, address)
	c.say("begin")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := c.say("x"); got != "" {
		t.Errorf("the session hears %q", got)
	}
}

func TestShutdownBeforeServe(t *testing.T) {
	g := &Group{}
	if err := g.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	address, ended := serve(t, g)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("it listens all the same")
	}
}

// faults is a listener that fails as told, and then waits.
type faults struct {
	net.Listener
	errs []error
}

func (f *faults) Accept() (net.Conn, error) {
	if len(f.errs) > 0 {
		err := f.errs[0]
		f.errs = f.errs[1:]
		return nil, err
	}
	return f.Listener.Accept()
}

// TestFaultsOfTheListener: too many open files pass, a listener that is gone does not.
func TestFaultsOfTheListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := &Group{Log: slog.New(slog.DiscardHandler)}
	gone := errors.New("gone")
	err = g.Serve(&faults{l, []error{syscall.EMFILE, syscall.ECONNABORTED, gone}}, echo)
	if !errors.Is(err, gone) {
		t.Errorf("Serve ends with %v", err)
	}
}
