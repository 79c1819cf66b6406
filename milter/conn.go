package milter

// This file wraps a connection from Postfix: deadlines, and the frames as they
// pass by, because go-milter shows only a part of them.

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// writeTimeout is how long Postfix may take to accept an answer.
const writeTimeout = 2 * time.Minute

// maxKept bounds the payload of a MAIL or RCPT frame that is kept; a command line
// of SMTP is far below.
const maxKept = 64 << 10

// conn is one connection. Its Read is called by go-milter's one goroutine only.
type conn struct {
	net.Conn
	idle   time.Duration
	closed func()
	once   sync.Once
	head   []byte // of the frame that is being read: length and command
	left   int    // octets of its payload still to come
	kept   []byte // its payload, for MAIL and RCPT
	nuls   int    // in its payload
	args   []string
	torn   bool // a header frame was not two strings: go-milter would drop it
}

// Read passes frames on. Any error reads as the end: go-milter would log it on
// the standard logger, and Postfix learns nothing from it.
func (c *conn) Read(p []byte) (int, error) {
	c.Conn.SetReadDeadline(time.Now().Add(c.idle))
	n, err := c.Conn.Read(p)
	c.watch(p[:n])
	if c.torn || err != nil && n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (c *conn) Write(p []byte) (int, error) {
	c.Conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	return c.Conn.Write(p)
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.closed)
	return err
}

// frameHead is the length (4 octets, big endian, of command and payload) and the
// command.
const frameHead = 5

// watch follows the frames in what was read.
func (c *conn) watch(p []byte) {
	for len(p) > 0 {
		if len(c.head) < frameHead {
			n := min(frameHead-len(c.head), len(p))
			c.head = append(c.head, p[:n]...)
			p = p[n:]
			if len(c.head) == frameHead {
				c.left = int(binary.BigEndian.Uint32(c.head)) - 1
				c.kept = c.kept[:0]
				c.nuls = 0
				c.finish()
			}
			continue
		}
		n := min(c.left, len(p))
		switch c.head[4] {
		case 'M', 'R':
			c.kept = append(c.kept, p[:min(n, maxKept-len(c.kept))]...)
		case 'L':
			c.nuls += bytes.Count(p[:n], []byte{0})
		}
		c.left -= n
		p = p[n:]
		c.finish()
	}
}

// finish takes in a complete frame.
func (c *conn) finish() {
	if c.left > 0 {
		return
	}
	switch c.head[4] {
	case 'M', 'R':
		c.args = arguments(c.kept)
	case 'L':
		c.torn = c.torn || c.nuls != 2
	}
	c.head = c.head[:0]
}

// arguments are the ESMTP arguments behind the address of a MAIL or RCPT frame.
func arguments(payload []byte) (args []string) {
	parts := strings.Split(strings.TrimSuffix(string(payload), "\x00"), "\x00")
	for _, a := range parts[1:] {
		if a != "" {
			args = append(args, a)
		}
	}
	return args
}
