package trust

// This file is what a Checker wants to know of others.

import (
	"context"
	"crypto/x509"
	"time"
)

// Sources know what a certificate does not bring along. *revocation.Sources are some.
type Sources interface {
	// Complete returns authorities that may be missing between the certificate of r and
	// a root: bag is what came along. They are proposals, for the path search to judge.
	Complete(ctx context.Context, r Request, bag []*x509.Certificate) ([]*x509.Certificate, Answered)
	// Learn is told of a path that leads to a root, or of nil.
	Learn(ctx context.Context, path []*x509.Certificate, at time.Time)
	// Ask says whether cert, which issuer has issued, was revoked. It waits no longer
	// than ctx, and checks about MaxAnswers signatures.
	Ask(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) (Answer, Answered)
}

// Answer is what Sources know of one certificate.
type Answer struct {
	State  Revocation
	Since  time.Time // of a revocation
	Cause  int       // of a revocation: a CRLReason (RFC 5280 §5.3.1)
	Detail string    // why it is not known
}

// MaxAnswers is how many signatures by one authority Sources check, as a rule, to say whether
// one certificate was revoked: one for each responder and each distribution point. A point
// with several URLs may cost more.
const MaxAnswers = 6
