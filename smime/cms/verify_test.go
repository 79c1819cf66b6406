// Signatures that must not verify, and odd ones that must.

package cms

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"slices"
	"testing"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// verifyOne verifies a message of one signer with its content inside.
func verifyOne(tb testing.TB, message []byte) Signature {
	tb.Helper()
	signatures := verifyAll(tb, message, nil)
	if len(signatures) != 1 {
		tb.Fatalf("%d signatures", len(signatures))
	}
	return signatures[0]
}

// inOtherStrings is a name with IA5Strings, which nobody writes.
func inOtherStrings(t *testing.T, name pkix.Name) []byte {
	t.Helper()
	sequence := name.ToRDNSequence()
	for _, rdn := range sequence {
		for i := range rdn {
			rdn[i].Value = asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(rdn[i].Value.(string))}
		}
	}
	b, err := asn1.Marshal(sequence)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVerifyAttributes(t *testing.T) {
	digest := func(b []byte) []byte { s := sha256.Sum256(b); return derOctets(s[:]) }
	contentType := attribute(oid.ContentType, derOID(oid.Data))
	messageDigest := attribute(oid.MessageDigest, digest(signText))
	other := load(t, "rsa2").Certificate
	protection := func(d, s []byte) []byte {
		return attribute(oid.AlgorithmProtection, der(cbasn1.SEQUENCE, d, append([]byte{0xa1}, s[1:]...)))
	}
	sha256ID, rsaID := derAlgorithm(oid.SHA256), derAlgorithm(oid.RSAEncryption, derNull)
	v1 := func(c *x509.Certificate) []byte {
		sum := sha1.Sum(c.Raw)
		return attribute(oid.SigningCertificate, der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, derOctets(sum[:])))))
	}
	v2 := func(c *x509.Certificate, known bool) []byte {
		sum, id := sha512.Sum384(c.Raw), oid.SHA384
		if !known {
			id = oid.Data
		}
		return attribute(oid.SigningCertificateV2, der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, derAlgorithm(id), derOctets(sum[:])))))
	}
	own := load(t, "rsa").Certificate
	withIssuer := func(issuer []byte, serial *big.Int) []byte {
		sum := sha256.Sum256(own.Raw)
		return attribute(oid.SigningCertificateV2, der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE,
			derOctets(sum[:]), der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, issuer), derBigInt(serial))))))
	}
	directoryName := func(name []byte) []byte { return der(explicit(4), name) }
	otherTypes := inOtherStrings(t, own.Issuer)
	next := new(big.Int).Add(own.SerialNumber, big.NewInt(1))
	for name, c := range map[string]struct {
		attributes [][]byte
		want       error
	}{
		"honest":                       {[][]byte{contentType, messageDigest}, nil},
		"empty":                        {[][]byte{}, ErrMalformed},
		"no content-type":              {[][]byte{messageDigest}, ErrMalformed},
		"no message-digest":            {[][]byte{contentType}, ErrMalformed},
		"two content-types":            {[][]byte{contentType, contentType, messageDigest}, ErrMalformed},
		"two message-digests":          {[][]byte{contentType, messageDigest, attribute(oid.MessageDigest, digest(nil))}, ErrMalformed},
		"two values":                   {[][]byte{contentType, der(cbasn1.SEQUENCE, derOID(oid.MessageDigest), der(cbasn1.SET, digest(signText), digest(nil)))}, ErrMalformed},
		"no value":                     {[][]byte{contentType, der(cbasn1.SEQUENCE, derOID(oid.MessageDigest), der(cbasn1.SET))}, ErrMalformed},
		"another content-type":         {[][]byte{attribute(oid.ContentType, derOID(oid.EnvelopedData)), messageDigest}, ErrMalformed},
		"another digest":               {[][]byte{contentType, attribute(oid.MessageDigest, digest([]byte("x")))}, ErrSignature},
		"digest cut short":             {[][]byte{contentType, attribute(oid.MessageDigest, derOctets(digest(signText)[2:20]))}, ErrSignature},
		"signing certificate":          {[][]byte{contentType, messageDigest, attribute(oid.SigningCertificateV2, signingCertificateV2(own))}, nil},
		"signing certificate, SHA-384": {[][]byte{contentType, messageDigest, v2(own, true)}, nil},
		"another, SHA-384":             {[][]byte{contentType, messageDigest, v2(other, true)}, ErrSignature},
		"unknown digest of it":         {[][]byte{contentType, messageDigest, v2(own, false)}, ErrUnsupported},
		"another signing certificate":  {[][]byte{contentType, messageDigest, attribute(oid.SigningCertificateV2, signingCertificateV2(other))}, ErrSignature},
		"its issuer in other strings":  {[][]byte{contentType, messageDigest, withIssuer(directoryName(otherTypes), own.SerialNumber)}, nil},
		"another's issuer":             {[][]byte{contentType, messageDigest, withIssuer(directoryName(other.RawSubject), own.SerialNumber)}, ErrSignature},
		"another's serial number":      {[][]byte{contentType, messageDigest, withIssuer(directoryName(own.RawIssuer), next)}, ErrSignature},
		"an issuer of no name":         {[][]byte{contentType, messageDigest, withIssuer(nil, own.SerialNumber)}, ErrSignature},
		"a broken issuer and number":   {[][]byte{contentType, messageDigest, attribute(oid.SigningCertificateV2, der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, digest(own.Raw), derNull))))}, ErrMalformed},
		"signing certificate v1":       {[][]byte{contentType, messageDigest, v1(own)}, nil},
		"another in v1":                {[][]byte{contentType, messageDigest, v1(other)}, ErrSignature},
		"broken signing certificate":   {[][]byte{contentType, messageDigest, attribute(oid.SigningCertificateV2, derNull)}, ErrMalformed},
		"algorithm protection":         {[][]byte{contentType, messageDigest, protection(sha256ID, rsaID)}, nil},
		"protection of another digest": {[][]byte{contentType, messageDigest, protection(derAlgorithm(oid.SHA1), rsaID)}, ErrSignature},
		"protection of PSS":            {[][]byte{contentType, messageDigest, protection(sha256ID, derAlgorithm(oid.RSASSAPSS))}, ErrSignature},
		"broken protection":            {[][]byte{contentType, messageDigest, attribute(oid.AlgorithmProtection, derNull)}, ErrMalformed},
		"two signing-times":            {[][]byte{contentType, messageDigest, attribute(oid.SigningTime, derNull), attribute(oid.SigningTime, derNull)}, ErrMalformed},
	} {
		m := honest(t, "rsa", signText)
		m.attributes = c.attributes
		if err := verifyOne(t, m.message(t)).Err; !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestVerifyEncodingOfAttributes: signed as sent, or as DER if they are not (RFC 5652 §5.4).
func TestVerifyEncodingOfAttributes(t *testing.T) {
	m := honest(t, "rsa", signText)
	a, b := m.attributes[0], m.attributes[1]
	if bytes.Compare(a, b) > 0 {
		a, b = b, a
	}
	m.rawAttrs = der(explicit(0), b, a) // sorted for the signature, not on the way
	if err := verifyOne(t, m.message(t)).Err; err != nil {
		t.Errorf("signed as DER, sent unsorted: %v", err)
	}
	indefinite := append([]byte{0xa0, 0x80}, append(append(bytes.Clone(b), a...), 0, 0)...)
	m.rawAttrs = indefinite
	if err := verifyOne(t, m.message(t)).Err; err != nil {
		t.Errorf("signed as DER, sent in indefinite length: %v", err)
	}
	asSent := &crafted{}
	*asSent = *m
	unsorted := der(cbasn1.SET, b, a)
	asSent.rawAttrs = der(explicit(0), b, a)
	info := der(cbasn1.SEQUENCE, derInt(1), issuerAndSerial(m.signer.Certificate), m.digest, asSent.rawAttrs, m.algorithm, derOctets(m.sign(t, unsorted)))
	message := signedDataOf(oid.Data, der(cbasn1.OCTET_STRING, signText), m.certificates, [][]byte{info}, m.digest)
	if err := verifyOne(t, message).Err; err != nil {
		t.Errorf("signed and sent unsorted: %v", err)
	}
}

// TestAttributesContentSwap: a signature over attributes must not verify over
// content that is their encoding.
func TestAttributesContentSwap(t *testing.T) {
	victim := honest(t, "rsa", signText)
	attributes := derSet(cbasn1.SET, victim.attributes...)
	m := honest(t, "rsa", attributes)
	m.attributes = nil
	if err := verifyOne(t, m.message(t)).Err; !errors.Is(err, ErrSignature) {
		t.Errorf("swapped: %v", err)
	}
	m = honest(t, "rsa", signText)
	m.attributes = nil
	if err := verifyOne(t, m.message(t)).Err; err != nil {
		t.Errorf("no attributes at all: %v", err)
	}
	m.contentType = oid.EnvelopedData
	if err := verifyOne(t, m.message(t)).Err; !errors.Is(err, ErrMalformed) {
		t.Errorf("no attributes, though the content is not data: %v", err)
	}
}

// TestEdDSAWithoutAttributes, small and over the bound.
func TestEdDSAWithoutAttributes(t *testing.T) {
	m := honest(t, "ed25519", signText)
	m.attributes = nil
	if err := verifyOne(t, m.message(t)).Err; err != nil {
		t.Errorf("small: %v", err)
	}
	if testing.Short() {
		return // 16 MiB take seconds under the race detector
	}
	for size, want := range map[int]error{maxPureContent: nil, maxPureContent + 1: ErrUnsupported} {
		m = honest(t, "ed25519", bytes.Repeat([]byte("x"), size))
		m.attributes = nil
		if err := verifyOne(t, m.message(t)).Err; !errors.Is(err, want) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestVerifyCertificates(t *testing.T) {
	m := honest(t, "rsa", signText)
	good := m.certificates[0]
	garbage := der(cbasn1.SEQUENCE, []byte("no certificate at all"))
	m.certificates = [][]byte{garbage, load(t, "rsa2").Certificate.Raw, good}
	if s := verifyOne(t, m.message(t)); s.Err != nil || !bytes.Equal(s.RawCertificate, good) {
		t.Errorf("a bad certificate in the bag: %v", s.Err)
	}
	m.certificates = [][]byte{load(t, "rsa2").Certificate.Raw}
	if s := verifyOne(t, m.message(t)); !errors.Is(s.Err, ErrNoCertificate) || s.Certificate != nil {
		t.Errorf("no certificate of the signer: %v", s.Err)
	}
	broken := bytes.Replace(good, load(t, "rsa").Certificate.RawSubjectPublicKeyInfo[:4], []byte{0x30, 0x82, 0x01, 0x21}, 1)
	m.certificates = [][]byte{broken}
	if s := verifyOne(t, m.message(t)); !errors.Is(s.Err, ErrNoCertificate) || s.Certificate != nil || !bytes.Equal(s.RawCertificate, broken) {
		t.Errorf("a certificate of the signer that cannot be parsed: %v, %d bytes", s.Err, len(s.RawCertificate))
	}
}

// TestVerifyLongSubject: a certificate with a name beyond the bound is as good as none.
func TestVerifyLongSubject(t *testing.T) {
	for n, want := range map[int]error{maxName/10 - 10: nil, maxName/10 + 20: ErrNoCertificate} { // 10 bytes each
		m := honest(t, "p256", signText)
		template := *m.signer.Certificate
		template.Subject = pkix.Name{OrganizationalUnit: slices.Repeat([]string{"x"}, n)}
		template.RawSubject, template.SignatureAlgorithm = nil, x509.UnknownSignatureAlgorithm
		raw, err := x509.CreateCertificate(rand.Reader, &template, &template, m.signer.signer().Public(), m.signer.Key)
		if err != nil {
			t.Fatal(err)
		}
		if m.signer.Certificate, err = x509.ParseCertificate(raw); err != nil {
			t.Fatal(err)
		}
		m.certificates = [][]byte{raw}
		if s := verifyOne(t, m.message(t)); !errors.Is(s.Err, want) {
			t.Errorf("subject of %d bytes: %v", len(m.signer.Certificate.RawSubject), s.Err)
		}
	}
}

// TestVerifyMixed: several signers are judged each on their own.
func TestVerifyMixed(t *testing.T) {
	m, ec := honest(t, "rsa", signText), honest(t, "p256", signText)
	bad := honest(t, "rsa2", []byte("something else"))
	m.certificates = append(m.certificates, ec.certificates[0], bad.certificates[0])
	message := m.message(t, ec.signerInfo(t), bad.signerInfo(t))
	signatures := verifyAll(t, message, nil)
	if len(signatures) != 3 || signatures[0].Err != nil || signatures[1].Err != nil || !errors.Is(signatures[2].Err, ErrSignature) {
		t.Errorf("%+v", signatures)
	}
	unlisted := signedDataOf(oid.Data, derOctets(signText), m.certificates, [][]byte{honest(t, "rsa", signText).signerInfo(t)}, nil)
	if s := verifyOne(t, unlisted); !errors.Is(s.Err, ErrMalformed) {
		t.Errorf("a digest that digestAlgorithms lacks: %v", s.Err)
	}
	unknown := honest(t, "rsa", signText)
	unknown.digest = derAlgorithm(oid.Data)
	if s := verifyOne(t, unknown.message(t)); !errors.Is(s.Err, ErrUnsupported) {
		t.Errorf("unknown digest: %v", s.Err)
	}
	unknown = honest(t, "rsa", signText)
	unknown.algorithm = derAlgorithm(oid.Data)
	if s := verifyOne(t, unknown.message(t)); !errors.Is(s.Err, ErrUnsupported) {
		t.Errorf("unknown signature algorithm: %v", s.Err)
	}
	mismatch := honest(t, "rsa", signText)
	mismatch.algorithm = derAlgorithm(oid.ECDSAWithSHA256)
	if s := verifyOne(t, mismatch.message(t)); !errors.Is(s.Err, ErrSignature) {
		t.Errorf("ECDSA by an RSA key: %v", s.Err)
	}
}

// TestVerifyExponentOne: with an exponent of 1 everybody can sign.
func TestVerifyExponentOne(t *testing.T) {
	k := load(t, "rsa").Certificate.PublicKey.(*rsa.PublicKey)
	for _, e := range []int{1, 2, 4} {
		if err := readableRSA(&rsa.PublicKey{N: k.N, E: e}); !errors.Is(err, ErrSignature) {
			t.Errorf("exponent %d: %v", e, err)
		}
	}
	for bits, ok := range map[uint]bool{508: true, maxRSABits: true, maxRSABits + 1: false} {
		n := new(big.Int).SetBit(new(big.Int), int(bits)-1, 1)
		if err := readableRSA(&rsa.PublicKey{N: n, E: 65537}); (err == nil) != ok {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

// TestVerifyDescribes reads back what Sign says of the signer.
func TestVerifyDescribes(t *testing.T) {
	s := signCase{"rsa", crypto.SHA256, false}.signer(t)
	s.SigningTime = time.Date(2051, 5, 4, 3, 2, 1, 5, time.UTC)
	s.Capabilities = OwnCapabilities()
	s.EncryptionCertificate = load(t, "p256").Certificate
	got := verifyOne(t, signBytes(t, signText, false, s))
	if got.Err != nil || !got.SigningTime.Equal(s.SigningTime.Truncate(time.Second)) ||
		!HasCapability(got.Capabilities, "aes-256-gcm") || !got.EncryptionCertificate.Equal(s.EncryptionCertificate) || len(got.Weak) > 0 {
		t.Errorf("%+v", got)
	}
	weak := honest(t, "rsa1024", signText)
	if got := verifyOne(t, weak.message(t)); got.Err != nil || len(got.Weak) != 1 || got.Weak[0] != "rsa-1024" {
		t.Errorf("RSA-1024: %v, %q", got.Err, got.Weak)
	}
}

// TestKeyPreferences resolves each form of the attribute in the bag.
func TestKeyPreferences(t *testing.T) {
	ec := load(t, "p256").Certificate
	id := issuerAndSerial(ec)
	ski := derOctets(ec.SubjectKeyId)
	for name, a := range map[string][]byte{
		"issuer and serial": attribute(oid.EncryptionKeyPreference, append([]byte{0xa0}, id[1:]...)),
		"recipient key id":  attribute(oid.EncryptionKeyPreference, der(explicit(1), ski)),
		"key id":            attribute(oid.EncryptionKeyPreference, append([]byte{0x82}, ski[1:]...)),
		"Microsoft's":       attribute(oid.MSEncryptionKeyReference, id),
	} {
		m := honest(t, "rsa", signText)
		m.attributes = append(m.attributes, a)
		m.certificates = append(m.certificates, ec.Raw)
		if s := verifyOne(t, m.message(t)); s.Err != nil || s.EncryptionCertificate == nil || !s.EncryptionCertificate.Equal(ec) {
			t.Errorf("%s: %v, %v", name, s.Err, s.EncryptionCertificate)
		}
		m.certificates = m.certificates[:1]
		if s := verifyOne(t, m.message(t)); s.Err != nil || s.EncryptionCertificate != nil {
			t.Errorf("%s, not in the bag: %v, %v", name, s.Err, s.EncryptionCertificate)
		}
	}
}

// TestKeyForPSSOnly: an id-RSASSA-PSS key makes no PKCS #1 v1.5 signature (RFC 4055 §1.2).
func TestKeyForPSSOnly(t *testing.T) {
	if s := verifyOne(t, honest(t, "rsapss", signText).message(t)); !errors.Is(s.Err, ErrSignature) || s.Algorithm != "rsa-pkcs1" {
		t.Errorf("%s: %v", s.Algorithm, s.Err)
	}
}

// TestVerifierWritesPiecewise: the content may come in any pieces.
func TestVerifierWritesPiecewise(t *testing.T) {
	sd := parse(t, signBytes(t, signText, true, signCase{"p256", 0, false}.signer(t))).Signed
	v := sd.Verifier()
	for i := range signText {
		v.Write(signText[i : i+1])
	}
	if err := v.Verify(context.Background(), bytes.NewReader(signText), int64(len(signText)))[0].Err; err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(sd.Verifier(), bytes.NewReader(signText)); err != nil {
		t.Error(err)
	}
}

// TestPSSParametersOfTheKey: a key may be bound to digests and a least salt
// (RFC 4055 §1.2).
func TestPSSParametersOfTheKey(t *testing.T) {
	signer := signCase{"rsapss", crypto.SHA256, true}.signer(t)
	message := signBytes(t, signText, true, signer)
	params := func(d, mgf asn1.ObjectIdentifier, salt int64) []byte {
		return der(cbasn1.SEQUENCE, der(explicit(0), derAlgorithm(d)), der(explicit(1), derAlgorithm(oid.MGF1, derAlgorithm(mgf))), der(explicit(2), derInt(salt)))
	}
	for name, c := range map[string]struct {
		bound []byte
		want  error
	}{
		"free":           {nil, nil},
		"as signed":      {params(oid.SHA256, oid.SHA256, 32), nil},
		"shorter salt":   {params(oid.SHA256, oid.SHA256, 20), nil},
		"longer salt":    {params(oid.SHA256, oid.SHA256, 33), ErrSignature},
		"another digest": {params(oid.SHA512, oid.SHA256, 32), ErrSignature},
		"another mask":   {params(oid.SHA256, oid.SHA512, 32), ErrSignature},
		"garbage":        {der(cbasn1.SEQUENCE, derNull), ErrUnsupported},
	} {
		cert := *signer.Certificate
		var info struct {
			Algorithm asn1.RawValue
			Key       asn1.RawValue
		}
		if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &info); err != nil {
			t.Fatal(err)
		}
		algorithm := derAlgorithm(oid.RSASSAPSS)
		if c.bound != nil {
			algorithm = derAlgorithm(oid.RSASSAPSS, c.bound)
		}
		cert.RawSubjectPublicKeyInfo = der(cbasn1.SEQUENCE, algorithm, info.Key.FullBytes)
		s := parse(t, message).Signed.SignerInfos[0]
		scheme, err := s.scheme()
		if err != nil {
			t.Fatal(err)
		}
		if err := scheme.check(&cert, s.attributes.asSent(), s.signature); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeyForOAEPSignsNothing: it is for encryption only (RFC 4055 §1.2), whatever signature
// holds.
func TestKeyForOAEPSignsNothing(t *testing.T) {
	for name, c := range map[string]signCase{"PSS": {"rsapss", crypto.SHA256, true}, "PKCS #1": {"rsa", crypto.SHA256, false}} {
		signer := c.signer(t)
		s := parse(t, signBytes(t, signText, true, signer)).Signed.SignerInfos[0]
		scheme, err := s.scheme()
		if err != nil {
			t.Fatal(err)
		}
		cert := *signer.Certificate
		if err := scheme.check(&cert, s.attributes.asSent(), s.signature); err != nil {
			t.Errorf("%s, as it was: %v", name, err)
		}
		var info struct {
			Algorithm asn1.RawValue
			Key       asn1.RawValue
		}
		if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &info); err != nil {
			t.Fatal(err)
		}
		cert.RawSubjectPublicKeyInfo = der(cbasn1.SEQUENCE, derAlgorithm(oid.RSAESOAEP), info.Key.FullBytes)
		cert.PublicKey = nil // as crypto/x509 leaves it
		if err := scheme.check(&cert, s.attributes.asSent(), s.signature); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
		signer.Certificate = &cert
		if err := signer.check(); !errors.Is(err, errSignKey) {
			t.Errorf("%s: ours, to be signed with: %v", name, err)
		}
	}
}

// TestUnknownCurve: crypto/x509 also reads P-224, which has no place in mail.
func TestUnknownCurve(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(signText)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	s := signatureScheme{name: "ecdsa", digest: digestByOID(oid.SHA256)}
	if err := s.checkSum(nil, &key.PublicKey, sum[:], signature); !errors.Is(err, ErrUnsupported) {
		t.Errorf("%v", err)
	}
}
