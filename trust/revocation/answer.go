package revocation

// This file is what is known of one certificate, as it is kept.

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"

	"sealgate/trust"
)

const (
	longest = 12 * time.Hour  // an answer is asked for anew, though it may hold longer
	skew    = 5 * time.Minute // by which clocks may be apart
)

// answer is what is known of one certificate.
type answer struct {
	State   trust.Revocation `json:"state"`
	Since   time.Time        `json:"since,omitzero"` // of a revocation
	Cause   int              `json:"cause,omitempty"`
	Detail  string           `json:"detail,omitempty"` // why it is unknown
	Made    time.Time        `json:"made,omitzero"`    // thisUpdate
	Until   time.Time        `json:"until,omitzero"`   // the answer is good until then
	Refresh time.Time        `json:"refresh,omitzero"` // a newer one is asked for from then on
}

// unknown is the answer of nobody.
func unknown(why string) answer { return answer{State: trust.RevocationUnknown, Detail: why} }

// onHold is the one reason that can be taken back (RFC 5280 §5.3.1).
const onHold = 6

// isForGood reports whether a is a revocation that nothing takes back: it holds when the
// answer that told it has run out.
func (a answer) isForGood() bool { return a.State == trust.RevocationRevoked && a.Cause != onHold }

// refreshAt is when three quarters of what is left of an answer's life are over,
// and half a day from now at the latest.
func refreshAt(now, until time.Time) time.Time {
	return now.Add(min(longest, until.Sub(now)*3/4))
}

// answerKey names a certificate by its issuer's key and its number: what OCSP and
// CRLs speak of.
func answerKey(cert, issuer *x509.Certificate) string {
	h := sha256.New()
	h.Write(issuer.RawSubjectPublicKeyInfo)
	h.Write(numberOctets(cert.SerialNumber))
	return fmt.Sprintf("revocation/%x", h.Sum(nil))
}

// numberOctets names a serial number: a negative one, which some authorities issue, in
// another way than every positive one. No positive one begins with a zero octet.
func numberOctets(serial *big.Int) []byte {
	if serial.Sign() < 0 {
		return append([]byte{0}, serial.Bytes()...)
	}
	return serial.Bytes()
}
