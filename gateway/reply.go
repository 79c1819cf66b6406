package gateway

// This file makes the SMTP answers to the sender: each bears a token for programs, and a
// sentence for people in their language.

import (
	"fmt"
	"strings"
)

func accepted(d ...Delivery) *Outcome { return &Outcome{Disposition: Accept, Deliveries: d} }

// Token names a cause of refusal for programs; it stands in brackets before the sentence
// and does not change.
type Token string

// The tokens.
const (
	TokenNoCertificate Token = "SG-NOCERT"
	TokenReplyInClear  Token = "SG-REPLY"
	TokenForward       Token = "SG-FORWARD"
	TokenContains      Token = "SG-CONTAINS"
	TokenAutomatic     Token = "SG-AUTOREPLY"
	TokenNoKey         Token = "SG-NOKEY"
	TokenMayNotOrder   Token = "SG-NOTALLOWED"
	TokenMayNotSign    Token = "SG-NOTALLOWED-SIGN"
	TokenWrongUser     Token = "SG-USER"
	TokenWrongService  Token = "SG-SERVICE"
	TokenOrder         Token = "SG-ORDER"
	TokenHiddenOrder   Token = "SG-ORDER-HIDDEN"
	TokenLostOrder     Token = "SG-ORDER-LOST"
	TokenFrom          Token = "SG-FROM"
	TokenHeader        Token = "SG-HEADER"
	TokenFields        Token = "SG-FIELDS"
	TokenMalformed     Token = "SG-MALFORMED"
	TokenRouted        Token = "SG-ROUTED"
	TokenRoutedCipher  Token = "SG-ROUTED-ENCRYPT"
	TokenEncrypted     Token = "SG-ENCRYPTED"
	TokenBcc           Token = "SG-BCC"
	TokenMixed         Token = "SG-MIXED"
	TokenSize          Token = "SG-SIZE"
	TokenSilent        Token = "SG-LOOKUP"
	TokenSilentSource  Token = "SG-LOOKUP-SOURCE"
	TokenPolicy        Token = "SG-POLICY"
	TokenPolicyLater   Token = "SG-POLICY-LATER"
	TokenPolicyHold    Token = "SG-POLICY-HOLD"
)

// replyCodes are the codes of each refusal (RFC 5321 §4.2.3, RFC 3463).
var replyCodes = map[Token]Reply{
	TokenNoCertificate: {Code: 550, Enhanced: "5.7.1"},
	TokenReplyInClear:  {Code: 550, Enhanced: "5.7.1"},
	TokenForward:       {Code: 550, Enhanced: "5.7.1"},
	TokenContains:      {Code: 550, Enhanced: "5.7.1"},
	TokenAutomatic:     {Code: 550, Enhanced: "5.7.1"},
	TokenNoKey:         {Code: 550, Enhanced: "5.7.1"},
	TokenMayNotOrder:   {Code: 550, Enhanced: "5.7.1"},
	TokenMayNotSign:    {Code: 550, Enhanced: "5.7.1"},
	TokenWrongUser:     {Code: 550, Enhanced: "5.7.1"},
	TokenWrongService:  {Code: 550, Enhanced: "5.7.1"},
	TokenOrder:         {Code: 550, Enhanced: "5.7.1"},
	TokenHiddenOrder:   {Code: 550, Enhanced: "5.7.1"},
	TokenLostOrder:     {Code: 550, Enhanced: "5.7.1"},
	TokenFrom:          {Code: 554, Enhanced: "5.6.0"},
	TokenHeader:        {Code: 554, Enhanced: "5.6.0"},
	TokenFields:        {Code: 554, Enhanced: "5.6.0"},
	TokenMalformed:     {Code: 554, Enhanced: "5.6.0"},
	TokenRouted:        {Code: 550, Enhanced: "5.1.3"},
	TokenRoutedCipher:  {Code: 550, Enhanced: "5.1.3"},
	TokenEncrypted:     {Code: 550, Enhanced: "5.7.1"},
	TokenBcc:           {Code: 550, Enhanced: "5.7.1"},
	TokenMixed:         {Code: 550, Enhanced: "5.7.1"},
	TokenSize:          {Code: 552, Enhanced: "5.3.4"},
	TokenSilent:        {Code: 451, Enhanced: "4.3.0"},
	TokenSilentSource:  {Code: 451, Enhanced: "4.3.0"},
	TokenPolicy:        {Code: 550, Enhanced: "5.7.1"},
	TokenPolicyLater:   {Code: 451, Enhanced: "4.7.1"},
	TokenPolicyHold:    {Code: 451, Enhanced: "4.7.1"},
}

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
	reply := replyCodes[r.token]
	values := make([]any, len(r.values))
	for i, value := range r.values {
		if list, ok := value.(recipientList); ok {
			value = list.in(l)
		}
		values[i] = value
	}
	reply.Text = "[" + string(r.token) + "] " + fmt.Sprintf(l.refusals[r.token], values...)
	return reply
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

// rejected is the outcome of a refusal in the agents' language; 4xx codes are the
// sender's to retry.
func (g *Gateway) rejected(r *refusal) *Outcome {
	d := Reject
	if r.Code < 500 {
		d = TempFail
	}
	return &Outcome{Disposition: d, Reply: r.in(speak(g.o.Language))}
}
