package main

// This file holds what the offline commands share: messages, keys and
// certificates out of files, and output that is whole or not there.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"crypto/x509"

	"sealgate/certstore"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// unreadable is exit code 2.
func unreadable(err error) error { return &failure{exitUsage, err} }

// message reads FILE or "-" with CRLF line ends. A bare CMS structure (DER or
// PEM) becomes a message that has it as its content.
func message(sp *spool.Spool, path string) (*spool.File, error) {
	in := io.ReadCloser(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, unreadable(err)
		}
		in = f
	}
	defer in.Close()
	out := sp.Create()
	if err := copyMessage(out, in); err != nil {
		out.Close()
		return nil, unreadable(err)
	}
	return out, nil
}

// bareCMS is what stands before a CMS structure that was saved as it is.
const bareCMS = "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: "

func copyMessage(out io.Writer, in io.Reader) error {
	first := make([]byte, 64)
	n, err := io.ReadFull(in, first)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if n == 0 {
		return errors.New("the message is empty")
	}
	whole := io.MultiReader(strings.NewReader(string(first[:n])), in)
	if first[0] == 0x30 && (n < 2 || first[1] >= 0x80) { // a SEQUENCE longer than any mail's first letters
		if _, err := io.WriteString(out, bareCMS+"binary\r\n\r\n"); err != nil {
			return err
		}
		_, err := io.Copy(out, whole)
		return err
	}
	return smime.ToCRLF(out, whole)
}

// credentials reads every --key file; a password is asked for only where none
// opens it.
func credentials(paths []string, passwordFile string) ([]*keyring.Credential, error) {
	var all []*keyring.Credential
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, unreadable(err)
		}
		list, err := keyring.Parse(data, keyring.PasswordFile(passwordFile))
		if err != nil {
			return nil, unreadable(fmt.Errorf("%s: %w", path, err))
		}
		all = append(all, list...)
	}
	return all, nil
}

func decryptionKeys(list []*keyring.Credential) (keys []cms.DecryptionKey) {
	for _, c := range list {
		keys = append(keys, cms.DecryptionKey{Certificate: c.Certificate, Key: c.Key})
	}
	return keys
}

// certificates reads --to and --roots files: PEM, DER, .p7b, or the certificate
// of a .p12 or PEM with a key.
func certificates(paths []string, passwordFile string) (all []*x509.Certificate, err error) {
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, unreadable(err)
		}
		list, err := certstore.ReadCertificates(data)
		if err != nil {
			with, bad := keyring.Parse(data, keyring.PasswordFile(passwordFile))
			if bad != nil {
				return nil, unreadable(fmt.Errorf("%s: %w", path, err))
			}
			list = []*x509.Certificate{with[0].Certificate}
		}
		all = append(all, list...)
	}
	return all, nil
}

// output writes to path ("" or "-" is standard output). A failed run leaves no
// file: it is written beside and renamed when whole.
func output(path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return write(os.Stdout)
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

// rewritten writes a message with another entity as its content: the fields of
// the message that do not belong to it, then the entity.
func rewritten(w io.Writer, msg, content *smime.Entity) error {
	for _, f := range msg.Fields {
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
