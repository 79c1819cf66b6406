package main

// This file judges a message without a configuration, with what flags name.

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/internal/explain"
	"sealgate/smime"
	"sealgate/spool"
	"sealgate/trust"
)

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

// verify opens and judges a message without a configuration. Who asks closes what is opened.
func (o *offline) verify(ctx context.Context, msg *spool.File, sp *spool.Spool) (*explain.Mail, error) {
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
	mail := &explain.Mail{
		Opened: opened, Verdict: verdict.Of(ctx, opened, from, check, at), Basis: withoutConfiguration,
	}
	for _, k := range keys {
		mail.Keys = append(mail.Keys, explain.Key{Certificate: k.Certificate, Owner: "--key", Tried: true})
	}
	return mail, nil
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
