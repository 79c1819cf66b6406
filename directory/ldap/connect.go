package ldap

// This file opens the connection.

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// maxPacket bounds one answer of a server, which is read as a whole.
const maxPacket = 4 << 20

func init() { ber.MaxPacketLengthBytes = maxPacket }

// target is what is connected to, and how.
type target struct {
	address   string // host:port
	encrypted bool   // from the start
	startTLS  bool
	tls       *tls.Config
	bindDN    string // empty: anonymous
	password  string
	timeout   time.Duration
}

// connect dials, goes over to TLS and binds.
func (t *target) connect(ctx context.Context) (*ldap.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	stream, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.SetDeadline(time.Now().Add(t.timeout)); err != nil { // StartTLS has none of its own
		stream.Close()
		return nil, err
	}
	conn := ldap.NewConn(stream, t.encrypted)
	conn.SetTimeout(t.timeout)
	conn.Start()
	err = t.greet(conn)
	if err == nil {
		err = stream.SetDeadline(time.Time{})
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (t *target) dial(ctx context.Context) (net.Conn, error) {
	if t.encrypted {
		d := tls.Dialer{Config: t.tls}
		return d.DialContext(ctx, "tcp", t.address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", t.address)
}

// greet makes the connection one that may be asked on.
func (t *target) greet(conn *ldap.Conn) error {
	if t.startTLS {
		if err := conn.StartTLS(t.tls); err != nil {
			return err
		}
	}
	if t.bindDN == "" {
		return nil
	}
	return conn.Bind(t.bindDN, t.password)
}

// address is where a URL leads, with the port that its scheme has (RFC 4516 §2).
func address(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "ldaps":
		port = "636"
	default:
		port = "389"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
