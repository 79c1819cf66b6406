package proxy

// This file speaks LMTP with a next hop (RFC 2033), which answers for each recipient.

import (
	"errors"
	"fmt"

	"github.com/emersion/go-smtp"
)

// ErrOtherProtocol is a next hop that does not know our greeting: it speaks LMTP where
// SMTP was said, or reversely.
var ErrOtherProtocol = errors.New("another protocol is spoken there")

// hello greets the next hop in its protocol.
func (l *leg) hello() error {
	err := l.smtp.Hello(l.client.Hostname)
	var reply *smtp.SMTPError
	unknown := errors.As(err, &reply) && (reply.Code == 500 || reply.Code == 502) // RFC 5321 §4.2.4
	switch {
	case l.client.LMTP && (unknown || err == nil && !l.offersLMTP()):
		return fmt.Errorf("%w: LHLO is not known; without \"lmtp:\" we speak SMTP", ErrOtherProtocol)
	case unknown:
		return fmt.Errorf("%w: EHLO is not known; with \"lmtp:\" before the address we speak LMTP", ErrOtherProtocol)
	}
	return err
}

// offersLMTP reports whether what every LMTP server offers is offered (RFC 2033 §5). An SMTP
// server is not: go-smtp tries HELO when LHLO is refused, and would wait for more answers
// to the final dot than there are.
func (l *leg) offersLMTP() bool { return l.offers("PIPELINING") && l.offers("ENHANCEDSTATUSCODES") }

// answers sends the final dot and takes the answer for each recipient (RFC 2033 §4.2). Who
// has none may have got the copy or not, whatever was said of the others.
func (l *leg) answers() (failed []failure) {
	taken, err := l.data.CloseWithLMTPResponse()
	var refused smtp.LMTPDataError
	errors.As(err, &refused)
	for _, to := range l.copy.To {
		switch {
		case taken[to] != nil:
		case refused[to] != nil:
			failed = append(failed, failure{[]string{to}, named([]string{to}, refused[to])})
		default:
			err := fmt.Errorf("proxy: next hop %s does not answer for %s: %v", l.client.Address, to, err)
			failed = append(failed, failure{[]string{to}, err})
		}
	}
	return failed
}
