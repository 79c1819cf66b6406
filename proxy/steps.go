package proxy

// This file is the steps of the delivery of one copy, on a connection of its own.

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
)

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

// shorter is the sooner of the context's deadline and d from now.
func shorter(ctx context.Context, d time.Duration) time.Duration {
	if t, ok := ctx.Deadline(); ok {
		return min(d, time.Until(t))
	}
	return d
}
