package main

// This file is what verify prints of a message.

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/internal/dn"
)

// report is the JSON object of verify.
type report struct {
	Signature  string         `json:"signature"`
	Encryption string         `json:"encryption"`
	Reason     string         `json:"reason"`
	From       string         `json:"from"`
	Layers     []reportLayer  `json:"layers"`
	Signers    []reportSigner `json:"signers"`
	Notes      []string       `json:"notes"` // what no signature covers, worth a word
}

type reportLayer struct {
	Type       string `json:"type"`
	Cipher     string `json:"cipher,omitempty"`
	Recipients int    `json:"recipients,omitempty"`
	Digest     string `json:"digest,omitempty"`
}

type reportSigner struct {
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

// print writes the report for people, or as JSON.
func (rep *report) print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(rep)
	}
	w = terminal{w}
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

func (r *verified) report() report {
	rep := report{
		Signature:  string(r.verdict.Signature),
		Encryption: string(r.verdict.Encryption),
		Reason:     r.reason(),
		From:       r.verdict.From,
		Notes:      append([]string{}, r.verdict.Remarks()...),
		Layers:     []reportLayer{},
		Signers:    []reportSigner{},
	}
	for _, l := range r.opened.Layers {
		rep.Layers = append(rep.Layers, reportLayer{
			Type:       l.Type,
			Cipher:     l.Cipher,
			Recipients: len(l.Recipients),
			Digest:     l.Digest,
		})
	}
	for _, s := range r.verdict.Signers {
		rep.Signers = append(rep.Signers, signer(s))
	}
	return rep
}

func signer(s verdict.Signer) reportSigner {
	out := reportSigner{
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
