package trust

// This file has paths that openssl signs and crypto/x509 does not check: RSASSA-PSS with
// any parameters, authorities whose keys are for PSS only, curves of RFC 5639.

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"testing"
	"time"

	"sealgate/internal/spki"
	"sealgate/internal/testpki"
)

const (
	extensionsCA   = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash"
	extensionsAnna = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n" +
		"extendedKeyUsage=emailProtection\nsubjectAltName=email:anna@kunde.example"
)

// opensslKeys are keys that openssl made, one for each kind and place in a path: RSA keys
// take long to make.
type opensslKeys struct {
	*testpki.OpenSSL
	made map[string]string
}

// kindsOfKeys are as genpkey takes them.
var kindsOfKeys = map[string][]string{
	"p256":  {"EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
	"rsa":   {"RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
	"short": {"RSA", "-pkeyopt", "rsa_keygen_bits:1024"},
	"pss":   {"RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"},
	"bound": {
		"RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha256",
		"-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256", "-pkeyopt", "rsa_pss_keygen_saltlen:20",
	},
	"brainpoolP256r1": {"EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"},
	"brainpoolP384r1": {"EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP384r1"},
	"brainpoolP512r1": {"EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP512r1"},
}

func newOpensslKeys(t *testing.T) *opensslKeys {
	return &opensslKeys{testpki.NewOpenSSL(t), map[string]string{}}
}

func (o *opensslKeys) key(place, kind string) string {
	name := place + "-" + kind
	if o.made[name] == "" {
		o.made[name] = o.MakeKey(name, kindsOfKeys[kind]...)
	}
	return o.made[name]
}

// pss are openssl's options of such a signature.
func pss(digest, mgf, salt string) []string {
	return []string{"-" + digest, "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:" + salt, "-sigopt", "rsa_mgf1_md:" + mgf}
}

// opensslPath is a root, an authority below it and a person below that, of openssl's.
type opensslPath struct {
	root, sub, anna          string   // kinds of keys; "": p256
	signsRoot, signsSub, sig []string // the signatures on the root, the authority, the person
	subExtensions            string   // instead of the usual ones
	annaExtensions           string
	annaDays                 string // "": 10
}

func (k opensslPath) make(t *testing.T, keys *opensslKeys) (o *testpki.OpenSSL, root, sub, anna *x509.Certificate) {
	t.Helper()
	o = testpki.NewOpenSSL(t)
	root = o.Issue("root", "", testpki.Template{
		Key: keys.key("root", cmp.Or(k.root, "p256")), Sign: k.signsRoot, Extensions: extensionsCA,
	})
	sub = o.Issue("sub", "root", testpki.Template{
		Key: keys.key("sub", cmp.Or(k.sub, "p256")), Sign: k.signsSub, Extensions: cmp.Or(k.subExtensions, extensionsCA), Days: "20",
	})
	anna = o.Issue("anna", "sub", testpki.Template{
		Key: keys.key("anna", cmp.Or(k.anna, "p256")), Sign: k.sig, Extensions: cmp.Or(k.annaExtensions, extensionsAnna),
		Days: cmp.Or(k.annaDays, "10"),
	})
	return o, root, sub, anna
}

func judge(t *testing.T, root, sub, leaf *x509.Certificate, at time.Time) Result {
	t.Helper()
	c, err := New(Options{Roots: []*x509.Certificate{root}, Revocation: Off})
	if err != nil {
		t.Fatal(err)
	}
	return c.Check(context.Background(), Request{
		Certificate: leaf, Intermediates: [][]byte{sub.Raw}, Address: anna[0], Purpose: Sign, At: at,
	})
}

// TestSignaturesOfAuthorities: what openssl takes is valid, what it does not is not.
func TestSignaturesOfAuthorities(t *testing.T) {
	keys := newOpensslKeys(t)
	for name, k := range map[string]opensslPath{
		"PSS, salt as long as the key has room for": {root: "rsa", sub: "rsa", signsSub: pss("sha256", "sha256", "max"), sig: pss("sha256", "sha256", "max")},
		"PSS, no salt":                         {root: "rsa", sub: "rsa", sig: pss("sha256", "sha256", "0")},
		"PSS, MGF1 with SHA-1":                 {root: "rsa", sub: "rsa", sig: pss("sha256", "sha1", "32")},
		"PSS, MGF1 with a longer digest":       {root: "rsa", sub: "rsa", sig: pss("sha256", "sha512", "20")},
		"PSS of the root":                      {root: "rsa", signsRoot: pss("sha512", "sha256", "3"), sub: "p256", signsSub: pss("sha384", "sha384", "47")},
		"a key for PSS only":                   {root: "p256", sub: "pss", sig: pss("sha256", "sha256", "digest")},
		"a root's key for PSS only":            {root: "pss", sub: "p256"},
		"keys for PSS only throughout":         {root: "pss", sub: "pss", anna: "pss", sig: pss("sha512", "sha256", "0")},
		"a key bound to parameters":            {root: "p256", sub: "bound", sig: pss("sha256", "sha256", "20")},
		"a longer salt than a key is bound to": {root: "p256", sub: "bound", sig: pss("sha256", "sha256", "21")},
		"brainpoolP256r1":                      {root: "brainpoolP256r1", sub: "brainpoolP256r1", anna: "brainpoolP256r1"},
		"brainpoolP384r1":                      {root: "brainpoolP384r1", sub: "brainpoolP384r1", sig: []string{"-sha384"}},
		"brainpoolP512r1":                      {root: "brainpoolP512r1", sub: "brainpoolP512r1", sig: []string{"-sha512"}},
		"brainpool under PSS":                  {root: "pss", sub: "brainpoolP256r1"},
	} {
		t.Run(name, func(t *testing.T) {
			o, root, sub, anna := k.make(t, keys)
			if !o.Verifies("root", "sub", "anna") {
				t.Error("openssl does not take it")
			}
			if got := judge(t, root, sub, anna, time.Now()); got.Status != Valid || len(got.Chain) != 3 || got.Chain[0] != anna {
				t.Errorf("%+v", got)
			}
			if got := judge(t, root, sub, damaged(t, anna), time.Now()); got.Status != Untrusted {
				t.Errorf("with another signature: %+v", got)
			}
			if got := judge(t, root, damaged(t, sub), anna, time.Now()); got.Status != Untrusted {
				t.Errorf("with another signature of the authority: %+v", got)
			}
			stranger := o.Issue("stranger", "", testpki.Template{Key: keys.key("stranger", "p256"), Extensions: extensionsCA})
			stranger.RawSubject = root.RawSubject
			if got := judge(t, stranger, sub, anna, time.Now()); got.Status != Untrusted {
				t.Errorf("under another root of that name: %+v", got)
			}
		})
	}
}

// damaged is c with one bit of its signature changed, in the middle: that of a curve is a
// SEQUENCE.
func damaged(t *testing.T, c *x509.Certificate) *x509.Certificate {
	t.Helper()
	changed := *c
	changed.Raw = append([]byte(nil), c.Raw...)
	changed.Raw[len(c.Raw)-10] ^= 1
	changed.Signature = changed.Raw[len(c.Raw)-len(c.Signature):]
	return &changed
}

// TestSignaturesAreNotAll: a path whose signatures crypto/x509 cannot check is judged like
// any other, and by signatures that can be forged nobody is trusted.
func TestSignaturesAreNotAll(t *testing.T) {
	keys := newOpensslKeys(t)
	sound := pss("sha256", "sha512", "20")
	const noCA = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash"
	for name, k := range map[string]struct {
		opensslPath
		after time.Duration
		want  Status
	}{
		"sound":                                 {opensslPath{}, 0, Valid},
		"an authority that has expired":         {opensslPath{annaDays: "30"}, 25 * 24 * time.Hour, Untrusted},
		"a certificate that has expired":        {opensslPath{}, 15 * 24 * time.Hour, Expired},
		"an issuer that is no authority":        {opensslPath{subExtensions: noCA}, 0, Untrusted},
		"an authority that signs CRLs only":     {opensslPath{subExtensions: "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign"}, 0, Untrusted},
		"an authority for servers":              {opensslPath{subExtensions: extensionsCA + "\nextendedKeyUsage=serverAuth"}, 0, Untrusted},
		"an authority for others' mail":         {opensslPath{subExtensions: extensionsCA + "\nnameConstraints=critical,permitted;email:bank.example"}, 0, Untrusted},
		"an authority for other names":          {opensslPath{subExtensions: extensionsCA + "\nnameConstraints=critical,excluded;dirName:cn\n[cn]\nCN=anna"}, 0, Untrusted},
		"an authority that excludes the host":   {opensslPath{subExtensions: extensionsCA + "\nnameConstraints=critical,excluded;email:kunde.example"}, 0, Untrusted},
		"an unknown extension of the authority": {opensslPath{subExtensions: extensionsCA + "\n1.2.3.4=critical,DER:0500"}, 0, Untrusted},
		"an unknown extension":                  {opensslPath{annaExtensions: extensionsAnna + "\n1.2.3.4=critical,DER:0500"}, 0, Untrusted},
		"an authority with a short key":         {opensslPath{sub: "short"}, 0, Untrusted},
		"PSS with SHA-1":                        {opensslPath{sig: pss("sha1", "sha256", "20")}, 0, Untrusted},
		"PKCS #1 v1.5 with SHA-1 above it":      {opensslPath{root: "rsa", signsSub: []string{"-sha1"}}, 0, Untrusted},
	} {
		t.Run(name, func(t *testing.T) {
			if k.sig == nil {
				k.sig = sound
			}
			if k.sub == "" {
				k.sub = "rsa"
			}
			_, root, sub, anna := k.make(t, keys)
			if got := judge(t, root, sub, anna, time.Now().Add(k.after)); got.Status != k.want {
				t.Errorf("%+v, want %s", got, k.want)
			}
		})
	}
	for depth, want := range map[string]Status{"0": Untrusted, "1": Valid} {
		t.Run("a path as deep as "+depth, func(t *testing.T) {
			bounded := "basicConstraints=critical,CA:TRUE,pathlen:" + depth + "\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash"
			o, root, sub, _ := opensslPath{sub: "rsa", subExtensions: bounded, sig: sound}.make(t, keys)
			deep := o.Issue("deep", "sub", testpki.Template{Key: keys.key("deep", "rsa"), Sign: sound, Extensions: extensionsCA})
			leaf := o.Issue("leaf", "deep", testpki.Template{Key: keys.key("anna", "p256"), Sign: sound, Extensions: extensionsAnna})
			c, err := New(Options{Roots: []*x509.Certificate{root}, Revocation: Off})
			if err != nil {
				t.Fatal(err)
			}
			bag := [][]byte{sub.Raw, deep.Raw}
			got := c.Check(context.Background(), Request{Certificate: leaf, Intermediates: bag, Address: anna[0], At: time.Now()})
			if got.Status != want {
				t.Errorf("%+v, want %s", got, want)
			}
		})
	}
}

// TestKeysForOAEP: a key that is for encryption only signs nothing (RFC 4055 §1.2).
func TestKeysForOAEP(t *testing.T) {
	keys := newOpensslKeys(t)
	_, root, sub, anna := opensslPath{sub: "pss", sig: pss("sha256", "sha256", "digest")}.make(t, keys)
	if got := judge(t, root, sub, anna, time.Now()); got.Status != Valid {
		t.Fatalf("%+v", got)
	}
	idPSS := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}
	idOAEP := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7}
	forOAEP := *sub
	forOAEP.RawSubjectPublicKeyInfo = bytes.Replace(sub.RawSubjectPublicKeyInfo, idPSS, idOAEP, 1)
	if err := spki.CheckSignatureFrom(anna, sub); err != nil {
		t.Error(err)
	}
	if spki.CheckSignatureFrom(anna, &forOAEP) == nil {
		t.Error("a key for OAEP has signed")
	}
}

// TestSignedPathsAreBounded: a search checks as many signatures as crypto/x509 does.
func TestSignedPathsAreBounded(t *testing.T) {
	p := testpki.New(t)
	sub := p.Issue(testpki.Options{Name: "Sub", CA: true})
	leaf := p.Under(sub, testpki.Options{Addresses: anna})
	for before, found := range map[int]bool{maxChecks - 2: true, maxChecks: false} {
		s := &signedPaths{roots: []*x509.Certificate{p.Root.Certificate}, check: spki.CheckSignatureFrom}
		for range before {
			s.bag = append(s.bag, testpki.New(t).Issue(testpki.Options{Name: "Sub", CA: true}).Certificate)
		}
		s.bag = append(s.bag, sub.Certificate)
		s.extend([]*x509.Certificate{leaf.Certificate})
		if len(s.found) == 1 != found || s.checks > maxChecks+1 {
			t.Errorf("behind %d of the same name: %d paths, %d checks", before, len(s.found), s.checks)
		}
	}
}
