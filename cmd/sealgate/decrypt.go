package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

func decryptCommand() *cobra.Command {
	var keys []string
	var passwordFile, out string
	c := &cobra.Command{
		Use:   "decrypt --key FILE... [--out FILE] MESSAGE",
		Short: "write the message as a helpdesk would get it",
		Args:  oneMessage,
		RunE: func(c *cobra.Command, args []string) error {
			return decrypt(c.Context(), args[0], keys, passwordFile, out)
		},
	}
	c.Flags().StringArrayVar(&keys, "key", nil, "key to decrypt with, FILE (PEM, DER, .p12)")
	c.Flags().StringVar(&passwordFile, "password-file", "", "password of the keys, FILE")
	c.Flags().StringVar(&out, "out", "", "output FILE (default: standard output)")
	_ = c.MarkFlagRequired("key")
	return c
}

func decrypt(ctx context.Context, path string, keyFiles []string, passwordFile, out string) error {
	keys, err := credentials(keyFiles, passwordFile)
	if err != nil {
		return err
	}
	msg, sp, err := message(path)
	if err != nil {
		return err
	}
	defer msg.Close()
	o := smime.OpenOptions{Keys: decryptionKeys(keys), Spool: sp}
	opened, err := smime.Open(ctx, msg, msg.Size(), o)
	if err != nil {
		return unreadable(err)
	}
	defer opened.Close()
	original, err := originalIn(ctx, opened, sp)
	if err != nil {
		return unreadable(err)
	}
	if original != nil {
		defer original.Close()
		opened, err = smime.Open(ctx, original, original.Size(), o)
		if err != nil {
			return unreadable(err)
		}
		defer opened.Close()
	}
	switch {
	case opened.Undecryptable != nil:
		return &failure{exitNotValid, fmt.Errorf("cannot decrypt: %w", opened.Undecryptable)}
	case opened.Malformed != nil:
		return &failure{exitNotValid, opened.Malformed}
	}
	return writeShown(ctx, &decrypted{opened}, out, sp)
}

// decrypted is an opened message as a helpdesk would get it.
type decrypted struct{ *smime.Message }

// writeShown writes what the gateway would hand over.
func writeShown(ctx context.Context, d *decrypted, out string, sp *spool.Spool) error {
	shown := d.Inner
	if d.Protected != nil {
		e, err := smime.WithoutLegacyDisplay(ctx, shown, sp)
		if err != nil {
			return failed(err)
		}
		defer closeOther(e, shown)
		shown = e
	}
	legal, err := smime.Legalize(ctx, shown, sp)
	if err != nil {
		return failed(err)
	}
	defer closeOther(legal, shown)
	if d.wasEncrypted() {
		root, err := smime.Outer(ctx, legal, sp)
		if err != nil {
			return failed(err)
		}
		defer root.Close()
		legal = root
	}
	return output(out, func(w io.Writer) error { return rewritten(w, d.fields(), legal) })
}

// wasEncrypted reports whether a layer was decrypted.
func (d *decrypted) wasEncrypted() bool {
	return slices.ContainsFunc(d.Layers, func(l smime.Layer) bool { return l.Encrypted() && l.Err == nil })
}

func closeOther(e, than *smime.Entity) {
	if e != than {
		e.Close()
	}
}

// fields is the header of the result: without X-SMIME fields, of which none can be
// ours, and with the Subject that the sender protected (RFC 9788).
func (d *decrypted) fields() (fields []smime.Field) {
	subject := d.subject()
	for _, f := range d.Outer.Fields {
		switch low := strings.ToLower(f.Name); {
		case strings.HasPrefix(low, "x-smime-"):
		case low == "subject" && len(subject) > 0:
		default:
			fields = append(fields, f)
		}
	}
	return append(fields, subject...)
}

// subject is the protected one, where it was encrypted with the text or the
// signatures over both are good; of several, nobody knows which is shown.
func (d *decrypted) subject() []smime.Field {
	if d.Protected == nil || len(d.Protected.Get("Subject")) != 1 {
		return nil
	}
	encrypted := slices.ContainsFunc(d.Layers, func(l smime.Layer) bool { return l.Encrypted() })
	broken := slices.ContainsFunc(d.Layers, func(l smime.Layer) bool {
		return slices.ContainsFunc(l.Signatures, func(s cms.Signature) bool { return s.Err != nil })
	})
	if !encrypted && (broken || d.Ambiguous != nil) {
		return nil
	}
	return d.Protected.Get("Subject")
}
