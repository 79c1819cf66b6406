package proxy

// This file delivers copies: all of them are accepted in envelope before the first is sent.

import (
	"cmp"
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

// defaultPatience bounds the answers to the final dots, whatever is left of the
// message's own time: a copy whose answer is not waited for is delivered, and sent
// again. RFC 5321 §4.5.3.2.6 asks for 10 minutes; that long our own client waits as
// well, from its final dot on (smtp_data_done_timeout, and smtpd_proxy_timeout as
// docs/postfix.md sets it; the milter's signs of life go on meanwhile). Two minutes
// less are left for what came before, so that it hears us before it gives up.
const defaultPatience = 8 * time.Minute

// maxCopies bounds the connections that one message may open.
const maxCopies = 100

// Deliver hands every copy over, or none as far as SMTP allows: MAIL and RCPT
// of all of them are given, on connections of their own, before the first DATA,
// and every 354 is there before the first final dot. A refusal before that means
// that nothing was sent. From the first final dot on ctx does not matter: what has been
// sent cannot be taken back. An error is an *smtp.SMTPError when the next hop gave
// a reply, with the recipient's address in front when it refused one.
func (c *Client) Deliver(ctx context.Context, t Transaction, msg *spool.File, copies []gateway.Delivery) error {
	if len(copies) > maxCopies {
		return &smtp.SMTPError{
			Code:         554,
			EnhancedCode: smtp.EnhancedCode{5, 5, 3},
			Message: fmt.Sprintf("%d different copies, at most %d can be made; send to fewer hidden recipients at once",
				len(copies), maxCopies),
		}
	}
	if err := sound(t, copies); err != nil {
		return err
	}
	if t.Each {
		return c.deliver(ctx, t, msg, copies)
	}
	mail := identityOf(t.From, msg)
	left, some := c.handed.without(mail, copies)
	if len(left) == 0 {
		c.handed.forget(mail, t.Recipients)
		return nil
	}
	err := c.deliver(ctx, t, msg, left)
	if some {
		err = othersGot(err)
	}
	c.settle(t, mail, err, some)
	return err
}

// settle keeps in mind who has got a mail that will be tried again, and nothing of one that
// will not.
func (c *Client) settle(t Transaction, mail identity, err error, some bool) {
	var partial *partialError
	switch {
	case err == nil || permanent(err):
		if some {
			c.handed.forget(mail, t.Recipients)
		}
	case errors.As(err, &partial):
		c.handed.add(mail, partial.got)
	}
}

// deliver is Deliver without a memory of earlier attempts.
func (c *Client) deliver(ctx context.Context, t Transaction, msg *spool.File, copies []gateway.Delivery) error {
	legs := make([]*leg, len(copies))
	for i := range copies {
		legs[i] = &leg{client: c, t: t, copy: copies[i], msg: msg}
		defer legs[i].close()
	}
	for _, step := range []func(*leg) error{func(l *leg) error { return l.envelope(ctx) }, (*leg).content, (*leg).waits} {
		if err := worst(each(legs, step)); err != nil {
			return err
		}
	}
	return c.finish(legs)
}

// sound refuses addresses that would say something else in a command, and copies
// that do not go to every recipient once.
func sound(t Transaction, copies []gateway.Delivery) error {
	if !address.IsPath(t.From) {
		return errSender
	}
	times := map[string]int{}
	for _, c := range copies {
		if !address.IsPath(c.Sender) {
			return errSender
		}
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
	if len(times) == 0 || len(times) != len(t.Recipients) {
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

// each runs one step on all legs at once and waits for all of them.
func each(legs []*leg, step func(*leg) error) []error {
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
	return slices.DeleteFunc(errs, func(e error) bool { return e == nil })
}

// worst is what the sender is told while nothing has been sent: a 5xx of any leg
// before a 4xx or a fault of another, since it can do something about it.
func worst(errs []error) error {
	if i := slices.IndexFunc(errs, permanent); i >= 0 {
		return errs[i]
	}
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// finish sends the final dots: the first alone, since nothing is sent when that is
// refused, then the others at once, since a slow next hop would make the last of many
// wait for ever. When some of these are refused for good the sender hears who did not
// get it: trying again would give the others their copy again each time. When one fails
// otherwise the sender is told to try again, and who has got it is remembered.
func (c *Client) finish(legs []*leg) error {
	end := time.Now().Add(cmp.Or(c.Patience, defaultPatience))
	for _, l := range legs {
		if !l.stop() {
			return errors.New("proxy: no time is left for the message")
		}
	}
	legs[0].finish(end)
	got := legs[0].got()
	if len(got) == 0 {
		return partly(legs[0].failed, nil)
	}
	broken := each(legs[1:], func(l *leg) error { l.finish(end); return nil })
	if len(broken) > 0 {
		return broken[0]
	}
	failed := legs[0].failed
	for _, l := range legs[1:] {
		failed = append(failed, l.failed...)
		got = append(got, l.got()...)
	}
	return partly(failed, got)
}
