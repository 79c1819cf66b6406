package gateway

// This file carries the decision of [on] out.

import (
	"strings"
)

// refusal is the answer when the mail is not taken, nil when it is.
func (d decision) refusal() *refusal {
	what := d.words()
	switch d.action {
	case RejectMail:
		return refuse(TokenPolicy, what)
	case TempFailMail:
		return refuse(TokenPolicyLater, what)
	}
	return nil
}

// words are the cause as a reply says it.
func (d decision) words() string { return strings.ReplaceAll(d.cause, "_", " ") }

// hold quarantines an accepted mail where the adapter can; elsewhere the mail
// is refused for the time being rather than delivered against the admin's word.
func (g *Gateway) hold(d decision, out *Outcome, env Envelope) *Outcome {
	if d.action != QuarantineMail {
		return out
	}
	if !env.CanHold {
		return g.rejected(refuse(TokenPolicyHold, d.words()))
	}
	out.Disposition = Quarantine
	out.Reply.Text = "S/MIME: " + d.cause
	return out
}
