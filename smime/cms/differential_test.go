// A second opinion: go.mozilla.org/pkcs7 on all that it supports.

package cms

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mozilla.org/pkcs7"
)

// TestDifferentialSign lets pkcs7 verify what we sign, and tell a changed text.
func TestDifferentialSign(t *testing.T) {
	for _, key := range []string{"rsa", "p256", "p384", "p521"} {
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, detached := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%v/detached=%v", key, h, detached), func(t *testing.T) {
					p7, err := pkcs7.Parse(signBytes(t, signText, detached, signCase{key, h, false}.signer(t)))
					if err != nil {
						t.Fatal(err)
					}
					if detached {
						p7.Content = signText
					}
					if err := p7.Verify(); err != nil || !bytes.Equal(p7.Content, signText) {
						t.Errorf("pkcs7: %v", err)
					}
					p7.Content = append(bytes.Clone(signText), '.')
					if p7.Verify() == nil {
						t.Error("pkcs7 verifies a changed text: the test shows nothing")
					}
				})
			}
		}
	}
}

// TestDifferentialVerify: on messages of other programs, what it can read at
// all it judges as we do, also when they are damaged.
func TestDifferentialVerify(t *testing.T) {
	agreed := 0
	for _, file := range recordedMessages(t) {
		message, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(filepath.Base(file), "sign_") {
			continue
		}
		for _, text := range []string{recordedText, recordedText + "."} {
			p7, err := pkcs7.Parse(message)
			if err != nil {
				continue
			}
			if len(p7.Content) == 0 {
				p7.Content = []byte(text)
			}
			theirs := p7.Verify()
			if errors.Is(theirs, pkcs7.ErrUnsupportedAlgorithm) || theirs != nil && strings.Contains(theirs.Error(), "unsupported") {
				continue // it lacks the algorithm
			}
			ours := verifyAll(t, message, []byte(text))[0].Err
			if (ours == nil) != (theirs == nil) {
				t.Errorf("%s: we say %v, pkcs7 says %v", file, ours, theirs)
			}
			agreed++
		}
	}
	if agreed < 60 {
		t.Errorf("only %d comparisons", agreed)
	}
}

// TestDifferentialDecrypt does the same with encrypted messages.
func TestDifferentialDecrypt(t *testing.T) {
	id, agreed := load(t, "rsa"), 0
	for _, file := range recordedMessages(t) {
		message, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p7, err := pkcs7.Parse(message)
		if err != nil {
			continue
		}
		theirs, err := p7.Decrypt(id.Certificate, id.Key)
		if err != nil {
			continue // it lacks the algorithm
		}
		ours, _, err := decryptBytes(t, message, "rsa")
		if err != nil || !bytes.Equal(ours, theirs) {
			t.Errorf("%s: %v", file, err)
		}
		agreed++
	}
	if agreed < 8 {
		t.Errorf("only %d comparisons", agreed)
	}
}

// TestDifferentialEncrypt lets pkcs7 decrypt what we encrypt.
func TestDifferentialEncrypt(t *testing.T) {
	id := load(t, "rsa")
	for _, cipher := range []string{"aes-128-cbc", "aes-256-cbc"} {
		for _, n := range []int{0, 1, 15, 16, 17, 1000, streamChunk + 1} {
			content := bytes.Repeat([]byte("z"), n)
			encrypted := encryptBytes(t, content, cipher, recipientCase{key: "rsa2"}.recipient(t), recipientCase{key: "rsa"}.recipient(t))
			p7, err := pkcs7.Parse(encrypted)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p7.Decrypt(id.Certificate, id.Key)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s, %d bytes: %v", cipher, n, err)
			}
		}
	}
}
