package smime

import (
	"strings"
	"testing"
)

// TestOpenPGP: by type and by the first line; text about PGP is not it.
func TestOpenPGP(t *testing.T) {
	for text, want := range map[string]PGP{
		"Content-Type: multipart/encrypted; protocol=\"Application/PGP-Encrypted\"; boundary=p\n\n--p--\n": PGPEncrypted,
		"Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=p\n\n--p--\n":    PGPSigned,
		"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=p\n\n--p--\n":  NoPGP,
		"\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n":                            PGPEncrypted,
		"Content-Type: text/plain\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n":                   PGPSigned,
		"Content-Type: text/html\n\n-----BEGIN PGP MESSAGE-----\n":                                         NoPGP,
		"\nYou wrote:\n-----BEGIN PGP MESSAGE-----\n":                                                      NoPGP,
		"\n": NoPGP,
	} {
		text = strings.ReplaceAll(text, "\n", "\r\n")
		e, err := ParseEntity(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		if got := e.OpenPGP(); got != want {
			t.Errorf("%d, want %d: %q", got, want, text)
		}
	}
}
