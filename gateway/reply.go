package gateway

// This file makes the SMTP answers to the sender: each bears a token for programs, and a
// sentence for people in their language.

import (
	"fmt"
	"strings"
)

func accepted(d ...Delivery) *Outcome { return &Outcome{Disposition: Accept, Deliveries: d} }

// refusal is an answer to the sender. Its Reply is in English, for the log.
type refusal struct {
	Reply
	token  Token
	values []any
}

func (r *refusal) Error() string { return r.Text }

// refuse makes a refusal; the values go into its sentence and are short ASCII already.
func refuse(token Token, values ...any) *refusal {
	r := &refusal{token: token, values: values}
	r.Reply = r.in(&english)
	return r
}

// in is the answer in a language.
func (r *refusal) in(l *language) Reply {
	code := replyCodes[r.token]
	values := make([]any, len(r.values))
	for i, value := range r.values {
		if list, ok := value.(recipientList); ok {
			value = list.in(l)
		}
		values[i] = value
	}
	text := "[" + string(r.token) + "] " + fmt.Sprintf(l.refusals[r.token], values...)
	return Reply{Code: code.code, Enhanced: code.enhanced, Text: text}
}

// speak is the language of the settings.
func speak(l Language) *language {
	if l == German {
		return &german
	}
	return &english
}

// maxListed and maxListedText bound what a refusal names; a reply line
// has 512 octets (RFC 5321 §4.5.3.1.5), and the sentence around needs its share.
const (
	maxListed     = 20
	maxListedText = 300
)

// recipientList names recipients in a reply line: whole ones, and how many there are more.
type recipientList []string

// in is the list in a language.
func (list recipientList) in(l *language) string {
	var b strings.Builder
	for i, to := range list {
		to = printable(to, maxListedText/2)
		if i == maxListed || b.Len()+len(to) > maxListedText {
			return b.String() + fmt.Sprintf(l.more, len(list)-i)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(to)
	}
	return b.String()
}

// rejected is the outcome of a refusal in the agents' language.
func (g *Gateway) rejected(r *refusal) *Outcome { return r.outcome(g.o.Language) }

// outcome is that of a refusal; 4xx codes are the sender's to retry.
func (r *refusal) outcome(l Language) *Outcome {
	d := Reject
	if r.Code < 500 {
		d = TempFail
	}
	return &Outcome{Disposition: d, Reply: r.in(speak(l)), Token: r.token}
}
