package main

// This file is key unpack: the keys that another gateway has exported, each into a file of its own.

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealgate/internal/terminal"
	"sealgate/keyring"
	"sealgate/trust"
)

// Bounds of an export: what lies in an archive may be far larger than it.
const (
	maxBundle  = 1 << 20  // octets of one file with keys, as the gateway reads them
	maxArchive = 64 << 20 // octets of a .zip, in all that it unfolds to, too
)

func keyUnpackCommand() *cobra.Command {
	var into, passwordFile string
	c := &cobra.Command{
		Use:   "unpack --into FOLDER [--password-file FILE] SOURCE...",
		Short: "take an export apart: .p12 bundles, .zip files and folders of them; one PEM file for each key",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			u, err := newUnpacking(into, passwordFile)
			if err != nil {
				return err
			}
			return u.run(args)
		},
	}
	c.Flags().StringVar(&into, "into", "", "where the keys go, FOLDER (files of mode 0600)")
	c.Flags().StringVar(&passwordFile, "password-file", "",
		"password of all sources, FILE (default: asked for on the terminal, once)")
	_ = c.MarkFlagRequired("into")
	return c
}

// unpacking is one export being taken apart.
type unpacking struct {
	into     string
	password keyring.Password
	unread   *error // why the file with the password cannot be read
	owners   owners
	keys     int
	leftOut  int
}

func newUnpacking(into, passwordFile string) (*unpacking, error) {
	info, err := os.Stat(into)
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.IsDir() {
		return nil, unreadable(fmt.Errorf("%s is no folder", into))
	}
	into, err = filepath.Abs(into) // config.toml may be in another folder than we are
	if err != nil {
		return nil, unreadable(err)
	}
	u := &unpacking{into: into}
	u.password, u.unread = privatePassword(passwordFile, "the export")
	if u.password != nil {
		u.password = onlyOnce(u.password)
	}
	return u, nil
}

// onlyOnce asks for a password once for all files of an export. Who takes it may clear it.
func onlyOnce(ask keyring.Password) keyring.Password {
	var asked bool
	var text []byte
	var err error
	return func() ([]byte, error) {
		if !asked {
			text, err = ask()
			asked = true
		}
		return bytes.Clone(text), err
	}
}

// run writes the keys, then the tables for config.toml to standard output.
func (u *unpacking) run(args []string) error {
	files, err := importFiles(args)
	if err != nil {
		return unreadable(err)
	}
	for _, f := range files {
		err := u.file(f.path)
		if *u.unread != nil {
			return unreadable(*u.unread)
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(terminal.New(os.Stderr), "%d keys written to %s, %d left out\n", u.keys, u.into, u.leftOut)
	for _, o := range u.owners {
		fmt.Print(o.table())
	}
	if u.keys == 0 {
		return &failure{exitNotValid, errors.New("no key was found")}
	}
	return nil
}

func (u *unpacking) leaveOut(name, why string) {
	u.leftOut++
	fmt.Fprintf(terminal.New(os.Stderr), "%s: left out: %s\n", name, why)
}

// file takes one source. An error is that of writing; what cannot be read is left out.
func (u *unpacking) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		u.leaveOut(path, err.Error())
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxArchive+1))
	switch {
	case err != nil:
		u.leaveOut(path, err.Error())
		return nil
	case len(data) > maxArchive:
		u.leaveOut(path, fmt.Sprintf("more than %d octets", maxArchive))
		return nil
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return u.archive(path, data)
	}
	return u.bundle(path, data)
}

// archive takes the files of a .zip.
func (u *unpacking) archive(path string, data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		u.leaveOut(path, err.Error())
		return nil
	}
	room := int64(maxArchive)
	for n, member := range z.File {
		name := path + ": " + member.Name
		switch {
		case n == maxImportFiles:
			u.leaveOut(path, fmt.Sprintf("more than %d files", maxImportFiles))
			return nil
		case member.FileInfo().IsDir():
			continue
		case member.Flags&encryptedMember != 0:
			u.leaveOut(name, "it is encrypted: unpack the .zip first, into a folder that only you can read")
			continue
		}
		content, err := readMember(member, min(room, maxBundle))
		if err != nil {
			u.leaveOut(name, err.Error())
			continue
		}
		room -= int64(len(content))
		if err := u.bundle(name, content); err != nil {
			return err
		}
	}
	return nil
}

// encryptedMember is the general purpose bit 0 of a .zip (APPNOTE 4.4.4).
const encryptedMember = 1

// readMember reads one file of a .zip, whatever size that says.
func readMember(member *zip.File, most int64) ([]byte, error) {
	r, err := member.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("more than %d octets", most)
	}
	return content, err
}

// bundle takes a file with keys.
func (u *unpacking) bundle(name string, data []byte) error {
	f, err := keyring.Read(data, u.password)
	if err != nil {
		u.leaveOut(name, err.Error())
		return nil
	}
	for _, what := range f.LeftOut {
		u.leaveOut(name, what)
	}
	for _, c := range f.Credentials {
		if err := u.write(c); err != nil {
			return err
		}
	}
	return nil
}

// write writes one key. One that is there already was written by an earlier run: its name has
// the certificate's fingerprint.
func (u *unpacking) write(c *keyring.Credential) error {
	pem, err := keyring.EncodePEM(c)
	if err != nil {
		return err
	}
	defer clear(pem)
	addresses := trust.Addresses(c.Certificate)
	path := filepath.Join(u.into, keyFileName(addresses, c))
	err = writeWhole(path, false, func(w io.Writer) error {
		_, err := w.Write(pem)
		return err
	})
	if _, there := os.Stat(path); err != nil && there != nil {
		return err
	}
	fmt.Fprintf(terminal.New(os.Stderr), "%s: certificate of %q, valid until %s\n", path, addresses,
		c.Certificate.NotAfter.UTC().Format(time.DateOnly))
	u.keys++
	u.owners.find(addresses).add(path)
	return nil
}

// keyFileName is a name that says whose the key is, and that no other certificate has.
func keyFileName(addresses []string, c *keyring.Credential) string {
	name := "no-address"
	if len(addresses) > 0 {
		name = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("@._-+", r) {
				return r
			}
			return '_'
		}, addresses[0])
	}
	sum := sha256.Sum256(c.Certificate.Raw)
	return fmt.Sprintf("%s-%x.pem", strings.TrimLeft(name, ".-"), sum[:8])
}
