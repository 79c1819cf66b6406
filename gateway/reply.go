package gateway

// This file makes the SMTP answers to the sender.

import (
	"fmt"
	"strings"
)

func accepted(d ...Delivery) *Outcome { return &Outcome{Disposition: Accept, Deliveries: d} }

// refusal is an answer to the sender, ready for the SMTP reply.
type refusal struct{ Reply }

func (r *refusal) Error() string { return r.Text }

func refuse(code int, enhanced, text string) *refusal {
	return &refusal{Reply{Code: code, Enhanced: enhanced, Text: text}}
}

// printable is s as short ASCII for a reply line.
func printable(s string, most int) string {
	var b strings.Builder
	for _, r := range s {
		if b.Len() >= most {
			return b.String() + "..."
		}
		if r < 0x20 || r > 0x7e {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// maxListed and maxListedText bound what a refusal names; a reply line
// has 512 octets (RFC 5321 §4.5.3.1.5).
const (
	maxListed     = 20
	maxListedText = 400
)

// listed names recipients for a reply line: whole ones, and how many there are more.
func listed(recipients []string) string {
	var b strings.Builder
	for i, to := range recipients {
		to = printable(to, maxListedText/2)
		if i == maxListed || b.Len()+len(to) > maxListedText {
			return fmt.Sprintf("%s and %d more", b.String(), len(recipients)-i)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(to)
	}
	return b.String()
}

// rejected is the outcome of a refusal; 4xx codes are the sender's to retry.
func rejected(r *refusal) *Outcome {
	d := Reject
	if r.Code < 500 {
		d = TempFail
	}
	return &Outcome{Disposition: d, Reply: r.Reply}
}
