package gateway

// This file reads the orders of the helpdesk: X-SMIME-Sign and X-SMIME-Encrypt.

import (
	"fmt"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/smime"
)

// Strength is how strongly an operation is asked for; the strongest wins.
type Strength int

// The strengths. Unset is weaker than No: it says that nobody spoke.
const (
	Unset Strength = iota
	No
	IfPossible
	Yes
)

// UnmarshalText reads a Strength as configuration writes it: "off" says what "no" says,
// and "" nothing.
func (s *Strength) UnmarshalText(text []byte) error {
	switch string(text) {
	case "":
		*s = Unset
		return nil
	case "off":
		*s = No
		return nil
	}
	v, ok := orderedStrength(string(text))
	if !ok {
		return fmt.Errorf("%q: there are \"yes\", \"if-possible\" and \"no\"", text)
	}
	*s = v
	return nil
}

// orderedStrength reads the value of an order.
func orderedStrength(value string) (Strength, bool) {
	switch value {
	case "no":
		return No, true
	case "if-possible":
		return IfPossible, true
	case "yes":
		return Yes, true
	}
	return Unset, false
}

// Demand is what one source asks for.
type Demand struct{ Sign, Encrypt Strength }

// strongest combines two demands per operation.
func (d Demand) strongest(e Demand) Demand {
	return Demand{Sign: max(d.Sign, e.Sign), Encrypt: max(d.Encrypt, e.Encrypt)}
}

// refusal is an answer to the sender, ready for the SMTP reply.
type refusal struct{ Reply }

func (r *refusal) Error() string { return r.Text }

func refuse(code int, enhanced, text string) *refusal {
	return &refusal{Reply{Code: code, Enhanced: enhanced, Text: text}}
}

// orders is what the X-SMIME fields of a message say.
type orders struct {
	Demand
	given bool
}

// ours tells whether a field name looks like one of our prefix. Case does not matter,
// and nothing but letters and digits does: an order that was spelt almost right
// ("X-S/MIME-Encrypt") must be refused, not lost.
func (g *Gateway) ours(name string) (rest string, ok bool) {
	return strings.CutPrefix(letters(name), letters(g.o.Headers.Prefix))
}

// readOrders reads every X-SMIME field. An unknown field or value, an empty
// one, or one that stands twice with different values refuses the message.
func (g *Gateway) readOrders(fields []smime.Field) (orders, *refusal) {
	var o orders
	for _, f := range fields {
		rest, ok := g.ours(f.Name)
		if !ok {
			continue
		}
		if r := o.read(f, rest, strings.EqualFold(f.Name, g.o.Headers.Prefix+rest)); r != nil {
			return o, r
		}
	}
	return o, nil
}

// read takes one field in; exact says that its name is spelt as we spell it.
func (o *orders) read(f smime.Field, rest string, exact bool) *refusal {
	value := strings.ToLower(strings.Join(strings.Fields(f.Value()), ""))
	unknown := refuse(550, "5.7.1", "unknown order "+printable(f.Name+": "+value, 60))
	if !exact {
		return unknown
	}
	switch rest {
	case "sign":
		return o.set(&o.Sign, value, unknown)
	case "encrypt":
		return o.set(&o.Encrypt, value, unknown)
	case "signature":
		if verdict.IsSignatureStatus(value) {
			return nil
		}
	case "encryption":
		if verdict.IsEncryptionStatus(value) {
			return nil
		}
	case "status", "signer", "reason", "reply", "sender":
		return nil
	}
	return unknown
}

func (o *orders) set(to *Strength, value string, unknown *refusal) *refusal {
	s, ok := orderedStrength(value)
	if !ok || *to != Unset && *to != s {
		return unknown
	}
	*to, o.given = s, true
	return nil
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
