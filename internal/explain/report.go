package explain

// This file is what verify prints of a message.

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/internal/dn"
	"sealgate/internal/terminal"
)

// Report is the JSON object of verify.
type Report struct {
	Signature  string   `json:"signature"`
	Encryption string   `json:"encryption"`
	Reason     string   `json:"reason"`
	From       string   `json:"from"`
	Layers     []Layer  `json:"layers"`
	Signers    []Signer `json:"signers"`
	Notes      []string `json:"notes"` // what no signature covers, worth a word
}

// Layer is one layer of the message, the outermost first.
type Layer struct {
	Type       string `json:"type"`
	Cipher     string `json:"cipher,omitempty"`
	Recipients int    `json:"recipients,omitempty"`
	Digest     string `json:"digest,omitempty"`
}

// Signer is who has signed it, or one of them.
type Signer struct {
	Address     string `json:"address"`
	Subject     string `json:"subject"`
	Issuer      string `json:"issuer"`
	Serial      string `json:"serial"`
	SHA256      string `json:"sha256"`
	Algorithm   string `json:"algorithm"`
	Digest      string `json:"digest"`
	SigningTime string `json:"signing_time"`
	Status      string `json:"status"`
}

// Print writes the report for people, or as JSON.
func (rep *Report) Print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(rep)
	}
	w = terminal.New(w)
	fmt.Fprintf(w, "signature:  %s\nencryption: %s\nfrom:       %s\n", rep.Signature, rep.Encryption, rep.From)
	if rep.Reason != "" {
		fmt.Fprintf(w, "reason:     %s\n", rep.Reason)
	}
	for _, n := range rep.Notes {
		fmt.Fprintf(w, "note:       %s\n", n)
	}
	for _, s := range rep.Signers {
		fmt.Fprintf(w, "signer:     %s (%s), %s with %s: %s\n", s.Address, s.Subject, s.Algorithm, s.Digest, s.Status)
	}
	return nil
}

// Report is what was found out, for programs.
func (m *Mail) Report() Report {
	rep := Report{
		Signature:  string(m.Verdict.Signature),
		Encryption: string(m.Verdict.Encryption),
		Reason:     m.reason(),
		From:       m.Verdict.From,
		Notes:      append([]string{}, m.Verdict.Remarks()...),
		Layers:     []Layer{},
		Signers:    []Signer{},
	}
	for _, l := range m.Opened.Layers {
		rep.Layers = append(rep.Layers, Layer{
			Type:       l.Type,
			Cipher:     l.Cipher,
			Recipients: len(l.Recipients),
			Digest:     l.Digest,
		})
	}
	for _, s := range m.Verdict.Signers {
		rep.Signers = append(rep.Signers, signer(s))
	}
	return rep
}

func signer(s verdict.Signer) Signer {
	out := Signer{
		Address:   s.Address,
		Algorithm: s.Signature.Algorithm,
		Digest:    s.Signature.Digest,
		Status:    string(s.Status),
	}
	if t := s.Signature.SigningTime; !t.IsZero() {
		out.SigningTime = t.UTC().Format(time.RFC3339)
	}
	if c := s.Signature.Certificate; c != nil {
		out.Subject = dn.String(c.Subject)
		out.Issuer = dn.String(c.Issuer)
		out.Serial = c.SerialNumber.Text(16)
		out.SHA256 = fmt.Sprintf("%x", sha256.Sum256(c.Raw))
	}
	return out
}
