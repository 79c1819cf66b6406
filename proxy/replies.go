package proxy

// This file is the table of answers: what a fault, the engine, or the next hop says,
// as the client hears it.

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/sessions"
	"sealgate/spool"
)

// The refusals of addresses, and of a message without any recipient.
var (
	errSender    = fault(sessions.BadSender)
	errNobody    = &smtp.SMTPError{Code: 503, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "no recipient"}
	errRecipient = fault(sessions.BadRecipient)
)

// fault is a server's answer in go-smtp's form.
func fault(f sessions.Fault) error { return smtpError(gateway.Reply(f)) }

// receiveReply answers for a message that could not be taken in.
func receiveReply(err error) error {
	var reply *smtp.SMTPError
	switch {
	case errors.As(err, &reply):
		return reply
	case errors.Is(err, errBareLineEnd):
		return bareLineEnd
	case errors.Is(err, smtp.ErrTooLongLine):
		return &smtp.SMTPError{Code: 500, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "line too long"}
	}
	return processReply(err)
}

var bareLineEnd = &smtp.SMTPError{
	Code:         554,
	EnhancedCode: smtp.EnhancedCode{5, 5, 2},
	Message:      "bare CR or LF in the message; lines end with CRLF",
}

var eightBit = &smtp.SMTPError{
	Code:         554,
	EnhancedCode: smtp.EnhancedCode{5, 6, 3},
	Message:      "8-bit text in the message, and the next hop does not offer 8BITMIME",
}

// processReply answers for our own faults.
func processReply(err error) error {
	if errors.Is(err, spool.ErrFull) {
		return fault(sessions.Full)
	}
	return fault(sessions.Failed)
}

// deliverReply passes the next hop's own refusal on; a fault on the way is 451, and
// so is any other word at the wrong moment: a 250 to DATA would lose the mail.
func deliverReply(err error) error {
	var reply *smtp.SMTPError
	if errors.As(err, &reply) && refusal(reply.Code) {
		return passedOn(reply)
	}
	return &smtp.SMTPError{
		Code:         451,
		EnhancedCode: smtp.EnhancedCode{4, 4, 1},
		Message:      "next hop did not take the message, try again later",
	}
}

// passedOn is a next hop's refusal as a client can read it: with one enhanced code on
// every line (RFC 2034 §4), where go-smtp writes that of the last alone, and in
// printable ASCII (RFC 5321 §4.2). A 421 says that the session ends: the next hop's
// does, ours does not.
func passedOn(r *smtp.SMTPError) *smtp.SMTPError {
	code, lines := enhanced(r)
	for i := range lines[:len(lines)-1] {
		lines[i] = fmt.Sprintf("%d.%d.%d %s", code[0], code[1], code[2], lines[i])
	}
	out := &smtp.SMTPError{Code: r.Code, EnhancedCode: code, Message: strings.Join(lines, "\n")}
	if out.Code == 421 {
		out.Code = 451
	}
	return out
}

var enhancedCode = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3}) +`)

// enhanced takes the enhanced codes off the lines of a reply. The first that is of
// the reply's class holds for all.
func enhanced(r *smtp.SMTPError) (code smtp.EnhancedCode, lines []string) {
	code = r.EnhancedCode
	lines = strings.Split(r.Message, "\n")
	for i, line := range lines {
		if m := enhancedCode.FindStringSubmatch(line); m != nil {
			line = line[len(m[0]):]
			if code[0] != r.Code/100 {
				_, _ = fmt.Sscan(strings.Join(m[1:], " "), &code[0], &code[1], &code[2])
			}
		}
		lines[i] = strings.Map(printable, line)
	}
	if code[0] != r.Code/100 {
		code = smtp.EnhancedCode{r.Code / 100, 0, 0}
	}
	return code, lines
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

func tempFail(text string) error {
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: text}
}

// permanent reports whether trying again is of no use.
func permanent(err error) bool {
	var reply *smtp.SMTPError
	return errors.As(err, &reply) && reply.Code/100 == 5
}

func refusal(code int) bool { return code/100 == 4 || code/100 == 5 }

// smtpError is an engine's refusal in go-smtp's form.
func smtpError(r gateway.Reply) error {
	if !refusal(r.Code) {
		return tempFail("internal error, the message was not taken")
	}
	e := &smtp.SMTPError{Code: r.Code, Message: r.Text, EnhancedCode: smtp.NoEnhancedCode}
	for i, n := range strings.SplitN(r.Enhanced, ".", 3) {
		if v, err := strconv.Atoi(n); err == nil {
			e.EnhancedCode[i] = v
		}
	}
	return e
}

// Reply is the answer for what Deliver returned; a zero Code says that all is
// delivered.
func Reply(err error) gateway.Reply {
	if err == nil {
		return gateway.Reply{}
	}
	var r *smtp.SMTPError
	if !errors.As(err, &r) || !refusal(r.Code) {
		errors.As(deliverReply(err), &r)
	}
	c, lines := enhanced(r)
	return gateway.Reply{
		Code:     passedOn(r).Code,
		Enhanced: fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2]),
		Text:     strings.Join(lines, " / "),
	}
}
