package proxy

// This file looks at a connection without reading from it.

import (
	"errors"
	"net"
	"syscall"
)

// errGone is a peer that has closed its side.
var errGone = errors.New("connection closed")

// silent is nil while the peer has neither said anything nor gone. A connection
// of another kind than a socket's cannot be asked and counts as silent.
func silent(c net.Conn) error {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var n int
	var look error
	if err := raw.Control(func(fd uintptr) {
		n, _, look = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	}); err != nil {
		return err
	}
	switch {
	case errors.Is(look, syscall.EAGAIN):
		return nil
	case look != nil:
		return look
	case n == 0:
		return errGone
	}
	return errors.New("a reply before the end of the message")
}
