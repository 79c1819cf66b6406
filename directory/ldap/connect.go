package ldap

// This file opens the connection.

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// maxPacket bounds one answer of a server, which is read as a whole.
const maxPacket = 4 << 20

func init() { ber.MaxPacketLengthBytes = maxPacket }

// connect dials, goes over to TLS and binds.
func (s *Server) connect(ctx context.Context) (*ldap.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	stream, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	conn := ldap.NewConn(stream, s.encrypted)
	conn.SetTimeout(s.o.Timeout)
	conn.Start()
	if err := s.greet(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (s *Server) dial(ctx context.Context) (net.Conn, error) {
	if s.encrypted {
		d := tls.Dialer{Config: s.tls}
		return d.DialContext(ctx, "tcp", s.address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", s.address)
}

// greet makes the connection one that may be asked on.
func (s *Server) greet(conn *ldap.Conn) error {
	if s.o.StartTLS {
		if err := conn.StartTLS(s.tls); err != nil {
			return err
		}
	}
	if s.o.BindDN == "" {
		return nil
	}
	return conn.Bind(s.o.BindDN, s.o.Password)
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
