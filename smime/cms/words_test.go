package cms

// This file reads what some programs write and some readers refuse: it is not malformed.

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// TestDigestNotAnnounced: digestAlgorithms without the signer's digest, or empty. A
// reader may fail (RFC 5652 §5.1), so it is refused and not malformed; what was changed
// besides is still a broken signature.
func TestDigestNotAnnounced(t *testing.T) {
	for name, announced := range map[string][]byte{"empty": nil, "another": derAlgorithm(oid.SHA512)} {
		c := honest(t, "rsa", signText)
		info := c.signerInfo(t)
		s := verifyOne(t, signedDataOf(oid.Data, derOctets(signText), c.certificates, [][]byte{info}, announced))
		if !errors.Is(s.Err, ErrUnread) || s.Certificate == nil {
			t.Errorf("%s: %v", name, s.Err)
		}
		changed := bytes.Replace(signText, []byte("e"), []byte("a"), 1)
		s = verifyOne(t, signedDataOf(oid.Data, derOctets(changed), c.certificates, [][]byte{info}, announced))
		if !errors.Is(s.Err, ErrSignature) {
			t.Errorf("%s, and the content changed: %v", name, s.Err)
		}
	}
}

// TestDigestAlgorithmNamesSignature: sha256WithRSAEncryption as a digestAlgorithm, as
// Azure writes it, means SHA-256.
func TestDigestAlgorithmNamesSignature(t *testing.T) {
	for key, id := range map[string]asn1.ObjectIdentifier{"rsa": oid.SHA256WithRSA, "p256": oid.ECDSAWithSHA256} {
		c := honest(t, key, signText)
		c.digest = derAlgorithm(id)
		if s := verifyOne(t, c.message(t)); s.Err != nil || s.Digest != "sha-256" {
			t.Errorf("%s: %v, digest %q", key, s.Err, s.Digest)
		}
	}
}

// TestManyAttributes: a hundred signed attributes are read, and one more than the bound
// is refused, which is not malformed.
func TestManyAttributes(t *testing.T) {
	message := func(n int) []byte {
		c := honest(t, "p256", signText)
		for len(c.attributes) < n {
			c.attributes = append(c.attributes, attribute(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, len(c.attributes)}, derNull))
		}
		return c.message(t)
	}
	for _, n := range []int{100, maxAttributes} {
		if s := verifyOne(t, message(n)); s.Err != nil {
			t.Errorf("%d attributes: %v", n, s.Err)
		}
	}
	beyond := message(maxAttributes + 1)
	if _, err := Parse(bytes.NewReader(beyond), int64(len(beyond))); !errors.Is(err, ErrUnread) {
		t.Errorf("%d attributes: %v", maxAttributes+1, err)
	}
}

// TestLongSerial: a SignerInfo whose serial number has 501 octets only names somebody
// who is not there.
func TestLongSerial(t *testing.T) {
	c := honest(t, "p256", signText)
	stranger := *c.signer.Certificate
	stranger.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 8*501-2)
	c.signer.Certificate = &stranger
	if s := verifyOne(t, c.message(t)); !errors.Is(s.Err, ErrNoCertificate) {
		t.Errorf("%v", s.Err)
	}
	stranger.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 8*5000)
	beyond := c.message(t)
	if _, err := Parse(bytes.NewReader(beyond), int64(len(beyond))); !errors.Is(err, ErrUnread) {
		t.Errorf("5,000 octets: %v", err)
	}
}

// smallKey is an RSA key that crypto/rsa neither makes nor uses.
func smallKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	for {
		p, err := rand.Prime(rand.Reader, bits/2)
		if err != nil {
			t.Fatal(err)
		}
		q, err := rand.Prime(rand.Reader, bits-bits/2)
		if err != nil {
			t.Fatal(err)
		}
		one := big.NewInt(1)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(65537), phi)
		n := new(big.Int).Mul(p, q)
		if d != nil && n.BitLen() == bits {
			return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 65537}, D: d}
		}
	}
}

// TestSmallRSAKeys: what a key below 1024 bits signed is verified: it is weak, and what
// was changed is broken.
func TestSmallRSAKeys(t *testing.T) {
	d := digestByOID(oid.SHA256)
	sum := sha256.Sum256(signText)
	for _, bits := range []int{500, 508, 512, 1023, 1024} {
		k := smallKey(t, bits)
		info := der(cbasn1.SEQUENCE, derAlgorithm(d.id, derNull), derOctets(sum[:]))
		block := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, k.Size()-len(info)-3)...)
		block = append(append(block, 0), info...)
		signature := new(big.Int).Exp(new(big.Int).SetBytes(block), k.D, k.N).FillBytes(make([]byte, k.Size()))
		if !verifyPKCS1(&k.PublicKey, d, sum[:], signature) {
			t.Errorf("%d bits: not verified", bits)
		}
		other := sha256.Sum256([]byte("another text"))
		if verifyPKCS1(&k.PublicKey, d, other[:], signature) {
			t.Errorf("%d bits: another text is verified", bits)
		}
		if verifyPKCS1(&k.PublicKey, d, sum[:], signature[1:]) || verifyPKCS1(&k.PublicKey, d, sum[:], bytes.Repeat([]byte{0xff}, k.Size())) {
			t.Errorf("%d bits: another number is verified", bits)
		}
	}
	tiny := smallKey(t, 128) // too small for the digest
	if verifyPKCS1(&tiny.PublicKey, d, sum[:], make([]byte, tiny.Size())) {
		t.Error("128 bits")
	}
}

// TestWeakDigests: a signature over MD5 or SHA-1 verifies and is weak, in each scheme and
// wherever the weak digest stands.
func TestWeakDigests(t *testing.T) {
	signer := load(t, "rsa").signer()
	for _, d := range []*digest{digestByOID(oid.MD5), digestByOID(oid.SHA1)} {
		for name, id := range map[string]asn1.ObjectIdentifier{"rsaEncryption": oid.RSAEncryption, "its own": d.rsa} {
			c := honest(t, "rsa", signText)
			h := d.hash.New()
			h.Write(signText)
			signature, err := signer.Sign(rand.Reader, h.Sum(nil), crypto.SignerOpts(d.hash))
			if err != nil {
				t.Fatal(err)
			}
			info := der(cbasn1.SEQUENCE, derInt(1), issuerAndSerial(c.signer.Certificate), derAlgorithm(d.id), derAlgorithm(id, derNull), derOctets(signature))
			s := verifyOne(t, signedDataOf(oid.Data, derOctets(signText), c.certificates, [][]byte{info}, derAlgorithm(d.id)))
			if s.Err != nil || len(s.Weak) != 1 || s.Weak[0] != d.name {
				t.Errorf("%s, %s: %v, weak %q", d.name, name, s.Err, s.Weak)
			}
		}
	}
}
