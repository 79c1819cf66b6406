package proxy

// This file is the copy that is delivered on a connection of its own, and its arguments.

import (
	"errors"
	"net"
	"slices"
	"strings"

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
