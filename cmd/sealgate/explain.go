package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sealgate/config"
	"sealgate/gateway/verdict"
	"sealgate/internal/dn"
	"sealgate/internal/x509cert"
	"sealgate/smime"
	"sealgate/trust"
)

// installedConfig is where a package puts the configuration.
const installedConfig = "/etc/sealgate/config.toml"

func explainCommand() *cobra.Command {
	var o verifying
	var to []string
	c := &cobra.Command{
		Use:   "explain [flags] MESSAGE | --to ADDRESS...",
		Short: "draw the layers of a message, each with its verdict; or who can be written to",
		RunE: func(c *cobra.Command, args []string) error {
			if len(to) > 0 && len(args) == 0 {
				return explainRecipients(os.Stdout, o.config, to)
			}
			if len(args) != 1 || len(to) > 0 {
				return unreadable(errors.New("explain takes one MESSAGE, or --to and no message"))
			}
			if err := o.consistent(c.Flags()); err != nil {
				return err
			}
			j, err := o.explainFile(c.Context(), args[0], o.configuration(c.Flags()))
			if err != nil {
				return err
			}
			_, err = io.WriteString(terminal{os.Stdout}, j.drawing)
			return err
		},
	}
	o.flags(c.Flags())
	c.Flags().StringArrayVar(&to, "to", nil, "explain which certificate a mail to ADDRESS is encrypted for, and "+
		"why not for the others")
	c.Flags().StringVar(&o.config, "config", installedConfig, "judge as the gateway of this configuration file does; "+
		`"" or one of the flags above: without one`)
	return c
}

// configuration is that which explain judges with, "" for none: the installed one counts only if
// it is there, this user may read it, and no flag asks for another judgement.
func (o *verifying) configuration(f *pflag.FlagSet) string {
	if f.Changed("config") || !slices.ContainsFunc(offlineFlags, f.Changed) && readable(o.config) {
		return o.config
	}
	return ""
}

// readable reports whether a configuration can be had. One that is there and cannot be read is
// told of: the judgement is another one without it.
func readable(path string) bool {
	_, err := config.Load(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(terminal{os.Stderr}, "the installed configuration is not used: %v\n", err)
	}
	return err == nil
}

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
