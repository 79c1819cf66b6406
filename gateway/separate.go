package gateway

// This file finds the certificate that mail to a signer is encrypted for: people may have
// one for signatures and another one for encryption.

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/keyring"
	"sealgate/smime/cms"
	"sealgate/trust"
	"sealgate/trust/authority"
)

// maxSeparate is how many certificates of one mail are judged as the signer's for
// encryption: each may ask the services of its authority.
const maxSeparate = 4

// certificateChain is a certificate with the path to its root.
type certificateChain struct {
	leaf *x509.Certificate
	path []*x509.Certificate // leaf and root included
}

// intermediates are the certificates between the leaf and the root: whoever encrypts to
// the leaf later has no message that brings them.
func (c certificateChain) intermediates() (raw [][]byte) {
	for i := 1; i < len(c.path)-1; i++ {
		raw = append(raw, c.path[i].Raw)
	}
	return raw
}

// issuer is the authority that the path names for its leaf; of a path of one, that one
// itself.
func (c certificateChain) issuer() *x509.Certificate {
	if len(c.path) > 1 {
		return c.path[1]
	}
	return c.leaf
}

// toEncryptFor is what the signer announces under the signature when that proves itself on
// its own; without an announcement, what lies beside the signature when the signer's own
// cannot be encrypted to (RFC 8551 §2.5.3.1); else the signer's own. change says that
// another authority than the signer's vouches for what lay beside it.
func (m *inboundMail) toEncryptFor(
	ctx context.Context,
	signer certificateChain,
	known []*certstore.Record,
) (c certificateChain, change bool) {
	if e := m.verdict.Signer.Signature.EncryptionCertificate; e != nil {
		if announced, ok := m.proof(ctx, e); ok {
			return announced, false
		}
		return signer, false
	}
	if keyring.MayEncryptTo(signer.leaf) {
		return signer, false
	}
	var foreign *certificateChain
	for _, e := range m.separate(ctx, signer, known) {
		found, ok := m.proof(ctx, e)
		switch {
		case !ok:
		case bytes.Equal(found.issuer().RawSubjectPublicKeyInfo, signer.issuer().RawSubjectPublicKeyInfo):
			return found, false
		case foreign == nil:
			foreign = &found
		}
	}
	if foreign != nil {
		return *foreign, true
	}
	return signer, false
}

// separate are certificates beside the signature that may be the signer's for encryption:
// of the same subject, those that the signer's authority has signed first, then the newest.
// The bag is not signed, so whoever changes it must not lead back to a certificate that a
// newer one has replaced, nor hide the right one behind others of its names.
func (m *inboundMail) separate(
	ctx context.Context,
	signer certificateChain,
	known []*certstore.Record,
) (list []*x509.Certificate) {
	var others []*x509.Certificate
	newest := m.newestInUse(known)
	bag := m.opened.Layers[m.verdict.Signer.Layer].Certificates
	for _, der := range bag[:min(len(bag), authority.MaxBag)] {
		if len(der) > authority.MaxCertificate {
			continue
		}
		c, err := x509cert.Parse(der)
		switch {
		case err != nil || !bytes.Equal(c.RawSubject, signer.leaf.RawSubject) || newest.After(c.NotBefore):
		case effort.Spend(ctx, effort.Verification(c.PublicKey)) != nil || !keyring.MayEncryptTo(c):
		case signedBy(ctx, signer.issuer(), c):
			list = append(list, c)
		default:
			others = append(others, c)
		}
	}
	newestFirst := func(a, b *x509.Certificate) int { return b.NotBefore.Compare(a.NotBefore) }
	slices.SortStableFunc(list, newestFirst)
	slices.SortStableFunc(others, newestFirst)
	list = append(list, others...)
	return list[:min(len(list), maxSeparate)]
}

// signedBy reports whether an authority has signed c, as far as the message may still ask.
func signedBy(ctx context.Context, ca, c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, ca.RawSubject) &&
		effort.Spend(ctx, effort.Verification(ca.PublicKey)) == nil && spki.CheckSignatureFrom(c, ca) == nil
}

// newestInUse is when the newest certificate for encryption that is in use for the signer
// began to be valid.
func (m *inboundMail) newestInUse(known []*certstore.Record) (begins time.Time) {
	for _, c := range m.inUse(known) {
		if c.NotBefore.After(begins) && keyring.MayEncryptTo(c) {
			begins = c.NotBefore
		}
	}
	return begins
}

// proof judges an encryption certificate that came with a signature: same address, own
// chain and usage.
func (m *inboundMail) proof(ctx context.Context, c *x509.Certificate) (certificateChain, bool) {
	layer := m.verdict.Signer.Layer
	r := m.g.o.Trust.Check(ctx, trust.Request{
		Certificate:   c,
		Intermediates: m.opened.Layers[layer].Certificates,
		Address:       m.verdict.From,
		Purpose:       trust.Encrypt,
		At:            m.g.o.Now(),
		NoFetch:       verdict.Changeable(m.opened.Layers[:layer]),
	})
	return certificateChain{c, r.Chain}, r.Status == trust.Valid && cms.CanEncryptTo(c) == nil
}

// inUse are the certificates of an address that mail may be encrypted for now.
func (m *inboundMail) inUse(known []*certstore.Record) (list []*x509.Certificate) {
	now := m.g.o.Now()
	for _, r := range known {
		if r.State != certstore.Active && r.State != certstore.Pinned || now.After(r.NotAfter) {
			continue
		}
		c, err := x509cert.Parse(r.DER)
		if err == nil {
			list = append(list, c)
		}
	}
	return list
}
