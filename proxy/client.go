package proxy

// This file is the client that delivers copies: all of them are accepted in
// envelope before the first is sent.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/address"
	"sealgate/spool"
)

// commandTimeout bounds one answer of the next hop, which is near.
const commandTimeout = 30 * time.Second

// maxCopies bounds the connections that one message may open.
const maxCopies = 100

// Transaction is an SMTP envelope with its ESMTP arguments (RFC 5321, RFC 3461,
// RFC 6531).
type Transaction struct {
	From       string
	Options    *smtp.MailOptions // nil: none
	Recipients []Recipient
}

// Recipient is one RCPT.
type Recipient struct {
	Address string
	Options *smtp.RcptOptions // nil: none
}

// Client delivers to one next hop.
type Client struct {
	Address  string // host:port, or unix:PATH
	Hostname string // what it says in EHLO
}

// Deliver hands every copy over, or none as far as SMTP allows: MAIL and RCPT
// of all of them are given, on connections of their own, before the first DATA,
// and every 354 is there before the first final dot. A refusal before that means
// that nothing was sent. An error is an *smtp.SMTPError when the next hop gave
// a reply, with the recipient's address in front when it refused one.
func (c *Client) Deliver(ctx context.Context, t Transaction, msg *spool.File, copies []gateway.Delivery) error {
	if len(copies) > maxCopies {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 5, 3}, Message: fmt.Sprintf("%d different copies, at most %d can be made", len(copies), maxCopies)}
	}
	if err := sound(t, copies); err != nil {
		return err
	}
	legs := make([]*leg, len(copies))
	for i := range copies {
		legs[i] = &leg{client: c, t: t, copy: copies[i], msg: msg}
		defer legs[i].close()
	}
	if err := each(legs, func(l *leg) error { return l.envelope(ctx) }); err != nil {
		return err
	}
	if err := each(legs, func(l *leg) error { return l.content() }); err != nil {
		return err
	}
	if err := each(legs, func(l *leg) error { return l.waits() }); err != nil {
		return err
	}
	return finish(legs)
}

// sound refuses addresses that would say something else in a command, and copies
// that do not go to every recipient once.
func sound(t Transaction, copies []gateway.Delivery) error {
	if !address.IsPath(t.From) {
		return errSender
	}
	times := map[string]int{}
	for _, c := range copies {
		for _, to := range c.To {
			times[to]++
		}
	}
	for _, r := range t.Recipients {
		if !address.IsPath(r.Address) || r.Address == "" {
			return errRecipient
		}
		if times[r.Address] != 1 {
			return fmt.Errorf("proxy: %d copies for %s", times[r.Address], r.Address)
		}
	}
	if len(times) != len(t.Recipients) {
		return errors.New("proxy: a copy for nobody, or for a stranger")
	}
	return nil
}

// Offers implements Deliverer.
func (c *Client) Offers(ctx context.Context, extensions ...string) (map[string]string, error) {
	l := &leg{client: c}
	err := l.connect(ctx)
	l.done = err == nil
	defer l.close()
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, e := range extensions {
		if ok, parameters := l.smtp.Extension(e); ok {
			found[e] = parameters
		}
	}
	return found, nil
}

// each runs one step on all legs at once. A 5xx of any leg is told before a
// 4xx or a fault of another: it is what the sender can do something about.
func each(legs []*leg, step func(*leg) error) error {
	errs := make([]error, len(legs))
	var all sync.WaitGroup
	for i, l := range legs {
		all.Go(func() {
			defer func() { // here it would end the process
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("proxy: panic: %v", p)
				}
			}()
			errs[i] = step(l)
		})
	}
	all.Wait()
	errs = slices.DeleteFunc(errs, func(e error) bool { return e == nil })
	for _, e := range errs {
		if permanent(e) {
			return e
		}
	}
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

func permanent(err error) bool {
	var reply *smtp.SMTPError
	return errors.As(err, &reply) && !reply.Temporary()
}

// finish sends the final dots one after the other. When the first is refused
// nothing was sent. When a later one is refused for good the rest goes out all the
// same, and the sender hears who did not get it: trying again would give the others
// their copy again each time. When a later one fails otherwise the sender is told
// to try again, which can give a copy twice and loses none.
func finish(legs []*leg) error {
	var refused error
	for i, l := range legs {
		err := l.data.Close()
		if l.done = err == nil; l.done {
			continue
		}
		if err = named(l.copy.To, err); i == 0 || !permanent(err) {
			return err
		}
		refused = err
	}
	return delivered(refused)
}

// delivered says of a refusal that it is not everybody's.
func delivered(refused error) error {
	var reply *smtp.SMTPError
	if errors.As(refused, &reply) {
		reply.Message += " (the other recipients have got the message)"
	}
	return refused
}
