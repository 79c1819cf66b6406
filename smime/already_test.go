// AlreadyEncrypted believes no label.

package smime

import (
	"context"
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"
)

// packet is an OpenPGP packet in the new form.
func packet(tag int, body string) string {
	n := len(body)
	if n >= 192 {
		return string([]byte{byte(0xc0 | tag), byte((n-192)>>8 + 192), byte(n - 192)}) + body
	}
	return string([]byte{byte(0xc0 | tag), byte(n)}) + body
}

func armor(packets, header string) string {
	return "-----BEGIN PGP MESSAGE-----\n" + header + "\n" + wrap(base64.StdEncoding.EncodeToString([]byte(packets)), 64, "\n") + "=abcd\n-----END PGP MESSAGE-----\n"
}

func pgpMIME(before, version, data, after string) string {
	return "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n" + before + "--b\nContent-Type: application/pgp-encrypted\n\n" +
		version + "\n--b\nContent-Type: application/octet-stream\n\n" + data + "\n--b--\n" + after
}

func TestAlreadyEncrypted(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	good := packet(packetPKESK, "key") + packet(packetSEIPD, strings.Repeat("x", 300))
	partial := packet(packetPKESK, "key") + string([]byte{0xc0 | packetSEIPD, 224 + 3}) + "12345678" + "\x02ab"
	old := "\x84\x03key\xa4\x03abc" // in the old form: PKESK, SED
	sealed := sealedEntity(t, sp, c, "aes-256-gcm", crlf(hello))
	for _, k := range []struct {
		name, msg string
		want      bool
	}{
		{"enveloped", sealed, true},
		{"CBC", sealedEntity(t, sp, c, "aes-128-cbc", crlf(hello)), true},
		{"enveloped under another name", strings.Replace(sealed, "application/pkcs7-mime", "application/octet-stream", 1), true},
		{"label on clear text", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nthe secret\n", false},
		{"label on base64 of clear text", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nTWljcm9zb2Z0\n", false},
		{"signed only", signedEntity(t, sp, c, hello), false},
		{"ciphertext in a mixed", "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nclear\r\n--m\r\n" + sealed + "\r\n--m--\r\n", false},
		{"bytes after the ciphertext", strings.TrimRight(sealed, "\r\n=") + "QUJD\r\n", false},
		{"plain", "Content-Type: text/plain\n\nhello\n", false},
		{"PGP/MIME", pgpMIME("", "Version: 1\n", armor(good, ""), ""), true},
		{"PGP/MIME with comment", pgpMIME("", "Version: 1\n", armor(good, "Version: GnuPG v2\nComment: x\n"), ""), true},
		{"PGP/MIME of Enigmail", pgpMIME("This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)\n", "Version: 1\n", armor(good, ""), ""), true},
		{"PGP/MIME partial lengths", pgpMIME("", "Version: 1\n", armor(partial, ""), ""), true},
		{"PGP/MIME old packets", pgpMIME("", "Version: 1\n", armor(old, ""), ""), true},
		{"PGP/MIME with clear preamble", pgpMIME("the secret\n", "Version: 1\n", armor(good, ""), ""), false},
		{"PGP/MIME with clear epilogue", pgpMIME("", "Version: 1\n", armor(good, ""), "the secret\n"), false},
		{"PGP/MIME with clear first part", pgpMIME("", "the secret\n", armor(good, ""), ""), false},
		{"PGP/MIME of clear text", pgpMIME("", "Version: 1\n", "the secret\n", ""), false},
		{"PGP/MIME of armored clear text", pgpMIME("", "Version: 1\n", armor(packet(11, "b\x00\x00\x00\x00\x00the secret"), ""), ""), false},
		{"PGP/MIME without session key", pgpMIME("", "Version: 1\n", armor(packet(packetSEIPD, "x"), ""), ""), false},
		{"PGP/MIME with packet after it", pgpMIME("", "Version: 1\n", armor(good+packet(11, "the secret"), ""), ""), false},
		{"PGP/MIME with text after the armor", pgpMIME("", "Version: 1\n", armor(good, "")+"the secret\n", ""), false},
		{"PGP/MIME with text in the armor header", pgpMIME("", "Version: 1\n", armor(good, "Secret: x\n"), ""), false},
		{"PGP/MIME cut short", pgpMIME("", "Version: 1\n", armor(good[:len(good)-1], ""), ""), false},
		{"inline PGP", "Content-Type: text/plain\n\n" + armor(good, ""), true},
		{"inline PGP with clear text", "Content-Type: text/plain\n\nDear Anna\n" + armor(good, ""), false},
		{"inline PGP signed only", "Content-Type: text/plain\n\n-----BEGIN PGP SIGNED MESSAGE-----\n\nhello\n", false},
	} {
		got, err := AlreadyEncrypted(context.Background(), parse(t, crlf(k.msg)), sp)
		if err != nil || got != k.want {
			t.Errorf("%s: %v, %v", k.name, got, err)
		}
	}
}

// TestAlreadyEncryptedByGnuPG reads what gpg writes.
func TestAlreadyEncryptedByGnuPG(t *testing.T) {
	gpg, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("gpg is not installed")
	}
	cmd := exec.Command(gpg, "--homedir", t.TempDir(), "--batch", "--armor", "--pinentry-mode", "loopback", "--passphrase", "x", "--symmetric")
	cmd.Stdin = strings.NewReader(strings.Repeat("the secret\n", 20000))
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("gpg does not encrypt here: %v", err)
	}
	if ok, err := AlreadyEncrypted(context.Background(), parse(t, crlf(pgpMIME("", "Version: 1\n", string(out), ""))), newSpool(t)); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}
