package expiry

// This file finds the certificates of which an admin has to be told.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"time"

	"sealgate/certstore"
	"sealgate/internal/ownkeys"
)

const day = 24 * time.Hour

// recent is how long ago a correspondent wrote at most: who has not for a quarter is not waited for.
const recent = 90 * day

// listPage is how many certificates are read at once.
const listPage = 500

// once is in place of the days, where somebody is told once.
const once = -1

// kind is whose certificate ends.
type kind int

// The kinds, in the order of the mail.
const (
	ofMailbox kind = iota
	ofDomain
	ofCorrespondent
)

// ending is a certificate that ends, or has ended.
type ending struct {
	kind        kind
	identity    [32]byte
	fingerprint string
	addresses   []string
	end         time.Time
	days        int    // the threshold that was passed; 0: it has ended; or once
	file        string // of our own key
	issuer      string // of our own certificate
}

// furthest is the largest of the thresholds.
func furthest() time.Duration { return time.Duration(slices.Max(ownkeys.Thresholds)) * day }

// ending are all certificates of which somebody has to be told, those that end first in front.
func (w *Watch) ending(ctx context.Context) ([]*ending, error) {
	now := w.Now()
	own := ownEnding(w.Keys(), now)
	others, err := w.othersEnding(ctx, now)
	if err != nil {
		return nil, err
	}
	return slices.Concat(own, domainsEnding(w.Domains(), now), others), nil
}

// byEnd sorts; those that end at the same time by what they are.
func byEnd(list []*ending) {
	slices.SortFunc(list, func(a, b *ending) int {
		return cmp.Or(a.end.Compare(b.end), slices.Compare(a.identity[:], b.identity[:]))
	})
}

// ownEnding are the mailboxes' certificates.
func ownEnding(keys []*ownkeys.Key, now time.Time) (list []*ending) {
	for _, k := range ownkeys.Ending(keys, now.Add(furthest())) {
		c := k.Credential.Certificate
		list = append(list, &ending{
			identity: certstore.Identity(c), fingerprint: k.Fingerprint(), addresses: k.Mailbox.Addresses,
			end: c.NotAfter, days: threshold(c.NotAfter.Sub(now)), file: k.Credential.Path, issuer: c.Issuer.String(),
		})
	}
	byEnd(list)
	return slices.CompactFunc(list, func(a, b *ending) bool { return a.identity == b.identity })
}

// threshold is the smallest that was passed; 0 when nothing is left.
func threshold(left time.Duration) int {
	if left < 0 {
		return 0
	}
	for _, days := range slices.Sorted(slices.Values(ownkeys.Thresholds)) {
		if left <= time.Duration(days)*day {
			return days
		}
	}
	return slices.Max(ownkeys.Thresholds)
}

// domainsEnding are the last certificates of each domain.
func domainsEnding(domains []Domain, now time.Time) (list []*ending) {
	for _, d := range domains {
		if len(d.Certificates) == 0 {
			continue
		}
		last := slices.MaxFunc(d.Certificates, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
		if last.NotAfter.After(now.Add(furthest())) {
			continue
		}
		fingerprint := sha256.Sum256(last.Raw)
		list = append(list, &ending{
			kind: ofDomain, identity: certstore.Identity(last), fingerprint: hex.EncodeToString(fingerprint[:]),
			addresses: []string{d.Name}, end: last.NotAfter, days: threshold(last.NotAfter.Sub(now)),
			issuer: last.Issuer.String(),
		})
	}
	byEnd(list)
	return list
}

// othersEnding are recent correspondents' certificates.
func (w *Watch) othersEnding(ctx context.Context, now time.Time) (list []*ending, err error) {
	ours := map[[32]byte]bool{}
	for _, k := range w.Keys() {
		ours[certstore.Identity(k.Credential.Certificate)] = true
	}
	for cursor := ""; ; {
		page, next, err := w.Store.List(ctx, cursor, listPage)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			if ours[r.Identity] || !endsSoon(r, now) {
				continue
			}
			missed, err := w.missed(ctx, r, now)
			if err != nil {
				return nil, err
			}
			if len(missed) > 0 {
				list = append(list, otherEnding(r, missed))
			}
		}
		if next == "" {
			byEnd(list)
			return list, nil
		}
		cursor = next
	}
}

// endsSoon reports whether a certificate that is used ends.
func endsSoon(r *certstore.Record, now time.Time) bool {
	return usable(r) && r.NotAfter.After(now) && !r.NotAfter.After(now.Add(furthest())) && now.Sub(r.LastSeen) <= recent
}

// usable reports whether mail can be encrypted with a certificate; one without key usage may be used for all
// (RFC 5280 §4.2.1.3).
func usable(r *certstore.Record) bool {
	const encrypts = x509.KeyUsageKeyEncipherment | x509.KeyUsageKeyAgreement
	return (r.State == certstore.Active || r.State == certstore.Pinned) && (r.KeyUsage == 0 || r.KeyUsage&encrypts != 0)
}

// missed are the addresses for which no other certificate is there that ends later.
func (w *Watch) missed(ctx context.Context, r *certstore.Record, now time.Time) (addresses []string, err error) {
	for _, a := range r.Addresses {
		list, err := w.Store.ByAddress(ctx, a)
		if err != nil {
			return nil, err
		}
		later := func(o *certstore.Record) bool {
			return usable(o) && o.NotAfter.After(now.Add(furthest())) && !o.NotBefore.After(now)
		}
		if !slices.ContainsFunc(list, later) {
			addresses = append(addresses, a)
		}
	}
	return addresses, nil
}

func otherEnding(r *certstore.Record, addresses []string) *ending {
	return &ending{
		kind: ofCorrespondent, identity: r.Identity, fingerprint: hex.EncodeToString(r.Fingerprint[:]), addresses: addresses,
		end: r.NotAfter, days: once,
	}
}
