package main

// This file begins a configuration: our name, the helpdesk's mailbox and its key, and the
// lines that Postfix needs.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sealgate/config"
	"sealgate/internal/address"
	shipped "sealgate/packaging"
)

// beginning are the options of init.
type beginning struct {
	folder, hostname, address, key, passwordFile string
	force, offline                               bool
	roots                                        []string
}

func initCommand() *cobra.Command {
	var o beginning
	c := &cobra.Command{
		Use:   "init",
		Short: "write a configuration for one mailbox and its key, and print Postfix's lines",
		Long: `init fills in the configuration that the package brings, imports the mailbox's key as
"key import" does, and prints what belongs into Postfix's main.cf and master.cf. A
configuration that somebody has changed stays.`,
		Example: "  sealgate init --address support@firma.example --key support.p12",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return o.begin(c) },
	}
	f := c.Flags()
	f.StringVar(&o.folder, "folder", "/etc/sealgate", "where the configuration and keys/ go, DIR")
	f.StringVar(&o.hostname, "hostname", "", "our name, as in Postfix's myhostname (default: this machine's)")
	f.StringVar(&o.address, "address", "", "the helpdesk's mailbox, as it stands in From")
	f.StringVar(&o.key, "key", "", "its key and certificate, FILE (.p12, PEM, …)")
	f.StringVar(&o.passwordFile, "password-file", "", "password of the key, FILE (default: asked for on the terminal)")
	f.StringArrayVar(&o.roots, "roots", nil, "more roots that receivers trust, and intermediates, FILE")
	f.BoolVar(&o.offline, "offline", false, "ask no authority for missing certificates and revocation")
	f.BoolVar(&o.force, "force", false, "write the key even if there are problems with it, or its file exists")
	_ = c.MarkFlagRequired("address")
	_ = c.MarkFlagRequired("key")
	return c
}

// begin writes the key before the configuration that names it.
func (o *beginning) begin(c *cobra.Command) error {
	mailbox, err := address.Normalize(o.address)
	if err != nil {
		return unreadable(fmt.Errorf("--address: %w", err))
	}
	if o.hostname == "" {
		o.hostname, err = os.Hostname()
		if err != nil {
			return unreadable(err)
		}
	}
	local, _, _ := strings.Cut(mailbox, "@")
	if strings.ContainsAny(local, `/\"`) || strings.HasPrefix(local, ".") {
		local = "mailbox"
	}
	key := filepath.Join("keys", local+".pem")
	text := o.filledIn(mailbox, key)
	path := filepath.Join(o.folder, "config.toml")
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return unreadable(err)
	case string(old) != shipped.Config && string(old) != text:
		return &failure{exitNotValid, fmt.Errorf("%s has been changed: edit it by hand", path)}
	}
	if err := os.MkdirAll(filepath.Join(o.folder, "keys"), 0o750); err != nil {
		return unreadable(err)
	}
	imported := importing{
		out: filepath.Join(o.folder, key), passwordFile: o.passwordFile,
		roots: o.roots, force: o.force, offline: o.offline,
	}
	if err := imported.importKey(o.key); err != nil {
		return err
	}
	if err := writeConfig(path, text); err != nil {
		return unreadable(err)
	}
	if _, err := config.Load(path); err != nil {
		return unreadable(err)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s is written; next: sealgate check, and then\n\n%s", path, postfixLines)
	return err
}

// filledIn is the shipped configuration with our name, the mailbox and its key.
func (o *beginning) filledIn(mailbox, key string) string {
	return strings.NewReplacer(
		`hostname = "mail.example.org"`, "hostname = "+strconv.Quote(o.hostname),
		`addresses = ["support@example.org"]`, "addresses = ["+strconv.Quote(mailbox)+"]",
		`keys = ["keys/support.pem"]`, "keys = ["+strconv.Quote(key)+"]",
		`two lines to fill in, then "sealgate check"; "sealgate init" does it too.`, `written by "sealgate init".`,
	).Replace(shipped.Config)
}

// writeConfig puts the configuration where the gateway's group can read it: it goes on
// belonging to whom it belonged to, or else to the folder's owner and group.
func writeConfig(path, text string) error {
	folder := filepath.Dir(path)
	other := path
	if _, err := os.Stat(path); err != nil {
		other = folder
	}
	temporary, err := writeTemporary(folder, other, 0o640, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		return err
	}
	defer os.Remove(temporary) // nothing is left of it once it has its name
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// postfixLines are those of README; a test compares them.
const postfixLines = `# /etc/postfix/main.cf
# the inbound listener; sendmail(1) goes to the outbound one
smtpd_milters     = inet:127.0.0.1:8891
non_smtpd_milters = inet:127.0.0.1:8892
# never accept: a mail to be encrypted would leave in clear
milter_default_action = tempfail
# signed and encrypted, mail grows
message_size_limit = 209715200
# before Postfix 3.9 it is not the default
smtpd_forbid_bare_newline = yes
smtpd_forbid_bare_newline_exclusions =
# no notices to strangers of what was decrypted
smtpd_discard_ehlo_keywords = silent-discard, dsn

# /etc/postfix/master.cf, for the port that the helpdesk sends to
submission inet n - y - - smtpd
  -o smtpd_milters=inet:127.0.0.1:8892
  -o smtpd_discard_ehlo_keywords=

# then: postfix reload, and sealgate check --postfix
`
