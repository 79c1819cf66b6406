package gateway

// This file finds the certificates of a mail's recipients, and says what becomes of a
// mail for which a source has not answered.

import (
	"cmp"
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

// Bounds of what a reply tells of a silent source (RFC 5321 §4.5.3.1.5).
const (
	maxOpenRecipient = 90
	maxSilence       = 150
)

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
	to := printable(open[0].to, maxOpenRecipient)
	if len(open[0].silent) == 0 {
		return refuse(TokenSilent, to)
	}
	first := open[0].silent[0]
	return refuse(TokenSilentSource, to, printable(first.String(), maxSilence), cmp.Or(first.Remedy, "-"))
}
