// Fuzz targets: whatever comes in, no panic, no message out of thin air; what
// we write, we read.

package cms

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"sealgate/spool"
)

// FuzzParse opens anything, with the recorded messages as seeds.
func FuzzParse(f *testing.F) {
	for _, file := range recordedMessages(f) {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	if others, _ := filepath.Glob(filepath.Join(corpus, "rfc4134", "*.bin")); len(others) > 0 {
		for _, file := range others {
			if b, err := os.ReadFile(file); err == nil {
				f.Add(b)
			}
		}
	}
	keys := []DecryptionKey{decryptionKey(f, "rsa"), decryptionKey(f, "p256")}
	sp, err := spool.New(spool.Options{Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		info, err := Parse(bytes.NewReader(message), int64(len(message)))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset > int64(len(message)) {
				t.Fatalf("%v", err)
			}
			return
		}
		switch {
		case info.Signed != nil:
			fuzzSigned(t, info.Signed)
		case info.Enveloped != nil:
			p, err := info.Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: keys, Spool: sp})
			if err == nil {
				p.File.Close()
			}
		case info.Compressed != nil:
			if err := info.Compressed.Decompress(io.Discard, 1<<20); err != nil && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("%v", err)
			}
		}
	})
}

// fuzzSigned verifies, and checks what callers rely on.
func fuzzSigned(t *testing.T, sd *SignedData) {
	content := []byte(recordedText)
	if sd.Content != nil {
		var err error
		if content, err = io.ReadAll(sd.Content.NewReader()); err != nil || int64(len(content)) != sd.Content.Size() {
			t.Fatalf("content of %d bytes, said to be %d: %v", len(content), sd.Content.Size(), err)
		}
	}
	v := sd.Verifier()
	v.Write(content)
	for _, s := range v.Verify(context.Background(), bytes.NewReader(content), int64(len(content))) {
		if s.Err == nil && (s.Certificate == nil || s.Algorithm == "" || s.Digest == "") {
			t.Fatalf("verified without saying by whom or how: %+v", s)
		}
		known := errors.Is(s.Err, ErrSignature) || errors.Is(s.Err, ErrUnsupported) || errors.Is(s.Err, ErrNoCertificate) || errors.Is(s.Err, ErrMalformed)
		if s.Err != nil && !known {
			t.Fatalf("unknown error %v", s.Err)
		}
	}
}

// FuzzSignVerify: what is signed verifies, and with any other byte it does not.
func FuzzSignVerify(f *testing.F) {
	f.Add([]byte(recordedText), uint8(0), true, 3)
	f.Add([]byte{}, uint8(1), false, 0)
	f.Add([]byte{0x31, 0}, uint8(2), true, 1)
	var signers []Signer
	for _, key := range []string{"p256", "p384", "ed25519"} {
		signers = append(signers, signCase{key: key}.signer(f))
	}
	f.Fuzz(func(t *testing.T, content []byte, which uint8, detached bool, at int) {
		message := signBytes(t, content, detached, signers[int(which)%len(signers)])
		s := verifyAll(t, message, content)
		if len(s) != 1 || s[0].Err != nil {
			t.Fatalf("%+v", s)
		}
		if at >= 0 && at < len(content) {
			changed := bytes.Clone(content)
			changed[at] ^= 0x40
			v := parse(t, message).Signed.Verifier()
			v.Write(changed)
			if err := v.Verify(context.Background(), bytes.NewReader(changed), int64(len(changed)))[0].Err; !errors.Is(err, ErrSignature) {
				t.Fatalf("byte %d changed: %v", at, err)
			}
		}
	})
}

// FuzzEncryptDecrypt: what is encrypted decrypts, and with any byte of the
// message changed gives the same or, authenticated, nothing.
func FuzzEncryptDecrypt(f *testing.F) {
	f.Add([]byte(recordedText), uint8(0), 3)
	f.Add([]byte{}, uint8(4), 100)
	f.Add(bytes.Repeat([]byte("x"), streamChunk), uint8(6), -1)
	r := recipientCase{key: "p256"}.recipient(f)
	keys := []DecryptionKey{decryptionKey(f, "p256")}
	sp, err := spool.New(spool.Options{Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte, which uint8, at int) {
		names := Ciphers()
		message := encryptBytes(t, content, names[int(which)%len(names)], r)
		open := func(message []byte) ([]byte, bool, error) {
			info, err := Parse(bytes.NewReader(message), int64(len(message)))
			if err != nil || info.Enveloped == nil {
				return nil, true, ErrDecrypt
			}
			p, err := info.Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: keys, Spool: sp})
			if err != nil {
				return nil, info.Enveloped.Authenticated, err
			}
			defer p.File.Close()
			b, err := io.ReadAll(p.File.NewReader())
			return b, info.Enveloped.Authenticated, err
		}
		got, _, err := open(message)
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%v", err)
		}
		if at < 0 || at >= len(message) {
			return
		}
		message[at] ^= 0x10
		got, authenticated, err := open(message)
		if err == nil && authenticated && !bytes.Equal(got, content) {
			t.Fatalf("byte %d changed: other content", at)
		}
	})
}
