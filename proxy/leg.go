package proxy

// This file is the delivery of one copy on a connection of its own.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/spool"
)

// leg is the delivery of one copy.
type leg struct {
	client *Client
	t      Transaction
	copy   gateway.Delivery
	msg    *spool.File
	conn   net.Conn
	smtp   *smtp.Client
	data   *smtp.DataCommand
	stop   func() bool
	forget func()    // the connection, in Own
	failed []failure // who has not got the copy, after finish
	done   bool      // the next hop has taken the copy
}

// failure is what the next hop said of recipients that have not got their copy.
type failure struct {
	to []string
	error
}

// envelope connects and gives MAIL and RCPT.
func (l *leg) envelope(ctx context.Context) error {
	if err := l.connect(ctx); err != nil {
		return fmt.Errorf(
			"proxy: next hop %s: %v",
			l.client.Address,
			err,
		) // its own trouble, whatever it says: no reply to this message
	}
	o, err := l.mailOptions()
	if err != nil {
		return err
	}
	if o.UTF8 && !l.offers("SMTPUTF8") {
		return &smtp.SMTPError{
			Code:         550,
			EnhancedCode: smtp.EnhancedCode{5, 6, 7},
			Message:      "next hop does not offer SMTPUTF8",
		}
	}
	if err := l.smtp.Mail(l.sender(), o); err != nil {
		return err
	}
	for _, r := range l.t.Recipients {
		if !slices.Contains(l.copy.To, r.Address) {
			continue
		}
		if err := l.smtp.Rcpt(r.Address, l.rcptOptions(r)); err != nil {
			return &recipientError{r.Address, named([]string{r.Address}, err)}
		}
	}
	return nil
}

// recipientError is the next hop's refusal of one recipient: nothing has been sent.
type recipientError struct {
	address string
	error
}

func (e *recipientError) Unwrap() error { return e.error }

func (l *leg) connect(ctx context.Context) error {
	network := "tcp"
	address := l.client.Address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network = "unix"
		address = path
	}
	d := net.Dialer{Timeout: commandTimeout}
	nc, err := d.DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	l.conn = nc
	l.forget = l.client.Own.add(nc)
	l.stop = context.AfterFunc(ctx, func() { nc.Close() })
	l.smtp = smtp.NewClient(nc)
	if l.client.LMTP {
		l.smtp = smtp.NewClientLMTP(nc)
	}
	l.smtp.CommandTimeout = shorter(ctx, commandTimeout)
	return l.hello()
}

// mailOptions are the arguments of MAIL for this copy: the size is the copy's, so that
// one that is too large is refused before anything is sent (RFC 1870 §6), and what came
// encrypted must not come back whole in a bounce (RFC 3461 §4.3).
func (l *leg) mailOptions() (*smtp.MailOptions, error) {
	var o smtp.MailOptions
	if l.t.Options != nil {
		o = *l.t.Options
	}
	o.Auth = nil // a trust statement of somebody else's session
	if l.copy.CameEncrypted {
		o.Return = smtp.DSNReturnHeaders
	}
	var err error
	o.Size, err = renderedSize(l.msg, l.copy)
	return &o, err
}

// sender is the copy's reverse-path.
func (l *leg) sender() string {
	if l.copy.CameEncrypted {
		return l.copy.Sender
	}
	return l.t.From
}

// rcptOptions are the arguments of RCPT for this copy. Of one that came encrypted nobody
// is told of success or delay; of failure the house is, unless the sender wanted
// nobody to be (RFC 3461 §4.1). What the recipient was called is kept (§4.2).
func (l *leg) rcptOptions(r Recipient) *smtp.RcptOptions {
	if !l.copy.CameEncrypted || r.Options == nil || len(r.Options.Notify) == 0 {
		return r.Options
	}
	o := *r.Options
	if !slices.Contains(o.Notify, smtp.DSNNotifyNever) {
		o.Notify = []smtp.DSNNotify{smtp.DSNNotifyFailure}
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
	if err := render(&strictWriter{w: data, seven: !l.offers("8BITMIME")}, l.msg, l.copy); errors.Is(err, errBareLineEnd) {
		return bareLineEnd // Postfix lets a bare CR through to milters
	} else if errors.Is(err, errEightBit) {
		return eightBit
	} else if err != nil {
		return fmt.Errorf("proxy: next hop %s: %w", l.client.Address, err)
	}
	return nil
}

// waits reports whether the next hop still waits for the rest of the content: one
// that broke off in the middle is seen before any copy is final.
func (l *leg) waits() error {
	if err := silent(l.conn); err != nil {
		return fmt.Errorf("proxy: next hop %s broke off in the middle of the message: %w", l.client.Address, err)
	}
	return nil
}

// finish sends the final dot and waits for the answer, until end.
func (l *leg) finish(end time.Time) {
	l.conn.SetDeadline(end) // the dot has to be written, too
	l.smtp.SubmissionTimeout = time.Until(end)
	if l.client.LMTP {
		l.failed = l.answers()
	} else if err := l.data.Close(); err != nil {
		l.failed = []failure{{l.copy.To, named(l.copy.To, err)}}
	}
	l.done = len(l.failed) == 0
}

// got are the recipients that have their copy.
func (l *leg) got() []string {
	return slices.DeleteFunc(slices.Clone(l.copy.To), func(to string) bool {
		return slices.ContainsFunc(l.failed, func(f failure) bool { return slices.Contains(f.to, to) })
	})
}

// close ends the connection. Without a final dot the next hop has nothing
// (RFC 5321 §4.1.1.10). The answer to QUIT is not waited for, as Postfix does not:
// the client would hear of its mail as much later.
func (l *leg) close() {
	if l.smtp == nil {
		return
	}
	defer l.forget()
	defer l.stop()
	if l.done {
		l.conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(l.conn, "QUIT\r\n")
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
	r.Message = "<" + strings.Join(to[:min(len(to), 20)], ">, <") + ">: " + reply.Message
	return &r
}

// shorter is the sooner of the context's deadline and d from now.
func shorter(ctx context.Context, d time.Duration) time.Duration {
	if t, ok := ctx.Deadline(); ok {
		return min(d, time.Until(t))
	}
	return d
}
