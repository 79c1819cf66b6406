package revocation

// This file has CRLs and OCSP answers of openssl's with signatures that crypto/x509 does
// not check, and of curves of RFC 5639.

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/trust"
)

const caConfig = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=2\n"

// TestSignaturesOfServices: the authority itself speaks, by list and by responder, and a
// responder whom it has appointed.
func TestSignaturesOfServices(t *testing.T) {
	pss := []string{"rsa_padding_mode:pss", "rsa_pss_saltlen:20", "rsa_mgf1_md:sha512"}
	for name, k := range map[string]struct {
		key     []string
		options []string
	}{
		"PSS with MGF1 of another digest": {[]string{"RSA", "-pkeyopt", "rsa_keygen_bits:2048"}, pss},
		"a key for PSS only":              {[]string{"RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"}, pss},
		"brainpoolP256r1":                 {[]string{"EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"}, nil},
		"brainpoolP384r1":                 {[]string{"EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP384r1"}, nil},
		"brainpoolP512r1":                 {[]string{"EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP512r1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := testpki.NewOpenSSL(t)
			with := func(flag string) (args []string) {
				for _, option := range k.options {
					args = append(args, flag, option)
				}
				return args
			}
			file := func(name, text string) {
				if err := os.WriteFile(filepath.Join(o.Dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			read := func(name string) []byte {
				data, err := os.ReadFile(filepath.Join(o.Dir, name))
				if err != nil {
					t.Fatal(err)
				}
				return data
			}
			issue := func(name, issuer, key, extensions string) {
				o.Issue(name, issuer, testpki.Template{Key: key, Sign: with("-sigopt"), Extensions: extensions})
			}
			root := o.MakeKey("root", k.key...)
			issue("root", "", root, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature")
			key := o.MakeKey("other", k.key...)
			issue("responder", "root", key, "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning")
			issue("stranger", "", key, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature")
			issuer := o.Read("root")
			stranger := o.Read("stranger")
			stranger.RawSubject = issuer.RawSubject
			file("ca.cnf", caConfig)
			file("number", "01\n")
			for _, revoked := range []bool{false, true} {
				issue("leaf", "root", key, "keyUsage=critical,digitalSignature")
				leaf := o.Read("leaf")
				want := trust.RevocationGood
				state := "V\t391231000000Z\t"
				if revoked {
					want = trust.RevocationRevoked
					state = "R\t391231000000Z\t" + time.Now().Add(-time.Hour).UTC().Format("060102150405Z")
				}
				file("index", fmt.Sprintf("%s\t%X\tunknown\t/CN=leaf\n", state, leaf.SerialNumber.Bytes()))
				o.Run(append([]string{"ca", "-gencrl", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-out", "crl.pem"}, with("-sigopt")...)...)
				list, err := parseCRL(read("crl.pem"), issuer)
				if err != nil {
					t.Fatal(err)
				}
				if got := list.answer(leaf); got.State != want {
					t.Errorf("by list: %+v, want %s", got, want)
				}
				if _, err := parseCRL(read("crl.pem"), stranger); err == nil {
					t.Error("a list that another has signed")
				}
				for _, by := range []string{"root", "responder"} {
					q, err := askOCSP(leaf, issuer)
					if err != nil {
						t.Fatal(err)
					}
					file("request", string(q.der))
					o.Run(append([]string{
						"ocsp", "-index", "index", "-CA", "root.pem", "-rsigner", by + ".pem", "-rkey", by + ".key",
						"-reqin", "request", "-respout", "answer", "-ndays", "1", "-rmd", "sha256",
					}, with("-rsigopt")...)...)
					der := read("answer")
					got, err := q.read(der, time.Now())
					if err != nil || got.State != want {
						t.Errorf("by %s: %+v, %v, want %s", by, got, err, want)
					}
					q.issuer = stranger
					if _, err := q.read(der, time.Now()); err == nil {
						t.Errorf("by %s: an answer that another has signed", by)
					}
				}
			}
		})
	}
}
