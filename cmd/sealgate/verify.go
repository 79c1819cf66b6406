package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/smime"
	"sealgate/spool"
	"sealgate/trust"
)

// verifying are the options of verify and explain.
type verifying struct {
	config     string
	recipients []string
	offline
}

// offline is what judges without a configuration.
type offline struct {
	roots         []string
	noSystemRoots bool
	at            string
	keys          []string
	passwordFile  string
	from          string
}

// offlineFlags are the names of its flags.
var offlineFlags = []string{"roots", "no-system-roots", "at", "key", "password-file", "from"}

func (o *verifying) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.recipients, "recipient", nil, "with --config: judge as mail to ADDRESS (default: those of our "+
		"mailboxes in Delivered-To, X-Original-To, To and Cc)")
	f.StringArrayVar(&o.roots, "roots", nil, "root certificates to trust, FILE")
	f.BoolVar(&o.noSystemRoots, "no-system-roots", false, "trust --roots only")
	f.StringVar(&o.at, "at", "", "time at which certificates are judged, RFC 3339 (default: now)")
	f.StringArrayVar(&o.keys, "key", nil, "decrypt with this key, FILE (PEM, DER, .p12)")
	f.StringVar(&o.passwordFile, "password-file", "", "password of the keys, FILE")
	f.StringVar(&o.from, "from", "", "compare the signer with this address instead of From")
}

// verified is an opened message and the verdict.
type verified struct {
	opened   *smime.Message
	verdict  *verdict.Verdict
	keys     []knownKey // that could have been tried, with those that were
	withheld string     // why it was left closed, "" when it was not
	basis    []string   // what it was judged with, for people
	close    func()
}

// verify opens and judges a message without a configuration.
func (o *offline) verify(ctx context.Context, msg *spool.File, sp *spool.Spool) (*verified, error) {
	at := time.Now()
	if o.at != "" {
		t, err := time.Parse(time.RFC3339, o.at)
		if err != nil {
			return nil, unreadable(fmt.Errorf("--at: %w", err))
		}
		at = t
	}
	from := ""
	if o.from != "" {
		var err error
		from, err = address.Normalize(o.from)
		if err != nil {
			return nil, unreadable(fmt.Errorf("--from: %w", err))
		}
	}
	check, err := o.checker()
	if err != nil {
		return nil, err
	}
	keys, err := credentials(o.keys, o.passwordFile)
	if err != nil {
		return nil, err
	}
	opened, err := smime.Open(ctx, msg, msg.Size(), smime.OpenOptions{Keys: decryptionKeys(keys), Spool: sp})
	if err != nil {
		return nil, unreadable(err)
	}
	r := &verified{
		opened: opened, verdict: verdict.Of(ctx, opened, from, check, at), basis: withoutConfiguration,
		close: func() { opened.Close() },
	}
	for _, k := range keys {
		r.keys = append(r.keys, knownKey{certificate: k.Certificate, owner: "--key", tried: true})
	}
	return r, nil
}

// withoutConfiguration is what an offline judgement says of itself.
var withoutConfiguration = []string{
	"judged without a configuration, with --roots and --key alone",
	"not used: mailboxes' keys, trust.roots and partners, [on], the certificate store (blocks, pins, known " +
		"certificates), the memory of content keys",
	revocationNotChecked,
}

const revocationNotChecked = "revocation: not checked, offline commands have no sources for it"

func (o *offline) checker() (*trust.Checker, error) {
	roots, err := o.trusted()
	if err != nil {
		return nil, err
	}
	return trust.New(trust.Options{Roots: roots, AcceptAny: true, Revocation: trust.Off})
}

// trusted are the roots of --roots and of the system.
func (o *offline) trusted() ([]*x509.Certificate, error) {
	roots, err := certificates(o.roots, "")
	if err != nil || o.noSystemRoots {
		return roots, err
	}
	system, err := trust.SystemRoots()
	if err != nil {
		return nil, unreadable(err)
	}
	return append(roots, system.Certificates...), nil
}

func verifyCommand() *cobra.Command {
	var o verifying
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify [flags] MESSAGE",
		Short: "judge a message; exit code 0 for valid, 1 for anything else, 2 for wrong use",
		Args:  oneMessage,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.consistent(c.Flags()); err != nil {
				return err
			}
			j, err := o.judgeFile(c.Context(), args[0], o.config)
			if err != nil {
				return err
			}
			if err := j.report.print(os.Stdout, asJSON); err != nil {
				return err
			}
			if !asJSON && o.config == "" {
				fmt.Println(revocationNotChecked)
			}
			if j.report.Signature != string(verdict.SignatureValid) {
				return &failure{code: exitNotValid}
			}
			return nil
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&o.config, "config", "", "judge as the gateway of this configuration file does (default: with "+
		"the flags above alone)")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}
