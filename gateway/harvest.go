package gateway

// This file stores the certificate that a message proves.

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"sealgate/certstore"
	"sealgate/internal/spki"
	"sealgate/smime/cms"
)

// harvest stores the certificate that mail to the deciding signer is encrypted for.
func (m *inboundMail) harvest(ctx context.Context, state certstore.State) error {
	known, err := m.g.o.Store.ByAddress(ctx, m.verdict.From)
	if err != nil {
		return err
	}
	c := certificateChain{m.verdict.Signer.Signature.Certificate, m.verdict.Signer.Trust.Chain}
	change := false
	if state == certstore.Active {
		c, change = m.toEncryptFor(ctx, c, known)
	}
	identity := certstore.Identity(c.leaf)
	if i := slices.IndexFunc(known, func(r *certstore.Record) bool { return r.Identity == identity }); i >= 0 {
		state = known[i].State // what an admin decided stays decided
	} else if state == certstore.Active && (change || m.keyChange(known, c.issuer())) {
		state = m.onKeyChange()
	}
	r := m.record(c.leaf, m.verdict.Signer.Signature, state)
	r.Intermediates = c.intermediates()
	err = m.g.o.Store.Put(ctx, r)
	if errors.Is(err, certstore.ErrRecord) { // the sender's fault, which trying again does not mend
		m.log.Warn("certificate not stored", "address", m.verdict.From, "reason", err.Error())
		return nil
	}
	return err
}

// keyChange reports whether issuer is the first of its kind for this address, while a
// certificate of another one is still good. It is the same one when its key has
// signed that certificate: authorities may bear the same name.
func (m *inboundMail) keyChange(known []*certstore.Record, issuer *x509.Certificate) bool {
	other := false
	for _, c := range m.inUse(known) {
		if bytes.Equal(c.RawIssuer, issuer.RawSubject) &&
			spki.CheckSignature(issuer, spki.ReadSignature(c)) == nil {
			return false
		}
		other = true
	}
	return other
}

func (m *inboundMail) onKeyChange() certstore.State {
	m.log.Warn("certificate from another CA for a known address", "address", m.verdict.From)
	if m.g.o.Inbound.OnKeyChange == PendingKeyChange {
		return certstore.Pending
	}
	return certstore.Active
}

func (m *inboundMail) record(cert *x509.Certificate, s cms.Signature, state certstore.State) *certstore.Record {
	now := m.g.o.Now()
	r := certstore.NewRecord(cert, []string{m.verdict.From}, certstore.Harvested, state, now)
	r.ProofTime = proofTime(s.SigningTime, cert.NotBefore, now)
	if ids := messageIDs(m.e, "Message-ID"); len(ids) > 0 {
		r.Proof = clean(ids[0], maxQuoted)
	}
	if len(s.Capabilities) > 0 {
		if der, err := cms.MarshalCapabilities(s.Capabilities); err == nil {
			r.Capabilities = der
		}
	}
	return r
}

// underWay is how old a signature may be and still count as made now: a mail takes some
// minutes, and clocks differ.
const underWay = 10 * time.Minute

// proofTime is the moment for which the mail proves that its signer uses the certificate.
// That is signing-time, so that an old mail that is sent again proves nothing newer. A
// time that cannot be true is replaced by the nearest that can: not later than now, not
// before the certificate is valid. Without one, the mail is taken as new.
func proofTime(signed, notBefore, now time.Time) time.Time {
	switch {
	case signed.IsZero() || signed.After(now.Add(-underWay)):
		return now
	case signed.Before(notBefore):
		return notBefore
	}
	return signed
}
