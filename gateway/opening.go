package gateway

// This file opens an inbound message with the keys of its recipients.

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// admit asks for each layer of an inbound mail.
func (m *inboundMail) admit(ctx context.Context) cms.Admission {
	return func(keys []cms.ContentKey, content [sha256.Size]byte) error {
		why, err := m.g.bindContent(ctx, m.e, m.contents, keys, content)
		if err == nil && why != "" {
			return m.withhold(why)
		}
		return err
	}
}

// withhold leaves an encrypted layer closed.
func (m *inboundMail) withhold(why withheld) error {
	m.withheld = why
	m.entry.Closed = withheldCauses[why]
	m.entry.suspect = true
	return fmt.Errorf("%w: %s", cms.ErrRefused, withheldCauses[why])
}

// open opens the mail with the keys of its recipients. A sender who asks for notices
// that cannot be kept from him gets the mail in as it came: opened, its header would go
// back to him.
func (m *inboundMail) open(ctx context.Context) (err error) {
	if m.env.WantsNotices && !m.env.CanSplit {
		m.keys = nil
		m.withheld = withheldNotices
		m.entry.Closed = withheldCauses[withheldNotices]
	}
	keys := make([]cms.DecryptionKey, len(m.keys))
	for i, k := range m.keys {
		keys[i] = k.key
	}
	m.opened, err = m.openWith(ctx, keys)
	return err
}

// openShare is what opening may take of a message's time: a mail that takes longer is
// made to, and the rest is for delivering it as it came.
const openShare = 3.0 / 4

// openWith opens the message with keys.
func (m *inboundMail) openWith(ctx context.Context, keys []cms.DecryptionKey) (*smime.Message, error) {
	known := knownSigners{m: m, ctx: ctx}
	opened, err := m.openInTime(ctx, smime.OpenOptions{
		Keys: keys, Admit: m.admit(ctx), Known: known.certificates, Spool: m.spool, MaxExpanded: m.g.o.Limits.Expanded,
	})
	if err == nil && known.err != nil {
		opened.Close()
		return nil, known.err
	}
	return opened, err
}

// openInTime opens the message within its share of the time.
func (m *inboundMail) openInTime(ctx context.Context, o smime.OpenOptions) (*smime.Message, error) {
	within := ctx
	if end, ok := ctx.Deadline(); ok {
		left := float64(time.Until(end))
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, time.Duration(left*openShare))
		defer cancel()
	}
	sec := m.e.Section()
	opened, err := smime.Open(within, sec, sec.Size(), o)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil && !errors.Is(err, smime.ErrDecrypting) {
		return &smime.Message{Outer: m.e, Inner: m.e, Malformed: errTooLong}, nil
	}
	return opened, err
}

var errTooLong = &smime.Error{Offset: -1, Problem: "takes more time to open than a message may"}

// knownSigners are the certificates that the store has of who stands in From, for a mail
// that does not bring its signer's along (RFC 5652 §5.1).
type knownSigners struct {
	m   *inboundMail
	ctx context.Context
	err error // the store did not answer
}

func (k *knownSigners) certificates() (list [][]byte) {
	from, err := verdict.FromAddress(k.m.e)
	if err != nil {
		return nil // nobody can be its signer
	}
	records, err := k.m.g.o.Store.ByAddress(k.ctx, from)
	if err != nil {
		k.err = err
		return nil
	}
	for _, r := range records {
		list = append(list, r.DER)
	}
	return list
}
