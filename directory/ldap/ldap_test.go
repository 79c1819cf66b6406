package ldap_test

// This file asks OpenLDAP's server, which it starts.

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mozilla.org/pkcs7"

	"sealgate/directory/ldap"
	"sealgate/internal/directorytest"
	"sealgate/internal/testpki"
)

// server is a slapd with people in it.
type server struct {
	t    *testing.T
	url  string
	cas  *x509.CertPool
	anna *testpki.Cert // in userCertificate
	ben  *testpki.Cert // in userSMIMECertificate, with its authority
}

const (
	anna  = "anna@bank.example"
	ben   = "ben@bank.example"
	delay = 5 * time.Second
)

// start runs it: two people have a certificate, one has none, forty have the same address.
func start(t *testing.T, scheme string, more ...string) *server {
	t.Helper()
	pki := testpki.New(t)
	s := &server{t: t, cas: x509.NewCertPool(), anna: pki.Issue(testpki.Options{Addresses: []string{anna}})}
	s.cas.AddCert(pki.Root.Certificate)
	between := pki.Issue(testpki.Options{Name: "Between", CA: true})
	s.ben = pki.Under(between, testpki.Options{Addresses: []string{ben}})
	bundle, err := pkcs7.DegenerateCertificate(slices.Concat(s.ben.Certificate.Raw, between.Certificate.Raw))
	if err != nil {
		t.Fatal(err)
	}
	value := func(name string, der []byte) string {
		return name + ":: " + base64.StdEncoding.EncodeToString(der) + "\n"
	}
	people := []directorytest.Person{
		{Name: "Anna", Mail: anna, More: value("userCertificate;binary", s.anna.Certificate.Raw)},
		{Name: "Ben", Mail: ben, More: value("userSMIMECertificate", bundle)},
		{Name: "Carl", Mail: "carl@bank.example"},
	}
	for i := range 40 {
		people = append(people, directorytest.Person{Name: fmt.Sprintf("Many%d", i), Mail: "many@bank.example"})
	}
	s.url = directorytest.LDAP(t, pki, scheme, people, more...)
	return s
}

// open is the directory with these options; the address of the server is filled in.
func (s *server) open(o ldap.Options) *ldap.Server {
	s.t.Helper()
	if o.URL == "" {
		o.URL = s.url
	}
	if o.Base == "" {
		o.Base = directorytest.Base
	}
	if o.Timeout == 0 {
		o.Timeout = delay
	}
	if o.CAs == nil {
		o.CAs = s.cas
	}
	d, err := ldap.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// finds wants exactly these certificates of an address.
func (s *server) finds(d *ldap.Server, addr string, want ...*x509.Certificate) {
	s.t.Helper()
	found, err := d.Search(s.t.Context(), addr)
	if err != nil {
		s.t.Fatalf("%s: %v", addr, err)
	}
	if len(found) != len(want) {
		s.t.Fatalf("%s: %d certificates, want %d", addr, len(found), len(want))
	}
	for i := range want {
		if !found[i].Equal(want[i]) || found[i].Vouched {
			s.t.Errorf("%s: certificate %d is %s", addr, i, found[i].Subject)
		}
	}
}

// fails wants no answer, for this reason.
func (s *server) fails(d *ldap.Server, addr, why string) {
	s.t.Helper()
	found, err := d.Search(s.t.Context(), addr)
	if err == nil || !strings.Contains(err.Error(), why) {
		s.t.Errorf("%d certificates, %v; want an error with %q", len(found), err, why)
	}
}

// TestPeople: both attributes are read, with the authority beside; nobody, and somebody
// without a certificate, is "none".
func TestPeople(t *testing.T) {
	s := start(t, "ldap")
	d := s.open(ldap.Options{})
	s.finds(d, anna, s.anna.Certificate)
	s.finds(d, ben, s.ben.Certificate, s.ben.Issuer.Certificate)
	s.finds(d, "carl@bank.example")
	s.finds(d, "nobody@bank.example")
}

// TestAddressIsNoFilter: what an address has of a filter's signs asks for itself only.
func TestAddressIsNoFilter(t *testing.T) {
	s := start(t, "ldap")
	d := s.open(ldap.Options{})
	for _, addr := range []string{"*@bank.example", `"*)(mail=anna"@bank.example`, `\2a@bank.example`} {
		s.finds(d, addr)
	}
}

// TestTLS: by ldaps and by StartTLS, with a password; a server whose certificate is of
// another authority is not asked.
func TestTLS(t *testing.T) {
	for _, c := range []struct {
		scheme   string
		startTLS bool
	}{{"ldaps", false}, {"ldap", true}} {
		t.Run(c.scheme, func(t *testing.T) {
			s := start(t, c.scheme, "require authc")
			o := ldap.Options{StartTLS: c.startTLS, BindDN: directorytest.Reader, Password: directorytest.Password}
			s.finds(s.open(o), anna, s.anna.Certificate)
			wrong := o
			wrong.Password = "wrong"
			s.fails(s.open(wrong), anna, "Invalid Credentials")
			other := o
			other.CAs = x509.NewCertPool()
			s.fails(s.open(other), anna, "certificate")
		})
	}
}

// TestReferral: it is not followed, and is no "none".
func TestReferral(t *testing.T) {
	asked, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close()
	go func() {
		conn, err := asked.Accept()
		if err == nil {
			conn.Close()
			t.Error("the referral was followed")
		}
	}()
	s := start(t, "ldap", "referral ldap://"+asked.Addr().String()+"/")
	s.fails(s.open(ldap.Options{Base: "dc=other,dc=example"}), anna, "Referral")
}

// TestWrongBase: a base that is not there is no "none".
func TestWrongBase(t *testing.T) {
	s := start(t, "ldap")
	s.fails(s.open(ldap.Options{Base: "ou=nobody," + directorytest.Base}), anna, "No Such Object")
}

// TestSizeLimit: who has got too many answers has not heard "none".
func TestSizeLimit(t *testing.T) {
	s := start(t, "ldap")
	s.fails(s.open(ldap.Options{}), "many@bank.example", "Size Limit")
}

// TestHangingServer: one that takes the connection and says nothing costs the timeout.
func TestHangingServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &server{t: t, url: "ldap://" + l.Addr().String()}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	d := s.open(ldap.Options{URL: s.url})
	if _, err := d.Search(ctx, anna); err == nil {
		t.Error("no answer is an answer")
	}
	if took := time.Since(began); took > delay/2 {
		t.Errorf("it took %s", took)
	}
}

// TestAnswerCutOff: a server that hangs up in the middle has not said "none", however often.
func TestAnswerCutOff(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = conn.Read(make([]byte, 1024))
				conn.Close()
			}()
		}
	}()
	s := &server{t: t}
	d := s.open(ldap.Options{URL: "ldap://" + l.Addr().String()})
	for range 300 {
		if found, err := d.Search(t.Context(), anna); err == nil {
			t.Fatalf("an answer, with %d certificates", len(found))
		}
	}
}

// TestHangingStartTLS: a server that never answers StartTLS costs the timeout, once for each
// question, and keeps nobody waiting for ever.
func TestHangingStartTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = conn.Read(make([]byte, 1024))
			// Success (RFC 4511 §4.12), and then no TLS.
			_, _ = conn.Write([]byte("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"))
		}
	}()
	s := &server{t: t, cas: x509.NewCertPool()}
	d := s.open(ldap.Options{URL: "ldap://" + l.Addr().String(), StartTLS: true, Timeout: 300 * time.Millisecond})
	began := time.Now()
	for range 2 {
		if _, err := d.Search(t.Context(), anna); err == nil {
			t.Error("an answer")
		}
	}
	if took := time.Since(began); took > delay {
		t.Errorf("it took %s", took)
	}
}

// TestServerComesBack: a connection that has died is opened again, in the same question.
func TestServerComesBack(t *testing.T) {
	s := start(t, "ldap", "idletimeout 1")
	d := s.open(ldap.Options{})
	s.finds(d, anna, s.anna.Certificate)
	time.Sleep(2500 * time.Millisecond)
	s.finds(d, anna, s.anna.Certificate)
}

// TestOptions: what cannot be meant, or would tell a password to the network, is refused.
func TestOptions(t *testing.T) {
	for name, o := range map[string]ldap.Options{
		"no scheme":         {URL: "ldap.example"},
		"another scheme":    {URL: "http://ldap.example"},
		"TLS twice":         {URL: "ldaps://ldap.example", StartTLS: true},
		"password in clear": {URL: "ldap://ldap.example", BindDN: "cn=x"},
		"filter without":    {URL: "ldap://ldap.example", Filter: "(mail=*)"},
		"no filter":         {URL: "ldap://ldap.example", Filter: "(mail={address}"},
		"no base":           {URL: "ldap://ldap.example", Base: "no dn"},
	} {
		if _, err := ldap.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
