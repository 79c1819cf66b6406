// RecipientInfos that few programs write.

package cms

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/kdf"
	"sealgate/smime/cms/internal/keywrap"
	"sealgate/smime/cms/internal/oid"
)

// TestOpenSSLAgreements reads key agreement variants that only openssl writes.
func TestOpenSSLAgreements(t *testing.T) {
	id := load(t, "p256")
	for name, args := range map[string][]string{
		"Triple-DES wrap": {"-des3", "-recip", id.certFile(), "-des3-wrap"},
		"cofactor":        {"-aes128", "-recip", id.certFile(), "-keyopt", "ecdh_cofactor_mode:1"},
		"SHA-224":         {"-aes128", "-recip", id.certFile(), "-keyopt", "ecdh_kdf_md:sha224"},
		"another wrap":    {"-aes128", "-recip", id.certFile(), "-aes256-wrap"},
	} {
		message, err := openssl(t, []byte(recordedText), append([]string{"cms", "-encrypt", "-binary", "-outform", "DER"}, args...)...)
		if err != nil {
			t.Errorf("%s: openssl does not write it", name)
			continue
		}
		if got, _, err := decryptBytes(t, message, "p256"); err != nil || string(got) != recordedText {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOpenSSLToBrainpool reads what openssl encrypts to each brainpool curve, with each
// digest of the key derivation.
func TestOpenSSLToBrainpool(t *testing.T) {
	for _, name := range []string{"bp256", "bp384", "bp512"} {
		for _, digest := range []string{"sha1", "sha256", "sha384", "sha512"} {
			args := []string{
				"cms", "-encrypt", "-binary", "-outform", "DER", "-aes128",
				"-recip", load(t, name).certFile(), "-keyopt", "ecdh_kdf_md:" + digest,
			}
			message, err := openssl(t, []byte(recordedText), args...)
			if err != nil {
				t.Errorf("%s, %s: openssl does not write it", name, digest)
				continue
			}
			if got, _, err := decryptBytes(t, message, name); err != nil || string(got) != recordedText {
				t.Errorf("%s, %s: %v", name, digest, err)
			}
		}
	}
}

// agreementWith wraps a content key for P-256 with every part given.
func agreementWith(t *testing.T, id identity, cek, ukm, rid []byte) []byte {
	t.Helper()
	public, err := id.Certificate.PublicKey.(*ecdsa.PublicKey).ECDH()
	if err != nil {
		t.Fatal(err)
	}
	ephemeral, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	z, err := ephemeral.ECDH(public)
	if err != nil {
		t.Fatal(err)
	}
	wrap := derAlgorithm(oid.AES128Wrap)
	info, err := kdf.SharedInfo(wrap, ukm, 16)
	if err != nil {
		t.Fatal(err)
	}
	kek, err := kdf.X963(crypto.SHA256, z, info, 16)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(kek)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := keywrap.Wrap(block, cek)
	if err != nil {
		t.Fatal(err)
	}
	var material []byte
	if ukm != nil {
		material = der(explicit(1), derOctets(ukm))
	}
	point := append([]byte{0}, ephemeral.PublicKey().Bytes()...)
	return der(explicit(1), derInt(3),
		der(explicit(0), der(explicit(1), derAlgorithm(oid.ECPublicKey), der(cbasn1.BIT_STRING, point))),
		material, derAlgorithm(oid.StdDHSHA256KDF, wrap),
		der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, rid, derOctets(wrapped))))
}

// TestAgreementForms: user keying material, and RecipientKeyIdentifier with all its fields.
func TestAgreementForms(t *testing.T) {
	id := load(t, "p256")
	cek, iv := randomBytes(16), randomBytes(16)
	encrypted := cbcContent(t, cek, iv, signText)
	withDate := der(explicit(0), derOctets(id.Certificate.SubjectKeyId),
		der(cbasn1.GeneralizedTime, []byte("20260101000000Z")), der(cbasn1.SEQUENCE, derOID(oid.Data)))
	for name, r := range map[string][]byte{
		"with ukm":           agreementWith(t, id, cek, []byte("keying material"), issuerAndSerial(id.Certificate)),
		"key id, date, more": agreementWith(t, id, cek, nil, withDate),
	} {
		got, _, err := decryptBytes(t, envelope(oid.AES128CBC, derOctets(iv), encrypted, r), "p256")
		if err != nil || !bytes.Equal(got, signText) {
			t.Errorf("%s: %v", name, err)
		}
	}
	static := der(explicit(1), derInt(3), der(explicit(0), issuerAndSerial(id.Certificate)),
		derAlgorithm(oid.StdDHSHA256KDF, derAlgorithm(oid.AES128Wrap)),
		der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, issuerAndSerial(id.Certificate), derOctets(make([]byte, 24)))))
	if _, _, err := decryptBytes(t, envelope(oid.AES128CBC, derOctets(iv), encrypted, static), "p256"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("static-static: %v", err)
	}
}

// TestInvalidCurve: a point off the curve leads to a random key, like all else.
func TestInvalidCurve(t *testing.T) {
	id := load(t, "p256")
	cek, iv := randomBytes(16), randomBytes(16)
	r := agreementWith(t, id, cek, nil, issuerAndSerial(id.Certificate))
	at := bytes.Index(r, []byte{3, 66, 0, 4}) + 4
	r[at+40] ^= 1
	message := envelope(oid.AES128CBC, derOctets(iv), cbcContent(t, cek, iv, signText), r)
	if _, err := decryptMessage(t, message, looksLikeMIME, "p256"); err != ErrDecrypt {
		t.Errorf("%v", err)
	}
}

// TestHKDFIsForX25519 (RFC 8418): nobody writes it for another curve.
func TestHKDFIsForX25519(t *testing.T) {
	ephemeral, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[*oid.OID]error{&oid.StdDHHKDFSHA256: ErrUnsupported, &oid.StdDHHKDFSHA384: ErrUnsupported, &oid.StdDHHKDFSHA512: ErrUnsupported, &oid.StdDHSHA256KDF: keywrap.ErrUnwrap} {
		r := &RecipientInfo{management: algorithm{id: *id, parameters: derAlgorithm(oid.AES128Wrap)}, agreement: &agreement{point: ephemeral.PublicKey().Bytes()}, encryptedKey: make([]byte, 24)}
		if _, err := r.agree(decryptionKey(t, "p256")); !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", *id, err, want)
		}
	}
}

// TestHKDFSalt: user keying material is the salt, and stands in the info too (RFC 8418
// §2.2). What is right is RFC 5869 §2 by hand: the key is no longer than the hash.
func TestHKDFSalt(t *testing.T) {
	z, wrap := []byte("shared secret"), derAlgorithm(oid.AES256Wrap)
	sum := func(key, text []byte) []byte {
		m := hmac.New(sha256.New, key)
		m.Write(text)
		return m.Sum(nil)
	}
	for _, ukm := range [][]byte{nil, []byte("keying material")} {
		info, err := kdf.SharedInfo(wrap, ukm, 32)
		if err != nil {
			t.Fatal(err)
		}
		salt := ukm
		if ukm == nil {
			salt = make([]byte, sha256.Size)
		}
		want := sum(sum(salt, z), append(info, 1))
		got, err := agreementFor(oid.StdDHHKDFSHA256).keyEncryptionKey(z, wrap, ukm, 32)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("ukm %q: %x, %v, want %x", ukm, got, err, want)
		}
	}
}

// TestOtherRecipients are listed and passed over.
func TestOtherRecipients(t *testing.T) {
	cek, iv := randomBytes(16), randomBytes(16)
	kek, password, other := der(explicit(2), derInt(4)), der(explicit(3), derInt(0)), der(explicit(4), derOID(oid.Data))
	message := envelope(oid.AES128CBC, derOctets(iv), cbcContent(t, cek, iv, signText), kek, password, other, transportFor(t, load(t, "rsa"), cek))
	var names []string
	for _, r := range parse(t, message).Enveloped.Recipients {
		names = append(names, r.KeyManagement)
	}
	if len(names) != 4 || names[0] != "kek" || names[1] != "password" || names[2] != "other" || names[3] != "rsa-pkcs1" {
		t.Errorf("%q", names)
	}
	if got, _, err := decryptBytes(t, message, "rsa"); err != nil || !bytes.Equal(got, signText) {
		t.Error(err)
	}
	onlyKEK := envelope(oid.AES128CBC, derOctets(iv), cbcContent(t, cek, iv, signText), kek)
	if _, _, err := decryptBytes(t, onlyKEK, "rsa"); err != ErrNoRecipient {
		t.Errorf("only a key-encryption key: %v", err)
	}
}

// TestKeyIDWithoutExtension: the identifier is what method 1 would have made.
func TestKeyIDWithoutExtension(t *testing.T) {
	c := *load(t, "rsa").Certificate
	want := c.SubjectKeyId // openssl's "hash" is method 1
	c.SubjectKeyId = nil
	if !bytes.Equal(keyID(&c), want) || !(signerID{ski: want}).means(&c) {
		t.Errorf("%x, want %x", keyID(&c), want)
	}
}
