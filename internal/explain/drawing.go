package explain

// This file draws the layers of a message, each with its verdict.

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/dn"
	"sealgate/internal/terminal"
	"sealgate/internal/x509cert"
	"sealgate/smime"
	"sealgate/trust"
)

// Drawing is the layers of the message as a tree, outermost first, each with its verdict.
func (m *Mail) Drawing() string {
	var b strings.Builder
	m.draw(&b)
	return b.String()
}

func (m *Mail) draw(w io.Writer) {
	w = terminal.New(w)
	for _, line := range m.Basis {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "message from %s\n", orUnknown(m.Verdict.From))
	indent := ""
	for i, l := range m.Opened.Layers {
		fmt.Fprintf(w, "%s└─ %s\n", indent, layerLine(l))
		indent += "   "
		if l.Encrypted() {
			m.drawRecipients(w, indent, l)
		}
		for _, s := range m.Verdict.Signers {
			if s.Layer == i {
				drawSigner(w, indent, s)
			}
		}
	}
	media, _ := m.Opened.Inner.ContentType()
	fmt.Fprintf(w, "%s└─ %s, %d octets: what is shown\n", indent, media, m.Opened.Inner.Size())
	fmt.Fprintf(w, "\nsignature: %s, encryption: %s\n", m.Verdict.Signature, m.Verdict.Encryption)
	if reason := m.reason(); reason != "" {
		fmt.Fprintf(w, "because: %s\n", reason)
	}
	if m.Withheld != "" {
		fmt.Fprintf(w, "kept closed: %s; sealgate decrypt --key FILE opens it for you (see decrypt --help)\n", m.Withheld)
	}
	for _, n := range m.Verdict.Remarks() {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	if m.Verdict.Remedy != "" {
		fmt.Fprintf(w, "rule: %s; would help: %s\n", m.Verdict.Rule, m.Verdict.Remedy)
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
