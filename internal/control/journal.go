package control

// This file asks the running gateway's journal of messages.

import (
	"context"
	"errors"
	"fmt"

	"sealgate/journal"
)

// journal carries one call of Journal out.
func (s *Server) journal(ctx context.Context, r *request) (a answer, err error) {
	switch r.Method {
	case "Find":
		if r.Question == nil {
			return a, errors.New("there is no question")
		}
		a.Messages, err = s.Journal.Find(ctx, *r.Question)
		return a, err
	case "Changes":
		if r.Question == nil {
			return a, errors.New("there is no question")
		}
		a.Changes, err = s.Journal.Changes(ctx, *r.Question)
		return a, err
	case "Record":
		if r.Change == nil {
			return a, errors.New("there is no change")
		}
		return a, s.Record(ctx, *r.Change)
	case "Erase":
		a.Erased, err = s.Journal.Erase(ctx, r.Address)
		return a, err
	}
	return a, fmt.Errorf("unknown method %q", r.Method)
}

// Find implements Journal.
func (c *Client) Find(ctx context.Context, q journal.Question) ([]*journal.Record, error) {
	a, err := c.call(ctx, pathJournal, request{Method: "Find", Question: &q})
	return a.Messages, err
}

// Changes implements Journal.
func (c *Client) Changes(ctx context.Context, q journal.Question) ([]*journal.Change, error) {
	a, err := c.call(ctx, pathJournal, request{Method: "Changes", Question: &q})
	return a.Changes, err
}

// Erase implements Journal.
func (c *Client) Erase(ctx context.Context, address string) (int, error) {
	a, err := c.call(ctx, pathJournal, request{Method: "Erase", Address: address})
	return a.Erased, err
}

// Record is a journal.Recorder.
func (c *Client) Record(ctx context.Context, change journal.Change) error {
	_, err := c.call(ctx, pathJournal, request{Method: "Record", Change: &change})
	return err
}
