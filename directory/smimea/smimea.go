// Package smimea finds certificates in the DNS (RFC 8162). Only answers that a trusted resolver
// has validated count (RFC 4033 §5: secure).
package smimea

// This file asks the resolver.

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/miekg/dns"

	"sealgate/certstore"
	"sealgate/directory"
	"sealgate/internal/x509cert"
)

// maxRecords bounds the records of one address that are read.
const maxRecords = 32

// hashSize is to how many octets the hash of a local part is cut (RFC 8162 §3).
const hashSize = 28

// Options say who is asked.
type Options struct {
	// Resolver is "127.0.0.1:53", a resolver on this machine, or "tls://192.0.2.1:853" with
	// "#name" of its certificate (RFC 7858), behind it when it is not the address. What
	// it says to be validated is believed, so nobody may sit between it and us.
	Resolver string
	CAs      *x509.CertPool // of the resolver's certificate; nil: the system's
	Timeout  time.Duration  // of one question
}

// Zones are the mail domains of the DNS, asked through one resolver.
type Zones struct {
	client  *dns.Client
	address string
}

// ErrOptions says that a resolver cannot be trusted, or not be asked, as it is configured.
var ErrOptions = errors.New("smimea: resolver")

// New returns the DNS as a directory. Nothing is asked yet. It is always TCP: a validated
// answer with certificates does not fit into a datagram.
func New(o Options) (*Zones, error) {
	client := &dns.Client{Net: "tcp", Timeout: o.Timeout}
	if !strings.HasPrefix(o.Resolver, "tls://") {
		to, err := netip.ParseAddrPort(o.Resolver)
		if err != nil || !to.Addr().IsLoopback() {
			return nil, fmt.Errorf("%w: %q is neither an address of this machine with its port "+
				"(127.0.0.1:53) nor tls://ADDRESS:853", ErrOptions, o.Resolver)
		}
		return &Zones{client, to.String()}, nil
	}
	u, err := url.Parse(o.Resolver)
	if err != nil || u.Hostname() == "" || u.Path != "" {
		return nil, fmt.Errorf("%w: %q is not tls://ADDRESS:PORT#NAME", ErrOptions, o.Resolver)
	}
	name := u.Fragment
	if name == "" {
		name = u.Hostname()
	}
	port := u.Port()
	if port == "" {
		port = "853"
	}
	client.Net = "tcp-tls"
	client.TLSConfig = &tls.Config{ServerName: name, RootCAs: o.CAs, MinVersion: tls.VersionTLS12}
	return &Zones{client, net.JoinHostPort(u.Hostname(), port)}, nil
}

// Name implements directory.Directory.
func (z *Zones) Name() string { return "the DNS resolver " + z.address }

// Source implements directory.Directory.
func (z *Zones) Source() certstore.Source { return certstore.SMIMEA }

// Search implements directory.Directory. What is not validated is "none": most zones are not
// signed. A zone whose signatures are wrong is not answered (SERVFAIL, RFC 4035 §5.5).
func (z *Zones) Search(ctx context.Context, addr string) ([]directory.Certificate, error) {
	name, ok := domainName(addr)
	if !ok {
		return nil, nil
	}
	reply, err := z.ask(ctx, name, dns.TypeSMIMEA)
	if err != nil {
		return nil, err
	}
	if !reply.AuthenticatedData {
		return nil, nil
	}
	var found []directory.Certificate
	for _, r := range reply.Answer[:min(len(reply.Answer), maxRecords)] {
		s, ok := r.(*dns.SMIMEA)
		if !ok {
			continue // the CNAME that led to it, or a signature
		}
		if c, ok := certificate(s); ok {
			found = append(found, c)
		}
	}
	return found, nil
}

// Probe implements directory.Directory. It asks for the keys of the root, which is signed: a
// resolver that does not validate would never find a certificate, and never say why.
func (z *Zones) Probe(ctx context.Context) error {
	reply, err := z.ask(ctx, ".", dns.TypeDNSKEY)
	if err != nil {
		return err
	}
	if !reply.AuthenticatedData {
		return fmt.Errorf("smimea: %s does not validate (no AD bit for the root zone): "+
			"no answer of it counts; take one that does, such as unbound", z.address)
	}
	return nil
}

// ask asks one question. An error says that there is no answer.
func (z *Zones) ask(ctx context.Context, name string, kind uint16) (*dns.Msg, error) {
	query := new(dns.Msg)
	query.SetQuestion(name, kind)
	query.SetEdns0(dns.DefaultMsgSize, true)
	query.AuthenticatedData = true // RFC 6840 §5.7: tell us whether it is validated
	reply, _, err := z.client.ExchangeContext(ctx, query, z.address)
	if err != nil {
		return nil, fmt.Errorf("smimea: %w", err)
	}
	if len(reply.Question) != 1 || reply.Question[0] != query.Question[0] {
		return nil, errors.New("smimea: an answer to another question")
	}
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		return nil, fmt.Errorf("smimea: the resolver answers %s", dns.RcodeToString[reply.Rcode])
	}
	return reply, nil
}

// domainName is where the certificates of an address in normal form stand (RFC 8162 §3).
func domainName(addr string) (name string, ok bool) {
	at := strings.LastIndexByte(addr, '@')
	local := addr[:at]
	domain := addr[at+1:]
	if strings.HasPrefix(domain, "[") {
		return "", false // an address literal has no zone
	}
	sum := sha256.Sum256([]byte(local))
	name = hex.EncodeToString(sum[:hashSize]) + "._smimecert." + dns.Fqdn(domain)
	_, ok = dns.IsDomainName(name)
	return name, ok
}

// The fields of a record (RFC 6698 §2.1, as RFC 8162 §2 takes them).
const (
	usageDANEEE      = 3 // this certificate, whoever issued it
	selectorCert     = 0 // the certificate, not its key alone
	matchingComplete = 0 // itself, not its hash
)

// certificate is the one in a record. A key alone or a hash names a certificate, but cannot be
// encrypted to.
func certificate(s *dns.SMIMEA) (c directory.Certificate, ok bool) {
	if s.Selector != selectorCert || s.MatchingType != matchingComplete {
		return c, false
	}
	der, err := hex.DecodeString(s.Certificate)
	if err != nil {
		return c, false
	}
	c.Certificate, err = x509cert.Parse(der)
	if err != nil {
		return c, false
	}
	c.Vouched = s.Usage == usageDANEEE
	return c, true
}
