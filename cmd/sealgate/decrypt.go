package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sealgate/smime"
)

func decryptCommand() *cobra.Command {
	var keys []string
	var passwordFile, out string
	c := &cobra.Command{Use: "decrypt --key FILE... [--out FILE] MESSAGE", Short: "write the message as a helpdesk would get it", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return decrypt(args[0], keys, passwordFile, out) }}
	c.Flags().StringArrayVar(&keys, "key", nil, "key to decrypt with, FILE (PEM, DER, .p12)")
	c.Flags().StringVar(&passwordFile, "password-file", "", "password of the keys, FILE")
	c.Flags().StringVar(&out, "out", "", "output FILE (default: standard output)")
	c.MarkFlagRequired("key")
	return c
}

func decrypt(path string, keyFiles []string, passwordFile, out string) error {
	keys, err := credentials(keyFiles, passwordFile)
	if err != nil {
		return err
	}
	sp, err := offlineSpool()
	if err != nil {
		return unreadable(err)
	}
	msg, err := message(sp, path)
	if err != nil {
		return err
	}
	defer msg.Close()
	opened, err := smime.Open(context.Background(), msg, msg.Size(), smime.OpenOptions{Keys: decryptionKeys(keys), Spool: sp})
	if err != nil {
		return unreadable(err)
	}
	defer opened.Close()
	switch {
	case opened.Undecryptable != nil:
		return &failure{exitNotValid, fmt.Errorf("cannot decrypt: %w", opened.Undecryptable)}
	case opened.Malformed != nil:
		return &failure{exitNotValid, opened.Malformed}
	}
	shown, err := smime.Legalize(opened.Inner, sp)
	if err != nil {
		return &failure{exitNotValid, err}
	}
	if shown != opened.Inner {
		defer shown.Close()
	}
	return output(out, func(w io.Writer) error { return rewritten(w, opened.Outer, shown) })
}
