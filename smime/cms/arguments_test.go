// What a caller forgot is an error, and no panic.

package cms

import (
	"bytes"
	"testing"
)

func TestMissingArguments(t *testing.T) {
	anna := load(t, "p256")
	var out bytes.Buffer
	content := bytes.NewReader([]byte("Text"))
	for name, try := range map[string]func() error{
		"Parse": func() error {
			_, err := Parse(nil, 1)
			return err
		},
		"Parse of less than nothing": func() error {
			_, err := Parse(content, -1)
			return err
		},
		"Sign without a signer": func() error { return Sign(t.Context(), &out, content, 4, SignOptions{}) },
		"Sign with no certificate": func() error {
			return Sign(t.Context(), &out, content, 4, SignOptions{Signers: []Signer{{}}})
		},
		"Sign without content": func() error {
			return Sign(t.Context(), &out, nil, 4, SignOptions{Signers: []Signer{{Certificate: anna.Certificate, Key: anna.signer()}}})
		},
		"Encrypt without a recipient": func() error { return Encrypt(t.Context(), &out, content, 4, EncryptOptions{}) },
		"Encrypt without a certificate": func() error {
			return Encrypt(t.Context(), &out, content, 4, EncryptOptions{Recipients: []Recipient{{}}})
		},
		"Encrypt without content": func() error {
			return Encrypt(t.Context(), &out, nil, 4, EncryptOptions{Recipients: []Recipient{{Certificate: anna.Certificate}}})
		},
		"CanEncryptTo": func() error { return CanEncryptTo(nil) },
	} {
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s: panic: %v", name, r)
				}
			}()
			if err := try(); err == nil {
				t.Errorf("%s: no error", name)
			}
		}()
	}
	if IsRSA(nil) {
		t.Error("no certificate has an RSA key")
	}
}
