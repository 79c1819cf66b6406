package revocation

// This file tests which OCSP answers count: those of the right authority, about the
// right certificate, for as long as they hold.

import (
	"cmp"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"sealgate/internal/testpki"
	"sealgate/trust"
)

// madeAnswer is a "good" for a certificate, as the authority is asked for it when
// nothing else is said.
type madeAnswer struct {
	of         *testpki.Cert           // whose certificate it is, by the answer's CertID; nil: the authority's
	responder  *testpki.Cert           // who signs; nil: the authority
	single     []pkix.Extension        // singleExtensions
	whole      []pkix.Extension        // responseExtensions
	this, next time.Time               // this: zero is now
	hash       crypto.Hash             // of CertID; zero: SHA-1, as in the question
	algorithm  x509.SignatureAlgorithm // zero: by SHA-256
}

// answer makes it; by is the authority.
func (m madeAnswer) answer(t *testing.T, by *testpki.Cert, cert *x509.Certificate) []byte {
	t.Helper()
	o := ocsp.Response{SerialNumber: cert.SerialNumber, ThisUpdate: m.this, NextUpdate: m.next, IssuerHash: cmp.Or(m.hash, crypto.SHA1), ExtraExtensions: m.single, SignatureAlgorithm: m.algorithm}
	if o.ThisUpdate.IsZero() {
		o.ThisUpdate = time.Now()
	}
	of, signer := by, by
	if m.of != nil {
		of = m.of
	}
	if m.responder != nil {
		signer, o.Certificate = m.responder, m.responder.Certificate
	}
	der, err := ocsp.CreateResponse(of.Certificate, signer.Certificate, o, signer.Key)
	if err != nil {
		t.Fatal(err)
	}
	if m.whole != nil {
		der = extended(t, signer, der, m.whole)
	}
	return der
}

// extended puts responseExtensions into an OCSP response and signs it anew.
func extended(t *testing.T, by *testpki.Cert, der []byte, extensions []pkix.Extension) []byte {
	t.Helper()
	marshal := func(v any, params string) []byte {
		t.Helper()
		b, err := asn1.MarshalWithParams(v, params)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	resp, err := ocsp.ParseResponse(der, nil)
	if err != nil {
		t.Fatal(err)
	}
	var tbs asn1.RawValue
	if _, err := asn1.Unmarshal(resp.TBSResponseData, &tbs); err != nil {
		t.Fatal(err)
	}
	tbs = asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: append(tbs.Bytes, marshal(extensions, "explicit,tag:1")...)}
	sig := signature(t, by, marshal(tbs, ""))
	basic := marshal(struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{tbs, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}, asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}}, "")
	type body struct {
		Type asn1.ObjectIdentifier
		Body []byte
	}
	return marshal(struct {
		Status asn1.Enumerated
		Bytes  body `asn1:"explicit,tag:0"`
	}{0, body{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}, basic}}, "")
}

// TestOCSPAnswers: one about a certificate of the same number of another authority,
// one with a critical extension, one by a responder whom another name or a SHA-1
// signature appoints, are none.
func TestOCSPAnswers(t *testing.T) {
	root, cert := testpki.New(t).Root, (*testpki.Cert)(nil)
	issue := func(by *testpki.Cert, o testpki.Options) *testpki.Cert {
		t.Helper()
		c, err := by.Issue(o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	cert = issue(root, testpki.Options{Addresses: anna})
	renamed, err := testpki.NewRoot(testpki.Options{Name: "Another Root", ReuseKeyFrom: root})
	if err != nil {
		t.Fatal(err)
	}
	responder := testpki.Options{Name: "Responder", EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}
	sha1 := responder
	sha1.Signature = x509.ECDSAWithSHA1
	unknown := func(critical bool) []pkix.Extension {
		return []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: critical, Value: []byte{5, 0}}}
	}
	mayNot, strange := responder, responder
	mayNot.Usage, strange.Extra = x509.KeyUsageKeyAgreement, unknown(true)
	q, err := askOCSP(cert.Certificate, root.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		madeAnswer
		want string // in the error; "": it counts
	}{
		"plain":                                   {madeAnswer{}, ""},
		"of an authority of another name":         {madeAnswer{of: renamed}, "another authority"},
		"of an authority with another key":        {madeAnswer{of: testpki.New(t).Root}, "another authority"},
		"critical, of the certificate":            {madeAnswer{single: unknown(true)}, "critical extension"},
		"not critical, of the certificate":        {madeAnswer{single: unknown(false)}, ""},
		"critical, of the answer":                 {madeAnswer{whole: unknown(true)}, "critical extension 1.2.3"},
		"not critical, of the answer":             {madeAnswer{whole: unknown(false)}, ""},
		"a critical nonce, which is ours":         {madeAnswer{whole: []pkix.Extension{{Id: oidNonce, Critical: true, Value: append([]byte{4, nonceLength}, q.nonce...)}}}, ""},
		"by SHA-256":                              {madeAnswer{hash: crypto.SHA256}, ""},
		"by SHA-256, of another authority":        {madeAnswer{hash: crypto.SHA256, of: renamed}, "another authority"},
		"by a responder that may not sign":        {madeAnswer{responder: issue(root, mayNot)}, "may not sign"},
		"by a responder with a critical unknown":  {madeAnswer{responder: issue(root, strange)}, "critical extension"},
		"by a responder":                          {madeAnswer{responder: issue(root, responder)}, ""},
		"by a responder of another name's issuer": {madeAnswer{responder: issue(renamed, responder)}, "did not appoint"},
		"by a responder appointed with SHA-1":     {madeAnswer{responder: issue(root, sha1)}, "SHA-1"},
		"signed with SHA-1":                       {madeAnswer{algorithm: x509.ECDSAWithSHA1}, "SHA-1"},
	} {
		a, err := q.read(k.answer(t, root, cert.Certificate), time.Now())
		if k.want == "" && (err != nil || a.State != trust.RevocationGood) || k.want != "" && (err == nil || !strings.Contains(err.Error(), k.want)) {
			t.Errorf("%s: %+v, %v; want %q", name, a, err, k.want)
		}
	}
}

// TestPartnersServicesNeedMoreThanSHA1: the exception for a partner's certificates holds for
// no service that speaks of them.
func TestPartnersServicesNeedMoreThanSHA1(t *testing.T) {
	s := newServices(t)
	responder := s.pki.Issue(testpki.Options{
		Name: "Responder", EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, Signature: x509.ECDSAWithSHA1,
	})
	for name, k := range map[string]struct {
		madeAnswer
		want trust.Status
	}{
		"by SHA-256":                  {madeAnswer{}, trust.Valid},
		"by SHA-1":                    {madeAnswer{algorithm: x509.ECDSAWithSHA1}, trust.Unchecked},
		"by one certified with SHA-1": {madeAnswer{responder: responder}, trust.Unchecked},
	} {
		var cert *testpki.Cert
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Write(k.answer(t, s.pki.Root, cert.Certificate))
		}))
		t.Cleanup(h.Close)
		cert = s.pki.Issue(testpki.Options{Addresses: anna, OCSP: []string{h.URL}, Signature: x509.ECDSAWithSHA1})
		c, err := trust.New(trust.Options{
			Roots: []*x509.Certificate{s.pki.Root.Certificate}, Revocation: trust.Hard,
			Sources:  s.checker(trust.Hard, nil).sources,
			Partners: []trust.Partner{{Domain: "kunde.example", SHA1Until: time.Now()}},
		})
		if err != nil {
			t.Fatal(err)
		}
		res := c.Check(t.Context(), trust.Request{Certificate: cert.Certificate, Address: anna[0], At: time.Now()})
		if res.Status != k.want {
			t.Errorf("%s: %+v, want %s", name, res, k.want)
		}
	}
}

// TestAnswerWithoutEnd: an answer that does not say until when it holds does so for a
// day after it was made, in the cache as well.
func TestAnswerWithoutEnd(t *testing.T) {
	s := newServices(t)
	var cert *testpki.Cert
	var silent atomic.Bool
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent.Load() {
			http.NotFound(w, r)
			return
		}
		w.Write(madeAnswer{}.answer(t, s.pki.Root, cert.Certificate))
	}))
	t.Cleanup(h.Close)
	cert = s.pki.Issue(testpki.Options{Addresses: anna, OCSP: []string{h.URL}})
	made := time.Now().Truncate(time.Second)
	q, err := askOCSP(cert.Certificate, s.pki.Root.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	der := madeAnswer{this: made}.answer(t, s.pki.Root, cert.Certificate)
	for age, holds := range map[time.Duration]bool{0: true, maxOCSPAge: true, maxOCSPAge + time.Second: false} {
		if a, err := q.read(der, made.Add(age)); (err == nil) != holds || holds && !a.Until.Equal(made.Add(24*time.Hour)) {
			t.Errorf("after %v: %+v, %v", age, a, err)
		}
	}
	c := s.clocked(trust.Hard, newMemory())
	for _, k := range []struct {
		after time.Duration
		want  trust.Revocation
	}{{0, trust.RevocationGood}, {23 * time.Hour, trust.RevocationGood}, {2 * time.Hour, trust.RevocationUnknown}} {
		c.forward(k.after)
		if res, _ := c.verdict(cert); res.Revocation != k.want {
			t.Errorf("%v later: %+v", k.after, res)
		}
		silent.Store(true)
	}
}
