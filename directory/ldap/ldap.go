// Package ldap finds certificates in an LDAP directory (RFC 4511, RFC 4523).
package ldap

// This file is the directory and its questions.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"sealgate/certstore"
	"sealgate/directory"
)

// Bounds of one answer.
const (
	maxEntries      = 32      // people with the same address
	maxCertificates = 64      // of all of them
	maxOctets       = 1 << 20 // of one attribute's value
)

// maxIdle is after how long without a question the connection is closed; a directory that is
// not configured any more needs nobody to say so.
const maxIdle = time.Minute

// Placeholder stands in a filter for the address, which is escaped (RFC 4515 §3).
const Placeholder = "{address}"

// DefaultFilter finds what nearly every directory has.
const DefaultFilter = "(mail=" + Placeholder + ")"

// attributes hold certificates (RFC 4523 §4.1, RFC 2798 §2.8).
var attributes = []string{
	"userCertificate;binary", "userCertificate", "userSMIMECertificate;binary", "userSMIMECertificate",
}

// Options say which directory is asked, and how.
type Options struct {
	URL      string         // ldap://host[:port] or ldaps://host[:port]
	StartTLS bool           // RFC 4511 §4.14; with ldap:// only
	CAs      *x509.CertPool // of the server's certificate; nil: the system's
	BindDN   string         // empty: anonymous
	Password string         // of BindDN
	Base     string         // the DN under which people stand
	Filter   string         // with Placeholder; empty: DefaultFilter
	Timeout  time.Duration  // of connecting, and of each answer
}

// Server is one directory. It keeps one connection, on which many questions are asked at once.
type Server struct {
	o      Options
	host   string // as the URL has it, for people
	target target

	mu   sync.Mutex
	conn *ldap.Conn  // nil: none yet; guarded by mu
	idle *time.Timer // hangs up when nothing has been asked for a while; guarded by mu
}

// ErrOptions says that a directory cannot be asked as it is configured.
var ErrOptions = errors.New("ldap: options")

// New returns a directory. Nothing is connected before the first question.
func New(o Options) (*Server, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Host == "" {
		return nil, fmt.Errorf("%w: %q is not ldap://host or ldaps://host", ErrOptions, o.URL)
	}
	if o.StartTLS && u.Scheme == "ldaps" {
		return nil, fmt.Errorf("%w: starttls with ldaps://, which is TLS from the start", ErrOptions)
	}
	if o.BindDN != "" && !o.StartTLS && u.Scheme == "ldap" {
		return nil, fmt.Errorf("%w: a password would travel in clear: take ldaps:// or starttls", ErrOptions)
	}
	if o.Filter == "" {
		o.Filter = DefaultFilter
	}
	if !strings.Contains(o.Filter, Placeholder) {
		return nil, fmt.Errorf("%w: the filter lacks %s", ErrOptions, Placeholder)
	}
	if _, err := ldap.CompileFilter(filter(o.Filter, "a@b.example")); err != nil {
		return nil, fmt.Errorf("%w: the filter: %v", ErrOptions, err)
	}
	if _, err := ldap.ParseDN(o.Base); err != nil {
		return nil, fmt.Errorf("%w: the base: %v", ErrOptions, err)
	}
	return &Server{
		o:    o,
		host: u.Host,
		target: target{
			address:   address(u),
			encrypted: u.Scheme == "ldaps",
			startTLS:  o.StartTLS,
			tls:       &tls.Config{ServerName: u.Hostname(), RootCAs: o.CAs, MinVersion: tls.VersionTLS12},
			bindDN:    o.BindDN,
			password:  o.Password,
			timeout:   o.Timeout,
		},
	}, nil
}

// Name implements directory.Directory.
func (s *Server) Name() string { return "the LDAP directory " + s.host }

// Source implements directory.Directory.
func (s *Server) Source() certstore.Source { return certstore.LDAP }

// Search implements directory.Directory. A connection that has died since the last question
// is opened once more.
func (s *Server) Search(ctx context.Context, addr string) ([]directory.Certificate, error) {
	conn, fresh, err := s.connection(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.search(ctx, conn, addr)
	if err == nil || fresh || !ldap.IsErrorWithCode(err, ldap.ErrorNetwork) {
		return found, err
	}
	conn, _, err = s.connection(ctx)
	if err != nil {
		return nil, err
	}
	return s.search(ctx, conn, addr)
}

// Probe implements directory.Directory: an address that nobody has must be answered.
func (s *Server) Probe(ctx context.Context) error {
	_, err := s.Search(ctx, "nobody@sealgate.invalid")
	return err
}

// search asks for one address. That there is nobody is an empty answer; any other result than
// success is none: a wrong base, a referral or half an answer must not look like "there is no
// certificate".
func (s *Server) search(ctx context.Context, conn *ldap.Conn, addr string) ([]directory.Certificate, error) {
	request := ldap.NewSearchRequest(
		s.o.Base,
		ldap.ScopeWholeSubtree,
		ldap.NeverDerefAliases,
		maxEntries+1,
		int(s.o.Timeout.Seconds()),
		false,
		filter(s.o.Filter, addr),
		attributes,
		nil,
	)
	result, err := whole(ctx, conn, request)
	if err != nil {
		return nil, fmt.Errorf("ldap: %w", err)
	}
	if len(result.Entries) > maxEntries {
		return nil, fmt.Errorf("ldap: more than %d entries with this address", maxEntries)
	}
	var found []directory.Certificate
	for _, e := range result.Entries {
		found = append(found, certificates(e)...)
	}
	switch {
	case len(found) > maxCertificates:
		return nil, fmt.Errorf("ldap: more than %d certificates with this address", maxCertificates)
	case len(found) == 0 && len(result.Referrals) > 0:
		return nil, errors.New("ldap: nothing found, and it refers to other servers, which are not asked: " +
			"take a base below that it knows itself")
	}
	return found, nil
}

// whole waits for the answer with its end (SearchResultDone): one that is cut off is none. A
// connection on which nothing came is given up, so that the next question gets another.
func whole(ctx context.Context, conn *ldap.Conn, request *ldap.SearchRequest) (*ldap.SearchResult, error) {
	type answer struct {
		result *ldap.SearchResult
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		result, err := conn.Search(request)
		done <- answer{result, err}
	}()
	select {
	case <-ctx.Done():
		go conn.Close() // it may wait for the other side
		return nil, ctx.Err()
	case a := <-done:
		return a.result, a.err
	}
}

// connection is the connection that is open, or a fresh one.
func (s *Server) connection(ctx context.Context) (conn *ldap.Conn, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil && !s.conn.IsClosing() && s.idle.Reset(maxIdle) {
		return s.conn, false, nil
	}
	conn, err = s.target.connect(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("ldap: %w", err)
	}
	s.conn = conn
	s.idle = time.AfterFunc(maxIdle, func() { conn.Close() })
	return conn, true, nil
}

// filter puts an address into a filter.
func filter(template, addr string) string {
	return strings.ReplaceAll(template, Placeholder, ldap.EscapeFilter(addr))
}

// certificates reads those of one person. What cannot be read is left out.
func certificates(e *ldap.Entry) []directory.Certificate {
	var list []directory.Certificate
	for _, name := range attributes {
		for _, value := range e.GetEqualFoldRawAttributeValues(name) {
			if len(value) > maxOctets {
				continue
			}
			certs, err := certstore.ReadCertificates(value)
			if err != nil {
				continue
			}
			for _, c := range certs {
				list = append(list, directory.Certificate{Certificate: c})
			}
		}
	}
	return list
}
