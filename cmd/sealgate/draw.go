package main

// This file draws the layers of a message, each with its verdict.

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/dn"
	"sealgate/internal/x509cert"
	"sealgate/smime"
	"sealgate/trust"
)

// drawn is the drawing.
func (r *verified) drawn() string {
	var b strings.Builder
	r.draw(&b)
	return b.String()
}

// draw prints the layers as a tree, outermost first.
func (r *verified) draw(w io.Writer) {
	w = terminal{w}
	for _, line := range r.basis {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "message from %s\n", orUnknown(r.verdict.From))
	indent := ""
	for i, l := range r.opened.Layers {
		fmt.Fprintf(w, "%s└─ %s\n", indent, layerLine(l))
		indent += "   "
		if l.Encrypted() {
			r.drawRecipients(w, indent, l)
		}
		for _, s := range r.verdict.Signers {
			if s.Layer == i {
				drawSigner(w, indent, s)
			}
		}
	}
	media, _ := r.opened.Inner.ContentType()
	fmt.Fprintf(w, "%s└─ %s, %d octets: what is shown\n", indent, media, r.opened.Inner.Size())
	fmt.Fprintf(w, "\nsignature: %s, encryption: %s\n", r.verdict.Signature, r.verdict.Encryption)
	if reason := r.reason(); reason != "" {
		fmt.Fprintf(w, "because: %s\n", reason)
	}
	if r.withheld != "" {
		fmt.Fprintf(w, "kept closed: %s; sealgate decrypt --key FILE opens it for you (see decrypt --help)\n", r.withheld)
	}
	for _, n := range r.verdict.Remarks() {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	if r.verdict.Remedy != "" {
		fmt.Fprintf(w, "rule: %s; would help: %s\n", r.verdict.Rule, r.verdict.Remedy)
	}
}

func layerLine(l smime.Layer) string {
	words := []string{l.Type}
	switch {
	case l.Encrypted():
		words = append(words, fmt.Sprintf("%s, %d recipients (%s), opened by %d of the keys given", l.Cipher,
			len(l.Recipients), l.KeyManagement, len(l.Keys)))
	case l.Signed():
		words = append(words, fmt.Sprintf("%s, covers %s", l.Digest, l.Covers))
	}
	if len(l.Weak) > 0 {
		words = append(words, "weak: "+strings.Join(l.Weak, ", "))
	}
	if l.Err != nil {
		words = append(words, "NOT OPENED: "+l.Err.Error())
	}
	return strings.Join(words, ": ")
}

// drawSigner says which rule gave the verdict, and what would have made it valid.
func drawSigner(w io.Writer, indent string, s verdict.Signer) {
	fmt.Fprintf(w, "%s├─ signer %s, %s with %s: %s\n", indent, orUnknown(s.Address), s.Signature.Algorithm,
		s.Signature.Digest, s.Status)
	if s.Reason != "" {
		fmt.Fprintf(w, "%s│    %s\n", indent, s.Reason)
	}
	revocation := cmp.Or(s.Trust.Revocation, trust.RevocationNotChecked)
	fmt.Fprintf(w, "%s│    rule: %s; revocation: %s\n", indent, s.Rule, revocation)
	if s.Remedy != "" {
		fmt.Fprintf(w, "%s│    would help: %s\n", indent, s.Remedy)
	}
	for _, c := range s.Trust.Chain {
		fmt.Fprintf(w, "%s│    chain: %s\n", indent, dn.String(c.Subject))
		for _, remark := range x509cert.Tolerated(c) {
			fmt.Fprintf(w, "%s│    tolerated: %s\n", indent, remark)
		}
	}
}

func orUnknown(s string) string {
	if s == "" {
		return "(nobody known)"
	}
	return s
}
