package certadmin_test

import (
	"crypto/x509"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/testpki"
)

// TestUseless: of a certificate that is itself a trusted root nobody is told that it is no use; of one
// that anybody may have made, and of an authority below a root, everybody is.
func TestUseless(t *testing.T) {
	t.Parallel()
	root := testpki.New(t)
	mine := testpki.Options{Addresses: []string{"self@kunde.example"}, CA: true, Usage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement}
	self, err := testpki.NewRoot(mine)
	if err != nil {
		t.Fatal(err)
	}
	roots := []*x509.Certificate{root.Root.Certificate, self.Certificate}
	const warning = "it is an authority's, and neither pinned nor a root"
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		state       certstore.State
		roots       []*x509.Certificate
		want        string
	}{
		"a root":                    {self.Certificate, certstore.Active, roots, ""},
		"no root":                   {self.Certificate, certstore.Active, roots[:1], warning},
		"no root, pinned":           {self.Certificate, certstore.Pinned, nil, ""},
		"an authority below a root": {root.Issue(mine).Certificate, certstore.Active, roots, warning},
		"a person's":                {root.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}}).Certificate, certstore.Active, nil, ""},
	} {
		if got := certadmin.Useless(c.certificate, c.state, time.Now(), c.roots); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
