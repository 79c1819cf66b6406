package trust

// This file tests constraints on directory names, beside OpenSSL's verdict.

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"os/exec"
	"testing"

	"sealgate/internal/testpki"
)

// general is a GeneralName of a constraint: a directory name, or of another tag.
func general(t *testing.T, tag int, value []byte) asn1.RawValue {
	t.Helper()
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: tag == tagDirectory, Bytes: value}
}

func directory(t *testing.T, n pkix.Name) asn1.RawValue {
	t.Helper()
	der, err := asn1.Marshal(n.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	return general(t, tagDirectory, der)
}

// constraint is an extension with one permitted or excluded list.
func constraint(t *testing.T, critical bool, list int, bases ...asn1.RawValue) pkix.Extension {
	t.Helper()
	var subtrees []byte
	for _, b := range bases {
		one, err := asn1.Marshal(struct{ Base asn1.RawValue }{b})
		if err != nil {
			t.Fatal(err)
		}
		subtrees = append(subtrees, one...)
	}
	der, err := asn1.Marshal(struct{ Lists asn1.RawValue }{asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: list, IsCompound: true, Bytes: subtrees}})
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: oidNameConstraints, Critical: critical, Value: der}
}

const (
	permit  = 0
	exclude = 1
)

// TestDirectoryNames: what a technically constrained authority may issue, and what
// not. OpenSSL must say the same of all that it can judge.
func TestDirectoryNames(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	bank := pkix.Name{Country: []string{"DE"}, Organization: []string{"Bank AG"}}
	rfc822 := general(t, tagRFC822, []byte("kunde.example"))
	for _, k := range []struct {
		name       string
		constraint pkix.Extension
		subject    pkix.Name
		want       Status
		alone      bool // OpenSSL ignores kinds of names that do not occur
	}{
		{"inside", constraint(t, true, permit, rfc822, directory(t, bank)), with(bank, "Anna"), Valid, false},
		{"the base itself", constraint(t, true, permit, directory(t, bank)), bank, Valid, false},
		{"case and blanks", constraint(t, true, permit, directory(t, bank)), with(pkix.Name{Country: []string{"de"}, Organization: []string{" bank  ag"}}, "Anna"), Valid, false},
		{"outside", constraint(t, true, permit, rfc822, directory(t, bank)), with(pkix.Name{Country: []string{"DE"}, Organization: []string{"Other"}}, "Anna"), Untrusted, false},
		{"outside, not critical", constraint(t, false, permit, directory(t, bank)), with(pkix.Name{Organization: []string{"Bank AG"}}, "Anna"), Untrusted, false},
		{"a prefix of the text only", constraint(t, true, permit, directory(t, bank)), with(pkix.Name{Country: []string{"DE"}, Organization: []string{"Bank AG2"}}, "Anna"), Untrusted, false},
		{"excluded", constraint(t, true, exclude, directory(t, bank)), with(bank, "Anna"), Untrusted, false},
		{"excluded in another case", constraint(t, true, exclude, directory(t, bank)), with(pkix.Name{Country: []string{"DE"}, Organization: []string{"BANK AG"}}, "Anna"), Untrusted, false},
		{"not excluded", constraint(t, true, exclude, directory(t, bank)), pkix.Name{CommonName: "Anna"}, Valid, false},
		{"every name excluded", constraint(t, true, exclude, directory(t, pkix.Name{})), pkix.Name{CommonName: "Anna"}, Untrusted, false},
		{"address outside", constraint(t, true, permit, directory(t, bank), general(t, tagRFC822, []byte("bank.example"))), with(bank, "Anna"), Untrusted, false},
		{"another kind of name beside", constraint(t, true, permit, directory(t, bank), general(t, 8, []byte{42, 3})), with(bank, "Anna"), Untrusted, true},
	} {
		t.Run(k.name, func(t *testing.T) {
			p := testpki.New(t)
			ca := p.Issue(testpki.Options{Name: "Constrained", CA: true, Extra: []pkix.Extension{k.constraint}})
			leaf := p.Under(ca, testpki.Options{Addresses: anna, DN: &k.subject})
			if got := ask(checker(t, p), leaf, ca); got.Status != k.want {
				t.Errorf("got %+v, want %s", got, k.want)
			}
			if other := opensslVerifies(t, p, ca, leaf); other != (k.want == Valid) && !k.alone {
				t.Errorf("openssl says %v", other)
			}
		})
	}
}

func with(n pkix.Name, common string) pkix.Name {
	n.CommonName = common
	return n
}

// TestDirectoryNamesOfSAN: a directory name in the SAN is bound, too, and so is a
// certificate between; a root's own constraints count.
func TestDirectoryNamesOfSAN(t *testing.T) {
	bank := pkix.Name{Organization: []string{"Bank AG"}}
	only := []pkix.Extension{constraint(t, true, permit, directory(t, bank))}
	p := testpki.New(t)
	ca := p.Issue(testpki.Options{Name: "Constrained", CA: true, Extra: only})
	for name, want := range map[string]Status{"Bank AG": Valid, "Other": Untrusted} {
		san, err := asn1.Marshal([]asn1.RawValue{general(t, tagRFC822, []byte(anna[0])), directory(t, pkix.Name{Organization: []string{name}})})
		if err != nil {
			t.Fatal(err)
		}
		leaf := p.Under(ca, testpki.Options{DN: &bank, Extra: []pkix.Extension{{Id: oidSAN, Value: san}}})
		if got := ask(checker(t, p), leaf, ca); got.Status != want {
			t.Errorf("SAN of %s: %+v", name, got)
		}
		sub := p.Under(ca, testpki.Options{DN: &pkix.Name{Organization: []string{name}, CommonName: "Sub"}, CA: true})
		leaf = p.Under(sub, testpki.Options{DN: &bank, Addresses: anna})
		if got := ask(checker(t, p), leaf, ca, sub); got.Status != want {
			t.Errorf("authority of %s between: %+v", name, got)
		}
		root, err := testpki.NewRoot(testpki.Options{Name: "Root", Extra: only})
		if err != nil {
			t.Fatal(err)
		}
		leaf = p.Under(root, testpki.Options{DN: &pkix.Name{Organization: []string{name}}, Addresses: anna})
		c, err := New(Options{Partners: []Partner{{Domain: "kunde.example", Roots: []*x509.Certificate{root.Certificate}}}, AcceptAny: true, Revocation: Off})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(c, leaf); got.Status != want {
			t.Errorf("constrained root, %s: %+v", name, got)
		}
	}
}

// TestConstraintsBound: an extension over the bound is not read, one below is.
func TestConstraintsBound(t *testing.T) {
	p := testpki.New(t)
	bank := pkix.Name{Organization: []string{"Bank AG"}}
	for count, want := range map[int]Status{100: Valid, 2000: Untrusted} {
		bases := []asn1.RawValue{directory(t, bank)}
		for range count {
			bases = append(bases, directory(t, pkix.Name{Organization: []string{"Other"}}))
		}
		ca := p.Issue(testpki.Options{Name: "Constrained", CA: true, Extra: []pkix.Extension{constraint(t, true, permit, bases...)}})
		if got := ask(checker(t, p), p.Under(ca, testpki.Options{Addresses: anna, DN: &bank}), ca); got.Status != want {
			t.Errorf("%d subtrees: %+v", count, got)
		}
	}
}

// opensslVerifies asks for a path to the root, as it is for e-mail.
func opensslVerifies(t *testing.T, p *testpki.PKI, ca, leaf *testpki.Cert) bool {
	t.Helper()
	_, root := p.Files(p.Root, "root")
	_, between := p.Files(ca, "between")
	_, cert := p.Files(leaf, "leaf")
	out, err := exec.Command("openssl", "verify", "-purpose", "smimesign", "-CAfile", root, "-untrusted", between, cert).CombinedOutput()
	t.Logf("%s", out)
	return err == nil
}
