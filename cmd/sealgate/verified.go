package main

// This file is a message that was opened and judged.

import (
	"crypto/x509"
	"fmt"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// verified is an opened message and the verdict.
type verified struct {
	opened   *smime.Message
	verdict  *verdict.Verdict
	keys     []knownKey // that could have been tried, with those that were
	withheld string     // why it was left closed, "" when it was not
	basis    []string   // what it was judged with, for people
	close    func()
}

// reason is why not, for the signature or else for the decryption.
func (r *verified) reason() string {
	if r.verdict.Reason == "" && r.opened.Undecryptable != nil {
		return r.opened.Undecryptable.Error()
	}
	return r.verdict.Reason
}

// knownKey is a certificate whose key we have.
type knownKey struct {
	certificate *x509.Certificate
	owner       string // the mailbox, or where the key was given
	tried       bool   // its owner is a recipient
}

func (k knownKey) String() string {
	c := k.certificate
	return fmt.Sprintf("the key of %s (%s; valid %s to %s)", k.owner, cms.Identifiers(c),
		c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
}
