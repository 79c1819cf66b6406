// Package explain says what was found out about a message, in a report for programs and in a drawing for
// people; and draws which certificate a mail to somebody is encrypted for.
package explain

import (
	"crypto/x509"
	"fmt"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// Mail is an opened message and the verdict.
type Mail struct {
	Opened   *smime.Message
	Verdict  *verdict.Verdict
	Keys     []Key    // that could have been tried, with those that were
	Withheld string   // why it was left closed, "" when it was not
	Basis    []string // what it was judged with, for people
}

// reason is why not, for the signature or else for the decryption.
func (m *Mail) reason() string {
	if m.Verdict.Reason == "" && m.Opened.Undecryptable != nil {
		return m.Opened.Undecryptable.Error()
	}
	return m.Verdict.Reason
}

// Key is a certificate whose key we have.
type Key struct {
	Certificate *x509.Certificate
	Owner       string // the mailbox, or where the key was given
	Tried       bool   // its owner is a recipient
}

func (k Key) String() string {
	c := k.Certificate
	return fmt.Sprintf("the key of %s (%s; valid %s to %s)", k.Owner, cms.Identifiers(c),
		c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
}
