package proxy

// This file is the client that delivers copies: all of them are accepted in
// envelope before the first is sent.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
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
func (c *Client) Offers(ctx context.Context, extensions ...string) []bool {
	out := make([]bool, len(extensions))
	l := &leg{client: c}
	err := l.connect(ctx)
	for i, e := range extensions {
		out[i] = err != nil || l.offers(e)
	}
	l.done = err == nil
	l.close()
	return out
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

// leg is the delivery of one copy.
type leg struct {
	client *Client
	t      Transaction
	copy   gateway.Delivery
	msg    *spool.File
	conn   net.Conn
	smtp   *smtp.Client
	data   io.WriteCloser
	stop   func() bool
	done   bool // the next hop has taken the copy
}

// envelope connects and gives MAIL and RCPT.
func (l *leg) envelope(ctx context.Context) error {
	if err := l.connect(ctx); err != nil {
		return fmt.Errorf("proxy: next hop %s: %w", l.client.Address, err)
	}
	o := l.mailOptions()
	if o.UTF8 && !l.offers("SMTPUTF8") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "next hop does not offer SMTPUTF8"}
	}
	if err := l.smtp.Mail(l.t.From, o); err != nil {
		return err
	}
	for _, r := range l.t.Recipients {
		if !slices.Contains(l.copy.To, r.Address) {
			continue
		}
		if err := l.smtp.Rcpt(r.Address, r.Options); err != nil {
			return named([]string{r.Address}, err)
		}
	}
	return nil
}

func (l *leg) connect(ctx context.Context) error {
	network, address := "tcp", l.client.Address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	d := net.Dialer{Timeout: commandTimeout}
	nc, err := d.DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	l.conn = nc
	l.stop = context.AfterFunc(ctx, func() { nc.Close() })
	l.smtp = smtp.NewClient(nc)
	l.smtp.CommandTimeout = shorter(ctx, commandTimeout)
	l.smtp.SubmissionTimeout = shorter(ctx, l.smtp.SubmissionTimeout)
	return l.smtp.Hello(l.client.Hostname)
}

// mailOptions are the arguments of MAIL for this copy: the size is the copy's,
// and what was decrypted must not come back whole in a bounce (RFC 3461 §4.3).
func (l *leg) mailOptions() *smtp.MailOptions {
	var o smtp.MailOptions
	if l.t.Options != nil {
		o = *l.t.Options
	}
	o.Size = 0   // the next hop judges the copy as it comes
	o.Auth = nil // a trust statement of somebody else's session
	if l.copy.Decrypted {
		o.Return = smtp.DSNReturnHeaders
	}
	return &o
}

func (l *leg) offers(extension string) bool {
	ok, _ := l.smtp.Extension(extension)
	return ok
}

// content sends DATA and all but the final dot.
func (l *leg) content() error {
	data, err := l.smtp.Data()
	if err != nil {
		return named(l.copy.To, err)
	}
	l.data = data
	if err := render(&strictWriter{w: data}, l.msg, l.copy); errors.Is(err, errBareLineEnd) {
		return bareLineEnd // Postfix lets a bare CR through to milters
	} else if err != nil {
		return fmt.Errorf("proxy: next hop %s: %w", l.client.Address, err)
	}
	return nil
}

// waits tells whether the next hop still waits for the rest of the content: one
// that broke off in the middle is seen before any copy is final.
func (l *leg) waits() error {
	if err := silent(l.conn); err != nil {
		return fmt.Errorf("proxy: next hop %s broke off in the middle of the message: %w", l.client.Address, err)
	}
	return nil
}

// close ends the connection. Without a final dot the next hop has nothing
// (RFC 5321 §4.1.1.10). The answer to QUIT is not waited for, as Postfix does not:
// the client would hear of its mail as much later.
func (l *leg) close() {
	if l.smtp == nil {
		return
	}
	defer l.stop()
	if l.done {
		l.conn.SetWriteDeadline(time.Now().Add(time.Second))
		io.WriteString(l.conn, "QUIT\r\n")
	}
	l.smtp.Close()
}

// named puts the recipients before the next hop's words.
func named(to []string, err error) error {
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) {
		return err
	}
	r := *reply
	r.Message = "<" + strings.Join(to[:min(len(to), 20)], ">, <") + ">: " + strings.ReplaceAll(reply.Message, "\n", " / ")
	return &r
}
