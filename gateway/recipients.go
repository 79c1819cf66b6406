package gateway

// This file finds the certificates of a mail's recipients, and says what becomes of a
// mail for which a source has not answered.

import (
	"context"

	"sealgate/gateway/lookup"
	"sealgate/internal/address"
	"sealgate/trust"
)

// lookUps is what the look-ups of all recipients came to, each recipient as received.
type lookUps struct {
	found   map[string]*lookup.Certificate
	missing []string // everybody has answered, and there is no usable certificate
	open    []openLookUp
}

// openLookUp is a recipient for whom somebody has not answered.
type openLookUp struct {
	to     string
	silent []trust.Silence // as far as they are known
}

// findAll looks every recipient up.
func (g *Gateway) findAll(ctx context.Context, recipients []string) lookUps {
	normal := make(map[string]string, len(recipients))
	var addresses []string
	for _, to := range recipients {
		addr, err := address.Normalize(to)
		if err == nil {
			normal[to] = addr
			addresses = append(addresses, addr)
		}
	}
	results := g.finder.Find(ctx, unique(addresses)...)
	all := lookUps{found: make(map[string]*lookup.Certificate)}
	for _, to := range recipients {
		addr, readable := normal[to]
		switch r := results[addr]; {
		case r.Best != nil:
			all.found[to] = r.Best
		case !readable || r.Answered.All():
			all.missing = append(all.missing, to)
		default:
			all.open = append(all.open, openLookUp{to, r.Answered.Silent()})
		}
	}
	return all
}

// notAnswered keeps the mail with its sender. The reply names the first source that is
// silent, the log each.
func (m *outboundMail) notAnswered(open []openLookUp) *refusal {
	for _, l := range open {
		for _, s := range l.silent {
			m.log.Warn(
				"a source does not answer",
				"recipient", l.to,
				"source", s.Source,
				"since", s.Since,
				"error", s.Why,
				"remedy", s.Remedy,
			)
		}
	}
	text := "cannot encrypt now for " + printable(open[0].to, maxListedText/4) + ": "
	if len(open[0].silent) == 0 {
		return refuse(451, "4.3.0", text+"not every source of certificates has answered; try again later")
	}
	first := open[0].silent[0]
	text += printable(first.String(), maxListedText/2) + "; try again later"
	if first.Remedy != "" {
		text += " (administrator: " + first.Remedy + ")"
	}
	return refuse(451, "4.3.0", text)
}
