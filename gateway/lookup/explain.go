package lookup

// This file explains which certificate a mail to somebody would be encrypted for, and why
// none of the others.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"sealgate/internal/address"
	"sealgate/trust"
)

// Candidate is one certificate of an address, best first.
type Candidate struct {
	Fingerprint string // SHA-256, hex
	State       string // as certstore has it; "own" for a mailbox of ours
	Source      string
	NotBefore   time.Time
	NotAfter    time.Time
	ProofTime   time.Time
	Chosen      bool   // a mail would be encrypted for it
	Status      string // how trust judges it now
	Rule        string // which check decided
	Reason      string // why it is not usable, or worth a word
	Remedy      string
	Revocation  string
	Cipher      string // what its owner would be sent
}

// Explain returns all certificates of an address as a mail to it would find them now. The
// error is an address that cannot be read, or a source that does not answer and would have
// been asked: none of those before it has a certificate that can be used.
func (f *Finder) Explain(ctx context.Context, addr string) ([]Candidate, error) {
	addr, err := address.Normalize(addr)
	if err != nil {
		return nil, err
	}
	w := f.walk(ctx, []string{addr}, true)[0]
	if err := unanswered(w.sources); err != nil && w.best == nil {
		return nil, err
	}
	var list []Candidate
	for _, s := range w.steps {
		list = append(list, s.candidate(w.best))
	}
	return list, nil
}

// unanswered is the error for sources of which one has not answered.
func unanswered(a trust.Answered) error {
	switch {
	case a.All():
		return nil
	case len(a.Silent()) == 0:
		return errors.New("not every source of certificates has answered")
	}
	first := a.Silent()[0]
	return fmt.Errorf("%s: %s", first, first.Why)
}

// candidate describes one certificate of the walk on which best was chosen.
func (s step) candidate(best *Certificate) Candidate {
	if s.own != nil {
		return s.ownCandidate(best)
	}
	r := s.record
	c := Candidate{
		Fingerprint: hex.EncodeToString(r.Fingerprint[:]),
		State:       string(r.State),
		Source:      string(r.Source),
		NotBefore:   r.NotBefore,
		NotAfter:    r.NotAfter,
		ProofTime:   r.ProofTime,
		Status:      string(s.judged.Status),
		Rule:        string(s.judged.Rule),
		Reason:      s.judged.Reason,
		Remedy:      s.judged.Remedy,
		Revocation:  string(s.judged.Revocation),
	}
	if s.certificate == nil {
		return c
	}
	c.Cipher = s.certificate.Cipher()
	c.Chosen = s.isChosen(best)
	if !c.Chosen && s.judged.Status == trust.Valid {
		c.Reason = "usable, but another comes first: pinned, or proved later"
	}
	return c
}

// ownCandidate describes one of a mailbox of ours.
func (s step) ownCandidate(best *Certificate) Candidate {
	x := s.own.Certificate
	sum := sha256.Sum256(x.Raw)
	return Candidate{
		Fingerprint: hex.EncodeToString(sum[:]),
		State:       "own",
		Source:      string(Keyring),
		NotBefore:   x.NotBefore,
		NotAfter:    x.NotAfter,
		Cipher:      s.certificate.Cipher(),
		Chosen:      s.isChosen(best),
	}
}

func (s step) isChosen(best *Certificate) bool {
	return best != nil && best.Certificate.Equal(s.certificate.Certificate)
}
