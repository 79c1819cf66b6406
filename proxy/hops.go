package proxy

// This file stops a mail that goes in a circle.

import (
	"bufio"
	"bytes"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"

	"sealgate/spool"
)

// maxHops is how many Received fields a message may bear (RFC 5321 §6.3 asks for
// 100 at least). A next hop that leads back to us adds one each time.
const maxHops = 100

// looping refuses a message that has come too far.
func looping(msg *spool.File) error {
	r := bufio.NewReader(msg.NewReader())
	for hops := 0; ; {
		line, err := r.ReadSlice('\n')
		if err != nil || len(bytes.TrimRight(line, "\r\n")) == 0 {
			return nil // a line that is too long ends the search: it is no trace field
		}
		if name, _, ok := strings.Cut(string(line[:min(len(line), 10)]), ":"); ok &&
			strings.EqualFold(strings.TrimSpace(name), "Received") {
			hops++
		}
		if hops > maxHops {
			return &smtp.SMTPError{
				Code:         554,
				EnhancedCode: smtp.EnhancedCode{5, 4, 6},
				Message:      "too many hops: the mail goes in a circle; does next_hop lead back to this listener?",
			}
		}
	}
}

// Own are the connections that our clients have open. A mail that a milter sees come
// in by one of them is a copy of ours which would pass sealgate twice: what the first
// pass found out would be overwritten. Nothing in the mail says so: a mark would leave
// the house with each mail whose way is right, or be a token to pass with.
type Own struct {
	mu   sync.Mutex
	open map[netip.AddrPort]struct{}
}

// Has reports whether a client that Postfix names is one of ours. Another client of this
// machine may have the same port towards another service, for a moment: a reason to
// refuse for now, never for good.
func (o *Own) Has(client netip.AddrPort) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, ok := o.open[client]
	return ok
}

// add takes a connection in until remove is called. A unix socket has no address.
func (o *Own) add(c net.Conn) (remove func()) {
	at, ok := c.LocalAddr().(*net.TCPAddr)
	if o == nil || !ok {
		return func() {}
	}
	client := netip.AddrPortFrom(at.AddrPort().Addr().Unmap(), at.AddrPort().Port())
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open == nil {
		o.open = map[netip.AddrPort]struct{}{}
	}
	o.open[client] = struct{}{}
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.open, client)
	}
}
