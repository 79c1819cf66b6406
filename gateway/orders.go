package gateway

// This file reads the orders of the helpdesk: X-SMIME-Sign and X-SMIME-Encrypt.

import (
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/smime"
)

// orders is what the X-SMIME fields of a message say.
type orders struct {
	Demand
	given bool
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
	unknown := refuse(TokenOrder, printable(f.Name+": "+value, 60))
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
	case "status", "signer", "reason", "cause", "reply", "sender":
		return nil
	}
	return unknown
}

func (o *orders) set(to *Strength, value string, unknown *refusal) *refusal {
	s, ok := orderedStrength(value)
	if !ok || *to != Unset && *to != s {
		return unknown
	}
	*to = s
	o.given = true
	return nil
}
