package main

// This file hashes the password of an admin of the page.

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"sealgate/admin/page"
)

func adminPasswdCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "passwd NAME [--passphrase-file FILE]",
		Short: "hash a password for the admin's page, and print the lines for config.toml",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return failed(newLogin(args[0], path))
		},
	}
	c.Flags().StringVar(&path, "passphrase-file", "", "file with the password; nobody else may read it")
	return c
}

// newLogin prints the hash of a password.
func newLogin(name, path string) error {
	word, err := newPassphrase(path, "the admin "+name)
	if err != nil {
		return err
	}
	if utf8.RuneCount(word) < page.MinPassword {
		return unreadable(errors.New(tooShort))
	}
	fmt.Printf("[[admin.login]]\nname = %q\npassword = %q\n", name, page.HashPassword(word))
	return nil
}

var tooShort = fmt.Sprintf("the password has fewer than %d characters: a few words in a row are easy to remember",
	page.MinPassword)
