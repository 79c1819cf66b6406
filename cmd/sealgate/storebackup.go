package main

// This file is store backup.

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"sealgate/certstore"
	"sealgate/config"
	"sealgate/internal/sealed"
)

func backupCommand(with runWithConfig) *cobra.Command {
	b := &backup{}
	c := &cobra.Command{
		Use:   "backup [--passphrase-file FILE | --recipient age1...] FILE",
		Short: "write all that the store holds at this moment to FILE, encrypted (age-encryption.org/v1)",
		Args:  cobra.ExactArgs(1),
		RunE:  with(b.run),
	}
	passphraseFlag(c, &b.passphraseFile)
	c.Flags().StringArrayVar(&b.recipients, "recipient", nil,
		"encrypt to a public key of age-keygen instead of a passphrase; may be given several times")
	c.Flags().BoolVar(&b.force, "force", false, "write over a FILE that exists")
	c.MarkFlagsMutuallyExclusive("passphrase-file", "recipient")
	return c
}

// backup is one backup to be made.
type backup struct {
	passphraseFile string
	recipients     []string
	force          bool
}

func (b *backup) run(cfg *config.Config, args []string) error {
	snapshot, done, err := openSnapshot(cfg)
	if err != nil {
		return err
	}
	defer done()
	to, err := sealed.ToRecipients(b.recipients)
	if err != nil {
		return unreadable(err)
	}
	if len(to) == 0 {
		word, err := newPassphrase(b.passphraseFile, args[0])
		if err != nil {
			return err
		}
		to, err = sealed.ToPassphrase(word)
		if err != nil {
			return err
		}
	}
	var sum *certstore.Summary
	err = writeWhole(args[0], b.force, func(f io.Writer) error {
		out, err := sealed.Encrypt(f, to)
		if err != nil {
			return err
		}
		sum, err = snapshot(context.Background(), out)
		if err != nil {
			return err
		}
		return out.Close()
	})
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s\n", args[0], sum)
	return nil
}

// snapshotFunc writes what the store holds, in clear, and says what it was.
type snapshotFunc func(context.Context, io.Writer) (*certstore.Summary, error)

// openSnapshot finds the store: the running gateway's, or the one at rest.
func openSnapshot(cfg *config.Config) (snapshot snapshotFunc, done func(), err error) {
	if c, running := dial(cfg); running {
		return checked(c.Backup), func() {}, nil
	}
	if err := hasStore(cfg); err != nil {
		return nil, nil, err
	}
	store, err := openStore(cfg, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, unreadable(err)
	}
	return checked(store.Backup), func() { store.Close() }, nil
}

// checked reads a backup while it is written: what cannot be restored is none.
func checked(backup func(context.Context, io.Writer) error) snapshotFunc {
	return func(ctx context.Context, w io.Writer) (*certstore.Summary, error) {
		out, in := io.Pipe()
		written := make(chan error, 1)
		go func() { // ends with the reader
			err := backup(ctx, in)
			in.CloseWithError(err)
			written <- err
		}()
		file := &failing{Writer: w}
		sum, err := certstore.CheckBackup(io.TeeReader(out, file))
		out.CloseWithError(err)
		if cause := cmp.Or(file.err, <-written); cause != nil {
			return nil, cause
		}
		return sum, err
	}
}

// failing keeps the first error of a writer: a full disk is no fault of the backup.
type failing struct {
	io.Writer
	err error
}

func (f *failing) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	f.err = cmp.Or(f.err, err)
	return n, err
}
