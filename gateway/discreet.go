package gateway

// This file hands a mail over as it came, where opening it would tell its sender something.

import (
	"context"
	"errors"
	"slices"

	"sealgate/gateway/verdict"
	"sealgate/smime"
	"sealgate/spool"
)

// withheldFor sorts a fault.
func withheldFor(err error) withheld {
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, spool.ErrShare):
		return withheldSize
	case errors.Is(err, context.DeadlineExceeded):
		return withheldTime
	}
	return withheldFault
}

// leftAsItCame hands the mail over without anything that opening it brought. That
// needs no room, no time and no key, so it cannot fail.
func (m *inboundMail) leftAsItCame(ctx context.Context, why withheld) *Outcome {
	m.withheld = why
	m.entry.Closed = withheldCauses[why]
	v := &verdict.Verdict{Signature: verdict.SignatureNone, Encryption: verdict.EncryptionUndecryptable}
	v.From, _ = verdict.FromAddress(m.e)
	if m.verdict == nil {
		m.verdict = v
		m.rememberLeft(ctx)
	}
	to := m.env.To
	var others []string
	if m.env.CanSplit {
		others = slices.DeleteFunc(slices.Clone(to), func(r string) bool { return m.served[r] != nil })
		to = slices.DeleteFunc(slices.Clone(to), func(r string) bool { return m.served[r] == nil })
	}
	out := accepted(m.confidential(Delivery{To: to, Edits: m.withStatus(ctx, v, m.e, nil)}))
	if len(others) > 0 {
		out.Deliveries = append(out.Deliveries, Delivery{To: others, Edits: m.strip})
	}
	return out
}

// rememberLeft remembers a mail that a fault kept closed before it was remembered: what
// answers it answers a secret. The mail is taken whatever the store says.
func (m *inboundMail) rememberLeft(ctx context.Context) {
	m.opened = &smime.Message{Outer: m.e, Inner: m.e} // as it came
	err := m.identify()
	if err == nil {
		err = m.rememberMail(ctx)
	}
	if err != nil {
		m.log.Error("an encrypted mail is not remembered: answers to it may leave in clear", "error", err)
	}
}

// discreet carries out an action for a mail on which a key was tried. A refusal would be an
// answer, so the mail is held instead, where that is possible in place: copies that go
// by another way are not held. Where it is not, the mail is handed over as it came,
// which shows nobody what the action is to keep from him. A copy that strangers share
// holds nothing that was decrypted, and whether it arrives would be an answer, too.
func (m *inboundMail) discreet(ctx context.Context, d decision, out *Outcome) *Outcome {
	if d.action.strictness() < QuarantineMail.strictness() {
		return out
	}
	if !m.env.CanSplit && len(m.served) < len(m.env.To) {
		m.log.Warn("not refused or held, because a recipient who is not ours would see it",
			"cause", d.cause, "action", string(d.action))
		return out
	}
	if m.env.CanHold && len(out.Deliveries) == 1 && !m.env.WantsNotices {
		d.action = QuarantineMail
		return m.g.hold(d, out, m.env)
	}
	m.log.Warn(
		"not refused, because the answer would tell the sender what was decrypted: left as it came",
		"cause", d.cause,
		"action", string(d.action),
	)
	return m.leftAsItCame(ctx, withheldRule)
}
