package gateway

// This file judges an inbound message for an admin who asks why, and changes nothing.

import (
	"context"
	"log/slog"
	"slices"

	"sealgate/gateway/verdict"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/spool"
)

// Judged is what the engine makes of an inbound message.
type Judged struct {
	Message  *smime.Message
	Verdict  *verdict.Verdict
	Withheld string             // why it is left closed though a key of its recipients may open it
	Served   []*keyring.Mailbox // the mailboxes among its recipients, whose keys were tried
	All      []*keyring.Mailbox // that the engine has
	Action   Action             // what [on] wants done with it
	Cause    string             // the entry of [on] that wants it
	share    *spool.Spool
}

// Close frees what the message was opened into.
func (j *Judged) Close() error { return Owned{j.share, j.Message}.Close() }

// Judge opens and judges a message as Process does one that comes for these recipients. No key
// of another mailbox is used, and nothing is remembered of the message: the memory of content
// keys is read alone. (Authorities and what they say of revocation are kept as ever.) An error
// is our own fault, or a header that cannot be read.
func (g *Gateway) Judge(ctx context.Context, to []string, msg *spool.File) (*Judged, error) {
	e, err := smime.ParseEntity(msg, msg.Size())
	if err != nil {
		return nil, err
	}
	m := &inboundMail{
		g: g, e: e, log: slog.New(slog.DiscardHandler), entry: &Entry{}, spool: g.o.Spool.Share(), contents: g.knownContents,
		env: Envelope{Direction: Inbound, To: to, CanSplit: true},
	}
	ctx = g.withBudget(ctx)
	err = m.recipients(ctx)
	if err == nil {
		err = m.open(ctx)
	}
	if err != nil {
		m.spool.Close()
		return nil, err
	}
	j := &Judged{Message: m.opened, Withheld: withheldCauses[m.withheld], All: g.o.Ring.Mailboxes(), share: m.spool}
	for _, boxes := range []map[string]*keyring.Mailbox{m.served, m.domains} {
		for _, box := range boxes {
			if !slices.Contains(j.Served, box) {
				j.Served = append(j.Served, box)
			}
		}
	}
	j.Verdict, err = g.verdictOf(ctx, m.opened, "")
	if err != nil {
		j.Close()
		return nil, err
	}
	decision, _ := g.o.On.decide(j.Verdict)
	j.Action = decision.action
	j.Cause = decision.cause
	return j, nil
}
