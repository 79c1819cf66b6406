package e2e

// This file sends certificates that name services inside the house.

import (
	"net"
	"sync/atomic"

	"sealgate/internal/testpki"
)

// listener counts who connects; it says nothing.
func (s *site) listener() (address string, connections *atomic.Int32) {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { l.Close() })
	connections = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			c.Close()
		}
	}()
	return l.Addr().String(), connections
}

// intoTheHouse: URLs of this very machine, in each place that a certificate has for
// them, of a known issuer and of one whose certificate would have to be fetched;
// nothing is asked there.
func intoTheHouse(s *site) {
	address, connections := s.listener()
	notSent := s.pki.Issue(testpki.Options{Name: "Not Sent", CA: true})
	for _, scheme := range []string{"ldap", "http", "https"} {
		url := []string{scheme + "://" + address + "/cn=x?certificateRevocationList;binary"}
		for by, want := range map[*testpki.Cert]string{s.pki.Root: "valid", notSent: "untrusted"} {
			who := "inside-" + scheme + "-" + want
			c := s.pki.Under(by, testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048", AIA: url, CRL: url, OCSP: url})
			c.Issuer = s.pki.Root // so that its file does not bring the authority
			s.keys[who], s.certs[who] = s.files(c, who)
			s.accepted(s.send(s.inbound, "anna@kunde.example", []string{toSupport}, withHeader(headerOf(who), s.signed(who, payEntity))))
			text := s.arrival("Subject: " + who).Text
			if got := field(s.t, text, "X-SMIME-Signature") + "/" + field(s.t, text, "X-SMIME-Encryption"); got != want+"/none" {
				s.t.Errorf("%s: %s (%s)", who, got, field(s.t, text, "X-SMIME-Reason"))
			}
		}
	}
	if n := connections.Load(); n != 0 {
		s.t.Errorf("%d connections into the house", n)
	}
}
