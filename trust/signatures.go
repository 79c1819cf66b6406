package trust

// This file judges paths with signatures that crypto/x509 cannot check: RSASSA-PSS with
// other parameters than the usual ones, by keys that are for PSS only (RFC 4055), and with
// SHA-1 where that is accepted. They are checked here; all the rest of such a path is judged
// by crypto/x509, on copies of its certificates that bear signatures of our own instead.

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"slices"
	"time"

	"sealgate/internal/effort"
	"sealgate/trust/authority"
)

// copyCost is what one certificate of a copied path costs: a key, a signature with it, and
// its check.
var copyCost = 2 * effort.Verification(ed25519.PublicKey{})

// copiesCost bounds what the copies of all paths cost that a search with so many checks of
// signatures can find.
func copiesCost(checks int) time.Duration {
	return time.Duration(checks*maxChain) * copyCost
}

// beyondStandard reports whether crypto/x509 cannot check the signature on the leaf, or one
// on or by an authority.
func beyondStandard(leaf *x509.Certificate, authorities []*x509.Certificate) bool {
	return leaf.SignatureAlgorithm == x509.UnknownSignatureAlgorithm ||
		slices.ContainsFunc(authorities, func(ca *x509.Certificate) bool {
			return ca.SignatureAlgorithm == x509.UnknownSignatureAlgorithm || ca.PublicKey == nil
		})
}

// signedPaths looks for the paths to a root on which each certificate has signed the one
// before it.
type signedPaths struct {
	roots  []*x509.Certificate
	bag    []*x509.Certificate
	check  func(child, parent *x509.Certificate) error // of one signature
	checks int
	found  [][]*x509.Certificate
}

// extend checks as many signatures as crypto/x509 does in one search, at most.
func (s *signedPaths) extend(path []*x509.Certificate) {
	if len(path) == maxChain {
		return
	}
	last := path[len(path)-1]
	for i, ca := range slices.Concat(s.roots, s.bag) {
		if string(ca.RawSubject) != string(last.RawIssuer) || authority.Contains(path, ca) {
			continue
		}
		s.checks++
		if s.checks > maxChecks {
			return
		}
		if s.check(last, ca) != nil {
			continue
		}
		longer := append(slices.Clip(path), ca)
		if i < len(s.roots) {
			s.found = append(s.found, longer)
		} else {
			s.extend(longer)
		}
	}
}

// verifyCopies lets crypto/x509 judge a path of which all signatures were checked: what
// certificates may do, for which names and how long, and how deep. Nothing but the keys
// and the signatures is other in the copies, and no other path leads through them.
func verifyCopies(path []*x509.Certificate, opts x509.VerifyOptions) error {
	copies := make([]*x509.Certificate, len(path))
	var issuer ed25519.PrivateKey
	for i, original := range slices.Backward(path) {
		c := *original
		if issuer != nil {
			c.SignatureAlgorithm = x509.PureEd25519
			c.Signature = ed25519.Sign(issuer, c.RawTBSCertificate)
		}
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		c.PublicKeyAlgorithm = x509.Ed25519
		c.PublicKey = public
		issuer = private
		copies[i] = &c
	}
	root := len(path) - 1
	opts.Roots = newPool(copies[root:])
	opts.Intermediates = newPool(copies[1:root])
	_, err := copies[0].Verify(opts)
	return err
}
