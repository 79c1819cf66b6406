package smimea_test

// This file asks a validating resolver about zones, which it starts.

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"sealgate/directory/smimea"
	"sealgate/internal/directorytest"
	"sealgate/internal/testpki"
)

// resolver is one that is asked.
type resolver struct {
	*directorytest.Resolver
	t   *testing.T
	cas *x509.CertPool // of its certificate
}

const timeout = 5 * time.Second

func (r *resolver) open(o smimea.Options) *smimea.Zones {
	r.t.Helper()
	if o.Resolver == "" {
		o.Resolver = r.TCP
	}
	o.Timeout = timeout
	z, err := smimea.New(o)
	if err != nil {
		r.t.Fatal(err)
	}
	return z
}

// TestSMIMEA: complete certificates of a signed zone are found, by whatever usage; hashes and
// keys alone are none; an unsigned zone is none, and one with wrong signatures no answer.
func TestSMIMEA(t *testing.T) {
	pki := testpki.New(t)
	of := func(local string) *testpki.Cert {
		return pki.Issue(testpki.Options{Addresses: []string{local + "@signed.example"}})
	}
	anna := of("anna")
	ben := of("ben")
	spki, err := x509.MarshalPKIXPublicKey(&anna.Key.(*ecdsa.PrivateKey).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	complete := func(usage int, der []byte) string { return fmt.Sprintf("SMIMEA %d 0 0 %x", usage, der) }
	hash := sha256.Sum256(anna.Certificate.Raw)
	r := &resolver{t: t, cas: x509.NewCertPool()}
	r.cas.AddCert(pki.Root.Certificate)
	r.Resolver = directorytest.DNS(t, pki, map[string][]string{
		"anna":      {complete(3, anna.Certificate.Raw)},
		"ben":       {complete(1, ben.Certificate.Raw), complete(0, pki.Root.Certificate.Raw)},
		"alias":     {"CNAME " + directorytest.SMIMEAName("anna", "ZONE")},
		"hash":      {fmt.Sprintf("SMIMEA 3 0 1 %x", hash)},
		"key":       {fmt.Sprintf("SMIMEA 3 1 0 %x", spki)},
		"no-cert":   {"SMIMEA 3 0 0 00ff"},
		"hash-also": {fmt.Sprintf("SMIMEA 3 0 1 %x", hash), complete(3, anna.Certificate.Raw)},
	})
	for _, c := range []struct {
		local   string
		want    []*x509.Certificate
		vouched bool
	}{
		{"anna", []*x509.Certificate{anna.Certificate}, true},
		{"ben", []*x509.Certificate{pki.Root.Certificate, ben.Certificate}, false},
		{"alias", []*x509.Certificate{anna.Certificate}, true},
		{"hash", nil, false},
		{"key", nil, false},
		{"no-cert", nil, false},
		{"hash-also", []*x509.Certificate{anna.Certificate}, true},
		{"nobody", nil, false},
	} {
		r.finds(r.open(smimea.Options{}), c.local+"@signed.example", c.vouched, c.want...)
	}
	r.finds(r.open(smimea.Options{}), "anna@plain.example", false)
	r.finds(r.open(smimea.Options{}), "anna@[127.0.0.1]", false)
	if found, err := r.open(smimea.Options{}).Search(t.Context(), "anna@bogus.example"); err == nil {
		t.Errorf("of a zone with wrong signatures: %d certificates", len(found))
	}
	r.overTLS(anna.Certificate)
}

// overTLS asks by TLS, whose certificate is checked.
func (r *resolver) overTLS(want *x509.Certificate) {
	r.t.Helper()
	resolver := "tls://" + r.TLS + "#localhost"
	r.finds(r.open(smimea.Options{Resolver: resolver, CAs: r.cas}), "anna@signed.example", true, want)
	for what, o := range map[string]smimea.Options{
		"another authority": {Resolver: resolver, CAs: x509.NewCertPool()},
		"another name":      {Resolver: "tls://" + r.TLS + "#other.example", CAs: r.cas},
	} {
		if _, err := r.open(o).Search(r.t.Context(), "anna@signed.example"); err == nil {
			r.t.Errorf("%s is believed", what)
		}
	}
}

// finds wants exactly these certificates, in any order of records.
func (r *resolver) finds(z *smimea.Zones, addr string, vouched bool, want ...*x509.Certificate) {
	r.t.Helper()
	found, err := z.Search(r.t.Context(), addr)
	if err != nil || len(found) != len(want) {
		r.t.Errorf("%s: %d certificates, %v; want %d", addr, len(found), err, len(want))
		return
	}
	for _, w := range want {
		is := false
		for _, f := range found {
			is = is || f.Equal(w) && f.Vouched == vouched
		}
		if !is {
			r.t.Errorf("%s: %s is not there, or vouched is not %v", addr, w.Subject, vouched)
		}
	}
}

// TestResolvers: only one on this machine, or by TLS, can be believed.
func TestResolvers(t *testing.T) {
	for resolver, ok := range map[string]bool{
		"127.0.0.1:53": true, "[::1]:53": true, "tls://192.0.2.1": true, "tls://192.0.2.1:853#dns.example": true,
		"192.0.2.1:53": false, "127.0.0.1": false, "dns.example:53": false, "udp://127.0.0.1:53": false, "tls://": false, "": false,
	} {
		if _, err := smimea.New(smimea.Options{Resolver: resolver}); (err == nil) != ok {
			t.Errorf("%q: %v", resolver, err)
		}
	}
}
