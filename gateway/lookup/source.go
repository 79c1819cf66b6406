// Package lookup finds the certificate that a mail to an address is encrypted for, and
// explains why it is none of the others.
package lookup

import (
	"context"

	"sealgate/certstore"
	"sealgate/trust"
)

// Source knows certificates of other people. It only finds them: whether one is good is
// asked of trust at each use.
type Source interface {
	// LookUp asks for all addresses of a mail, in normal form, at once. An address that
	// the answer leaves out has not been answered.
	LookUp(ctx context.Context, addresses []string) map[string]Answer
}

// Answer is what a source says of one address: certificates, none, or that it has not
// answered. The last is the zero value, so that who forgets to fill it in sends nothing
// in clear.
type Answer struct {
	Records   []*certstore.Record // the best first
	ForDomain bool                // an admin has named them for all addresses of the domain
	Answered  trust.Answered
}

// Keyring is where our own certificates come from.
const Keyring certstore.Source = "keyring"
