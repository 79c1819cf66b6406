package main

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sealgate/gateway/verdict"
	"sealgate/internal/dn"
	"sealgate/internal/x509cert"
	"sealgate/smime"
	"sealgate/trust"
)

func sha256sum(b []byte) [32]byte { return sha256.Sum256(b) }

func explainCommand() *cobra.Command {
	var o verifying
	var to []string
	var config string
	c := &cobra.Command{
		Use:   "explain [flags] MESSAGE | --to ADDRESS...",
		Short: "draw the layers of a message, each with its verdict; or who can be written to",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(to) > 0 && len(args) == 0 {
				return explainRecipients(os.Stdout, config, to)
			}
			if len(args) != 1 || len(to) > 0 {
				return unreadable(errors.New("explain takes one MESSAGE, or --to and no message"))
			}
			r, err := o.verify(args[0])
			if err != nil {
				return err
			}
			defer r.close()
			r.draw(os.Stdout)
			return nil
		},
	}
	o.flags(c.Flags())
	c.Flags().StringArrayVar(&to, "to", nil, "explain which certificate a mail to ADDRESS is encrypted for, and "+
		"why not for the others")
	c.Flags().StringVar(&config, "config", "/etc/sealgate/config.toml", "configuration file, for --to")
	return c
}

// draw prints the layers as a tree, outermost first.
func (r *verified) draw(w io.Writer) {
	w = terminal{w}
	fmt.Fprintf(w, "message from %s\n", orUnknown(r.verdict.From))
	indent := ""
	for i, l := range r.opened.Layers {
		fmt.Fprintf(w, "%s└─ %s\n", indent, layerLine(l))
		indent += "   "
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
			l.Recipients, l.KeyManagement, len(l.Keys)))
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
