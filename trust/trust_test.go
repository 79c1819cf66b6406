package trust

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

func checker(t *testing.T, p *testpki.PKI) *Checker {
	t.Helper()
	c, err := New(Options{Roots: []*x509.Certificate{p.Root.Certificate}, AcceptAny: true, Revocation: Off})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask(c *Checker, cert *testpki.Cert, bag ...*testpki.Cert) Result {
	return askFor(c, Sign, cert, bag...)
}

func askFor(c *Checker, p Purpose, cert *testpki.Cert, bag ...*testpki.Cert) Result {
	r := Request{Certificate: cert.Certificate, Address: "anna@kunde.example", Purpose: p, At: time.Now()}
	for _, b := range bag {
		r.Intermediates = append(r.Intermediates, b.Certificate.Raw)
	}
	return c.Check(context.Background(), r)
}

var anna = []string{"anna@kunde.example"}

func TestStatuses(t *testing.T) {
	p := testpki.New(t)
	c := checker(t, p)
	sub := p.Issue(testpki.Options{Name: "Sub", CA: true})
	short := p.Issue(testpki.Options{Name: "Short", CA: true, MaxPath: -1})
	below := p.Under(short, testpki.Options{Name: "Below", CA: true})
	stranger := testpki.New(t)
	person := p.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}})
	constrained := p.Issue(testpki.Options{Name: "Constrained", CA: true, Permitted: []string{"firma.example"}})
	weak := p.Issue(testpki.Options{Name: "Weak", CA: true, Key: "rsa-1024"})
	later := p.Issue(testpki.Options{Name: "Later", CA: true, NotBefore: time.Now().Add(time.Hour)})
	gone := p.Issue(testpki.Options{Name: "Gone", CA: true, NotAfter: time.Now().Add(-time.Hour)})
	old := func(o testpki.Options) testpki.Options {
		o.NotBefore, o.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-time.Hour)
		return o
	}
	for _, k := range []struct {
		name string
		cert *testpki.Cert
		bag  []*testpki.Cert
		want Status
	}{
		{"good", p.Issue(testpki.Options{Addresses: anna}), nil, Valid},
		{"with intermediate", p.Under(sub, testpki.Options{Addresses: anna}), []*testpki.Cert{sub}, Valid},
		{"intermediate missing", p.Under(sub, testpki.Options{Addresses: anna}), nil, Untrusted},
		{"other root", stranger.Issue(testpki.Options{Addresses: anna}), []*testpki.Cert{stranger.Root}, Untrusted},
		{"other person", person, nil, Mismatch},
		{"expired", p.Issue(testpki.Options{Addresses: anna, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}), nil, Expired},
		{"not yet", p.Issue(testpki.Options{Addresses: anna, NotBefore: time.Now().Add(time.Hour)}), nil, Expired},
		{"for servers", p.Issue(testpki.Options{Addresses: anna, EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}), nil, Untrusted},
		{"no purpose given", p.Issue(testpki.Options{Addresses: anna, NoEKU: true}), nil, Valid},
		{"may not sign", p.Issue(testpki.Options{Addresses: anna, Usage: x509.KeyUsageKeyEncipherment}), nil, Untrusted},
		{"weak key", p.Issue(testpki.Options{Addresses: anna, Key: "rsa-1024"}), nil, Weak},
		{"issuer is a person", p.Under(person, testpki.Options{Addresses: anna}), []*testpki.Cert{person}, Untrusted},
		{"path too long", p.Under(below, testpki.Options{Addresses: anna}), []*testpki.Cert{short, below}, Untrusted},
		{"authority as signer", p.Issue(testpki.Options{Addresses: anna, CA: true}), nil, Untrusted},
		{"constrained SAN", p.Under(constrained, testpki.Options{Addresses: anna}), []*testpki.Cert{constrained}, Untrusted},
		{"constrained subject", p.Under(constrained, testpki.Options{Name: "x", Subject: anna}), []*testpki.Cert{constrained}, Untrusted},
		{"expired, and constrained subject", p.Under(constrained, old(testpki.Options{Name: "x", Subject: anna})), []*testpki.Cert{constrained}, Untrusted},
		{"expired, under a weak authority", p.Under(weak, old(testpki.Options{Addresses: anna})), []*testpki.Cert{weak}, Untrusted},
		{"expired, under a good authority", p.Under(sub, old(testpki.Options{Addresses: anna})), []*testpki.Cert{sub}, Expired},
		{"authority not yet valid", p.Under(later, testpki.Options{Addresses: anna}), []*testpki.Cert{later}, Untrusted},
		{"authority expired", p.Under(gone, testpki.Options{Addresses: anna}), []*testpki.Cert{gone}, Untrusted},
		{"subject address", p.Issue(testpki.Options{Name: "x", Subject: anna}), nil, Valid},
		{"subject beside another SAN", p.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}, Subject: anna}), nil, Mismatch},
	} {
		t.Run(k.name, func(t *testing.T) {
			if got := ask(c, k.cert, k.bag...); got.Status != k.want || got.Rule == "" || (got.Reason == "") != (k.want == Valid) {
				t.Errorf("got %+v, want %s", got, k.want)
			}
		})
	}
}

func TestEncryptNeedsItsUsage(t *testing.T) {
	p := testpki.New(t)
	c := checker(t, p)
	signOnly := p.Issue(testpki.Options{Addresses: anna, Usage: x509.KeyUsageDigitalSignature})
	if got := askFor(c, Encrypt, signOnly); got.Status != Untrusted {
		t.Errorf("a signing certificate to encrypt to: %+v", got)
	}
	if got := askFor(c, Encrypt, p.Issue(testpki.Options{Addresses: anna})); got.Status != Valid {
		t.Errorf("%+v", got)
	}
}

func TestPinnedNeedsNoChainButTime(t *testing.T) {
	c := checker(t, testpki.New(t))
	stranger := testpki.New(t).Issue(testpki.Options{Addresses: anna})
	r := Request{Certificate: stranger.Certificate, Address: anna[0], At: time.Now(), Pinned: true}
	if got := c.Check(context.Background(), r); got.Status != Valid || got.Rule != "pinned" {
		t.Errorf("%+v", got)
	}
	r.At = time.Now().AddDate(1, 0, 0)
	if got := c.Check(context.Background(), r); got.Status != Expired {
		t.Errorf("%+v", got)
	}
	r.Address = "other@kunde.example"
	if got := c.Check(context.Background(), r); got.Status != Mismatch {
		t.Errorf("%+v", got)
	}
}

// TestHostileNames: NUL, line ends and lists in a name speak for nobody.
func TestHostileNames(t *testing.T) {
	p := testpki.New(t)
	for _, name := range []string{"anna@kunde.example\x00.evil.example", "anna@kunde.example\r\n", "anna@kunde.example,bob@evil.example", "anna@kunde.example bob@evil.example", "<anna@kunde.example>"} {
		der, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 1, Bytes: []byte(name)}})
		if err != nil {
			t.Fatal(err)
		}
		cert, err := p.Root.Issue(testpki.Options{Name: "x", Extra: []pkix.Extension{{Id: oidSAN, Value: der}}})
		if err != nil {
			continue // crypto/x509 refuses it already
		}
		if got := Addresses(cert.Certificate); slices.Contains(got, "anna@kunde.example") {
			t.Errorf("%q speaks for %q", name, got)
		}
	}
}

func TestSmtpUTF8Mailbox(t *testing.T) {
	p := testpki.New(t)
	cert := p.Issue(testpki.Options{Name: "x", SmtpUTF8: []string{"jürgen@kunde.example"}, Addresses: anna})
	if got := Addresses(cert.Certificate); !slices.Equal(got, []string{"anna@kunde.example", "jürgen@kunde.example"}) {
		t.Errorf("%q", got)
	}
	constrained := p.Issue(testpki.Options{Name: "C", CA: true, Permitted: []string{"firma.example"}})
	bad := p.Under(constrained, testpki.Options{Name: "x", SmtpUTF8: []string{"jürgen@kunde.example"}})
	r := Request{Certificate: bad.Certificate, Intermediates: [][]byte{constrained.Certificate.Raw}, Address: "jürgen@kunde.example", At: time.Now()}
	if got := checker(t, p).Check(context.Background(), r); got.Status == Valid {
		t.Errorf("a constrained authority's SmtpUTF8Mailbox: %+v", got)
	}
}

// TestSubjectBesideSAN: an address in the subject speaks only where the SAN has no
// mailbox, be it readable or not.
func TestSubjectBesideSAN(t *testing.T) {
	p := testpki.New(t)
	broken := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: []byte{0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09}}
	dns := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte("kunde.example")}
	for name, k := range map[string]struct {
		san  []asn1.RawValue
		want []string
	}{"a host": {[]asn1.RawValue{dns}, anna}, "an unreadable mailbox": {[]asn1.RawValue{dns, broken}, nil}} {
		der, err := asn1.Marshal(k.san)
		if err != nil {
			t.Fatal(err)
		}
		c := p.Issue(testpki.Options{Name: "x", Subject: anna, Extra: []pkix.Extension{{Id: oidSAN, Value: der}}})
		if got := Addresses(c.Certificate); !slices.Equal(got, k.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestCriticalMailbox: a critical SAN that has SmtpUTF8Mailbox alone, as one beside an
// empty subject must be, is understood; with a name that nobody knows it is not.
func TestCriticalMailbox(t *testing.T) {
	p := testpki.New(t)
	for name, k := range map[string]struct {
		more []byte
		want Status
	}{"alone": {nil, Valid}, "beside a registered number": {[]byte{0x88, 0x01, 0x2a}, Untrusted}} {
		o := testpki.Options{DN: &pkix.Name{}, SmtpUTF8: []string{"jürgen@kunde.example"}}
		made := p.Issue(o)
		i := slices.IndexFunc(made.Certificate.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidSAN) })
		var names []asn1.RawValue
		if _, err := asn1.Unmarshal(made.Certificate.Extensions[i].Value, &names); err != nil {
			t.Fatal(err)
		}
		if k.more != nil {
			names = append(names, asn1.RawValue{FullBytes: k.more})
		}
		der, err := asn1.Marshal(names)
		if err != nil {
			t.Fatal(err)
		}
		cert := p.Issue(testpki.Options{DN: &pkix.Name{}, Extra: []pkix.Extension{{Id: oidSAN, Critical: true, Value: der}}})
		r := Request{Certificate: cert.Certificate, Address: "jürgen@kunde.example", At: time.Now()}
		if got := checker(t, p).Check(context.Background(), r); got.Status != k.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestBoundedBag: thousands of certificates and a chain of 60 cost little.
func TestBoundedBag(t *testing.T) {
	p := testpki.New(t)
	c, leaf := checker(t, p), p.Issue(testpki.Options{Addresses: anna})
	r := Request{Certificate: leaf.Certificate, Address: anna[0], At: time.Now()}
	for range 5000 {
		r.Intermediates = append(r.Intermediates, p.Root.Certificate.Raw)
	}
	start := time.Now()
	if got := c.Check(context.Background(), r); got.Status != Valid {
		t.Errorf("%+v", got)
	}
	ca := p.Root
	var bag []*testpki.Cert
	for i := range 60 {
		ca = p.Under(ca, testpki.Options{Name: fmt.Sprint("CA ", i), CA: true})
		bag = append(bag, ca)
	}
	got := ask(c, p.Under(ca, testpki.Options{Addresses: anna}), bag...)
	t.Logf("5,000 certificates and a chain of 60: %v, chain: %s", time.Since(start), got.Status)
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
}

// TestNoCertificate: a request without a certificate is a fault of the caller, which is
// told so, and never a panic or a certificate that holds.
func TestNoCertificate(t *testing.T) {
	c := checker(t, testpki.New(t))
	for _, r := range []Request{
		{},
		{Address: "anna@kunde.example", At: time.Now()},
		{Pinned: true, Purpose: Encrypt, At: time.Now()},
	} {
		if res := c.Check(context.Background(), r); res.Status != Unchecked || res.Fault == nil || res.Answered.All() {
			t.Errorf("%+v: %+v", r, res)
		}
	}
}
