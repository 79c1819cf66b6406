// Wycheproof's vectors, each against the function of ours that stands between.

package cms

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/wycheproof"
	"sealgate/smime/cms/internal/oid"
)

// digestOf finds a digest by Wycheproof's name, "SHA-256" or "SHA3-256".
func digestOf(t *testing.T, name string) *digest {
	t.Helper()
	name = strings.ToLower(strings.ReplaceAll(name, "/", "-"))
	d := findDigest(func(d *digest) bool { return d.name == name })
	if d == nil {
		t.Fatalf("unknown digest %q", name)
	}
	return d
}

// certificateWith is a certificate as far as scheme.check and sharedSecret look at it.
func certificateWith(t *testing.T, spki []byte) *x509.Certificate {
	t.Helper()
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	return &x509.Certificate{PublicKey: key, RawSubjectPublicKeyInfo: spki}
}

type signatureVector struct {
	wycheproof.Case
	Msg, Sig wycheproof.Hex
}

func TestWycheproofRSAPKCS1(t *testing.T) {
	t.Parallel()
	type group struct {
		PublicKeyDER wycheproof.Hex `json:"publicKeyDer"`
		SHA          string
	}
	for _, file := range []string{
		"rsa_signature_2048_sha256_test.json", "rsa_signature_2048_sha384_test.json", "rsa_signature_2048_sha512_test.json",
		"rsa_signature_2048_sha3_256_test.json", "rsa_signature_2048_sha3_384_test.json", "rsa_signature_2048_sha3_512_test.json",
		"rsa_signature_3072_sha256_test.json", "rsa_signature_4096_sha512_test.json",
	} {
		for _, g := range wycheproof.Load[group, signatureVector](t, file) {
			c := certificateWith(t, g.Common.PublicKeyDER)
			s := signatureScheme{name: "rsa-pkcs1", digest: digestOf(t, g.Common.SHA)}
			for _, v := range g.Tests {
				v.Check(t, s.check(c, v.Msg, v.Sig) == nil)
			}
		}
	}
}

func TestWycheproofPSS(t *testing.T) {
	t.Parallel()
	type group struct {
		PublicKeyDER wycheproof.Hex `json:"publicKeyDer"`
		SHA, MGFSHA  string
		SLen         int
	}
	for _, file := range []string{
		"rsa_pss_2048_sha1_mgf1_20_test.json", "rsa_pss_2048_sha256_mgf1_0_test.json", "rsa_pss_2048_sha256_mgf1_32_test.json",
		"rsa_pss_2048_sha256_mgf1sha1_20_test.json", "rsa_pss_2048_sha384_mgf1_48_test.json", "rsa_pss_2048_sha512_224_mgf1_28_test.json",
		"rsa_pss_2048_sha512_256_mgf1_32_test.json", "rsa_pss_3072_sha256_mgf1_32_test.json", "rsa_pss_4096_sha256_mgf1_32_test.json",
		"rsa_pss_4096_sha384_mgf1_48_test.json", "rsa_pss_4096_sha512_mgf1_32_test.json", "rsa_pss_4096_sha512_mgf1_64_test.json",
		"rsa_pss_misc_test.json",
	} {
		for _, g := range wycheproof.Load[group, signatureVector](t, file) {
			c := certificateWith(t, g.Common.PublicKeyDER)
			s := signatureScheme{name: "rsa-pss", digest: digestOf(t, g.Common.SHA), mgf: digestOf(t, g.Common.MGFSHA), salt: g.Common.SLen}
			for _, v := range g.Tests {
				v.Check(t, s.check(c, v.Msg, v.Sig) == nil)
			}
		}
	}
}

func TestWycheproofECDSA(t *testing.T) {
	t.Parallel()
	type group struct {
		PublicKeyDER wycheproof.Hex `json:"publicKeyDer"`
		SHA          string
	}
	files := []string{
		"ecdsa_secp256r1_sha256_test.json", "ecdsa_secp256r1_sha512_test.json", "ecdsa_secp256r1_sha3_256_test.json",
		"ecdsa_secp384r1_sha256_test.json", "ecdsa_secp384r1_sha384_test.json", "ecdsa_secp384r1_sha512_test.json", "ecdsa_secp384r1_sha3_384_test.json",
		"ecdsa_secp521r1_sha512_test.json", "ecdsa_secp521r1_sha3_512_test.json",
	}
	if testing.Short() {
		files = files[:3] // P-384 and P-521 take half a minute under the race detector
	}
	for _, file := range files {
		for _, g := range wycheproof.Load[group, signatureVector](t, file) {
			c := certificateWith(t, g.Common.PublicKeyDER)
			s := signatureScheme{name: "ecdsa", digest: digestOf(t, g.Common.SHA)}
			for _, v := range g.Tests {
				v.Check(t, s.check(c, v.Msg, v.Sig) == nil)
			}
		}
	}
}

func TestWycheproofEd25519(t *testing.T) {
	t.Parallel()
	type group struct {
		PublicKeyDER wycheproof.Hex `json:"publicKeyDer"`
	}
	for _, g := range wycheproof.Load[group, signatureVector](t, "ed25519_test.json") {
		c := certificateWith(t, g.Common.PublicKeyDER)
		if _, ok := c.PublicKey.(ed25519.PublicKey); !ok {
			t.Fatalf("%T", c.PublicKey)
		}
		s := signatureScheme{name: "ed25519", digest: digestByOID(oid.SHA512)}
		for _, v := range g.Tests {
			v.Check(t, s.check(c, v.Msg, v.Sig) == nil)
		}
	}
}

type privateGroup struct {
	PrivateKeyPKCS8 wycheproof.Hex `json:"privateKeyPkcs8"`
	SHA, MGFSHA     string
}

type decryptVector struct {
	wycheproof.Case
	Msg, CT, Label wycheproof.Hex
}

func rsaKeyOf(t *testing.T, der []byte) *rsa.PrivateKey {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

// TestWycheproofRSAES: PKCS #1 v1.5 answers with a key whatever comes in, the
// right one if the vector is valid, a random one if not.
func TestWycheproofRSAES(t *testing.T) {
	t.Parallel()
	files := []string{"rsa_pkcs1_2048_test.json", "rsa_pkcs1_3072_test.json", "rsa_pkcs1_4096_test.json"}
	if testing.Short() {
		files = files[:1] // private keys of 4096 bits take seconds under the race detector
	}
	for _, file := range files {
		for _, g := range wycheproof.Load[privateGroup, decryptVector](t, file) {
			k := DecryptionKey{Key: rsaKeyOf(t, g.Common.PrivateKeyPKCS8)}
			for _, v := range g.Tests {
				r := RecipientInfo{KeyManagement: "rsa-pkcs1", encryptedKey: v.CT}
				n := len(v.Msg)
				if n < 16 {
					n = 16 // no content key is shorter: what fits the vector must not come out
				}
				key := r.unwrap(k, n)
				accepted := bytes.Equal(key, v.Msg)
				if len(key) != n {
					t.Errorf("test %d: a key of %d bytes, want %d", v.ID, len(key), n)
				}
				if len(v.Msg) >= 16 || v.Result == "invalid" {
					v.Check(t, accepted)
				} else if accepted {
					t.Errorf("test %d: a key of %d bytes accepted", v.ID, len(v.Msg))
				}
			}
		}
	}
}

func TestWycheproofOAEP(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"rsa_oaep_2048_sha1_mgf1sha1_test.json", "rsa_oaep_2048_sha224_mgf1sha1_test.json", "rsa_oaep_2048_sha224_mgf1sha224_test.json",
		"rsa_oaep_2048_sha256_mgf1sha1_test.json", "rsa_oaep_2048_sha256_mgf1sha256_test.json",
		"rsa_oaep_2048_sha384_mgf1sha1_test.json", "rsa_oaep_2048_sha384_mgf1sha384_test.json",
		"rsa_oaep_2048_sha512_mgf1sha1_test.json", "rsa_oaep_2048_sha512_mgf1sha512_test.json",
	} {
		for _, g := range wycheproof.Load[privateGroup, decryptVector](t, file) {
			k := DecryptionKey{Key: rsaKeyOf(t, g.Common.PrivateKeyPKCS8)}
			for _, v := range g.Tests {
				parameters := der(cbasn1.SEQUENCE,
					der(explicit(0), maskDigest(digestOf(t, g.Common.SHA))),
					der(explicit(1), derAlgorithm(oid.MGF1, maskDigest(digestOf(t, g.Common.MGFSHA)))),
					der(explicit(2), derAlgorithm(oid.PSpecified, derOctets(v.Label))))
				r := RecipientInfo{KeyManagement: "rsa-oaep", encryptedKey: v.CT, management: algorithm{parameters: parameters}}
				if len(v.Msg) == 0 {
					key, err := r.decryptKey(k, 0)
					v.Check(t, err == nil && len(key) == 0)
					continue
				}
				v.Check(t, bytes.Equal(r.unwrap(k, len(v.Msg)), v.Msg))
			}
		}
	}
}

type agreementVector struct {
	wycheproof.Case
	Public, Private, Shared wycheproof.Hex
}

// TestWycheproofECDH takes the vectors whose public key is a bare point, as in CMS.
func TestWycheproofECDH(t *testing.T) {
	t.Parallel()
	compressed := 0
	for file, curve := range map[string]elliptic.Curve{
		"ecdh_secp256r1_ecpoint_test.json": elliptic.P256(),
		"ecdh_secp384r1_ecpoint_test.json": elliptic.P384(),
		"ecdh_secp521r1_ecpoint_test.json": elliptic.P521(),
	} {
		if testing.Short() && curve != elliptic.P256() {
			continue // half a minute under the race detector
		}
		for _, g := range wycheproof.Load[struct{}, agreementVector](t, file) {
			for _, v := range g.Tests {
				k, err := ecKey(curve, v.Private)
				if err != nil {
					t.Fatal(err)
				}
				z, err := k.agree(v.Public)
				if v.Result == "acceptable" && slices.Contains(v.Flags, "CompressedPoint") {
					compressed++
					v.Result = "valid" // the vectors leave it open; RFC 5753 §2.1 has it as MAY
				}
				v.Check(t, err == nil && bytes.Equal(z, v.Shared))
			}
		}
	}
	if compressed == 0 {
		t.Error("no compressed point among the vectors")
	}
}

func ecKey(curve elliptic.Curve, private []byte) (k DecryptionKey, err error) {
	size := (curve.Params().BitSize + 7) / 8
	scalar := new(big.Int).SetBytes(private).FillBytes(make([]byte, size))
	key, err := ecdsa.ParseRawPrivateKey(curve, scalar)
	if err != nil {
		return k, err
	}
	return DecryptionKey{&x509.Certificate{PublicKey: &key.PublicKey}, key}, nil
}

func TestWycheproofX25519(t *testing.T) {
	t.Parallel()
	for _, g := range wycheproof.Load[struct{}, agreementVector](t, "x25519_test.json") {
		for _, v := range g.Tests {
			private, err := ecdh.X25519().NewPrivateKey(v.Private)
			if err != nil {
				t.Fatal(err)
			}
			k := DecryptionKey{&x509.Certificate{PublicKey: private.PublicKey()}, private}
			z, err := k.agree(v.Public)
			v.Check(t, err == nil && bytes.Equal(z, v.Shared))
		}
	}
}

// TestWycheproofCBC decrypts as content, with its padding.
func TestWycheproofCBC(t *testing.T) {
	t.Parallel()
	type vector struct {
		wycheproof.Case
		Key, IV, Msg, CT wycheproof.Hex
	}
	for _, g := range wycheproof.Load[struct{}, vector](t, "aes_cbc_pkcs5_test.json") {
		for _, v := range g.Tests {
			spec, err := cipherFor(fmt.Sprintf("aes-%d-cbc", 8*len(v.Key)))
			if err != nil {
				t.Fatal(err)
			}
			e := &EnvelopedData{cipher: &contentCipher{cipherSpec: spec, iv: v.IV}}
			open, err := e.opener(v.Key)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			good, err := decryptContent(t.Context(), &out, bytes.NewReader(v.CT), int64(len(v.CT)), open)
			v.Check(t, err == nil && good && bytes.Equal(out.Bytes(), v.Msg))
			if v.Result == "valid" {
				checkCBCEncryption(t, spec, v.Key, v.IV, v.Msg, v.CT)
			}
		}
	}
}

func checkCBCEncryption(t *testing.T, spec *cipherSpec, key, iv, msg, want []byte) {
	t.Helper()
	seal, err := spec.mode.sealer(spec, key, iv)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := encryptContent(t.Context(), &out, bytes.NewReader(msg), int64(len(msg)), seal); err != nil || !bytes.Equal(out.Bytes(), want) {
		t.Errorf("encrypts to %x, %v", out.Bytes(), err)
	}
}
