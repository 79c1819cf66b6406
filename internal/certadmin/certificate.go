package certadmin

// This file is a certificate of the store as people and programs see it.

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"sealgate/certstore"
	"sealgate/internal/dn"
	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/smime/cms"
)

// Certificate is one in a list. Its texts are the certificate's own: hostile.
type Certificate struct {
	Fingerprint string           `json:"fingerprint"` // SHA-256, hex
	Addresses   []string         `json:"addresses"`
	State       certstore.State  `json:"state"`
	Source      certstore.Source `json:"source"`
	Subject     string           `json:"subject"`
	Issuer      string           `json:"issuer"`
	NotBefore   time.Time        `json:"not_before"`
	NotAfter    time.Time        `json:"not_after"`
	FirstSeen   time.Time        `json:"first_seen"`
	LastSeen    time.Time        `json:"last_seen"` // to the day
	Useless     string           `json:"useless,omitempty"`
}

// Detail is all that is known of one.
type Detail struct {
	Certificate
	Serial    string    `json:"serial"` // hex
	Key       string    `json:"key"`    // "RSA 2048"
	Signature string    `json:"signature_algorithm"`
	Proof     string    `json:"proof,omitempty"` // Message-ID of the mail that proved it
	ProofTime time.Time `json:"proof_time,omitzero"`
	Tolerated []string  `json:"tolerated,omitempty"` // what had to be tolerated to read it
	Chain     []Link    `json:"chain"`               // authorities that came with it, its issuer first

	DER           []byte   `json:"-"`
	Intermediates [][]byte `json:"-"`
}

// Link is an authority between a certificate and its root.
type Link struct {
	Fingerprint string    `json:"fingerprint"`
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	NotAfter    time.Time `json:"not_after,omitzero"`
}

// Summarize is a record in a list, as it is at a time for who trusts roots. What cannot be parsed is
// shown without its names.
func Summarize(r *certstore.Record, now time.Time, roots []*x509.Certificate) Certificate {
	out := Certificate{
		Fingerprint: hex.EncodeToString(r.Fingerprint[:]),
		Addresses:   append([]string{}, r.Addresses...),
		State:       r.State,
		Source:      r.Source,
		NotBefore:   r.NotBefore.UTC(),
		NotAfter:    r.NotAfter.UTC(),
		FirstSeen:   r.FirstSeen.UTC(),
		LastSeen:    r.LastSeen.UTC(),
	}
	c, err := x509cert.Parse(r.DER)
	if err != nil {
		out.Useless = err.Error()
		return out
	}
	out.Subject = dn.String(c.Subject)
	out.Issuer = dn.String(c.Issuer)
	out.Useless = Useless(c, r.State, now, roots)
	return out
}

// Describe is all that is known of a record.
func Describe(r *certstore.Record, now time.Time, roots []*x509.Certificate) *Detail {
	d := &Detail{
		Certificate:   Summarize(r, now, roots),
		Proof:         r.Proof,
		Chain:         []Link{},
		DER:           r.DER,
		Intermediates: r.Intermediates,
	}
	if !r.ProofTime.IsZero() {
		d.ProofTime = r.ProofTime.UTC()
	}
	for _, der := range r.Intermediates {
		d.Chain = append(d.Chain, LinkOf(der))
	}
	c, err := x509cert.Parse(r.DER)
	if err != nil {
		return d
	}
	d.Serial = c.SerialNumber.Text(16)
	d.Key = keyOf(c)
	d.Signature = c.SignatureAlgorithm.String()
	d.Tolerated = x509cert.Tolerated(c)
	return d
}

// keyOf is the kind of a certificate's key.
func keyOf(c *x509.Certificate) string {
	key, err := spki.PublicKey(c)
	if err != nil {
		return c.PublicKeyAlgorithm.String()
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "EC " + k.Curve.Params().Name
	}
	return c.PublicKeyAlgorithm.String()
}

// LinkOf describes an authority.
func LinkOf(der []byte) Link {
	sum := sha256.Sum256(der)
	l := Link{Fingerprint: hex.EncodeToString(sum[:])}
	c, err := x509cert.Parse(der)
	if err != nil {
		return l
	}
	l.Subject = dn.String(c.Subject)
	l.Issuer = dn.String(c.Issuer)
	l.NotAfter = c.NotAfter.UTC()
	return l
}

// PEM is the certificate, and with chain the authorities that came with it.
func (d *Detail) PEM(chain bool) []byte {
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.DER})
	if !chain {
		return out
	}
	for _, der := range d.Intermediates {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return out
}

// Useless says why nothing will be encrypted for a certificate, whoever issued it. An authority's is
// used where an admin has pinned it, or trusts it as one of the roots: people make themselves
// certificates that say CA:TRUE.
func Useless(c *x509.Certificate, state certstore.State, now time.Time, roots []*x509.Certificate) string {
	err := cms.CanEncryptTo(c)
	switch {
	case err != nil:
		return err.Error()
	case now.After(c.NotAfter):
		return "it has expired"
	case !spki.MayEncrypt(c):
		return "its key usage does not allow encryption"
	case !spki.ForMail(c):
		return "it is not for e-mail"
	case c.IsCA && state != certstore.Pinned && !slices.ContainsFunc(roots, c.Equal):
		return "it is an authority's, and neither pinned nor a root"
	}
	return ""
}
