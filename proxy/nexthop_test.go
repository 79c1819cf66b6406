package proxy

// This file gives the tests of this package a next hop.

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"sealgate/internal/nexthop"
	"sealgate/internal/testpki"
)

func newNextHop(t *testing.T, f nexthop.Fault) *nexthop.NextHop {
	t.Helper()
	h, err := nexthop.New(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// to is a client that delivers to h.
func to(h *nexthop.NextHop) *Client { return &Client{Address: h.Address, Hostname: "gw.example"} }

// tlsSession is a session under TLS after its greeting, to be written to raw.
func tlsSession(address string) (net.Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(c)
	in.ReadString('\n')
	fmt.Fprint(c, "EHLO x\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(line, "250 ") {
			break
		}
	}
	fmt.Fprint(c, "STARTTLS\r\n")
	if _, err := in.ReadString('\n'); err != nil {
		return nil, err
	}
	return tls.Client(c, &tls.Config{InsecureSkipVerify: true}), nil
}

// talkTLS is talk under TLS.
func talkTLS(t *testing.T, address, script string) string {
	t.Helper()
	c, err := tlsSession(address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, script)
	c.(*tls.Conn).NetConn().(*net.TCPConn).CloseWrite() // a close_notify that is not read would reset the connection
	all, _ := io.ReadAll(c)
	return string(all)
}

func tlsConfig(t *testing.T) *tls.Config {
	cert := testpki.New(t).Issue(testpki.Options{Name: "gw.example"})
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Certificate.Raw}, PrivateKey: cert.Key}}}
}
