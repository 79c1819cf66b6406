package gateway

// This file decides what will be done with an outbound mail before an octet of it is
// written: who signs, who can read which copy, and whether it must be refused.

import (
	"context"
	"slices"

	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/keyring"
	"sealgate/smime"
)

// plan decides signing, encryption and copies.
func (m *outboundMail) plan(ctx context.Context) (*plan, error) {
	p := &plan{groups: []group{{to: m.env.To}}}
	if m.want.Encrypt >= IfPossible || m.want.Sign >= IfPossible {
		done, err := m.alreadyEncrypted(ctx)
		if err != nil {
			return nil, err
		}
		if done && m.orders.Sign == Yes {
			return nil, refuse(TokenEncrypted)
		}
		p.keep = done
		if done {
			return p, nil
		}
	}
	if err := m.planSigning(ctx, p); err != nil {
		return nil, err
	}
	if m.want.Encrypt >= IfPossible {
		if err := m.planEncryption(ctx, p); err != nil {
			return nil, err
		}
	}
	if p.signed {
		m.settleSignature(p)
	}
	if p.encrypts() {
		archive, err := m.archives(ctx)
		if err != nil {
			return nil, err
		}
		m.addOurselves(p.groups, archive)
		m.warnOfKinds(p.groups, archive)
	} else {
		p.groups = m.clearGroups(p)
	}
	return p, nil
}

// settleSignature leaves a signature of From that is there already alone, unless the
// Subject is to be hidden and that signature does not cover it. The true Subject then
// needs a place inside what is signed (RFC 9788 §1.8), which only a new signature gives. One
// of From's domain would not be From's.
func (m *outboundMail) settleSignature(p *plan) {
	if p.credential != nil && !p.forDomain && !p.covered && m.hides(p) {
		p.anew = true
		p.signed = false
		return
	}
	p.credential = nil
}

// alreadyEncrypted asks our own reader; a label is nothing.
func (m *outboundMail) alreadyEncrypted(ctx context.Context) (bool, error) {
	return smime.AlreadyEncrypted(ctx, m.e, m.g.o.Spool)
}

// planSigning chooses the credential, and finds a signature of From that is there
// already.
func (m *outboundMail) planSigning(ctx context.Context, p *plan) error {
	if m.want.Sign < IfPossible {
		return nil
	}
	r := m.mayUse(TokenMayNotSign)
	if r == nil {
		p.credential = m.signer()
	}
	if r == nil && p.credential == nil {
		p.credential, r = m.domainSigner()
		p.forDomain = p.credential != nil
	}
	if r != nil && m.want.Sign == Yes {
		return r
	}
	if p.credential == nil && m.want.Sign == Yes {
		return refuse(TokenNoKey, printable(m.from, 100))
	}
	return m.alreadySigned(ctx, p)
}

// alreadySigned finds out whether the mail bears a valid signature of From, and
// whether that covers the Subject.
func (m *outboundMail) alreadySigned(ctx context.Context, p *plan) error {
	opened, err := m.open(ctx, m.e)
	if err != nil {
		return err
	}
	defer opened.Close()
	v, err := m.g.verdictOf(ctx, opened, m.from)
	if err != nil {
		return err
	}
	p.signed = v.Signature == verdict.SignatureValid
	p.covered = p.signed && opened.Protected != nil && len(opened.Protected.Get("Subject")) > 0
	return nil
}

// signer is the newest valid credential whose certificate names From, and with
// sign_as_other any valid one of the mailbox.
func (m *outboundMail) signer() *keyring.Credential {
	if m.box == nil {
		return nil
	}
	if c := m.g.signerFor(m.box, m.from); c != nil || !m.g.o.Outbound.SignAsOther {
		return c
	}
	return m.g.anySigner(m.box)
}

// domainSigner is the newest valid credential of the domain that a rule names (RFC 3183 §3), for an
// address of the mailbox that has it.
func (m *outboundMail) domainSigner() (*keyring.Credential, *refusal) {
	if m.signAs == "" || m.fromErr != nil {
		return nil, nil
	}
	box := m.g.o.Ring.ByDomain(m.from)
	if box == nil || box != m.g.o.Ring.ByDomain(m.signAs) {
		return nil, nil
	}
	if !m.isUserOf(box) {
		return nil, refuse(TokenWrongUser, printable(m.env.User, 60), printable(m.from, 100))
	}
	return m.g.anySigner(box), nil
}

// planEncryption finds the certificates and sorts the recipients into copies.
func (m *outboundMail) planEncryption(ctx context.Context, p *plan) error {
	served, others := m.sides()
	if len(others) == 0 {
		return nil // it does not leave the house
	}
	all := m.g.findAll(ctx, others)
	if i := slices.IndexFunc(all.missing, address.IsRouted); i >= 0 {
		return refuse(TokenRoutedCipher, printable(all.missing[i], 100))
	}
	if len(all.missing) > 0 && m.asked.Encrypt == Yes {
		return refuse(TokenNoCertificate, recipientList(all.missing))
	}
	if exposed := m.g.leaving(all.missing); len(exposed) > 0 && m.demanded == Yes {
		return m.refuseReply(exposed)
	}
	if len(all.open) > 0 {
		return m.notAnswered(all.open)
	}
	if m.demanded >= IfPossible {
		return m.planReply(p, served, others, all)
	}
	if len(all.missing) > 0 && (len(all.found) == 0 || !m.g.o.Outbound.MixedClear || !m.env.CanSplit) {
		return nil // all recipients or none
	}
	return m.group(p, served, others, all.found, all.missing)
}
