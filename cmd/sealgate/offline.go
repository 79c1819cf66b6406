package main

// This file holds what the offline commands share: keys and certificates out of
// files, and output that is whole or not there.

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sealgate/internal/certfile"
	"sealgate/internal/pkcs12"
	"sealgate/internal/terminal"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// credentials reads every --key file; a password is asked for only where none
// opens it. A key and its certificate may lie in two files: DER holds one of them.
func credentials(paths []string, passwordFile string) (all []*keyring.Credential, err error) {
	var halves []byte
	var from []string
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, unreadable(err)
		}
		f, err := keyring.Read(data, password(passwordFile, path))
		switch {
		case errors.Is(err, keyring.ErrNoKey) || errors.Is(err, keyring.ErrNoCert):
			halves = append(halves, keyring.ToPEM(data)...)
			from = append(from, path)
		case err != nil:
			return nil, unreadable(fmt.Errorf("%s: %w", path, err))
		default:
			all = append(all, f.Credentials...)
		}
	}
	if len(from) == 0 {
		return all, nil
	}
	names := strings.Join(from, ", ")
	f, err := keyring.Read(halves, password(passwordFile, names))
	if err != nil {
		return nil, unreadable(fmt.Errorf("%s: %w", names, err))
	}
	return append(all, f.Credentials...), nil
}

func decryptionKeys(list []*keyring.Credential) (keys []cms.DecryptionKey) {
	for _, c := range list {
		keys = append(keys, cms.DecryptionKey{Certificate: c.Certificate, Key: c.Key})
	}
	return keys
}

// certificates reads --to and --roots files: whatever cert import reads, or the
// certificate of a .p12 or PEM with a key. What cannot be read beside others is told.
func certificates(paths []string, passwordFile string) (all []*x509.Certificate, err error) {
	sp, err := offlineSpool()
	if err != nil {
		return nil, unreadable(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, unreadable(err)
		}
		if pkcs12.Is(data) {
			f, err := keyring.Read(data, password(passwordFile, path))
			if err != nil {
				return nil, unreadable(fmt.Errorf("%s: %w", path, err))
			}
			all = append(all, f.Credentials[0].Certificate)
			continue
		}
		b, err := certfile.Read(context.Background(), data, certfile.Options{Spool: sp})
		if err != nil {
			return nil, unreadable(fmt.Errorf("%s: %w", path, err))
		}
		for _, what := range b.LeftOut {
			fmt.Fprintf(terminal.New(os.Stderr), "%s: left out: %s\n", path, what)
		}
		all = append(all, b.Certificates...)
	}
	return all, nil
}

// output writes to path ("" or "-" is standard output). A failed run leaves no
// file: it is written beside and renamed when whole.
func output(path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return write(os.Stdout)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return outputInto(path, write) // a device or pipe must not be replaced
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".sealgate-*")
	if err != nil {
		return unreadable(err)
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return &failure{exitNotValid, err}
	}
	return nil
}

// outputInto writes to what is no ordinary file: /dev/null, a pipe.
func outputInto(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return unreadable(err)
	}
	return failed(errors.Join(write(f), f.Close()))
}

// rewritten writes a message with another entity as its content: those of the
// message's fields that do not belong to the old one, then the entity.
func rewritten(w io.Writer, fields []smime.Field, content *smime.Entity) error {
	for _, f := range fields {
		if low := strings.ToLower(f.Name); strings.HasPrefix(low, "content-") || low == "mime-version" {
			continue
		}
		if _, err := w.Write(f.Raw); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, "MIME-Version: 1.0\r\n"); err != nil {
		return err
	}
	for _, f := range content.Fields {
		if !strings.HasPrefix(strings.ToLower(f.Name), "content-") {
			continue
		}
		if _, err := w.Write(f.Raw); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, "\r\n"); err != nil {
		return err
	}
	_, err := io.Copy(w, content.Body())
	return err
}

// offlineSpool is the spool of one command, in the system's temporary folder.
func offlineSpool() (*spool.Spool, error) { return spool.New(spool.Options{Limit: 16 << 30}) }
