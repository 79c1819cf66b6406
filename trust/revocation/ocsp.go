package revocation

// This file asks an OCSP responder about one certificate (RFC 6960).

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"

	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/trust"
	"sealgate/trust/authority"
)

const (
	maxOCSP     = 64 << 10        // octets of an answer
	ocspTime    = 3 * time.Second // of a responder, so that there is time for the CRL
	nonceLength = 32              // RFC 9654 §2.1
	maxOCSPAge  = 24 * time.Hour  // of an answer that does not say until when it holds
)

var oidNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}

// ocspQuestion is a request, and what its answer must match.
type ocspQuestion struct {
	cert, issuer *x509.Certificate
	der, nonce   []byte
}

// askOCSP makes a question with a nonce.
func askOCSP(cert, issuer *x509.Certificate) (*ocspQuestion, error) {
	// SHA-1 is what every responder knows (RFC 5019 §2.1.1).
	plain, err := ocsp.CreateRequest(cert, issuer, &ocsp.RequestOptions{Hash: crypto.SHA1})
	if err != nil {
		return nil, err
	}
	q := &ocspQuestion{cert: cert, issuer: issuer, nonce: make([]byte, nonceLength)}
	rand.Read(q.nonce)
	q.der, err = withNonce(plain, q.nonce)
	return q, err
}

// withNonce adds requestExtensions [2] to tbsRequest (RFC 6960 §4.1.1, §4.4.1).
func withNonce(der, nonce []byte) ([]byte, error) {
	in := cryptobyte.String(der)
	var outer, tbs cryptobyte.String
	if !in.ReadASN1(&outer, cb.SEQUENCE) || !outer.ReadASN1(&tbs, cb.SEQUENCE) {
		return nil, errors.New("trust: an OCSP request of another shape")
	}
	var b cryptobyte.Builder
	seq := func(do func(*cryptobyte.Builder)) func(*cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) { b.AddASN1(cb.SEQUENCE, do) }
	}
	extension := seq(seq(func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidNonce)
		b.AddASN1(cb.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
	}))
	seq(seq(func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddASN1(cb.Tag(2).Constructed().ContextSpecific(), extension)
	}))(&b)
	return b.Bytes()
}

// read verifies a response and gives its answer for the time at.
func (q *ocspQuestion) read(data []byte, at time.Time) (answer, error) {
	signed, err := splitResponse(data)
	if err != nil {
		return answer{}, err
	}
	resp, err := ocsp.ParseResponseForCert(signed.without, q.cert, nil)
	if err != nil {
		return answer{}, err
	}
	signed.signature.Signed = resp.TBSResponseData
	signed.signature.Known = resp.SignatureAlgorithm
	signed.signature.Value = resp.Signature
	if err := q.responder(signed, at); err != nil {
		return answer{}, err
	}
	if err := q.matches(resp); err != nil {
		return answer{}, err
	}
	until, notFresh := holds(resp, at)
	a := answer{Made: resp.ThisUpdate, Until: until, Refresh: refreshAt(at, until)}
	switch resp.Status {
	case ocsp.Good:
		a.State = trust.RevocationGood
	case ocsp.Revoked:
		a.State = trust.RevocationRevoked
		a.Since = resp.RevokedAt
		a.Cause = resp.RevocationReason
	default:
		return answer{}, errors.New("the responder does not know the certificate")
	}
	if notFresh != nil && (!a.isForGood() || resp.ThisUpdate.After(at.Add(skew))) {
		return answer{}, notFresh
	}
	return a, nil
}

// signedResponse is an answer, with what the library needs not see: it checks a
// certificate in it, whatever its key may cost, and knows fewer signatures.
type signedResponse struct {
	without   []byte // the answer without certificates
	responder *x509.Certificate
	signature spki.Signature
}

// ocspResponse is OCSPResponse (RFC 6960 §4.2.1).
type ocspResponse struct {
	Status asn1.Enumerated
	Bytes  struct {
		Type asn1.ObjectIdentifier
		Body []byte
	} `asn1:"explicit,tag:0,optional"`
}

// basicResponse is BasicOCSPResponse (RFC 6960 §4.2.1).
type basicResponse struct {
	TBS          asn1.RawValue
	Algorithm    asn1.RawValue
	Signature    asn1.BitString
	Certificates []asn1.RawValue `asn1:"explicit,tag:0,optional"`
}

var errResponse = errors.New("not an OCSP response")

// splitResponse takes the certificates out of an answer. Of several the first is the
// responder's; one whose key takes long to check with makes the answer none.
func splitResponse(data []byte) (s signedResponse, err error) {
	var outer ocspResponse
	rest, err := asn1.Unmarshal(data, &outer)
	if err != nil || len(rest) > 0 {
		return s, errResponse
	}
	s.without = data
	if outer.Status != 0 {
		return s, nil // the library gives it words
	}
	var basic basicResponse
	rest, err = asn1.Unmarshal(outer.Bytes.Body, &basic)
	if err != nil || len(rest) > 0 {
		return s, errResponse
	}
	s.signature.Algorithm = basic.Algorithm.FullBytes
	if len(basic.Certificates) == 0 {
		return s, nil
	}
	s.responder, err = x509cert.Parse(basic.Certificates[0].FullBytes)
	if err != nil {
		return s, err
	}
	if !authority.Affordable(s.responder) {
		return s, errors.New("the responder's key is too large")
	}
	basic.Certificates = nil
	outer.Bytes.Body, err = asn1.Marshal(basic)
	if err != nil {
		return s, err
	}
	s.without, err = asn1.Marshal(outer)
	return s, err
}

// weakAlgorithms are those that x509.Certificate.CheckSignature takes for the sake
// of CRLs. An answer holds text of whoever asks, the nonce, so it must not collide.
var weakAlgorithms = []x509.SignatureAlgorithm{x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1}

// responder says who may have signed: the issuer, or one to whom the issuer gave a
// certificate for this purpose (RFC 6960 §4.2.2.2). Whether that one was revoked
// is not asked: the issuer bounds its life instead (§4.2.2.2.1).
func (q *ocspQuestion) responder(s signedResponse, at time.Time) error {
	if slices.Contains(weakAlgorithms, s.signature.Known) {
		return errors.New("the answer is signed with SHA-1")
	}
	r := s.responder
	if r != nil && spki.CheckSignature(r, s.signature) != nil {
		return errors.New("the answer is not signed by the responder whose certificate it bears")
	}
	if spki.CheckSignature(q.issuer, s.signature) == nil {
		return nil
	}
	switch {
	case r == nil:
		return errors.New("the answer is not signed by the authority")
	case slices.Contains(weakAlgorithms, r.SignatureAlgorithm):
		return errors.New("the responder's certificate is signed with SHA-1")
	case spki.CheckSignature(q.issuer, spki.ReadSignature(r)) != nil ||
		!bytes.Equal(r.RawIssuer, q.issuer.RawSubject):
		return errors.New("the answer is signed by somebody whom the authority did not appoint")
	case !slices.Contains(r.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return errors.New("the answer is signed with a certificate that is not for OCSP")
	case !authority.ValidAt(r, at):
		return errors.New("the responder's certificate has expired")
	case !spki.MaySign(r):
		return errors.New("the responder's certificate may not sign")
	case len(r.UnhandledCriticalExtensions) > 0:
		return errors.New("the responder's certificate has a critical extension that is not known here")
	}
	return nil
}

// responseData is ResponseData with what the library leaves out (RFC 6960 §4.2.1).
type responseData struct {
	Version     int `asn1:"optional,default:0,explicit,tag:0"`
	ResponderID asn1.RawValue
	ProducedAt  time.Time `asn1:"generalized"`
	Responses   []struct {
		CertID struct {
			Hash              pkix.AlgorithmIdentifier
			NameHash, KeyHash []byte
			Serial            *big.Int
		}
	}
	Extensions []pkix.Extension `asn1:"optional,explicit,tag:1"`
}

// matches compares certificate and nonce. Many responders answer in advance and
// give no nonce back; another nonce than ours is somebody else's answer.
func (q *ocspQuestion) matches(resp *ocsp.Response) error {
	var d responseData
	if _, err := asn1.Unmarshal(resp.TBSResponseData, &d); err != nil {
		return err
	}
	for _, r := range d.Responses {
		if r.CertID.Serial.Cmp(q.cert.SerialNumber) != 0 {
			continue
		}
		if !q.issuedBy(r.CertID.Hash.Algorithm, r.CertID.NameHash, r.CertID.KeyHash) {
			return errors.New("the answer is for a certificate of another authority")
		}
		break // the library has read the first of this number, too
	}
	for _, e := range d.Extensions {
		var nonce []byte
		if !e.Id.Equal(oidNonce) && e.Critical {
			return fmt.Errorf("unknown critical extension %v in the answer", e.Id)
		}
		if !e.Id.Equal(oidNonce) {
			continue
		}
		if _, err := asn1.Unmarshal(e.Value, &nonce); err != nil || !bytes.Equal(nonce, q.nonce) {
			return errors.New("the answer bears another nonce")
		}
	}
	return nil
}

// issuedBy reports whether a CertID (RFC 6960 §4.1.1) names the issuer; a responder need not
// take the digest of the question.
func (q *ocspQuestion) issuedBy(algorithm asn1.ObjectIdentifier, name, key []byte) bool {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	hash, known := spki.Digests[algorithm.String()]
	if _, err := asn1.Unmarshal(q.issuer.RawSubjectPublicKeyInfo, &info); err != nil || !known {
		return false
	}
	sum := func(data []byte) []byte {
		h := hash.New()
		h.Write(data)
		return h.Sum(nil)
	}
	return bytes.Equal(name, sum(q.issuer.RawSubject)) && bytes.Equal(key, sum(info.Key.RightAlign()))
}

// holds is until when an answer may be used.
func holds(resp *ocsp.Response, at time.Time) (time.Time, error) {
	until := resp.NextUpdate
	if until.IsZero() {
		until = resp.ThisUpdate.Add(maxOCSPAge)
	}
	switch {
	case resp.ThisUpdate.After(at.Add(skew)):
		return until, fmt.Errorf("the answer is of %s, which is not yet", resp.ThisUpdate.UTC().Format(time.RFC3339))
	case until.Before(at):
		return until, fmt.Errorf("the answer held until %s", until.UTC().Format(time.RFC3339))
	}
	return until, nil
}

// askResponder asks the OCSP responder at url.
func (c *client) askResponder(url string, cert, issuer *x509.Certificate, at time.Time) (answer, error) {
	q, err := askOCSP(cert, issuer)
	if err != nil {
		return answer{}, err
	}
	data, err := c.try(url, ocspTime, func(ctx context.Context) ([]byte, error) {
		return c.fetch.Post(ctx, url, "application/ocsp-request", q.der, maxOCSP)
	})
	if err != nil {
		return answer{}, err
	}
	a, err := q.read(data, at)
	if err != nil {
		return answer{}, fmt.Errorf("%q: %w", shortURL(url), err)
	}
	return a, nil
}
