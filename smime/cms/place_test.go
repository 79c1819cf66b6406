// Errors that name layer and place, and what one signer may cost.

package cms

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/effort"
	"sealgate/smime/cms/internal/oid"
)

// TestErrorsNameTheirPlace: what is malformed is told by layer and offset, also
// where it comes out only when the signature is judged.
func TestErrorsNameTheirPlace(t *testing.T) {
	twice := honest(t, "p256", signText)
	twice.attributes = append(twice.attributes, twice.attributes[0])
	empty := honest(t, "p256", signText)
	empty.attributes, empty.rawAttrs = nil, der(explicit(0))
	other := honest(t, "p256", signText)
	other.contentType = oid.TSTInfo
	noTime := honest(t, "p256", signText)
	noTime.attributes = append(noTime.attributes, attribute(oid.SigningTime, derNull))
	for name, c := range map[string]struct {
		message   []byte
		layer, at string // where it begins: what stands there
	}{
		"attribute twice":     {twice.message(t), "SignedData", "\xa0"},
		"no attributes":       {empty.message(t), "SignedData", "\x30"},
		"other content type":  {other.message(t), "SignedData", "\x30"},
		"signing time":        {noTime.message(t), "SignedData", "\xa0"},
		"short IV":            {envelope(oid.AES128CBC, derOctets(make([]byte, 8)), make([]byte, 16), transportFor(t, load(t, "rsa"), make([]byte, 16))), "EnvelopedData", "\x30"},
		"content type of AAD": {authEnvelope(t, signText, nil, 16, 16, oid.TSTInfo), "AuthEnvelopedData", "\x80"},
		"no zlib stream":      {compressedBytes([]byte("no zlib")), "CompressedData", "\x04"},
		"cut short":           {encryptBytes(t, signText, "aes-256-cbc", recipientCase{key: "p256"}.recipient(t))[:100], "ContentInfo", "\x30"},
	} {
		err := anyError(t, c.message)
		var place *Error
		if !errors.As(err, &place) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if place.Layer != c.layer || place.Offset < 0 || !bytes.HasPrefix(c.message[min(int(place.Offset), len(c.message)):], []byte(c.at)) {
			t.Errorf("%s: layer %s, offset %d", name, place.Layer, place.Offset)
		}
	}
}

func compressedBytes(content []byte) []byte {
	return contentInfoOf(oid.CompressedData, der(cbasn1.SEQUENCE, derInt(0), derAlgorithm(oid.ZLIB),
		der(cbasn1.SEQUENCE, derOID(oid.Data), der(explicit(0), derOctets(content)))))
}

// anyError is what is wrong with a message, wherever that comes out.
func anyError(t *testing.T, message []byte) error {
	t.Helper()
	info, err := Parse(bytes.NewReader(message), int64(len(message)))
	switch {
	case err != nil:
		return err
	case info.Signed != nil:
		return verifyOne(t, message).Err
	case info.Compressed != nil:
		return info.Compressed.Decompress(&bytes.Buffer{}, 1<<20)
	}
	return nil
}

// TestEveryCandidateIsCompared: a signer's identifier may fit the whole bag. The right
// certificate is found as the last of them; without it the signature is wrong. What the
// message cannot afford is not compared, and then nobody knows.
func TestEveryCandidateIsCompared(t *testing.T) {
	enough := effort.Verification(load(t, "rsa2").Certificate.PublicKey) * maxCertificates
	for _, k := range []struct {
		decoys     int
		affordable time.Duration
		want       error
	}{
		{4, enough, nil}, {maxCertificates - 1, enough, nil}, {maxCertificates - 1, enough - 1, ErrTooCostly},
	} {
		m := honest(t, "rsa", signText)
		good := m.certificates[0]
		decoy := sameNameOtherKey(t, m.signer.Certificate)
		m.certificates = nil
		for range k.decoys {
			m.certificates = append(m.certificates, decoy)
		}
		m.certificates = append(m.certificates, good)
		v := parse(t, m.message(t)).Signed.Verifier()
		v.Write(signText)
		ctx := effort.WithBudget(t.Context())
		if err := effort.Spend(ctx, effort.PerMessage-k.affordable); err != nil {
			t.Fatal(err)
		}
		s := v.Verify(ctx, bytes.NewReader(signText), int64(len(signText)))[0]
		if !errors.Is(s.Err, k.want) {
			t.Errorf("%d others before the right one, %v left: %v", k.decoys, k.affordable, s.Err)
		}
		if k.want == nil && !bytes.Equal(s.RawCertificate, good) {
			t.Error("another certificate is named as the signer's")
		}
	}
}

// sameNameOtherKey has issuer, serial number and key identifier of another certificate.
func sameNameOtherKey(t *testing.T, c *x509.Certificate) []byte {
	t.Helper()
	by := load(t, "rsa2")
	template, issuer := *c, *c
	issuer.PublicKey, issuer.RawSubject = by.Certificate.PublicKey, c.RawIssuer
	der, err := x509.CreateCertificate(rand.Reader, &template, &issuer, by.Certificate.PublicKey, by.signer())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestDSAOrderIsBounded: two exponents as long as the prime would cost 30 ms.
func TestDSAOrderIsBounded(t *testing.T) {
	for bits, want := range map[uint]bool{maxDSAOrder: true, maxDSAOrder + 1: false} {
		q := new(big.Int).Lsh(big.NewInt(1), bits-1)
		if got := dsaInBounds(new(big.Int).Lsh(big.NewInt(1), maxDSABits-1), q); got != want {
			t.Errorf("order of %d bits: %v", bits, got)
		}
	}
	if dsaInBounds(new(big.Int).Lsh(big.NewInt(1), maxDSABits), big.NewInt(1)) {
		t.Error("a prime above the bound")
	}
}

// renamed has issuer, serial number and key of another certificate, and another address.
func renamed(t *testing.T, c *x509.Certificate) []byte {
	t.Helper()
	by := load(t, "rsa2")
	template, issuer := *c, *c
	template.EmailAddresses = []string{"mallory@evil.example"}
	issuer.PublicKey, issuer.RawSubject = by.Certificate.PublicKey, c.RawIssuer
	der, err := x509.CreateCertificate(rand.Reader, &template, &issuer, c.PublicKey, by.signer())
	if err != nil {
		t.Fatal(err)
	}
	return der
}
