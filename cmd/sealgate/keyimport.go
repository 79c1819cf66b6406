package main

// This file is key import: a key is checked before it is written.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sealgate/certstore"
	"sealgate/internal/ownkeys"
	"sealgate/internal/terminal"
	"sealgate/keyring"
	"sealgate/trust"
	"sealgate/trust/fetch"
	"sealgate/trust/revocation"
)

func keyImportCommand() *cobra.Command {
	var o importing
	c := &cobra.Command{
		Use:   "import --out FILE SOURCE",
		Short: "turn a .p12, PEM or whatever else a key came in (or - for standard input) into a checked PEM file",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return o.importKey(args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "where the key goes, FILE (mode 0600)")
	f.StringVar(&o.passwordFile, "password-file", "", "password of the source, FILE (default: asked for on the terminal)")
	f.BoolVar(&o.force, "force", false, "write it even if there are problems with it, or the file exists")
	f.StringArrayVar(&o.roots, "roots", nil, "more roots that receivers trust, and intermediates, FILE")
	f.BoolVar(&o.offline, "offline", false, "ask no authority for missing certificates and revocation")
	_ = c.MarkFlagRequired("out")
	return c
}

// importing are the options of key import.
type importing struct {
	out, passwordFile string
	roots             []string
	force, offline    bool
}

// importKey checks a key before it is written: nothing half-done is left.
func (o *importing) importKey(source string) error {
	f, err := o.read(source)
	if err != nil {
		return err
	}
	for _, what := range f.LeftOut {
		fmt.Fprintf(terminal.New(os.Stderr), "left out: %s\n", what)
	}
	keys, err := o.judged(context.Background(), f.Credentials)
	if err != nil {
		return err
	}
	var pem bytes.Buffer
	for _, k := range keys {
		describe(k)
		if p := k.Failure(); p != "" && !o.force {
			return &failure{exitNotValid, fmt.Errorf("%s (--force takes it all the same)", p)}
		}
		one, err := keyring.EncodePEM(k.Credential)
		if err != nil {
			return &failure{exitNotValid, err}
		}
		pem.Write(one)
	}
	return writeWhole(o.out, o.force, func(w io.Writer) error {
		_, err := w.Write(pem.Bytes())
		return err
	})
}

// read reads the source, a file or standard input.
func (o *importing) read(source string) (*keyring.File, error) {
	in := io.Reader(os.Stdin)
	if source != "-" {
		f, err := os.Open(source)
		if err != nil {
			return nil, unreadable(err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, 2<<20))
	if err != nil {
		return nil, unreadable(err)
	}
	pw, unread := privatePassword(o.passwordFile, source)
	f, err := keyring.Read(data, pw)
	if *unread != nil {
		return nil, unreadable(*unread)
	}
	if err != nil {
		return nil, &failure{exitNotValid, err}
	}
	return f, nil
}

// judged completes and judges the keys of one file, each for the addresses of its own
// certificate: whose it will be is not known yet. What was found is written along with it.
func (o *importing) judged(ctx context.Context, list []*keyring.Credential) ([]*ownkeys.Key, error) {
	given := offline{roots: o.roots}
	roots, err := given.trusted()
	if err != nil {
		return nil, err
	}
	options := trust.Options{Roots: roots, AcceptAny: true, Revocation: trust.Off}
	completer := &ownkeys.Completer{Known: roots, Now: time.Now}
	if !o.offline {
		sources := revocation.New(revocation.Options{Fetch: fetch.New(nil), Parse: certstore.ReadCertificates})
		defer sources.Close()
		completer.Authorities = sources
		options.Revocation = trust.Soft
		options.Sources = sources
	}
	checker, err := trust.New(options)
	if err != nil {
		return nil, unreadable(err)
	}
	box := &keyring.Mailbox{Credentials: list}
	for _, c := range list {
		box.Addresses = append(box.Addresses, trust.Addresses(c.Certificate)...)
	}
	own := newOwnKeys([]*keyring.Mailbox{box}, checker, completer)
	return own.fillBeforeUse(ctx).ofEach(ctx), nil
}

// describe says what was found, so that an admin sees a wrong file at once.
func describe(k *ownkeys.Key) {
	cert := k.Credential.Certificate
	out := terminal.New(os.Stdout)
	fmt.Fprintf(out, "certificate of %q, valid until %s, chain of %d\n", trust.Addresses(cert),
		cert.NotAfter.UTC().Format(time.DateOnly), len(k.Chain))
	for _, f := range k.Findings {
		fmt.Fprintf(out, "    %s\n", f)
	}
}
