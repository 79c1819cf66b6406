package x509cert_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sealgate/internal/brainpool"
	"sealgate/internal/testpki"
	"sealgate/internal/x509cert"
)

// serialOf is the serial number of c as it stands in the certificate.
func serialOf(t testing.TB, c *testpki.Cert) string {
	t.Helper()
	der, err := asn1.Marshal(c.Certificate.SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	return string(der)
}

// named is a subject with one attribute.
func named(value any) *pkix.Name {
	id := asn1.ObjectIdentifier{2, 5, 4, 10}
	return &pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: id, Value: value}}}
}

// organization is the text of the attribute that named makes.
func organization(c *x509.Certificate) string { return strings.Join(c.Subject.Organization, "") }

// tolerance is one kind of certificate that crypto/x509 refuses.
type tolerance struct {
	name    string
	options testpki.Options
	was     string // in the certificate that crypto/x509 makes
	becomes string
	remark  string
	fault   func(c *x509.Certificate) bool // reports whether c was read wrongly
}

func address(list ...string) func(*x509.Certificate) bool {
	return func(c *x509.Certificate) bool { return !slices.Equal(c.EmailAddresses, list) }
}

func organizationIs(want string) func(*x509.Certificate) bool {
	return func(c *x509.Certificate) bool { return organization(c) != want }
}

const characters = "the subject has characters that its type of string does not have"

var tolerances = []tolerance{
	{"at in PrintableString", testpki.Options{DN: named("a@b.example")}, "\x0c\x0ba@b", "\x13\x0ba@b", characters, organizationIs("a@b.example")},
	{"UTF-8 in PrintableString", testpki.Options{DN: named("Müller")}, "\x0c\x07M", "\x13\x07M", characters, organizationIs("Müller")},
	{"ISO 8859-1 in PrintableString", testpki.Options{DN: named("MXller@")}, "\x0c\x07MX", "\x13\x07M\xfc", characters, organizationIs("Müller@")},
	{"ISO 8859-1 in UTF8String", testpki.Options{DN: named("MXller@")}, "\x0c\x07MX", "\x0c\x07M\xfc", characters, organizationIs("Müller@")},
	{"ISO 8859-1 in IA5String", testpki.Options{DN: named("MXller@")}, "\x0c\x07MX", "\x16\x07M\xfc", characters, organizationIs("Müller@")},
	{"letters in NumericString", testpki.Options{DN: named("HRB 1@")}, "\x0c\x06HRB", "\x12\x06HRB", characters, organizationIs("HRB 1@")},
	{"VisibleString", testpki.Options{DN: named("a@b")}, "\x0c\x03a@b", "\x1a\x03a@b", characters, organizationIs("a@b")},
	{"half a character in BMPString", testpki.Options{DN: named("a@b")}, "\x0c\x03a@b", "\x1e\x03\x00a\x00", characters, organizationIs("a\ufffd")},
	{"surrogates in BMPString", testpki.Options{DN: named("a@b@")}, "\x0c\x04a@b@", "\x1e\x04\xd8\x3d\xdd\x12", characters, organizationIs("🔒")},
	{"UniversalString", testpki.Options{DN: named("a@b@")}, "\x0c\x04a@b@", "\x1c\x04\x00\x01\xf5\x12", characters, organizationIs("🔒")},
	{"attribute that is a BIT STRING", testpki.Options{DN: named("a@b")}, "\x0c\x03a@b", "\x03\x03\x00ab", "the subject has an attribute that is no text", organizationIs("#0303006162")},
	{"TRUE as 01 for critical", testpki.Options{}, "\x06\x03\x55\x1d\x0f\x01\x01\xff", "\x06\x03\x55\x1d\x0f\x01\x01\x01", "a truth value is written in another way than DER has it", address("anna@kunde.example")},
	{"TRUE as 01 for cA", testpki.Options{CA: true, MaxPath: -1}, "\x30\x06\x01\x01\xff\x02\x01\x00", "\x30\x06\x01\x01\x01\x02\x01\x00", "a truth value is written in another way than DER has it", func(c *x509.Certificate) bool { return !c.IsCA || !c.MaxPathLenZero }},
	{"bad mailbox beside a good one", testpki.Options{Name: "Anna", Addresses: []string{"mXller@kunde.example", "anna@kunde.example"}}, "mXller@", "m\xfcller@", "an alternative name cannot be read, and does not count", address("anna@kunde.example")},
	{"permitted @domain", testpki.Options{CA: true, Permitted: []string{"xkunde.example"}}, "xkunde", "@kunde", "a name constraint is written with an @ before the domain", func(c *x509.Certificate) bool {
		return !slices.Equal(c.PermittedEmailAddresses, []string{"kunde.example"})
	}},
	{"excluded @domain", testpki.Options{CA: true, Excluded: []string{"xkunde.example"}}, "xkunde", "@kunde", "a name constraint is written with an @ before the domain", func(c *x509.Certificate) bool {
		return !slices.Equal(c.ExcludedEmailAddresses, []string{"kunde.example"})
	}},
	{"an extension of a UUID", testpki.Options{Extra: []pkix.Extension{{Id: longID, Value: []byte{4, 1, 'x'}}}}, shortForm, largeForm, "an extension has an identifier with too large numbers, and does not count", func(c *x509.Certificate) bool {
		return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(longID) }) || len(c.Extensions) < 3
	}},
	{"a purpose of a UUID", testpki.Options{Extra: []pkix.Extension{purposes}}, shortForm, largeForm, "a purpose has an identifier with too large numbers, and does not count", func(c *x509.Certificate) bool {
		return !slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}) || len(c.UnknownExtKeyUsage) > 0
	}},
	{"a policy twice", twoPolicies(false), "\x2a\x03\x05", "\x2a\x03\x04", "the certificate policies cannot be read, and do not count", func(c *x509.Certificate) bool {
		return len(c.Policies) > 0
	}},
}

// longID has a number of 28 bits; shortForm is it, largeForm the same with a number of 35,
// which Go has no room for.
var (
	longID    = asn1.ObjectIdentifier{2, 25, 1<<28 - 1, 127}
	shortForm = "\x69\xff\xff\xff\x7f\x7f"
	largeForm = "\x69\xff\xff\xff\xff\x7f"
)

// purposes are emailProtection and longID.
var purposes = pkix.Extension{
	Id:    asn1.ObjectIdentifier{2, 5, 29, 37},
	Value: []byte("\x30\x12\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04\x06\x06" + shortForm),
}

// twoPolicies is an extension with {1 2 3 4} and {1 2 3 5}.
func twoPolicies(critical bool) testpki.Options {
	value := []byte("\x30\x0e\x30\x05\x06\x03\x2a\x03\x04\x30\x05\x06\x03\x2a\x03\x05")
	id := asn1.ObjectIdentifier{2, 5, 29, 32}
	return testpki.Options{Extra: []pkix.Extension{{Id: id, Critical: critical, Value: value}}}
}

func newRoot(t testing.TB) *testpki.Cert {
	t.Helper()
	root, err := testpki.NewRoot(testpki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func issue(t testing.TB, by *testpki.Cert, o testpki.Options) *testpki.Cert {
	t.Helper()
	if o.Addresses == nil && !o.CA {
		o.Addresses = []string{"anna@kunde.example"}
	}
	c, err := by.Issue(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func withOctets(t testing.TB, c *testpki.Cert, was, becomes string) *testpki.Cert {
	t.Helper()
	changed, err := c.WithOctets(was, becomes)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// TestTolerated: each kind is refused by crypto/x509 and read here, with its own octets,
// a path, and a remark.
func TestTolerated(t *testing.T) {
	root := newRoot(t)
	for _, k := range tolerances {
		t.Run(k.name, func(t *testing.T) {
			was := issue(t, root, k.options)
			checkTolerated(t, was, withOctets(t, was, k.was, k.becomes).Certificate, k)
		})
	}
	t.Run("negative serial", func(t *testing.T) {
		was := issue(t, root, testpki.Options{})
		serial := serialOf(t, was)
		negative := serial[:2] + "\x80" + serial[3:]
		checkTolerated(t, was, withOctets(t, was, serial, negative).Certificate, tolerance{
			remark: "the serial number is negative or has leading zeros",
			fault: func(c *x509.Certificate) bool {
				der, err := asn1.Marshal(c.SerialNumber)
				return err != nil || string(der) != negative
			},
		})
	})
	t.Run("serial with leading zeros", func(t *testing.T) {
		was := issue(t, root, testpki.Options{})
		serial := serialOf(t, was)
		checkTolerated(t, was, withOctets(t, was, serial, serial[:2]+"\x00\x00"+serial[4:]).Certificate, tolerance{
			remark: "the serial number is negative or has leading zeros",
			fault: func(c *x509.Certificate) bool {
				return !bytes.HasSuffix([]byte(serial), c.SerialNumber.Bytes())
			},
		})
	})
}

func checkTolerated(t *testing.T, was *testpki.Cert, c *x509.Certificate, k tolerance) {
	t.Helper()
	if _, err := x509.ParseCertificate(c.Raw); err == nil {
		t.Fatal("crypto/x509 reads it")
	}
	if remarks := x509cert.Tolerated(c); !slices.Equal(remarks, []string{k.remark}) {
		t.Errorf("%q", remarks)
	}
	if k.fault(c) {
		t.Errorf("%+v %v", c.Subject, c.EmailAddresses)
	}
	if !bytes.Contains(c.Raw, c.RawTBSCertificate) || !bytes.Contains(c.RawTBSCertificate, c.RawSubject) ||
		!bytes.Contains(c.RawTBSCertificate, c.RawIssuer) || bytes.Equal(c.Raw, was.Certificate.Raw) {
		t.Error("the octets are not its own")
	}
	for _, e := range c.Extensions {
		if !bytes.Contains(c.RawTBSCertificate, e.Value) {
			t.Errorf("extension %v has not its own octets", e.Id)
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(was.Issuer.Certificate)
	if _, err := c.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	forged := bytes.Clone(c.Raw)
	forged[bytes.Index(forged, c.RawSubject)+len(c.RawSubject)-1] ^= 1
	if f, err := x509cert.Parse(forged); err == nil && f.CheckSignatureFrom(was.Issuer.Certificate) == nil {
		t.Error("the signature of a changed certificate holds")
	}
}

// TestRefused: what must not be guessed is refused, with the words of crypto/x509.
func TestRefused(t *testing.T) {
	root := newRoot(t)
	for _, k := range []struct {
		name         string
		options      testpki.Options
		was, becomes string
	}{
		{"only mailbox is bad", testpki.Options{Addresses: []string{"mXller@kunde.example"}}, "mXller@", "m\xfcller@"},
		{"permitted mailbox is bad", testpki.Options{CA: true, Permitted: []string{"a@kunde.example"}}, "a@kunde", "a@\xe9unde"},
		{"excluded domain is bad", testpki.Options{CA: true, Excluded: []string{"kunde.example"}}, "kunde.example", "kund\xe9.example"},
		{"constraint of @ alone", testpki.Options{CA: true, Excluded: []string{"x"}}, "\x81\x01x", "\x81\x01@"},
		{"a critical extension of a UUID", testpki.Options{Extra: []pkix.Extension{{Id: longID, Critical: true, Value: []byte{4, 1, 'x'}}}}, shortForm, largeForm},
		{"a critical policy twice", twoPolicies(true), "\x2a\x03\x05", "\x2a\x03\x04"},
		{"unknown version", testpki.Options{}, "\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x03"},
		{"time with letters", testpki.Options{}, "\x17\x0d", "\x16\x0d"},
		{"key usage that is no BIT STRING", testpki.Options{}, "\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03", "\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x04"},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := issue(t, root, k.options)
			raw := bytes.ReplaceAll(c.Certificate.Raw, []byte(k.was), []byte(k.becomes))
			_, strict := x509.ParseCertificate(raw)
			if strict == nil {
				t.Fatal("crypto/x509 reads it")
			}
			if _, err := x509cert.Parse(raw); err == nil || err.Error() != strict.Error() {
				t.Errorf("%v, want %v", err, strict)
			}
		})
	}
}

// TestKeys: an RSA key without NULL is read, and one on an unknown curve is left to others.
func TestKeys(t *testing.T) {
	root := newRoot(t)
	c := issue(t, root, testpki.Options{Key: "rsa-2048"})
	raw := x509cert.WithoutNULL(c.Certificate.Raw)
	if _, err := x509.ParseCertificate(raw); err == nil {
		t.Fatal("crypto/x509 reads it")
	}
	read, err := x509cert.Parse(raw)
	if err != nil || !reflect.DeepEqual(read.PublicKey, c.Certificate.PublicKey) {
		t.Errorf("%v", err)
	}
	c = withOctets(t, issue(t, root, testpki.Options{}), "\x2a\x86\x48\xce\x3d\x03\x01\x07", "\x2a\x86\x48\xce\x3d\x03\x01\x7f")
	if k := c.Certificate; k.PublicKey != nil || k.PublicKeyAlgorithm != x509.ECDSA ||
		!bytes.Contains(k.RawTBSCertificate, k.RawSubjectPublicKeyInfo) {
		t.Errorf("%v %v", k.PublicKeyAlgorithm, k.PublicKey)
	}
	if remarks := x509cert.Tolerated(c.Certificate); !slices.Equal(remarks, []string{"the key is on an unknown curve"}) {
		t.Errorf("%q", remarks)
	}
}

// TestBrainpool: a key on a brainpool curve (RFC 5639) is read as any other is, and openssl
// agrees about the signatures; a point beside the curve is a certificate that is refused.
func TestBrainpool(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("the openssl command is not installed")
	}
	for _, kind := range []string{"brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"} {
		root, err := testpki.NewRoot(testpki.Options{Key: kind})
		if err != nil {
			t.Fatal(err)
		}
		leaf := issue(t, root, testpki.Options{Key: kind, Addresses: []string{"a@example.com"}})
		for _, c := range []*testpki.Cert{root, leaf} {
			if remarks := x509cert.Tolerated(c.Certificate); len(remarks) > 0 {
				t.Errorf("%s: %q", kind, remarks)
			}
			if !c.Key.Public().(*ecdsa.PublicKey).Equal(c.Certificate.PublicKey) {
				t.Errorf("%s: %v", kind, c.Certificate.PublicKey)
			}
			if err := c.Certificate.CheckSignatureFrom(root.Certificate); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, "root"), root.CertPEM(), 0o600)
		os.WriteFile(filepath.Join(dir, "leaf"), leaf.CertPEM(), 0o600)
		verify := exec.Command(openssl, "verify", "-CAfile", filepath.Join(dir, "root"), filepath.Join(dir, "leaf"))
		if out, err := verify.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
		point := string(brainpool.MarshalPoint(leaf.Certificate.PublicKey.(*ecdsa.PublicKey))[1:])
		if _, err := leaf.WithOctets(point, "\x7f"+point[1:]); err == nil && point[0] != 0x7f {
			t.Errorf("%s: a point beside the curve is a key", kind)
		}
	}
}

// TestBound: one octet more than what is tolerated is refused.
func TestBound(t *testing.T) {
	root, err := testpki.NewRoot(testpki.Options{Key: "ed25519"}) // all its signatures have one length
	if err != nil {
		t.Fatal(err)
	}
	ofSize := func(filling int) []byte {
		id := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 9, 9}
		c := issue(t, root, testpki.Options{
			DN: named("a@b"), Extra: []pkix.Extension{{Id: id, Value: make([]byte, filling)}},
		})
		return bytes.ReplaceAll(c.Certificate.Raw, []byte("\x0c\x03a@b"), []byte("\x13\x03a@b"))
	}
	for _, size := range []int{x509cert.MaxTolerated, x509cert.MaxTolerated + 1} {
		filling := 60_000
		raw := ofSize(filling)
		for range 100 { // the serial number has now one octet more, now one less
			if len(raw) == size {
				break
			}
			filling += size - len(raw)
			raw = ofSize(filling)
		}
		if len(raw) != size {
			t.Fatalf("%d octets", len(raw))
		}
		if _, err := x509cert.Parse(raw); (err == nil) != (size == x509cert.MaxTolerated) {
			t.Errorf("%d octets: %v", len(raw), err)
		}
	}
}

// TestManyEntries: a mail has room for dozens of certificates with tens of thousands of
// entries each. Without the bound one took 0.17 s.
func TestManyEntries(t *testing.T) {
	root := newRoot(t)
	isRead := func(entries int) bool {
		o := testpki.Options{Addresses: []string{"mXller@kunde.example"}}
		for i := range entries - 1 {
			o.Addresses = append(o.Addresses, fmt.Sprintf("%d@b.example", i))
		}
		raw := bytes.ReplaceAll(issue(t, root, o).Certificate.Raw, []byte("mXller"), []byte("m\xfcller"))
		_, err := x509cert.Parse(raw)
		return err == nil
	}
	const others = 16 // questions at most: fields and extensions
	if !isRead(x509cert.MaxQuestions - others) {
		t.Error("below the bound: refused")
	}
	if isRead(x509cert.MaxQuestions) {
		t.Error("beyond the bound: read")
	}
}

// FuzzParse: whatever crypto/x509 reads, the tolerant reader reads as the same; whatever
// else it reads keeps its octets.
func FuzzParse(f *testing.F) {
	root := newRoot(f)
	f.Add(root.Certificate.Raw)
	for _, k := range tolerances {
		f.Add(withOctets(f, issue(f, root, k.options), k.was, k.becomes).Certificate.Raw)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := x509cert.Parse(der)
		if err == nil && !bytes.Equal(c.Raw, der) {
			t.Fatal("other octets")
		}
		if err == nil {
			_ = fmt.Sprint(c.SerialNumber, c.Subject, x509cert.Tolerated(c))
		}
		strict, err := x509.ParseCertificate(der)
		if err != nil || len(der) > x509cert.MaxTolerated {
			return
		}
		tolerant, remarks, err := x509cert.Tolerant(der)
		if err != nil || len(remarks) > 0 || !reflect.DeepEqual(tolerant, strict) {
			t.Fatalf("%v %q\n%+v\n%+v", err, remarks, tolerant, strict)
		}
	})
}
