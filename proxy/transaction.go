package proxy

// This file is an SMTP envelope.

import (
	"github.com/emersion/go-smtp"
)

// Transaction is an SMTP envelope with its ESMTP arguments (RFC 5321, RFC 3461,
// RFC 6531).
type Transaction struct {
	From       string
	Options    *smtp.MailOptions // nil: none
	Recipients []Recipient
	Each       bool // who gives it hears of each recipient on his own (LMTP)
}

// Recipient is one RCPT.
type Recipient struct {
	Address string
	Options *smtp.RcptOptions // nil: none
}
