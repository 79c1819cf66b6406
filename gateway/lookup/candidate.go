package lookup

// This file describes one certificate on the way through those of an address.

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"sealgate/certstore"
	"sealgate/keyring"
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

// step is one certificate on the way.
type step struct {
	own         *keyring.Credential // of a mailbox of ours; nil: record
	record      *certstore.Record
	certificate *Certificate // nil: it cannot be used at all
	judged      trust.Result // zero for our own
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
