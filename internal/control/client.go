package control

// This file is the end of who asks: a Client is a certadmin.Store, and explains.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/ownkeys"
)

// Client asks a running gateway.
type Client struct{ http *http.Client }

// Dial reports whether a gateway listens on the socket at path, and is its client then.
func Dial(path string) (*Client, bool) {
	c, err := net.Dial("unix", path)
	if err != nil {
		return nil, false
	}
	c.Close()
	return &Client{&http.Client{Timeout: requestTime + answerTime, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}}}, true
}

// call asks one thing.
func (c *Client) call(ctx context.Context, path string, r request) (answer, error) {
	a, err := c.post(ctx, path, r)
	switch {
	case err != nil:
		return answer{}, fmt.Errorf("running gateway: %w", err)
	case a.NotFound:
		return answer{}, certstore.ErrNotFound
	case a.OtherState:
		return answer{}, fmt.Errorf("%w: %s", certstore.ErrState, a.Error)
	case a.Refused:
		return answer{}, fmt.Errorf("%w: %s", certstore.ErrRecord, a.Error)
	case a.Error != "":
		return answer{}, errors.New(a.Error)
	}
	return a, nil
}

func (c *Client) post(ctx context.Context, path string, r request) (a answer, err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return a, err
	}
	return c.send(ctx, path, "application/json", bytes.NewReader(body))
}

// send posts a body and reads the answer.
func (c *Client) send(ctx context.Context, path, media string, body io.Reader) (a answer, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control"+path, body)
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", media)
	resp, err := c.http.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return a, fmt.Errorf("it answers %s: is it of another version?", resp.Status)
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&a)
	return a, err
}

// Explain is which certificates of an address the gateway would encrypt for.
func (c *Client) Explain(ctx context.Context, address string) ([]lookup.Candidate, error) {
	a, err := c.call(ctx, pathExplain, request{Address: address})
	return a.Candidates, err
}

// Keys are the gateway's own.
func (c *Client) Keys(ctx context.Context) ([]ownkeys.Summary, error) {
	a, err := c.call(ctx, pathKeys, request{})
	return a.Keys, err
}

// Health is how the gateway does.
func (c *Client) Health(ctx context.Context) (*Health, error) {
	a, err := c.call(ctx, pathHealth, request{})
	if err == nil && a.Health == nil {
		err = errors.New("running gateway: an answer without health")
	}
	return a.Health, err
}

// Reload has the gateway read its configuration anew, as who asks for it. An error is why it goes on as before.
func (c *Client) Reload(ctx context.Context, by string) error {
	_, err := c.call(ctx, pathReload, request{By: by})
	return err
}

// Put implements certadmin.Store.
func (c *Client) Put(ctx context.Context, r *certstore.Record) error {
	_, err := c.call(ctx, pathStore, request{Method: "Put", Record: r})
	return err
}

// ByAddress implements certadmin.Store.
func (c *Client) ByAddress(ctx context.Context, address string) ([]*certstore.Record, error) {
	a, err := c.call(ctx, pathStore, request{Method: "ByAddress", Address: address})
	return a.Records, err
}

// ByIdentity implements certadmin.Store.
func (c *Client) ByIdentity(ctx context.Context, identity [32]byte) (*certstore.Record, error) {
	return c.one(ctx, request{Method: "ByIdentity", Hash: identity})
}

// ByFingerprint implements certadmin.Store.
func (c *Client) ByFingerprint(ctx context.Context, fp [32]byte) (*certstore.Record, error) {
	return c.one(ctx, request{Method: "ByFingerprint", Hash: fp})
}

func (c *Client) one(ctx context.Context, r request) (*certstore.Record, error) {
	a, err := c.call(ctx, pathStore, r)
	if err != nil {
		return nil, err
	}
	if len(a.Records) != 1 || a.Records[0] == nil {
		return nil, errors.New("running gateway: an answer without the record")
	}
	return a.Records[0], nil
}

// List implements certadmin.Store.
func (c *Client) List(ctx context.Context, cursor string, n int) ([]*certstore.Record, string, error) {
	a, err := c.call(ctx, pathStore, request{Method: "List", Cursor: cursor, N: n})
	return a.Records, a.Next, err
}

// SetState implements certadmin.Store.
func (c *Client) SetState(
	ctx context.Context, identity [32]byte, s certstore.State, from ...certstore.State,
) error {
	_, err := c.call(ctx, pathStore, request{Method: "SetState", Hash: identity, State: s, From: from})
	return err
}

// Delete implements certadmin.Store.
func (c *Client) Delete(ctx context.Context, identity [32]byte, from ...certstore.State) error {
	_, err := c.call(ctx, pathStore, request{Method: "Delete", Hash: identity, From: from})
	return err
}
