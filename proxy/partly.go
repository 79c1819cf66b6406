package proxy

// This file says in one answer that some recipients have got a message and others not.

import (
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"
)

// partialError is for a message that not every recipient has got.
type partialError struct {
	error            // what is said to a client that hears one answer for all
	failed []failure // what is to be said of each who has not got it
	got    []string  // the others
}

func (e *partialError) Unwrap() error { return e.error }

// maxPartly bounds the words of partly: a reply line has 512 octets
// (RFC 5321 §4.5.3.1.5).
const maxPartly = 300

// partly is a fault that may pass, or says who was refused, and that the others were not.
func partly(failed []failure, got []string) error {
	if len(failed) == 0 {
		return nil
	}
	if i := slices.IndexFunc(failed, func(f failure) bool { return !permanent(f.error) }); i >= 0 {
		return &partialError{failed[i].error, failed, got}
	}
	if len(failed) == 1 && len(got) == 0 {
		return &partialError{failed[0].error, failed, got} // in the next hop's own lines
	}
	var reply *smtp.SMTPError
	var said []string
	for _, f := range failed {
		errors.As(f.error, &reply)
		_, lines := enhanced(reply)
		said = append(said, strings.Join(lines, " / "))
	}
	text := strings.Join(said, "; ")
	if len(text) > maxPartly {
		text = text[:maxPartly] + "..."
	}
	whole := *reply
	whole.Message = text
	err := &partialError{&whole, failed, got}
	if len(got) > 0 {
		return othersGot(err)
	}
	return err
}

// gotIt is said behind the refusal of some.
const gotIt = " (the other recipients have got the message)"

// othersGot adds to a refusal for good that the other recipients have got the message: who
// hears it will not try again.
func othersGot(err error) error {
	var reply *smtp.SMTPError
	if !permanent(err) || !errors.As(err, &reply) || strings.HasSuffix(reply.Message, gotIt) {
		return err
	}
	said := *reply
	said.Message += gotIt
	var partial *partialError
	if errors.As(err, &partial) {
		return &partialError{&said, partial.failed, partial.got}
	}
	return &said
}
