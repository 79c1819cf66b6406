// What an Admission is asked, and that nothing is decrypted without it.

package cms

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// question is what an Admission was asked.
type question struct {
	keys    [][sha256.Size]byte
	content [sha256.Size]byte
}

// questions lets Decrypt ask, and answers with err.
func questions(t *testing.T, message []byte, err error, names ...string) (asked []question, p *Plaintext, got error) {
	t.Helper()
	var keys []DecryptionKey
	for _, n := range names {
		keys = append(keys, decryptionKey(t, n))
	}
	o := DecryptOptions{Keys: keys, Spool: newSpool(t), Accept: looksLikeMIME}
	o.Admit = func(keys []ContentKey, content [sha256.Size]byte) error {
		if n := o.Spool.Used(); n != 0 {
			t.Errorf("%d octets are decrypted before it is asked", n)
		}
		q := question{content: content}
		for _, k := range keys {
			q.keys = append(q.keys, k.MAC([]byte("secret")))
		}
		asked = append(asked, q)
		return err
	}
	p, got = parse(t, message).Enveloped.Decrypt(context.Background(), o)
	if p != nil {
		p.File.Close()
	}
	return asked, p, got
}

// TestNothingIsDecryptedUnasked: whatever is answered but nil, there is no plaintext.
func TestNothingIsDecryptedUnasked(t *testing.T) {
	fault := errors.New("the store does not answer")
	for _, c := range Ciphers() {
		message := encryptBytes(t, signText, c, recipientCase{key: "p256"}.recipient(t))
		for _, answer := range []error{nil, ErrRefused, fmt.Errorf("altered: %w", ErrRefused), fault} {
			asked, p, err := questions(t, message, answer, "p256")
			if len(asked) != 1 || len(asked[0].keys) != 1 {
				t.Fatalf("%s: asked %v", c, asked)
			}
			if err != answer || (p != nil) != (answer == nil) {
				t.Errorf("%s: answered %v: %v, %v", c, answer, p, err)
			}
		}
	}
}

// TestStandInsAreAskedAbout: a key that cannot be unwrapped is asked about like any
// other, in the same question, and never more than are tried.
func TestStandInsAreAskedAbout(t *testing.T) {
	id := load(t, "rsa")
	cek, iv := randomBytes(16), randomBytes(16)
	encrypted := cbcContent(t, cek, iv, signText)
	good := transportFor(t, id, cek)
	garbage := der(cbasn1.SEQUENCE, derInt(0), issuerAndSerial(id.Certificate),
		derAlgorithm(oid.RSAEncryption, derNull), derOctets(randomBytes(256)))
	for name, c := range map[string]struct {
		recipients [][]byte
		keys       int
	}{
		"good":                {[][]byte{good}, 1},
		"the same twice":      {[][]byte{good, good}, 1},
		"bad":                 {[][]byte{garbage}, 1},
		"bad and good":        {[][]byte{garbage, good}, 2},
		"one below the bound": {[][]byte{garbage, garbage, good}, maxContentKeys - 1},
		"the bound":           {[][]byte{garbage, garbage, garbage, good}, maxContentKeys},
		"one above the bound": {[][]byte{garbage, garbage, garbage, garbage, good}, maxContentKeys},
	} {
		message := envelope(oid.AES128CBC, derOctets(iv), encrypted, c.recipients...)
		asked, _, _ := questions(t, message, nil, "rsa")
		if len(asked) != 1 || len(asked[0].keys) != c.keys {
			t.Errorf("%s: asked %d times, %v", name, len(asked), asked)
		}
	}
	message := envelope(oid.AES128CBC, derOctets(iv), encrypted, good)
	if asked, _, err := questions(t, message, nil, "rsa2"); len(asked) != 1 || len(asked[0].keys) != 1 || err != ErrNoRecipient {
		t.Errorf("a key that only fits: asked %v, %v", asked, err)
	}
	if asked, _, err := questions(t, message, nil, "p256"); len(asked) != 0 || err != ErrNoRecipient {
		t.Errorf("no key that fits: asked %v, %v", asked, err)
	}
}

// TestOneContentOneDigest: what copies and relays differ in is not in the digest, and
// all that decides what a key makes of the content is.
func TestOneContentOneDigest(t *testing.T) {
	a, b := load(t, "rsa"), load(t, "rsa2")
	cek, iv := randomBytes(16), randomBytes(16)
	encrypted := cbcContent(t, cek, iv, signText)
	altered := func(p []byte, at int) []byte {
		p = bytes.Clone(p)
		p[at] ^= 1
		return p
	}
	pieces := func(p []byte) []byte { // constructed, of indefinite length
		var body []byte
		for len(p) > 5 {
			body = append(body, der(cbasn1.OCTET_STRING, p[:5])...)
			p = p[5:]
		}
		body = append(body, der(cbasn1.OCTET_STRING, p)...)
		content := append(append([]byte{0xa0, 0x80}, body...), 0, 0)
		return contentInfoOf(oid.EnvelopedData, der(cbasn1.SEQUENCE, derInt(0), der(cbasn1.SET, transportFor(t, a, cek)),
			der(cbasn1.SEQUENCE, derOID(oid.Data), derAlgorithm(oid.AES128CBC, derOctets(iv)), content)))
	}
	toA := func(iv, encrypted []byte) []byte {
		return envelope(oid.AES128CBC, derOctets(iv), encrypted, transportFor(t, a, cek))
	}
	of := func(message []byte) question {
		asked, _, _ := questions(t, message, nil, "rsa", "rsa2")
		if len(asked) != 1 || len(asked[0].keys) != 1 {
			t.Fatalf("asked %v", asked)
		}
		return asked[0]
	}
	first := of(toA(iv, encrypted))
	for name, c := range map[string]struct {
		message []byte
		same    bool
	}{
		"encrypted anew for the same":     {toA(iv, encrypted), true},
		"the copy of another recipient":   {envelope(oid.AES128CBC, derOctets(iv), encrypted, transportFor(t, b, cek)), true},
		"the copy of both":                {envelope(oid.AES128CBC, derOctets(iv), encrypted, transportFor(t, b, cek), transportFor(t, a, cek)), true},
		"in pieces":                       {pieces(encrypted), true},
		"another IV":                      {toA(altered(iv, 0), encrypted), false},
		"first block altered":             {toA(iv, altered(encrypted, 0)), false},
		"last block altered":              {toA(iv, altered(encrypted, len(encrypted)-1)), false},
		"cut by a block":                  {toA(iv, encrypted[:len(encrypted)-16]), false},
		"cut to nothing":                  {toA(iv, nil), false},
		"longer by an octet, in no block": {toA(iv, append(bytes.Clone(encrypted), 0)), false},
	} {
		q := of(c.message)
		if q.keys[0] != first.keys[0] {
			t.Errorf("%s: another key", name)
		}
		if (q.content == first.content) != c.same {
			t.Errorf("%s: the digest is the same: %v, want %v", name, !c.same, c.same)
		}
	}
}

// TestAuthEnvelopedMadeEnveloped: what was encrypted with AES-GCM, sent again as CBC, which has no
// tag, is another content of the same key, so it is not decrypted once the first was; alone it is no
// mail. AES-GCM in EnvelopedData is none of the forms that there are.
func TestAuthEnvelopedMadeEnveloped(t *testing.T) {
	cek, nonce := randomBytes(16), randomBytes(12)
	block, err := aes.NewCipher(cek)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	sealed := gcm.Seal(nil, nonce, bytes.Repeat([]byte("Content-Type: text/plain\r\n\r\n16"), 4), nil)
	encrypted, tag := sealed[:len(sealed)-16], sealed[len(sealed)-16:]
	recipient := transportFor(t, load(t, "rsa"), cek)
	parameters := der(cbasn1.SEQUENCE, derOctets(nonce), derInt(16))
	honest := contentInfoOf(oid.AuthEnvelopedData, der(cbasn1.SEQUENCE, derInt(0), der(cbasn1.SET, recipient),
		der(cbasn1.SEQUENCE, derOID(oid.Data), derAlgorithm(oid.AES128GCM, parameters), der(implicit(0), encrypted)), derOctets(tag)))
	downgraded := envelope(oid.AES128CBC, derOctets(make([]byte, 16)), encrypted[:len(encrypted)/16*16], recipient)
	first, _, err := questions(t, honest, nil, "rsa")
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := questions(t, downgraded, nil, "rsa")
	if !errors.Is(err, ErrDecrypt) {
		t.Errorf("CBC is decrypted: %v", err)
	}
	if len(first) != 1 || len(second) != 1 || !slices.Equal(first[0].keys, second[0].keys) || first[0].content == second[0].content {
		t.Errorf("asked %v, then %v", first, second)
	}
	kept := envelope(oid.AES128GCM, parameters, encrypted, recipient)
	if _, err := Parse(bytes.NewReader(kept), int64(len(kept))); !errors.Is(err, ErrMalformed) {
		t.Errorf("GCM without its tag: %v", err)
	}
}

// TestAuthenticatedDigest: authAttrs and mac belong to the content, the attributes as
// the cipher takes them.
func TestAuthenticatedDigest(t *testing.T) {
	contentType := attribute(oid.ContentType, derOID(oid.Data))
	filler := attribute(oid.SMIMECapabilities, derOctets([]byte("0123456789")))
	message := authEnvelope(t, signText, [][]byte{contentType, filler}, 16, 16, oid.Data)
	of := func(message []byte) [sha256.Size]byte {
		asked, _, _ := questions(t, message, nil, "rsa")
		if len(asked) != 1 {
			t.Fatalf("asked %v", asked)
		}
		return asked[0].content
	}
	first := of(message)
	swapped := bytes.Replace(message, append(bytes.Clone(contentType), filler...), append(bytes.Clone(filler), contentType...), 1)
	if bytes.Equal(swapped, message) || of(swapped) != first {
		t.Error("attributes in another order are another content, though not for the cipher")
	}
	attributes := bytes.Replace(message, []byte("0123456789"), []byte("0123456780"), 1)
	mac := bytes.Clone(message)
	mac[len(mac)-1] ^= 1
	for name, altered := range map[string][]byte{"attributes": attributes, "mac": mac} {
		if bytes.Equal(altered, message) || of(altered) == first {
			t.Errorf("%s altered: the digest is the same", name)
		}
	}
}

// TestEncryptAsksWhatDecryptWillAsk: the same key and the same content, for every cipher.
func TestEncryptAsksWhatDecryptWillAsk(t *testing.T) {
	for _, c := range Ciphers() {
		for _, n := range []int{0, 1, 16, streamChunk, streamChunk + 1} {
			var made []question
			o := EncryptOptions{Cipher: c, Recipients: []Recipient{recipientCase{key: "p256"}.recipient(t)}}
			o.Admit = func(keys []ContentKey, content [sha256.Size]byte) error {
				made = append(made, question{[][sha256.Size]byte{keys[0].MAC([]byte("secret"))}, content})
				return nil
			}
			var message bytes.Buffer
			content := make([]byte, n)
			if err := Encrypt(t.Context(), &message, bytes.NewReader(content), int64(n), o); err != nil {
				t.Fatal(err)
			}
			asked, _, _ := questions(t, message.Bytes(), nil, "p256")
			if len(made) != 1 || len(asked) != 1 || made[0].keys[0] != asked[0].keys[0] || made[0].content != asked[0].content {
				t.Errorf("%s, %d octets: made %x, asked %x", c, n, made, asked)
			}
		}
	}
	fault := errors.New("the store does not answer")
	o := EncryptOptions{Recipients: []Recipient{recipientCase{key: "p256"}.recipient(t)}}
	o.Admit = func([]ContentKey, [sha256.Size]byte) error { return fault }
	if err := Encrypt(t.Context(), io.Discard, bytes.NewReader(nil), 0, o); err != fault {
		t.Error(err)
	}
}

// TestDigestOfLongContent: every part of a content of several chunks is in it.
func TestDigestOfLongContent(t *testing.T) {
	content := bytes.Repeat([]byte("Content-Type: x\n"), 3*streamChunk/16)
	message := encryptBytes(t, content, "aes-256-cbc", recipientCase{key: "rsa"}.recipient(t))
	seen := map[[sha256.Size]byte]int{}
	for i := range 4 {
		changed := bytes.Clone(message)
		changed[len(changed)-1-i*streamChunk*3/4] ^= 1
		asked, _, _ := questions(t, changed, nil, "rsa")
		seen[asked[0].content]++
	}
	if len(seen) != 4 {
		t.Errorf("%d digests of 4 contents", len(seen))
	}
}

// TestCancelledDigest: the time of a message ends the reading.
func TestCancelledDigest(t *testing.T) {
	message := encryptBytes(t, bytes.Repeat([]byte("x"), 4*streamChunk), "aes-256-cbc", recipientCase{key: "p256"}.recipient(t))
	ctx, cancel := context.WithCancel(context.Background())
	e := parse(t, message).Enveloped
	cancel()
	if _, err := e.contentDigest(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
