package gateway

// This file says what a reply to an inbound mail can do.

import (
	"context"
	"slices"
	"time"

	"sealgate/gateway/verdict"
)

// lookUpTime bounds the look-ups for the reply advice; without an
// answer the box is greyed.
const lookUpTime = 8 * time.Second

// reply is what an answer to this mail can do: sign as the first of our
// mailboxes that it came to, encrypt for all addresses that it goes to.
func (m *inboundMail) reply(ctx context.Context, v *verdict.Verdict) replyAdvice {
	ctx, stop := context.WithTimeout(ctx, lookUpTime)
	defer stop()
	encrypted := v.Encryption == verdict.EncryptionDecrypted || v.Encryption == verdict.EncryptionUndecryptable
	r := replyAdvice{advised: encrypted}
	if i := slices.IndexFunc(m.env.To, func(to string) bool { return m.served[to] != nil }); i >= 0 {
		r.sign = m.g.canSign(m.served[m.env.To[i]])
	}
	to, ok := verdict.Addresses(m.e, "Reply-To")
	if len(to) == 0 && v.From != "" {
		to = []string{v.From}
	}
	r.encrypt = ok && len(to) > 0 && m.g.canEncryptTo(ctx, unique(to)...)
	return r
}
