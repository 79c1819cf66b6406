// Package fetch gets the small files that certificates name (RFC 5280 §4.2.1.13,
// §4.2.2.1), without letting a hostile certificate reach into the house.
package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// Bounds of one request. Whoever signs a mail chooses the URLs.
const (
	maxURL       = 2048 // octets
	maxRedirects = 3
	maxHeader    = 16 << 10         // octets of a response's header
	maxTogether  = 16               // requests at once, from all messages
	dialTime     = 5 * time.Second  // for connect and for the TLS handshake
	firstByte    = 10 * time.Second // until the header of the response has come
)

// ErrRefused says that a URL leads where no request may go.
var ErrRefused = errors.New("fetch: refused")

// ErrTooLarge says that a response is longer than the caller takes.
var ErrTooLarge = errors.New("fetch: response too large")

// Client is the one guarded HTTP client. It is safe for concurrent use.
type Client struct {
	http *http.Client
	free chan struct{}
}

// New returns a client that talks to public addresses on ports 80 and 443, and to
// allow on any port.
func New(allow []netip.Prefix) *Client {
	dialer := &net.Dialer{Timeout: dialTime, ControlContext: guard(allow)}
	return &Client{free: make(chan struct{}, maxTogether), http: &http.Client{
		CheckRedirect: redirect,
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
			TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: firstByte,
			MaxIdleConns: maxTogether, IdleConnTimeout: 30 * time.Second,
		},
	}}
}

// redirect bounds how often, and to what, a response may lead elsewhere; where it
// leads is judged again when it is dialled.
func redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d redirects", ErrRefused, maxRedirects)
	}
	return check(r.URL)
}

// Get returns the body at address, at most limit octets. The error names the URL and
// what is wrong with it.
func (c *Client) Get(ctx context.Context, address string, limit int64) ([]byte, error) {
	return c.do(ctx, http.MethodGet, address, "", nil, limit)
}

// Post sends body and returns the response's, at most limit octets.
func (c *Client) Post(ctx context.Context, address, contentType string, body []byte, limit int64) ([]byte, error) {
	return c.do(ctx, http.MethodPost, address, contentType, body, limit)
}

func (c *Client) do(
	ctx context.Context,
	method, address, contentType string,
	body []byte,
	limit int64,
) ([]byte, error) {
	data, err := c.request(ctx, method, address, contentType, body, limit)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", address[:min(len(address), 200)], bare(err))
	}
	return data, nil
}

// bare takes the URL off that net/http puts before an error: it is hostile text,
// and it stands in ours already.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (c *Client) request(
	ctx context.Context,
	method, address, contentType string,
	body []byte,
	limit int64,
) ([]byte, error) {
	u, err := parse(address)
	if err != nil {
		return nil, err
	}
	select {
	case c.free <- struct{}{}:
		defer func() { <-c.free }()
	case <-ctx.Done():
		return nil, fmt.Errorf("fetch: %d requests are under way: %w", maxTogether, ctx.Err())
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "sealgate")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return read(resp, limit)
}

func parse(address string) (*url.URL, error) {
	if len(address) > maxURL {
		return nil, fmt.Errorf("%w: a URL of %d octets", ErrRefused, len(address))
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: not a URL", ErrRefused)
	}
	return u, check(u)
}

// check refuses what needs no name resolution to be refused.
func check(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%w: not an http URL", ErrRefused)
	}
	if u.User != nil {
		return fmt.Errorf("%w: a URL with a user name", ErrRefused)
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("%w: a URL with a port that is none", ErrRefused)
		}
	}
	return nil
}

func read(resp *http.Response, limit int64) ([]byte, error) {
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch: status %d", resp.StatusCode)
	}
	if resp.ContentLength > limit {
		return nil, fmt.Errorf("%w: %d octets, at most %d are read", ErrTooLarge, resp.ContentLength, limit)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: more than %d octets", ErrTooLarge, limit)
	}
	return data, nil
}
