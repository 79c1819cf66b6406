// Package httpstore finds certificates in a store that answers over HTTP (RFC 4387), as
// certification authorities have them.
package httpstore

// This file asks the store.

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"sealgate/certstore"
	"sealgate/directory"
)

// Bounds of an answer.
const (
	maxAnswer       = 1 << 20  // octets, as certstore.ReadCertificates has it
	maxHeader       = 16 << 10 // octets
	maxCertificates = 64       // of one address, with those of authorities
)

// Options say who is asked.
type Options struct {
	URL     string         // of the search: "https://ca.example/certificates/search.cgi"
	CAs     *x509.CertPool // of the server's certificate; nil: the system's
	Timeout time.Duration  // of one question
}

// Store is one store.
type Store struct {
	address *url.URL
	client  *http.Client
}

// ErrOptions says that a store cannot be asked as it is configured.
var ErrOptions = errors.New("httpstore: address")

// New returns a store. Nothing is asked yet. Without TLS whoever stands between could say that there
// is none.
func New(o Options) (*Store, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: %q is not https://HOST/PATH", ErrOptions, o.URL)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("%w: %q: it must be https", ErrOptions, o.URL)
	}
	return &Store{u, &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig:        &tls.Config{RootCAs: o.CAs, MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true,
			IdleConnTimeout:        30 * time.Second,
		},
	}}, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// Name implements directory.Directory.
func (s *Store) Name() string { return "the certificate store " + s.address.Host }

// Source implements directory.Directory.
func (s *Store) Source() certstore.Source { return certstore.HTTP }

// Search implements directory.Directory. "Not found" is the answer that there is none (RFC 4387
// §2); a redirection is not followed, and no answer.
func (s *Store) Search(ctx context.Context, addr string) ([]directory.Certificate, error) {
	question := *s.address
	question.RawQuery = url.Values{"email": {addr}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, question.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "sealgate")
	reply, err := s.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("httpstore: %w", withoutURL(err))
	}
	defer reply.Body.Close()
	switch reply.StatusCode {
	case http.StatusNotFound:
		return nil, nil
	case http.StatusOK:
	default:
		return nil, fmt.Errorf("httpstore: the server answers %d", reply.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("httpstore: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("httpstore: an answer of more than %d octets", maxAnswer)
	}
	return read(body, reply.Header.Get("Content-Type"))
}

// withoutURL takes the address that was asked for off an error.
func withoutURL(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}

// read reads one certificate, a bundle, or several as multipart/mixed. What is none of these has not
// answered: a page that says so in words, say.
func read(body []byte, contentType string) (found []directory.Certificate, err error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, errors.New("httpstore: an answer without a type")
	}
	if !strings.HasPrefix(media, "multipart/") {
		return certificates(found, body)
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("httpstore: %w", err)
		}
		der, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("httpstore: %w", err)
		}
		found, err = certificates(found, der)
		if err != nil {
			return nil, err
		}
	}
}

func certificates(found []directory.Certificate, data []byte) ([]directory.Certificate, error) {
	list, err := certstore.ReadCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("httpstore: %w", err)
	}
	if len(found)+len(list) > maxCertificates {
		return nil, fmt.Errorf("httpstore: more than %d certificates", maxCertificates)
	}
	for _, c := range list {
		found = append(found, directory.Certificate{Certificate: c})
	}
	return found, nil
}

// Probe implements directory.Directory: it asks for nobody (RFC 2606).
func (s *Store) Probe(ctx context.Context) error {
	_, err := s.Search(ctx, "probe@probe.invalid")
	return err
}
