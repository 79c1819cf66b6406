package trust_test

// This file signs NIST's certificates and CRLs anew: same names, extensions, times
// and faults, other keys and SHA-256.

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"
)

// pkits is the suite.
type pkits struct {
	t     *testing.T
	names []string
	certs []signed
	lists []signed
	root  int
	keys  map[string]*ecdsa.PrivateKey // by the old SubjectPublicKeyInfo
}

// signed is a certificate or CRL before and after.
type signed struct {
	tbs, signature  []byte // as NIST made it
	fields          []cryptobyte.String
	issuer, subject string
	key             string // SubjectPublicKeyInfo; "" for a CRL
	now             []byte
}

func newPKITS(t *testing.T, dir string) *pkits {
	t.Helper()
	p := &pkits{t: t, root: -1, keys: map[string]*ecdsa.PrivateKey{}}
	for _, path := range files(t, dir, "certs/*.crt") {
		name := strings.TrimSuffix(filepath.Base(path), ".crt")
		if name == "TrustAnchorRootCertificate" {
			p.root = len(p.certs)
		}
		p.names, p.certs = append(p.names, name), append(p.certs, p.read(path, true))
	}
	for _, path := range files(t, dir, "crls/*.crl") {
		p.lists = append(p.lists, p.read(path, false))
	}
	if p.root < 0 {
		t.Fatal("no trust anchor")
	}
	for i := range p.certs {
		p.certs[i].now = p.again(&p.certs[i])
	}
	for i := range p.lists {
		p.lists[i].now = p.again(&p.lists[i])
	}
	return p
}

func files(t *testing.T, dir, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(list) == 0 {
		t.Fatalf("%s/%s: %v", dir, pattern, err)
	}
	return list
}

// read parts a certificate or a CRL into the fields of its first SEQUENCE.
func (p *pkits) read(path string, certificate bool) (s signed) {
	p.t.Helper()
	der, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	in := cryptobyte.String(der)
	var outer, tbs, algorithm cryptobyte.String
	if !in.ReadASN1(&outer, cb.SEQUENCE) || !outer.ReadASN1Element(&tbs, cb.SEQUENCE) || !outer.ReadASN1Element(&algorithm, cb.SEQUENCE) || !outer.ReadASN1BitStringAsBytes(&s.signature) {
		p.t.Fatalf("%s cannot be read", path)
	}
	s.tbs = tbs
	var body cryptobyte.String
	tbs.ReadASN1(&body, cb.SEQUENCE)
	for !body.Empty() {
		var e cryptobyte.String
		var tag cb.Tag
		if !body.ReadAnyASN1Element(&e, &tag) {
			p.t.Fatalf("%s cannot be read", path)
		}
		s.fields = append(s.fields, e)
	}
	if certificate { // version, serial, algorithm, issuer, validity, subject, key
		s.issuer, s.subject, s.key = string(s.fields[3]), string(s.fields[5]), string(s.fields[6])
	} else { // version, algorithm, issuer
		s.issuer = string(s.fields[2])
	}
	return s
}

// signer finds whose key has made the signature; of nobody, it is the first of the
// name and the signature is a broken one.
func (p *pkits) signer(s *signed) (key string, broken bool) {
	for _, c := range p.certs {
		if c.subject != s.issuer {
			continue
		}
		if key == "" {
			key, broken = c.key, true
		}
		pub, err := x509.ParsePKIXPublicKey([]byte(c.key))
		k, ok := pub.(*rsa.PublicKey)
		digest := sha1.Sum(s.tbs)
		if err == nil && ok && rsa.VerifyPKCS1v15(k, crypto.SHA1, digest[:], s.signature) == nil {
			return c.key, false
		}
	}
	return key, broken
}

func (p *pkits) newKey(old string) *ecdsa.PrivateKey {
	if p.keys[old] == nil {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			p.t.Fatal(err)
		}
		p.keys[old] = k
	}
	return p.keys[old]
}

// withSHA256 is ecdsa-with-SHA256 (RFC 5758 §3.2).
var withSHA256 = []byte{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}

// again signs anew. A key of DSA stays what it is: nobody can use it.
func (p *pkits) again(s *signed) []byte {
	old, broken := p.signer(s)
	var b cryptobyte.Builder
	b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
		for i, f := range s.fields {
			switch {
			case s.key != "" && i == 2, s.key == "" && i == 1:
				b.AddBytes(withSHA256)
			case s.key != "" && i == 6:
				b.AddBytes(p.publicKey(s.key))
			case s.key != "" && f[0] == 0xa3:
				p.extensions(b, s, f)
			default:
				b.AddBytes(f)
			}
		}
	})
	tbs, err := b.Bytes()
	if err != nil {
		p.t.Fatal(err)
	}
	digest := sha256.Sum256(tbs)
	if broken {
		digest[0] ^= 1
	}
	sig, err := ecdsa.SignASN1(rand.Reader, p.newKey(old), digest[:])
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := asn1.Marshal(struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}{asn1.RawValue{FullBytes: tbs}, asn1.RawValue{FullBytes: withSHA256}, asn1.BitString{Bytes: sig, BitLength: len(sig) * 8}})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *pkits) publicKey(old string) []byte {
	if pub, err := x509.ParsePKIXPublicKey([]byte(old)); err != nil {
		return []byte(old)
	} else if _, ok := pub.(*rsa.PublicKey); !ok {
		return []byte(old)
	}
	der, err := x509.MarshalPKIXPublicKey(p.newKey(old).Public())
	if err != nil {
		p.t.Fatal(err)
	}
	return der
}

// extensions adds a distribution point with a URL for each list of the issuer: the
// suite expects a directory in its place.
func (p *pkits) extensions(b *cryptobyte.Builder, s *signed, f cryptobyte.String) {
	var outer, list cryptobyte.String
	if !f.ReadASN1(&outer, cb.Tag(3).Constructed().ContextSpecific()) || !outer.ReadASN1(&list, cb.SEQUENCE) {
		p.t.Fatal("extensions cannot be read")
	}
	has := strings.Contains(string(list), "\x55\x1d\x1f")
	b.AddASN1(cb.Tag(3).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) {
		b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(list)
			if has || s.subject == s.issuer && s.key == p.certs[p.root].key {
				return
			}
			b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 5, 29, 31})
				b.AddASN1(cb.OCTET_STRING, func(b *cryptobyte.Builder) { p.points(b, s.issuer) })
			})
		})
	})
}

func (p *pkits) points(b *cryptobyte.Builder, issuer string) {
	tag0 := cb.Tag(0).Constructed().ContextSpecific()
	b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag0, func(b *cryptobyte.Builder) {
				b.AddASN1(tag0, func(b *cryptobyte.Builder) {
					for n := range 2 {
						b.AddASN1(cb.Tag(6).ContextSpecific(), func(b *cryptobyte.Builder) {
							b.AddBytes(fmt.Appendf(nil, "http://pkits.example/%x/%d", sha256.Sum256([]byte(issuer)), n))
						})
					}
				})
			})
		})
	})
}
