package revocation

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/trust"
)

// patience is what a check waits for look-ups in these tests.
const patience = 700 * time.Millisecond

// judge is a checker, alone or with what it asks.
type judge interface {
	Check(ctx context.Context, r trust.Request) trust.Result
}

func check(c judge, cert *testpki.Cert, bag ...*testpki.Cert) (trust.Result, time.Duration) {
	return checkWithin(patience, c, cert, bag...)
}

func checkWithin(limit time.Duration, c judge, cert *testpki.Cert, bag ...*testpki.Cert) (trust.Result, time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	r := trust.Request{Certificate: cert.Certificate, Address: "anna@kunde.example", Purpose: trust.Sign, At: time.Now()}
	for _, b := range bag {
		r.Intermediates = append(r.Intermediates, b.Certificate.Raw)
	}
	start := time.Now()
	return c.Check(ctx, r), time.Since(start)
}

// TestRevocation: every way in which a service can answer, by OCSP and by CRL,
// under each policy, with a cache and without.
func TestRevocation(t *testing.T) {
	for mode, want := range map[string]trust.Revocation{
		"good": trust.RevocationGood, "revoked": trust.RevocationRevoked, "unknown": trust.RevocationUnknown, "expired": trust.RevocationUnknown, "future": trust.RevocationUnknown, "revoked, expired": trust.RevocationRevoked, "wrong signer": trust.RevocationUnknown,
		"hang": trust.RevocationUnknown, "huge": trust.RevocationUnknown, "redirect": trust.RevocationUnknown, "404": trust.RevocationUnknown, "garbage": trust.RevocationUnknown,
	} {
		for _, by := range []string{"ocsp", "crl"} {
			if mode == "unknown" && by == "crl" {
				continue // a CRL knows no such thing
			}
			t.Run(by+"/"+mode, func(t *testing.T) {
				t.Parallel()
				s := newServices(t)
				s.set(mode)
				cert := s.person(by)
				limit := time.Minute // who answers is waited for, however busy the machine is
				if mode == "hang" {
					limit = patience
				}
				for policy, status := range map[trust.Policy]map[trust.Revocation]trust.Status{
					trust.Hard: {trust.RevocationGood: trust.Valid, trust.RevocationRevoked: trust.Revoked, trust.RevocationUnknown: trust.Unchecked},
					trust.Soft: {trust.RevocationGood: trust.Valid, trust.RevocationRevoked: trust.Revoked, trust.RevocationUnknown: trust.Valid},
				} {
					for _, cache := range []Cache{nil, newMemory()} {
						c := s.checker(policy, cache)
						for range 2 { // the second time from memory, if there is one
							res, took := checkWithin(limit, c, cert)
							if res.Status != status[want] || res.Revocation != want {
								t.Errorf("%s: %+v", policy, res)
							}
							if bad := res.Revocation != trust.RevocationGood; bad != (res.Reason != "") {
								t.Errorf("%s: reason %q", policy, res.Reason)
							}
							if took > patience+5*time.Second {
								t.Errorf("waited %v", took)
							}
						}
					}
				}
				if c := s.checker(trust.Off, nil); true {
					before := s.count("/")
					if res, _ := check(c, cert); res.Status != trust.Valid || res.Revocation != trust.RevocationNotChecked || s.count("/") != before {
						t.Errorf("off: %+v", res)
					}
				}
			})
		}
	}
}

// TestNoService: a certificate that names no service is valid under soft, and
// unchecked, not unknown, under hard: trying again would not help.
func TestNoService(t *testing.T) {
	s := newServices(t)
	cert := s.person()
	if res, _ := check(s.checker(trust.Soft, nil), cert); res.Status != trust.Valid || res.Revocation != trust.RevocationNotChecked || res.Reason != "" {
		t.Errorf("soft: %+v", res)
	}
	if res, _ := check(s.checker(trust.Hard, nil), cert); res.Status != trust.Unchecked || res.Revocation != trust.RevocationNotChecked || res.Reason == "" {
		t.Errorf("hard: %+v", res)
	}
}

// TestTrustedItself: nobody can be asked of a certificate that is a root itself.
func TestTrustedItself(t *testing.T) {
	s := newServices(t)
	root, err := testpki.NewRoot(testpki.Options{Addresses: anna, Usage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign})
	if err != nil {
		t.Fatal(err)
	}
	s.pki.Root = root
	if res, _ := check(s.checker(trust.Hard, nil), root); res.Status != trust.Valid || res.Revocation != trust.RevocationNotChecked {
		t.Errorf("%+v", res)
	}
}

// TestRevokedAfterSigning: a signing-time is the signer's own word; a certificate
// that was revoked since is revoked, and the day is said.
func TestRevokedAfterSigning(t *testing.T) {
	s := newServices(t)
	s.since = time.Now().Add(-time.Minute)
	s.set("revoked")
	res, _ := check(s.checker(trust.Soft, nil), s.person("ocsp"))
	if res.Status != trust.Revoked || !strings.Contains(res.Reason, s.since.UTC().Format(time.DateOnly)) || !strings.Contains(res.Reason, "key compromised") {
		t.Errorf("%+v", res)
	}
}

// TestFallback: the CRL speaks where OCSP is silent.
func TestFallback(t *testing.T) {
	s := newServices(t)
	cert := s.pki.Issue(testpki.Options{Addresses: anna, OCSP: []string{s.url + "/none/ocsp-is-elsewhere"}, CRL: []string{s.url + "/crl"}})
	cert.Certificate.OCSPServer = []string{"http://127.0.0.1:1/"}
	if res, _ := check(s.checker(trust.Hard, nil), cert); res.Status != trust.Valid || res.Revocation != trust.RevocationGood {
		t.Errorf("%+v", res)
	}
}

// TestDelegatedResponder: only whom the authority appointed may answer.
func TestDelegatedResponder(t *testing.T) {
	s := newServices(t)
	cert := s.person("ocsp")
	issue := func(o testpki.Options) *testpki.Cert { o.Name = "Responder"; return s.pki.Issue(o) }
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	for name, k := range map[string]struct {
		responder *testpki.Cert
		want      trust.Revocation
	}{
		"the authority": {nil, trust.RevocationGood},
		"appointed":     {issue(testpki.Options{EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}), trust.RevocationGood},
		"not for OCSP":  {issue(testpki.Options{EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}), trust.RevocationUnknown},
		"expired":       {issue(testpki.Options{EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}), trust.RevocationUnknown},
		"of another":    {s.pki.Under(sub, testpki.Options{Name: "Responder", EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}), trust.RevocationUnknown},
		"of a stranger": {testpki.New(t).Issue(testpki.Options{Name: "Responder", EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}), trust.RevocationUnknown},
	} {
		s.responder = k.responder
		if res, _ := check(s.checker(trust.Hard, nil), cert); res.Revocation != k.want {
			t.Errorf("%s: %+v", name, res)
		}
	}
}

// TestNonce: an answer made for somebody else's question is none.
func TestNonce(t *testing.T) {
	s := newServices(t)
	cert, issuer := s.person("ocsp").Certificate, s.pki.Root.Certificate
	q, err := askOCSP(cert, issuer)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		nonce []byte
		good  bool
	}{"none": {nil, true}, "ours": {q.nonce, true}, "another": {[]byte("0123456789abcdef0123456789abcdef"), false}} {
		der := s.ocsp(q.der, "good")
		if k.nonce != nil {
			der = resigned(t, s.pki.Root, der, k.nonce)
		}
		if _, err := q.read(der, time.Now()); (err == nil) != k.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// resigned puts a nonce into an OCSP response and signs it anew.
func resigned(t *testing.T, by *testpki.Cert, der, nonce []byte) []byte {
	t.Helper()
	type basic struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	var outer struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type asn1.ObjectIdentifier
			Body []byte
		} `asn1:"explicit,tag:0"`
	}
	var in basic
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(asn1.Unmarshal(der, &outer))
	must(asn1.Unmarshal(outer.Bytes.Body, &in))
	value, err := asn1.Marshal(nonce)
	must(nil, err)
	ext, err := asn1.MarshalWithParams([]pkix.Extension{{Id: oidNonce, Value: value}}, "explicit,tag:1")
	must(nil, err)
	in.TBS.Bytes, in.TBS.FullBytes = append(append([]byte{}, in.TBS.Bytes...), ext...), nil
	tbs, err := asn1.Marshal(in.TBS)
	must(nil, err)
	in.TBS = asn1.RawValue{FullBytes: tbs}
	in.Signature = asn1.BitString{Bytes: signature(t, by, tbs)}
	in.Signature.BitLength = len(in.Signature.Bytes) * 8
	outer.Bytes.Body, err = asn1.Marshal(in)
	must(nil, err)
	out, err := asn1.Marshal(outer)
	must(nil, err)
	return out
}

// TestIntermediateRevoked: an authority below the root is asked about too, and one
// revoked path does not spoil another.
func TestIntermediateRevoked(t *testing.T) {
	s := newServices(t)
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true, CRL: []string{s.url + "/crl"}})
	s.issued = append(s.issued, sub)
	leaf := s.pki.Under(sub, testpki.Options{Addresses: anna})
	s.set("revoked")
	if res, _ := check(s.checker(trust.Soft, nil), leaf, sub); res.Status != trust.Revoked || !strings.Contains(res.Reason, "authority") {
		t.Errorf("%+v", res)
	}
	again := s.pki.Issue(testpki.Options{Name: "Sub", CA: true, ReuseKeyFrom: sub})
	if res, _ := check(s.checker(trust.Soft, nil), leaf, sub, again); res.Status != trust.Valid {
		t.Errorf("a second path: %+v", res)
	}
}

// TestCRLs that are not what they seem.
func TestCRLs(t *testing.T) {
	s := newServices(t)
	cert := s.person("crl")
	this, next := times("good")
	point := func(url string, flags ...byte) pkix.Extension {
		var name []byte
		if url != "" {
			uri := append([]byte{0x86, byte(len(url))}, url...)
			full := append([]byte{0xa0, byte(len(uri))}, uri...)
			name = append([]byte{0xa0, byte(len(full))}, full...)
		}
		for _, f := range flags {
			name = append(name, 0x80|f, 1, 0xff)
		}
		return pkix.Extension{Id: oidIssuingPoint, Critical: true, Value: append([]byte{0x30, byte(len(name))}, name...)}
	}
	entry := x509.RevocationListEntry{SerialNumber: cert.Certificate.SerialNumber, RevocationTime: s.since}
	indirect := entry
	indirect.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}}
	noSign := testpki.New(t)
	for name, k := range map[string]struct {
		list x509.RevocationList
		by   *testpki.Cert
		want trust.Revocation
		why  string
	}{
		"plain, listed":           {x509.RevocationList{RevokedCertificateEntries: []x509.RevocationListEntry{entry}}, nil, trust.RevocationRevoked, ""},
		"for users":               {x509.RevocationList{ExtraExtensions: []pkix.Extension{point("", 1)}}, nil, trust.RevocationGood, ""},
		"for authorities":         {x509.RevocationList{ExtraExtensions: []pkix.Extension{point("", 2)}}, nil, trust.RevocationUnknown, "does not speak"},
		"of this point":           {x509.RevocationList{ExtraExtensions: []pkix.Extension{point(s.url + "/crl")}}, nil, trust.RevocationGood, ""},
		"of another point":        {x509.RevocationList{ExtraExtensions: []pkix.Extension{point("http://x.example/2.crl")}}, nil, trust.RevocationUnknown, "does not speak"},
		"of a directory":          {x509.RevocationList{ExtraExtensions: []pkix.Extension{{Id: oidIssuingPoint, Critical: true, Value: []byte{0x30, 8, 0xa0, 6, 0xa0, 4, 0xa4, 2, 0x30, 0}}}}, nil, trust.RevocationUnknown, "does not speak"},
		"some reasons":            {x509.RevocationList{ExtraExtensions: []pkix.Extension{point("", 3)}}, nil, trust.RevocationUnknown, "indirect"},
		"indirect":                {x509.RevocationList{ExtraExtensions: []pkix.Extension{point("", 4)}}, nil, trust.RevocationUnknown, "indirect"},
		"attribute certificates":  {x509.RevocationList{ExtraExtensions: []pkix.Extension{point("", 5)}}, nil, trust.RevocationUnknown, "indirect"},
		"delta":                   {x509.RevocationList{ExtraExtensions: []pkix.Extension{{Id: oidDeltaCRL, Critical: true, Value: []byte{2, 1, 1}}}}, nil, trust.RevocationUnknown, "delta"},
		"unknown critical":        {x509.RevocationList{ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}}, nil, trust.RevocationUnknown, "critical"},
		"unknown, not critical":   {x509.RevocationList{ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}}}, nil, trust.RevocationGood, ""},
		"another issuer's entry":  {x509.RevocationList{RevokedCertificateEntries: []x509.RevocationListEntry{indirect}}, nil, trust.RevocationUnknown, "indirect"},
		"another authority's":     {x509.RevocationList{}, noSign.Issue(testpki.Options{Name: "Other", CA: true}), trust.RevocationUnknown, "another authority"},
		"same name, another key":  {x509.RevocationList{}, noSign.Root, trust.RevocationUnknown, "signature"},
		"removeFromCRL in a base": {x509.RevocationList{RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: cert.Certificate.SerialNumber, RevocationTime: s.since, ReasonCode: 8}}}, nil, trust.RevocationGood, ""},
		"on hold":                 {x509.RevocationList{RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: cert.Certificate.SerialNumber, RevocationTime: s.since, ReasonCode: 6}}}, nil, trust.RevocationRevoked, "on hold"},
	} {
		by := k.by
		if by == nil {
			by = s.pki.Root
		}
		k.list.Number, k.list.ThisUpdate, k.list.NextUpdate = big.NewInt(1), this, next
		s.crl = s.sign(&k.list, by)
		if res, _ := check(s.checker(trust.Hard, nil), cert); res.Revocation != k.want || !strings.Contains(res.Reason, k.why) {
			t.Errorf("%s: %+v", name, res)
		}
	}
	changed := s.sign(&x509.RevocationList{Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next, RevokedCertificateEntries: []x509.RevocationListEntry{entry}}, s.pki.Root)
	for i := range changed {
		bad := append([]byte{}, changed...)
		bad[i] ^= 0x01
		if c, err := parseCRL(bad, s.pki.Root.Certificate); err == nil {
			t.Errorf("octet %d changed, and taken: %+v", i, c)
		}
	}
}

// TestRestart: with the cache of the store nothing is fetched again.
func TestRestart(t *testing.T) {
	s := newServices(t)
	cert, other := s.person("ocsp"), s.person("crl")
	cache := newMemory()
	first := s.checker(trust.Hard, cache)
	check(first, cert)
	check(first, other)
	before := s.count("/")
	s.set("hang")
	again := s.checker(trust.Hard, cache)
	for _, c := range []*testpki.Cert{cert, other} {
		if res, _ := check(again, c); res.Status != trust.Valid || res.Revocation != trust.RevocationGood {
			t.Errorf("%+v", res)
		}
	}
	if n := s.count("/"); n != before {
		t.Errorf("%d requests after the restart", n-before)
	}
}

// TestFetches: 200 mails a second of the same 50 signers cost what 50 signers
// cost, also when all come at once, and when the service is dead.
func TestFetches(t *testing.T) {
	for mode, limit := range map[string]int{"good": 50, "404": 50} {
		s := newServices(t)
		s.set(mode)
		c := s.checker(trust.Soft, newMemory())
		var people []*testpki.Cert
		for i := range 50 {
			people = append(people, s.pki.Issue(testpki.Options{Addresses: anna, OCSP: []string{s.url + fmt.Sprintf("/ocsp/%d", i)}, CRL: []string{s.url + "/crl"}}))
		}
		start := time.Now()
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() { check(c, people[i%50]) })
			if i%50 == 49 {
				time.Sleep(time.Millisecond)
			}
		}
		all.Wait()
		rate := 1000 / time.Since(start).Seconds()
		t.Logf("%s: 1000 checks of 50 signers at %.0f/s: %d OCSP requests, %d of the CRL", mode, rate, s.count("/ocsp"), s.count("/crl"))
		if s.count("/ocsp") > limit || s.count("/crl") > 1 {
			t.Errorf("%s: %d OCSP and %d CRL requests", mode, s.count("/ocsp"), s.count("/crl"))
		}
		if mode == "good" && rate < 200 {
			t.Errorf("%.0f checks a second", rate)
		}
	}
}

// TestRefreshAhead: what runs out soon is asked for in the background; nobody
// waits for it.
func TestRefreshAhead(t *testing.T) {
	s := newServices(t)
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	cert, cache := s.person("ocsp"), newMemory()
	c := s.asking(trust.Hard, Options{Cache: cache, Now: clock})
	check(c, cert)
	mu.Lock()
	now = now.Add(longest + time.Minute)
	mu.Unlock()
	if res, took := check(c, cert); res.Status != trust.Valid || took > 5*time.Second {
		t.Errorf("%+v after %v", res, took)
	}
	for range 100 {
		if s.count("/ocsp") == 2 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d requests, want 2", s.count("/ocsp"))
}

// TestAIA: a missing intermediate comes from where the certificate says, then from
// the pool, then nothing is fetched; a chain that was proved once is known.
func TestAIA(t *testing.T) {
	s := newServices(t)
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true, CRL: []string{s.url + "/crl"}})
	leaf := s.pki.Under(sub, testpki.Options{Addresses: anna, AIA: []string{s.url + "/ca"}})
	plain := s.pki.Under(sub, testpki.Options{Addresses: anna})
	cache := newMemory()
	c := s.checker(trust.Soft, cache)
	if res, _ := check(c, plain); res.Status != trust.Untrusted {
		t.Fatalf("nobody knows the intermediate, and yet: %+v", res)
	}
	s.ca = sub.Certificate.Raw
	if res, _ := check(c, leaf); res.Status != trust.Valid || len(res.Chain) != 3 {
		t.Errorf("by AIA: %+v", res)
	}
	if res, _ := check(c, plain); res.Status != trust.Valid {
		t.Errorf("by the pool: %+v", res)
	}
	n := s.count("/ca")
	if res, _ := check(s.checker(trust.Soft, cache), leaf); res.Status != trust.Valid || s.count("/ca") != n {
		t.Errorf("after a restart: %+v, %d requests", res, s.count("/ca")-n)
	}
	s.ca = testpki.New(t).Issue(testpki.Options{Name: "Sub", CA: true}).Certificate.Raw
	if res, _ := check(s.checker(trust.Soft, newMemory()), leaf); res.Status != trust.Untrusted {
		t.Errorf("another authority of that name: %+v", res)
	}
}

// TestAIAConstrained: an authority that is constrained to directory names is taken from
// where its URL leads as from a mail: the mail after it would take it from memory.
func TestAIAConstrained(t *testing.T) {
	s := newServices(t)
	name, err := asn1.Marshal(pkix.Name{Organization: []string{"Other"}}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	excluded := []byte(tlv(0x30, tlv(0xa1, tlv(0x30, tlv(0xa4, string(name))))))
	constraints := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 30}, Critical: true, Value: excluded}
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true, Extra: []pkix.Extension{constraints}})
	s.ca = sub.Certificate.Raw
	for organization, want := range map[string]trust.Status{"Bank": trust.Valid, "Other": trust.Untrusted} {
		subject := pkix.Name{Organization: []string{organization}}
		leaf := s.pki.Under(sub, testpki.Options{Addresses: anna, AIA: []string{s.url + "/ca"}, DN: &subject})
		if res, _ := check(s.checker(trust.Soft, newMemory()), leaf); res.Status != want {
			t.Errorf("%s: %+v, want %s", organization, res, want)
		}
	}
}
