package proxy

// This file answers LMTP clients, for each recipient on its own (RFC 2033 §4.2).

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/address"
	"sealgate/spool"
)

// LMTPData is Data for LMTP. What it returns is the answer for those who have none yet.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	given := s.given
	err := s.take(r, func(ctx context.Context, t Transaction, msg *spool.File, copies []gateway.Delivery) error {
		if err := sound(t, copies); err != nil {
			return err
		}
		said := s.apart(ctx, t, msg, copies)
		for _, to := range given {
			path, _ := address.Quote(to)
			err, ok := said[path]
			if !ok {
				err = errUnanswered
			}
			status.SetStatus(to, err)
		}
		return nil
	})
	if err == nil {
		err = errUnanswered
	}
	return err
}

// errUnanswered is for nobody, in the end; but silence must not be a 250.
var errUnanswered = tempFail("internal error, the message was not taken")

// apart hands each copy over by itself, since here they need not stand or fall
// together, and tells what became of each recipient: nil means that it has got it.
func (s *session) apart(
	ctx context.Context,
	t Transaction,
	msg *spool.File,
	copies []gateway.Delivery,
) map[string]error {
	said := map[string]error{}
	room := make(chan struct{}, maxCopies)
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, c := range copies {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			one := s.alone(ctx, t, msg, c)
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(said, one)
		})
	}
	all.Wait()
	return said
}

// alone hands one copy over. A recipient that is refused is left out and the rest tried
// again: nothing of it has been sent.
func (s *session) alone(ctx context.Context, t Transaction, msg *spool.File, c gateway.Delivery) map[string]error {
	said := map[string]error{}
	for len(c.To) > 0 {
		err := s.one(ctx, t, msg, c)
		if err == nil {
			answer(said, c.To, nil)
			break
		}
		s.log().Warn("next hop did not take the message", "error", err)
		var partial *partialError
		if errors.As(err, &partial) {
			answer(said, c.To, nil)
			for _, f := range partial.failed {
				answer(said, f.to, deliverReply(f.error))
			}
			break
		}
		var refused *recipientError
		if !errors.As(err, &refused) {
			answer(said, c.To, deliverReply(err))
			break
		}
		answer(said, []string{refused.address}, deliverReply(err))
		c.To = slices.DeleteFunc(slices.Clone(c.To), func(to string) bool { return to == refused.address })
	}
	return said
}

func answer(said map[string]error, to []string, err error) {
	for _, r := range to {
		said[r] = err
	}
}

// one is Deliver for a single copy; a panic here would end the process.
func (s *session) one(ctx context.Context, t Transaction, msg *spool.File, c gateway.Delivery) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("proxy: panic: %v", p)
		}
	}()
	t.Each = true
	t.Recipients = slices.DeleteFunc(
		slices.Clone(t.Recipients),
		func(r Recipient) bool { return !slices.Contains(c.To, r.Address) },
	)
	return s.server.Next.Deliver(ctx, t, msg, []gateway.Delivery{c})
}
