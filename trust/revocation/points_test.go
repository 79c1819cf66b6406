package revocation

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"testing"

	"sealgate/internal/testpki"
)

func tlv(tag byte, parts ...string) string {
	body := strings.Join(parts, "")
	if len(body) > 127 {
		return string([]byte{tag, 0x81, byte(len(body))}) + body
	}
	return string([]byte{tag, byte(len(body))}) + body
}

func TestPoints(t *testing.T) {
	uri := func(u string) string { return tlv(0x86, u) }
	full := func(names ...string) string { return tlv(0xa0, tlv(0xa0, names...)) }
	for name, k := range map[string]struct {
		der  string
		want string
	}{
		"one":                    {tlv(0x30, tlv(0x30, full(uri("http://a/1")))), "[{[http://a/1] false false}]"},
		"two names":              {tlv(0x30, tlv(0x30, full(uri("ldap://a/1"), uri("http://a/1")))), "[{[ldap://a/1 http://a/1] false false}]"},
		"two points":             {tlv(0x30, tlv(0x30, full(uri("http://a/1"))), tlv(0x30, full(uri("http://a/2")))), "[{[http://a/1] false false} {[http://a/2] false false}]"},
		"some reasons":           {tlv(0x30, tlv(0x30, full(uri("http://a/1")), tlv(0x81, "\x01\x02"))), "[{[http://a/1] true false}]"},
		"indirect":               {tlv(0x30, tlv(0x30, full(uri("http://a/1")), tlv(0xa2, tlv(0xa4, "x")))), "[{[http://a/1] false true}]"},
		"no name":                {tlv(0x30, tlv(0x30, tlv(0xa2, tlv(0xa4, "x")))), "[]"},
		"relative to the issuer": {tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa1, "x")))), "[]"},
		"too many points":        {tlv(0x30, strings.Repeat(tlv(0x30, full(uri("u"))), maxPoints+1)), fmt.Sprint(strings.Repeat("{[u] false false}", maxPoints))},
		"too many names":         {tlv(0x30, tlv(0x30, full(strings.Repeat(uri("u"), maxURLs+1)))), "[{[" + strings.TrimSpace(strings.Repeat("u ", maxURLs)) + "] false false}]"},
		"garbage":                {"\x30\x80", "[]"},
		"empty":                  {"", "[]"},
	} {
		c := &x509.Certificate{Extensions: []pkix.Extension{{Id: oidCRLPoints, Value: []byte(k.der)}}}
		var got string
		for _, p := range points(c) {
			got += fmt.Sprintf(" {%v %v %v}", p.urls, p.reasons, p.indirect)
		}
		got = "[" + strings.TrimSpace(got) + "]"
		if name == "too many points" {
			got = strings.NewReplacer(" {", "{", "[{", "{", "}]", "}").Replace(got)
		}
		if got != k.want {
			t.Errorf("%s: %s, want %s", name, got, k.want)
		}
	}
}

// FuzzSources feeds what a revocation service may send to its readers.
func FuzzSources(f *testing.F) {
	p, err := testpki.NewRoot(testpki.Options{Name: "Test Root"})
	if err != nil {
		f.Fatal(err)
	}
	cert, err := p.Issue(testpki.Options{Addresses: anna})
	if err != nil {
		f.Fatal(err)
	}
	s := &services{pki: &testpki.PKI{Root: p}, issued: []*testpki.Cert{cert}, since: cert.Certificate.NotBefore}
	q, err := askOCSP(cert.Certificate, p.Certificate)
	if err != nil {
		f.Fatal(err)
	}
	for _, mode := range []string{"good", "revoked"} {
		f.Add(s.list(mode))
		f.Add(s.ocsp(q.der, mode))
	}
	f.Add([]byte(tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, "http://a/1"))), tlv(0x81, "\x01\x02")))))
	at := cert.Certificate.NotBefore
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parseCRL(data, p.Certificate); err == nil {
			c.find(cert.Certificate)
		}
		if a, err := q.read(data, at); err == nil && a.State == "" {
			t.Error("no state")
		}
		if parts, err := splitCRL(data); err == nil {
			readEntries(parts.revoked)
		}
		readEntries(data)
		readIssuingPoint(data)
		points(&x509.Certificate{Extensions: []pkix.Extension{{Id: oidCRLPoints, Value: data}}})
	})
}
