// Ciphertexts that must not decrypt, and odd ones that must.

package cms

//lint:file-ignore SA1019 PKCS #1 v1.5 encryption is what S/MIME is sent with (RFC 8551 §2.3)

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
	"sealgate/spool"
)

func TestEncryptDecrypt(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 3*streamChunk/16)
	for _, c := range Ciphers() {
		for _, n := range []int{0, 1, 15, 16, 17, streamChunk - 1, streamChunk, streamChunk + 1, 2*streamChunk + 7} {
			message := encryptBytes(t, content[:n], c, recipientCase{key: "p256"}.recipient(t))
			got, keys, err := decryptBytes(t, message, "p256")
			if err != nil || !bytes.Equal(got, content[:n]) || len(keys) != 1 {
				t.Errorf("%s, %d bytes: %d bytes, %v", c, n, len(got), err)
			}
		}
	}
	for _, c := range recipientCases() {
		message := encryptBytes(t, signText, "aes-128-gcm", c.recipient(t))
		if got, _, err := decryptBytes(t, message, c.key); err != nil || !bytes.Equal(got, signText) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestAuthenticatedAttributes goes through every size around block bounds.
func TestAuthenticatedAttributes(t *testing.T) {
	filler := func(n int) []byte { return attribute(oid.SMIMECapabilities, derOctets(make([]byte, n))) }
	contentType := attribute(oid.ContentType, derOID(oid.Data))
	for n := range 70 {
		message := authEnvelope(t, signText, [][]byte{contentType, filler(n)}, 16, 16, oid.Data)
		if got, _, err := decryptBytes(t, message, "rsa"); err != nil || !bytes.Equal(got, signText) {
			t.Fatalf("attribute of %d bytes: %v", n, err)
		}
		if n == 0 {
			continue // nothing to change in it
		}
		at := bytes.LastIndex(message, contentType)
		changed := bytes.Clone(message)
		changed[at+len(contentType)+len(filler(n))-1]++
		if _, _, err := decryptBytes(t, changed, "rsa"); err != ErrDecrypt {
			t.Fatalf("attribute of %d bytes, changed: %v", n, err)
		}
	}
	// Sent in another order than DER's: the AAD is their DER.
	unsorted := [][]byte{filler(3), contentType}
	if got, _, err := decryptBytes(t, authEnvelope(t, signText, unsorted, 16, 16, oid.Data), "rsa"); err != nil || !bytes.Equal(got, signText) {
		t.Errorf("unsorted: %v", err)
	}
	for name, c := range map[string]struct {
		attributes [][]byte
		ok         bool
	}{
		"none":    {nil, false},
		"missing": {[][]byte{filler(3)}, false},
		"wrong":   {[][]byte{contentType}, false},
		"right":   {[][]byte{attribute(oid.ContentType, derOID(oid.SignedData))}, true},
	} {
		message := authEnvelope(t, signText, c.attributes, 16, 16, oid.SignedData)
		_, err := Parse(bytes.NewReader(message), int64(len(message)))
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, ErrMalformed) {
			t.Errorf("content of another type, content-type attribute %s: %v", name, err)
		}
	}
}

// TestMACSizes: 12 to 16 bytes, and exactly as many as announced (RFC 5084 §3.2).
func TestMACSizes(t *testing.T) {
	for _, c := range []struct {
		announced, sent int
		ok              bool
	}{
		{12, 12, true},
		{13, 13, true},
		{16, 16, true},
		{1, 1, false},
		{4, 4, false},
		{8, 8, false},
		{11, 11, false},
		{17, 17, false},
		{16, 12, false},
		{12, 16, false},
		{16, 1, false},
		{16, 0, false},
		{0, 0, false},
	} {
		message := authEnvelope(t, signText, nil, c.announced, c.sent, oid.Data)
		_, err := Parse(bytes.NewReader(message), int64(len(message)))
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, ErrMalformed) {
			t.Errorf("mac of %d bytes, %d announced: %v", c.sent, c.announced, err)
		}
		if c.ok {
			if got, _, err := decryptBytes(t, message, "rsa"); err != nil || !bytes.Equal(got, signText) {
				t.Errorf("mac of %d bytes: %v", c.sent, err)
			}
		}
	}
}

// TestChangedCiphertext changes each byte of the encrypted content and mac in turn.
func TestChangedCiphertext(t *testing.T) {
	for _, c := range []string{"aes-256-gcm", "chacha20-poly1305"} {
		message := encryptBytes(t, signText, c, recipientCase{key: "p256"}.recipient(t))
		for i := len(message) - len(signText) - 18; i < len(message); i++ {
			changed := bytes.Clone(message)
			changed[i] ^= 1
			info, err := Parse(bytes.NewReader(changed), int64(len(changed)))
			if err != nil {
				continue
			}
			p, err := info.Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: []DecryptionKey{decryptionKey(t, "p256")}, Spool: newSpool(t)})
			if err == nil {
				p.File.Close()
				t.Errorf("%s: byte %d changed, and it decrypts", c, i)
			}
		}
	}
}

// cbcContent encrypts with AES-128-CBC.
func cbcContent(tb testing.TB, cek, iv, content []byte) []byte {
	tb.Helper()
	block, err := aes.NewCipher(cek)
	if err != nil {
		tb.Fatal(err)
	}
	padded := cbcSealer{}.pad(bytes.Clone(content))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return padded
}

func decryptMessage(t *testing.T, message []byte, accept func(*spool.File) bool, names ...string) (*Plaintext, error) {
	t.Helper()
	var keys []DecryptionKey
	for _, n := range names {
		keys = append(keys, decryptionKey(t, n))
	}
	return parse(t, message).Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: keys, Spool: newSpool(t), Accept: accept})
}

// looksLikeMIME is a stand-in for what smime passes as Accept.
func looksLikeMIME(f *spool.File) bool {
	b := make([]byte, 8)
	n, _ := f.ReadAt(b, 0)
	return bytes.HasPrefix(b[:n], []byte("Content-"))
}

// TestBadRecipientBeforeGood: what unwraps to nonsense does not hide the good one.
func TestBadRecipientBeforeGood(t *testing.T) {
	id := load(t, "rsa")
	cek, iv := randomBytes(16), randomBytes(16)
	encrypted := cbcContent(t, cek, iv, signText)
	good := transportFor(t, id, cek)
	garbage := der(cbasn1.SEQUENCE, derInt(0), issuerAndSerial(id.Certificate), derAlgorithm(oid.RSAEncryption, derNull), derOctets(randomBytes(256)))
	for n, want := range map[int]error{0: nil, 1: nil, maxContentKeys - 1: nil, maxContentKeys: ErrDecrypt} {
		var recipients [][]byte
		for range n {
			recipients = append(recipients, garbage)
		}
		message := envelope(oid.AES128CBC, derOctets(iv), encrypted, append(recipients, good)...)
		p, err := decryptMessage(t, message, looksLikeMIME, "rsa")
		if err != want {
			t.Errorf("%d bad ones before: %v", n, err)
		}
		if err == nil {
			p.File.Close()
		}
	}
	unknown := der(cbasn1.SEQUENCE, derInt(0), issuerAndSerial(id.Certificate), derAlgorithm(oid.Data), derOctets(nil))
	if _, err := decryptMessage(t, envelope(oid.AES128CBC, derOctets(iv), encrypted, unknown), nil, "rsa"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("only unknown key management: %v", err)
	}
}

// TestNamedIsNotOwner: a RecipientInfo that only names another mailbox's
// certificate does not make it an owner.
func TestNamedIsNotOwner(t *testing.T) {
	a, b := load(t, "rsa"), load(t, "rsa2")
	cek, iv := randomBytes(16), randomBytes(16)
	encrypted := cbcContent(t, cek, iv, signText)
	named := transportFor(t, b, randomBytes(16)) // it unwraps, but to another key
	message := envelope(oid.AES128CBC, derOctets(iv), encrypted, named, transportFor(t, a, cek))
	p, err := decryptMessage(t, message, looksLikeMIME, "rsa", "rsa2")
	if err != nil {
		t.Fatal(err)
	}
	defer p.File.Close()
	if len(p.Keys) != 1 || p.Keys[0] != 0 {
		t.Errorf("owners %v, want only the first", p.Keys)
	}
	both := envelope(oid.AES128CBC, derOctets(iv), encrypted, transportFor(t, b, cek), transportFor(t, a, cek))
	q, err := decryptMessage(t, both, looksLikeMIME, "rsa", "rsa2")
	if err != nil {
		t.Fatal(err)
	}
	defer q.File.Close()
	if len(q.Keys) != 2 {
		t.Errorf("owners %v, want both", q.Keys)
	}
}

// TestRandomKeyPassesPadding: the padding of nonsense is good once in 256
// times; then Accept has the last word.
func TestRandomKeyPassesPadding(t *testing.T) {
	id := load(t, "rsa")
	cek, iv := randomBytes(16), randomBytes(16)
	encrypted := cbcContent(t, cek, iv, signText)
	wrong := cek
	for good := false; !good; {
		wrong = randomBytes(16)
		block, _ := aes.NewCipher(wrong)
		last := bytes.Clone(encrypted)
		open := &cbcOpener{cipher.NewCBCDecrypter(block, iv)}
		open.decrypt(last)
		_, good = open.finish(last[len(last)-16:])
	}
	lucky := transportFor(t, id, wrong)
	if _, err := decryptMessage(t, envelope(oid.AES128CBC, derOctets(iv), encrypted, lucky), looksLikeMIME, "rsa"); err != ErrDecrypt {
		t.Errorf("nonsense with good padding: %v", err)
	}
	message := envelope(oid.AES128CBC, derOctets(iv), encrypted, lucky, transportFor(t, id, cek))
	p, err := decryptMessage(t, message, looksLikeMIME, "rsa")
	if err != nil {
		t.Fatal(err)
	}
	p.File.Close()
}

// TestOneError: wrong key, bad padding, no whole block and garbage look the same.
func TestOneError(t *testing.T) {
	id := load(t, "rsa")
	cek, iv := randomBytes(16), randomBytes(16)
	encrypted := cbcContent(t, cek, iv, signText)
	badPadding := bytes.Clone(encrypted)
	block, _ := aes.NewCipher(cek)
	last := make([]byte, 16) // all zero: no padding ends so
	for i := range last {
		last[i] ^= encrypted[len(encrypted)-32+i]
	}
	block.Encrypt(badPadding[len(badPadding)-16:], last)
	short := transportFor(t, id, cek[:15])
	for name, message := range map[string][]byte{
		"wrong key":     envelope(oid.AES128CBC, derOctets(iv), encrypted, transportFor(t, id, randomBytes(16))),
		"short key":     envelope(oid.AES128CBC, derOctets(iv), encrypted, short),
		"bad padding":   envelope(oid.AES128CBC, derOctets(iv), badPadding, transportFor(t, id, cek)),
		"no block":      envelope(oid.AES128CBC, derOctets(iv), nil, transportFor(t, id, cek)),
		"half a block":  envelope(oid.AES128CBC, derOctets(iv), encrypted[:len(encrypted)-3], transportFor(t, id, cek)),
		"no ciphertext": envelope(oid.AES128CBC, derOctets(iv), encrypted, der(cbasn1.SEQUENCE, derInt(0), issuerAndSerial(id.Certificate), derAlgorithm(oid.RSAEncryption, derNull), derOctets(nil))),
	} {
		if _, err := decryptMessage(t, message, looksLikeMIME, "rsa"); err != ErrDecrypt {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCipherParameters are refused when they are not what the cipher needs.
func TestCipherParameters(t *testing.T) {
	r := transportFor(t, load(t, "rsa"), randomBytes(16))
	block := make([]byte, 16)
	for name, message := range map[string][]byte{
		"CBC without IV":           envelope(oid.AES128CBC, nil, block, r),
		"CBC with NULL":            envelope(oid.AES128CBC, derNull, block, r),
		"CBC with a short IV":      envelope(oid.AES128CBC, derOctets(block[:15]), block, r),
		"CBC with a long IV":       envelope(oid.AES128CBC, derOctets(make([]byte, 17)), block, r),
		"GCM in EnvelopedData":     envelope(oid.AES128GCM, der(cbasn1.SEQUENCE, derOctets(block[:12]), derInt(16)), block, r),
		"ChaCha in EnvelopedData":  envelope(oid.ChaCha20Poly1305, derOctets(block[:12]), block, r),
		"RC2 of a version unknown": envelope(oid.RC2CBC, der(cbasn1.SEQUENCE, derInt(7), derOctets(block[:8])), block, r),
	} {
		if _, err := Parse(bytes.NewReader(message), int64(len(message))); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unknown := envelope(oid.Data, nil, block, r)
	if _, err := decryptMessage(t, unknown, nil, "rsa"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("unknown cipher: %v", err)
	}
}

// TestDecryptFaults: faults of ours are not the message's.
func TestDecryptFaults(t *testing.T) {
	message := encryptBytes(t, bytes.Repeat([]byte("x"), 300_000), "aes-256-gcm", recipientCase{key: "p256"}.recipient(t))
	full, err := spool.New(spool.Options{Dir: t.TempDir(), Limit: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	keys := []DecryptionKey{decryptionKey(t, "p256")}
	if _, err := parse(t, message).Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: keys, Spool: full}); !errors.Is(err, spool.ErrFull) {
		t.Errorf("full spool: %v", err)
	}
	if full.Used() != 0 {
		t.Errorf("%d bytes left in the spool", full.Used())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := parse(t, message).Enveloped.Decrypt(ctx, DecryptOptions{Keys: keys, Spool: newSpool(t)}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	nobody := []DecryptionKey{{Key: keys[0].Key}}
	if _, err := parse(t, message).Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: nobody, Spool: newSpool(t)}); err != ErrNoRecipient {
		t.Errorf("a key without certificate: %v", err)
	}
	if _, err := parse(t, message).Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: keys}); err == nil || errors.Is(err, ErrDecrypt) {
		t.Errorf("no spool: %v", err)
	}
}

// TestPKCS1IsUniform: whatever PKCS #1 decryption says, a key of the right length comes out.
func TestPKCS1IsUniform(t *testing.T) {
	id := load(t, "rsa")
	k := decryptionKey(t, "rsa")
	ciphertexts := [][]byte{nil, make([]byte, 255), make([]byte, 257), randomBytes(256), bytes.Repeat([]byte{0xff}, 256)}
	for _, n := range []int{0, 1, 15, 17, 32, 200} {
		c, err := rsa.EncryptPKCS1v15(rand.Reader, id.Certificate.PublicKey.(*rsa.PublicKey), make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		ciphertexts = append(ciphertexts, c)
	}
	for _, c := range ciphertexts {
		r := RecipientInfo{KeyManagement: "rsa-pkcs1", encryptedKey: c}
		a, b := r.unwrap(k, 16), r.unwrap(k, 16)
		if len(a) != 16 || len(b) != 16 || bytes.Equal(a, b) {
			t.Errorf("ciphertext of %d bytes: %x, %x", len(c), a, b)
		}
	}
}

// asked is a key that keeps what it was asked.
type asked struct {
	*rsa.PrivateKey
	options crypto.DecrypterOpts
}

func (a *asked) Decrypt(random io.Reader, encrypted []byte, options crypto.DecrypterOpts) ([]byte, error) {
	a.options = options
	return a.PrivateKey.Decrypt(random, encrypted, options)
}

// TestSessionKeyLength: crypto/rsa, or whoever holds the key, is told how long the key
// is, so that bad padding gives a random one in constant time (Bleichenbacher).
func TestSessionKeyLength(t *testing.T) {
	id := load(t, "rsa")
	for _, n := range []int{16, 24, 32} {
		key := &asked{PrivateKey: id.Key.(*rsa.PrivateKey)}
		r := &RecipientInfo{KeyManagement: "rsa-pkcs1", encryptedKey: make([]byte, 256)}
		r.encryptedKey[255] = 2
		got, err := r.decryptKey(DecryptionKey{id.Certificate, key}, n)
		if err != nil || len(got) != n {
			t.Errorf("bad padding: %d octets, %v", len(got), err)
		}
		if o, ok := key.options.(*rsa.PKCS1v15DecryptOptions); !ok || o.SessionKeyLen != n {
			t.Errorf("%d octets: %+v", n, key.options)
		}
	}
}
