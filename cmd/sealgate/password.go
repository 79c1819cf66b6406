package main

// This file gets the password of a key: out of a file, or from who sits at the terminal.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"sealgate/internal/charset"
	"sealgate/internal/terminal"
	"sealgate/keyring"
)

// maxPassword bounds a password file, in octets.
const maxPassword = 4096

// password is the first line of a file, asked for only where a key needs one.
// Like the keys of these commands, unlike the gateway's own, it may be readable by
// others, as for openssl.
func password(path, source string) keyring.Password {
	if path == "" {
		return prompt(source)
	}
	return func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxPassword))
		return charset.Password(text), err
	}
}

// privatePassword is the password of a key that the gateway will have: its file is
// held to what a key file is. unread says why it was not read.
func privatePassword(path, source string) (pw keyring.Password, unread *error) {
	unread = new(error)
	read := keyring.PasswordFile(path)
	if read == nil {
		return prompt(source), unread
	}
	return func() (text []byte, err error) {
		text, *unread = read()
		return text, *unread
	}, unread
}

// prompt asks on the terminal, without echo; nil where nobody sits at one. Standard input
// may be the key itself.
func prompt(source string) keyring.Password {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return func() ([]byte, error) {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return nil, fmt.Errorf("there is no terminal to ask for the password of %s: %w", source, err)
		}
		defer tty.Close()
		showAgain, err := withoutEcho(int(tty.Fd()))
		if err != nil {
			return nil, fmt.Errorf("the terminal cannot hide the password of %s: %w", source, err)
		}
		defer showAgain()
		fmt.Fprintf(terminal.New(tty), "Password of %s: ", source)
		text, err := term.ReadPassword(int(tty.Fd()))
		fmt.Fprintln(tty)
		return text, err
	}
}

// withoutEcho keeps what is typed from being shown, until showAgain. term.ReadPassword does
// so too, but the prompt has called for a password by then.
func withoutEcho(fd int) (showAgain func(), err error) {
	was, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	hidden := *was
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &hidden); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, was) }, nil
}

// passphrase is that of source, out of a file that nobody else may read or from who sits at the
// terminal.
func passphrase(path, source string) ([]byte, error) {
	read := keyring.PasswordFile(path)
	if read == nil {
		read = prompt(source)
	}
	if read == nil {
		return nil, unreadable(errors.New("there is no terminal to ask for the passphrase of " + source +
			": --passphrase-file FILE"))
	}
	word, err := read()
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(word) == 0:
		return nil, unreadable(errors.New("the passphrase of " + source + " is empty"))
	}
	return word, nil
}

// newPassphrase is a passphrase that nobody has used yet: who types it does so twice.
func newPassphrase(path, source string) ([]byte, error) {
	word, err := passphrase(path, source)
	if err != nil || path != "" {
		return word, err
	}
	second, err := passphrase("", source+" once more")
	if err == nil && !bytes.Equal(word, second) {
		err = errors.New("what was typed first and what was typed then differ")
	}
	return word, err
}

// passphraseFlag is of the commands that make and read a backup.
func passphraseFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "passphrase-file", "",
		"passphrase of the backup, FILE, its first line (default: asked for on the terminal)")
}
