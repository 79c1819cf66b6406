package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sealgate/keyring"
	"sealgate/trust"
)

func keyCommand() *cobra.Command {
	c := family(&cobra.Command{Use: "key", Short: "our own keys"})
	var passwordFile, out string
	var force bool
	imp := &cobra.Command{
		Use:   "import --out FILE SOURCE",
		Short: "turn a .p12, PEM or whatever else a key came in (or - for standard input) into a checked PEM file",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return importKey(args[0], out, passwordFile, force) },
	}
	imp.Flags().StringVar(&out, "out", "", "where the key goes, FILE (mode 0600)")
	imp.Flags().StringVar(
		&passwordFile,
		"password-file",
		"",
		"password of the source, FILE (default: asked for on the terminal)",
	)
	imp.Flags().BoolVar(&force, "force", false, "write it even if there are problems with it, or the file exists")
	_ = imp.MarkFlagRequired("out")
	c.AddCommand(imp, keyListCommand())
	return c
}

// importKey checks a key before it is written: nothing half-done is left.
func importKey(source, out, passwordFile string, force bool) error {
	in := io.Reader(os.Stdin)
	if source != "-" {
		f, err := os.Open(source)
		if err != nil {
			return unreadable(err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, 2<<20))
	if err != nil {
		return unreadable(err)
	}
	pw, unread := privatePassword(passwordFile, source)
	f, err := keyring.Read(data, pw)
	if *unread != nil {
		return unreadable(*unread)
	}
	if err != nil {
		return &failure{exitNotValid, err}
	}
	for _, what := range f.LeftOut {
		fmt.Fprintf(terminal{os.Stderr}, "left out: %s\n", what)
	}
	var pem bytes.Buffer
	for _, c := range f.Credentials {
		describe(c)
		if p := c.Problems(time.Now()); len(p) > 0 && !force {
			return &failure{exitNotValid, fmt.Errorf("%s (--force takes it all the same)", p[0])}
		}
		one, err := keyring.EncodePEM(c)
		if err != nil {
			return &failure{exitNotValid, err}
		}
		pem.Write(one)
	}
	return writeWhole(out, force, func(w io.Writer) error {
		_, err := w.Write(pem.Bytes())
		return err
	})
}

// describe says what was found, so that an admin sees a wrong file at once.
func describe(c *keyring.Credential) {
	fmt.Printf(
		"certificate of %q, valid until %s, chain of %d\n",
		trust.Addresses(c.Certificate),
		c.Certificate.NotAfter.UTC().Format(time.DateOnly),
		len(c.Chain),
	)
}
