package trust

// This file holds the exception for partners who still sign with SHA-1: for the addresses
// of one domain, until a day. Two texts with one SHA-1 can be made today, so whoever may
// choose a part of what an authority or a person signs can have a forgery signed.

import (
	"crypto/x509"
	"slices"
	"time"

	"sealgate/internal/spki"
)

// AcceptsSHA1 reports whether SHA-1 is accepted for the domain at a time.
func (p Partner) AcceptsSHA1(at time.Time) bool {
	return !p.SHA1Until.IsZero() && at.Before(p.SHA1Until.AddDate(0, 0, 1))
}

// sha1Until is the last day on which SHA-1 is accepted for an address; zero when it is not,
// or not any more.
func (a *anchors) sha1Until(addr string, at time.Time) (until time.Time) {
	for _, p := range a.partners {
		if p.covers(addr) && p.AcceptsSHA1(at) && p.SHA1Until.After(until) {
			until = p.SHA1Until
		}
	}
	return until
}

// hasSHA1 reports whether a certificate of the path is signed with SHA-1. What the root
// bears proves nothing and is not looked at.
func hasSHA1(path []*x509.Certificate) bool {
	return slices.ContainsFunc(path[:max(0, len(path)-1)], spki.SignedWithSHA1)
}

// noteSHA1 says for how long SHA-1 is accepted for the address, and whether the path
// needed it.
func (r *Result) noteSHA1(until time.Time) {
	r.SHA1Until = until
	if !r.NeededSHA1() {
		return
	}
	word := "a certificate of the path is signed with SHA-1, accepted for this partner until " +
		until.Format(time.DateOnly)
	if r.Reason != "" {
		word = r.Reason + "; " + word
	}
	r.Reason = word
}

// NeededSHA1 reports whether the certificate is valid by the exception alone.
func (r Result) NeededSHA1() bool { return r.Status == Valid && hasSHA1(r.Chain) }
