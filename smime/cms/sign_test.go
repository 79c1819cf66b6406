// What Sign writes is verified by openssl, and refused when it should be.

package cms

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"testing"
	"time"
)

var signText = []byte("Content-Type: text/plain\r\n\r\nGuten Tag,\r\nSigned text.\r\n")

// signCase is one signature algorithm.
type signCase struct {
	key    string
	digest crypto.Hash
	pss    bool
}

func (c signCase) String() string { return fmt.Sprintf("%s/%v/pss=%v", c.key, c.digest, c.pss) }

// signCases are all signature algorithms that we write.
func signCases() (cases []signCase) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA3_256, crypto.SHA3_384, crypto.SHA3_512} {
		cases = append(cases, signCase{"rsa", h, false}, signCase{"rsa", h, true}, signCase{"p256", h, false})
	}
	for _, key := range []string{"p384", "p521", "bp256", "bp384", "bp512"} {
		cases = append(cases, signCase{key, 0, false})
	}
	return append(cases,
		signCase{"rsapss", crypto.SHA256, false}, signCase{"ed25519", 0, false})
}

func (c signCase) signer(tb testing.TB) Signer {
	id := load(tb, c.key)
	return Signer{Certificate: id.Certificate, Key: id.signer(), Digest: c.digest, PSS: c.pss}
}

// signBytes signs with the issuing CA in the bag.
func signBytes(tb testing.TB, content []byte, detached bool, signers ...Signer) []byte {
	tb.Helper()
	var out bytes.Buffer
	o := SignOptions{Signers: signers, Detached: detached, Certificates: chain(tb)}
	if err := Sign(context.Background(), &out, bytes.NewReader(content), int64(len(content)), o); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// chain is the issuing CA and the root.
func chain(tb testing.TB) []*x509.Certificate {
	return []*x509.Certificate{load(tb, "inter").Certificate, load(tb, "ca").Certificate}
}

func TestSignOpenSSL(t *testing.T) {
	for _, c := range signCases() {
		if c.key == "ed25519" {
			continue // OpenSSL 3.0 has no Ed25519 in CMS; BouncyCastle verifies it
		}
		for _, detached := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v/detached=%v", c, detached), func(t *testing.T) {
				t.Parallel()
				signed := writeTemp(t, "signed.der", signBytes(t, signText, detached, c.signer(t)))
				args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", signed, "-CAfile", "testdata/pki/ca.pem", "-cades", "-attime", "1800000000"} // January 2027, whatever the clock says
				if detached {
					args = append(args, "-content", writeTemp(t, "content", signText))
				}
				out, err := openssl(t, nil, args...)
				if err != nil {
					t.Fatal("openssl does not verify it")
				}
				if !bytes.Equal(out, signText) {
					t.Errorf("openssl gives other content: %q", out)
				}
			})
		}
	}
}

// TestSignIsDER reads the result back with a strict DER parser, and finds the
// optional attributes.
func TestSignIsDER(t *testing.T) {
	s := signCase{"rsa", crypto.SHA256, false}.signer(t)
	s.SigningTime = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	s.Capabilities = OwnCapabilities()
	s.EncryptionCertificate = load(t, "p256").Certificate
	signed := signBytes(t, signText, false, s, signCase{"p384", 0, false}.signer(t))
	var value asn1.RawValue
	if rest, err := asn1.Unmarshal(signed, &value); err != nil || len(rest) > 0 {
		t.Fatal(err, len(rest))
	}
	out, err := openssl(t, signed, "cms", "-cmsout", "-print", "-inform", "DER")
	if err != nil {
		t.Fatal("openssl cannot print it")
	}
	for _, want := range []string{"signingTime", "May  4 03:02:01 2026", "S/MIME Capabilities", "id-smime-aa-encrypKeyPref", "id-smime-aa-signingCertificateV2", "CN=p384", "CN=Test Issuing CA"} {
		if !bytes.Contains(out, []byte(want)) && !bytes.Contains(out, bytes.ReplaceAll([]byte(want), []byte("="), []byte(" = "))) {
			t.Errorf("no %q in what openssl prints", want)
		}
	}
	if root := load(t, "ca").Certificate; bytes.Contains(signed, root.Raw) {
		t.Error("the root goes along")
	}
	reparsed, err := openssl(t, signed, "cms", "-cmsout", "-inform", "DER", "-outform", "DER")
	if err != nil || !bytes.Equal(reparsed, signed) {
		t.Errorf("openssl encodes it in another way: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	rsaKey, other, ec := load(t, "rsa"), load(t, "rsa2"), load(t, "p256")
	weak, x := load(t, "rsa1024"), load(t, "x25519")
	for name, c := range map[string]struct {
		signer Signer
		want   error
	}{
		"no key":         {Signer{Certificate: rsaKey.Certificate}, errNoSigners},
		"no certificate": {Signer{Key: rsaKey.signer()}, errNoSigners},
		"wrong key":      {Signer{Certificate: rsaKey.Certificate, Key: other.signer()}, errWrongKey},
		"weak key":       {Signer{Certificate: weak.Certificate, Key: weak.signer()}, errRSASize},
		"SHA-1":          {Signer{Certificate: rsaKey.Certificate, Key: rsaKey.signer(), Digest: crypto.SHA1}, errSignDigest},
		"PSS by EC":      {Signer{Certificate: ec.Certificate, Key: ec.signer(), PSS: true}, errPSSOnly},
		"other kind":     {Signer{Certificate: x.Certificate, Key: ec.signer()}, errWrongKey},
	} {
		var out bytes.Buffer
		err := Sign(context.Background(), &out, bytes.NewReader(signText), 5, SignOptions{Signers: []Signer{c.signer}})
		if !errors.Is(err, c.want) || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, out.Len())
		}
		var byCertificate *CertificateError
		if c.want != errNoSigners && (!errors.As(err, &byCertificate) || byCertificate.Certificate != c.signer.Certificate) {
			t.Errorf("%s: the error does not name the certificate: %v", name, err)
		}
	}
	good := signCase{"p256", 0, false}.signer(t)
	for n, ok := range map[int]bool{0: false, 1: true, maxWrittenSigners: true, maxWrittenSigners + 1: false} {
		var out bytes.Buffer
		o := SignOptions{Detached: true}
		for range n {
			o.Signers = append(o.Signers, good)
		}
		if err := Sign(context.Background(), &out, bytes.NewReader(signText), int64(len(signText)), o); (err == nil) != ok {
			t.Errorf("%d signers: %v", n, err)
		}
	}
	var out bytes.Buffer
	o := SignOptions{Signers: []Signer{good}}
	if err := Sign(context.Background(), &out, bytes.NewReader(signText), int64(len(signText))+1, o); err != errShort {
		t.Errorf("content that is too short: %v", err)
	}
	if err := Sign(context.Background(), &out, bytes.NewReader(signText), -1, o); err != errNegative {
		t.Errorf("negative size: %v", err)
	}
}
