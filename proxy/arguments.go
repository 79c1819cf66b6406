package proxy

// This file reads ESMTP arguments as they stand in MAIL and RCPT, for adapters
// that get them raw.

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"
)

// MailArguments reads the arguments of MAIL (RFC 3461 §4.3, RFC 6531 §3.4). SIZE,
// BODY and AUTH say nothing that the next hop needs of us.
func MailArguments(args []string) (*smtp.MailOptions, error) {
	o := &smtp.MailOptions{}
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch strings.ToUpper(key) {
		case "RET":
			o.Return = smtp.DSNReturn(strings.ToUpper(value))
			if o.Return != smtp.DSNReturnFull && o.Return != smtp.DSNReturnHeaders {
				return nil, fmt.Errorf("proxy: RET=%q", value)
			}
		case "ENVID":
			id, err := xtext(value)
			if err != nil {
				return nil, err
			}
			o.EnvelopeID = id
		case "SMTPUTF8":
			o.UTF8 = true
		case "SIZE", "BODY", "AUTH":
		default:
			return nil, fmt.Errorf("proxy: MAIL argument %q is not known", key)
		}
	}
	return o, nil
}

// RcptArguments reads the arguments of RCPT (RFC 3461 §4.1, §4.2).
func RcptArguments(args []string) (*smtp.RcptOptions, error) {
	o := &smtp.RcptOptions{}
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch strings.ToUpper(key) {
		case "NOTIFY":
			for n := range strings.SplitSeq(strings.ToUpper(value), ",") {
				o.Notify = append(o.Notify, smtp.DSNNotify(n))
			}
		case "ORCPT":
			if err := originalRecipient(o, value); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("proxy: RCPT argument %q is not known", key)
		}
	}
	return o, nil
}

// originalRecipient reads ORCPT (RFC 3461 §4.2, RFC 6533 §3). A type that go-smtp
// cannot write, such as x400, is left out: the mail matters more than what a DSN
// will call its recipient.
func originalRecipient(o *smtp.RcptOptions, value string) error {
	kind, addr, ok := strings.Cut(value, ";")
	if !ok {
		return fmt.Errorf("proxy: ORCPT=%q", value)
	}
	switch t := smtp.DSNAddressType(strings.ToUpper(kind)); t {
	case smtp.DSNAddressTypeRFC822:
		plain, err := xtext(addr)
		if err != nil {
			return err
		}
		o.OriginalRecipientType = t
		o.OriginalRecipient = plain
	case smtp.DSNAddressTypeUTF8: // go-smtp writes its escapes as they stand
		o.OriginalRecipientType = t
		o.OriginalRecipient = addr
	}
	return nil
}

// xtext decodes RFC 3461 §4, where nothing but printable ASCII makes sense.
func xtext(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '+' {
			b.WriteByte(s[i])
			continue
		}
		if i+3 > len(s) {
			return "", fmt.Errorf("proxy: xtext %q", s)
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return "", fmt.Errorf("proxy: xtext %q", s)
		}
		b.WriteByte(c[0])
		i += 2
	}
	if strings.ContainsFunc(b.String(), func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", fmt.Errorf("proxy: xtext %q is not printable", s)
	}
	return b.String(), nil
}
