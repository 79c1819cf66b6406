package cms

// This file verifies the signatures of a SignedData (RFC 5652 §5.4 to §5.6).

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/ber"
	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
)

// Verifier hashes the content with every digest that the signers need, at once.
type Verifier struct {
	sd     *SignedData
	bag    *bagOf
	known  *bagOf // of certificates that the message lacks
	hashes map[crypto.Hash]hash.Hash
}

// Verifier returns a writer for the content that is signed. What nobody can verify, for
// want of the certificate, is not hashed; nor are more than maxContentDigests.
func (sd *SignedData) Verifier() *Verifier {
	v := &Verifier{
		sd: sd, bag: sd.certificates(), known: newBag(sd.Known), hashes: map[crypto.Hash]hash.Hash{},
	}
	for _, s := range sd.SignerInfos {
		d := contentDigest(s.digest.id)
		if scheme, err := s.scheme(); err == nil && s.attributes == nil {
			d = scheme.digest
		}
		if d == nil || v.hashes[d.hash] == nil && len(v.hashes) == maxContentDigests {
			continue
		}
		if certs, _ := v.find(s.sid); len(certs) > 0 {
			v.hashes[d.hash] = d.hash.New()
		}
	}
	return v
}

// LacksCertificate reports whether a signer's certificate is not in the message: it need not
// be (RFC 5652 §5.1).
func (sd *SignedData) LacksCertificate() bool {
	return slices.ContainsFunc(sd.SignerInfos, func(s *SignerInfo) bool {
		certs, _ := sd.certificates().find(s.sid)
		return len(certs) == 0
	})
}

// find looks into the message first.
func (v *Verifier) find(id signerID) (certs []*x509.Certificate, unreadable []byte) {
	certs, unreadable = v.bag.find(id)
	if len(certs) == 0 {
		certs, _ = v.known.find(id)
	}
	return certs, unreadable
}

// Digests tells how many there are: each costs as much as the content is long.
func (v *Verifier) Digests() int { return len(v.hashes) }

// sum is the digest of all that was written.
func (v *Verifier) sum(d *digest) ([]byte, error) {
	h := v.hashes[d.hash]
	if h == nil {
		return nil, fmt.Errorf("%w: %s, one more than %d digests of one content", ErrUnsupported, d.name, maxContentDigests)
	}
	return h.Sum(nil), nil
}

// Write hashes a part of the content. It never fails.
func (v *Verifier) Write(p []byte) (int, error) {
	for _, h := range v.hashes {
		h.Write(p)
	}
	return len(p), nil
}

// Verify judges all signatures, after the whole content was written. The
// content is only read where the hash does not do: signatures without attributes.
// What would cost more than one message may is ErrTooCostly; when ctx ends, the rest
// has its error.
func (v *Verifier) Verify(ctx context.Context, content io.ReaderAt, size int64) []Signature {
	ctx = effort.Ensure(ctx)
	signatures := make([]Signature, 0, len(v.sd.SignerInfos))
	for _, s := range v.sd.SignerInfos {
		sig := Signature{SID: s.sid.String()}
		if d := contentDigest(s.digest.id); d != nil {
			sig.Digest = d.name
		}
		sig.Err = v.judge(ctx, s, &sig, io.NewSectionReader(content, 0, size))
		signatures = append(signatures, sig)
	}
	return signatures
}

// judge fills in sig, as far as it comes.
func (v *Verifier) judge(ctx context.Context, s *SignerInfo, sig *Signature, content *io.SectionReader) error {
	scheme, err := s.scheme()
	sig.Algorithm = scheme.name
	if s.misplaced {
		return s.malformed("an attribute is unsigned that must be signed")
	}
	if s.attributes != nil {
		if err := s.attributes.describe(sig, v.bag); err != nil {
			return err
		}
	}
	certs, unreadable := v.find(s.sid)
	if len(certs) == 0 {
		sig.RawCertificate = unreadable
		return ErrNoCertificate
	}
	sig.Certificate = certs[0]
	sig.RawCertificate = certs[0].Raw
	if err != nil {
		return err
	}
	sig.Weak = scheme.weakness(certs[0], contentDigest(s.digest.id))
	check, err := v.check(ctx, s, scheme, content)
	if err != nil {
		return err
	}
	for _, c := range certs { // several may have one name; the key tells
		err = spendOn(ctx, c)
		if err != nil {
			return err
		}
		err = check(c)
		if err == nil {
			sig.Certificate = c
			sig.RawCertificate = c.Raw
			sig.Weak = scheme.weakness(c, contentDigest(s.digest.id))
			return v.announced(s, sig)
		}
	}
	return err
}

// announced refuses a signer whose digest is not among the digest algorithms: readers
// in one pass need it there, and may fail (RFC 5652 §5.1).
func (v *Verifier) announced(s *SignerInfo, sig *Signature) error {
	if slices.Contains(v.sd.DigestNames, sig.Digest) {
		return nil
	}
	return &Error{
		"SignedData",
		s.at,
		"the signer's digest " + sig.Digest + " is not among the digest algorithms (RFC 5652 §5.1)",
		true,
	}
}

// check prepares the comparison with one certificate's key.
func (v *Verifier) check(
	ctx context.Context,
	s *SignerInfo,
	scheme signatureScheme,
	content *io.SectionReader,
) (func(*x509.Certificate) error, error) {
	if s.attributes == nil {
		return v.checkContent(s, scheme, content)
	}
	sum, err := v.sum(contentDigest(s.digest.id))
	if err != nil {
		return nil, err
	}
	if err := s.checkAttributes(v.sd.EContentType, sum); err != nil {
		return nil, err
	}
	return func(c *x509.Certificate) error {
		if err := s.checkSigningCertificate(c); err != nil {
			return err
		}
		err := scheme.check(c, s.attributes.asSent(), s.signature)
		if errors.Is(err, ErrSignature) { // RFC 5652 §5.4: what is signed is their DER
			if der, derErr := s.attributes.asDER(); derErr == nil && !bytes.Equal(der, s.attributes.asSent()) {
				if err := spendOn(ctx, c); err != nil {
					return err
				}
				err = scheme.check(c, der, s.signature)
			}
		}
		return err
	}, nil
}

// spendOn takes what a check with the certificate's key costs from what the message
// may cost.
func spendOn(ctx context.Context, c *x509.Certificate) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key, err := spki.PublicKey(c)
	if err != nil {
		return nil // there will be no check
	}
	return costly(effort.Spend(ctx, effort.Verification(key)))
}

// checkContent is for a signature without signed attributes: over the content itself.
func (v *Verifier) checkContent(
	s *SignerInfo,
	scheme signatureScheme,
	content *io.SectionReader,
) (func(*x509.Certificate) error, error) {
	if !v.sd.EContentType.Equal(oid.Data) { // RFC 5652 §5.3
		return nil, s.malformed("no signed attributes, though the content is not data")
	}
	if looksLikeAttributes(content) {
		return nil, fmt.Errorf("%w: the content is the attributes of another signature", ErrSignature)
	}
	if scheme.name == "ed25519" {
		return pureContent(s, scheme, content)
	}
	sum, err := v.sum(scheme.digest)
	if err != nil {
		return nil, err
	}
	return func(c *x509.Certificate) error {
		key, err := spki.PublicKey(c)
		if err != nil {
			return fmt.Errorf("%w: the certificate's public key", ErrUnsupported)
		}
		return scheme.checkSum(c, key, sum, s.signature)
	}, nil
}

// pureContent needs all of the content in memory (RFC 8419 §3.1).
func pureContent(
	s *SignerInfo,
	scheme signatureScheme,
	content *io.SectionReader,
) (func(*x509.Certificate) error, error) {
	if content.Size() > maxPureContent {
		return nil, fmt.Errorf("%w: EdDSA without signed attributes over %d bytes", ErrUnsupported, content.Size())
	}
	b := make([]byte, content.Size())
	if _, err := io.ReadFull(content, b); err != nil {
		return nil, fmt.Errorf("%w: the content cannot be read again: %v", ErrUnsupported, err)
	}
	return func(c *x509.Certificate) error { return scheme.check(c, b, s.signature) }, nil
}

// looksLikeAttributes finds the attack that takes a signature over attributes
// and presents their encoding as content signed without attributes.
func looksLikeAttributes(content *io.SectionReader) bool {
	if content.Size() > maxStructure {
		return false
	}
	var first [1]byte
	if _, err := content.ReadAt(first[:], 0); err != nil || first[0] != byte(cbasn1.SET) {
		return false
	}
	p := &parser{ber.NewReader(content, content.Size()), "SignedData", maxStructure}
	a, err := p.attributes(cbasn1.SET)
	return err == nil && len(a.list) > 0
}
