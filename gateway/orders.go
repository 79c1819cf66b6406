package gateway

// This file reads the orders of the helpdesk: X-SMIME-Sign and X-SMIME-Encrypt.

import (
	"slices"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/smime"
)

// orders is what the X-SMIME fields of a message say.
type orders struct {
	Demand
	given bool
}

// texts are the orders as an entry of the log has them.
func (o *orders) texts() (list []string) {
	for _, one := range []struct {
		name     string
		strength Strength
	}{{"sign", o.Sign}, {"encrypt", o.Encrypt}} {
		if one.strength != Unset {
			list = append(list, one.name+"="+one.strength.word())
		}
	}
	return list
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
		if r := o.read(f, rest, &g.o.Headers); r != nil {
			return o, r
		}
	}
	return o, nil
}

// read takes one field in, whose name must be spelt as we spell it.
func (o *orders) read(f smime.Field, rest string, h *HeaderOptions) *refusal {
	value := strings.ToLower(strings.Join(strings.Fields(f.Value()), ""))
	unknown := refuse(TokenOrder, printable(f.Name+": "+value, 60))
	if _, ok := h.foreign(f.Name); ok && strings.HasPrefix(rest, "x-") {
		return o.readForeign(f, rest, value, unknown)
	}
	if !strings.EqualFold(f.Name, h.Prefix+rest) {
		return unknown
	}
	strength, known := h.ordered(rest, value)
	switch rest {
	case "sign", "encrypt":
		if !known {
			return unknown
		}
		if rest == "sign" {
			return o.set(&o.Sign, strength, unknown)
		}
		return o.set(&o.Encrypt, strength, unknown)
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

// set takes an order in; one that stands twice must say the same.
func (o *orders) set(to *Strength, s Strength, unknown *refusal) *refusal {
	if *to != Unset && *to != s {
		return unknown
	}
	*to = s
	o.given = true
	return nil
}

// readForeign takes a field of a profile in.
func (o *orders) readForeign(f smime.Field, rest, value string, unknown *refusal) *refusal {
	if rest == cipherMailInfo {
		return nil // a status that somebody sends back
	}
	if !strings.EqualFold(f.Name, rest) || value != "yes" {
		return unknown
	}
	if rest == seppmailPlain {
		if r := o.set(&o.Sign, No, unknown); r != nil {
			return r
		}
		return o.set(&o.Encrypt, No, unknown)
	}
	return o.set(&o.Encrypt, Yes, unknown)
}

// readSensitivity takes SEPPmail's reading of Sensitivity in: on what a helpdesk sends, not
// on what comes from outside, and the field stays.
func (g *Gateway) readSensitivity(o *orders, fields []smime.Field) *refusal {
	if !g.o.Headers.uses(ProfileSEPPmail) {
		return nil
	}
	for _, f := range fields {
		value := letters(f.Value())
		if !isNamed(f, "Sensitivity") || !slices.Contains(seppmailSensitivities, value) {
			continue
		}
		if r := o.set(&o.Encrypt, Yes, refuse(TokenOrder, printable(f.Name+": "+value, 60))); r != nil {
			return r
		}
	}
	return nil
}
