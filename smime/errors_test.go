// Errors about a message name layer and place.

package smime

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sealgate/smime/cms"
	"sealgate/spool"
)

func TestErrorsNameTheirPlace(t *testing.T) {
	sp, c := newSpool(t), issue(t, "p256")
	part := "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
	three := "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n" + part + part + part + "--b--\r\n"
	badBase64 := "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n*****\r\n"
	for name, w := range map[string]struct {
		message string
		layer   int
		at      string // what begins at the offset
	}{
		"three parts":               {three, 0, "Content-Type: multipart"},
		"base64":                    {badBase64, 0, "*****"},
		"base64 inside encryption":  {sealedEntity(t, sp, c, "aes-256-gcm", badBase64), 1, ""},
		"unknown transfer encoding": {strings.Replace(badBase64, "base64", "uuencode", 1), 0, "Content-Type: application"},
		"boundary without an end":   {strings.Replace(three, "boundary=b", "boundary=c", 1), 0, "Content-Type: multipart"},
		"a header without an end":   {"A: " + strings.Repeat("x", maxHeader) + "\r\n\r\n", 0, "A:"},
	} {
		m := opened(t, sp, w.message, decryptionKey(c))
		var place *Error
		if !errors.As(m.Malformed, &place) || !errors.Is(m.Malformed, ErrMalformed) {
			t.Errorf("%s: %v", name, m.Malformed)
			continue
		}
		if place.Layer != w.layer || place.Offset < 0 || !bytes.HasPrefix([]byte(w.message)[place.Offset:], []byte(w.at)) {
			t.Errorf("%s: layer %d, offset %d", name, place.Layer, place.Offset)
		}
	}
}

// TestUnreadIsNotMalformed: an encrypted layer that is larger than is read here cannot
// be decrypted here; it is not malformed.
func TestUnreadIsNotMalformed(t *testing.T) {
	many := func(n int) string {
		recipient := der(0x30, []byte{2, 1, 0}, der(0x30, der(0x30), []byte{2, 1, 1}), der(0x30, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}), der(4, make([]byte, 16)))
		content := der(0x30, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}, der(0x30, []byte{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2}, der(4, make([]byte, 16))), der(0x80, make([]byte, 16)))
		enveloped := der(0x30, []byte{2, 1, 0}, der(0x31, bytes.Repeat(recipient, n)), content)
		info := der(0x30, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3}, der(0xa0, enveloped))
		return "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: binary\r\n\r\n" + string(info)
	}
	sp, c := newSpool(t), issue(t, "p256")
	for n, want := range map[int]error{500: cms.ErrNoRecipient, 501: cms.ErrUnread} {
		m := opened(t, sp, many(n), decryptionKey(c))
		if m.Malformed != nil || !errors.Is(m.Undecryptable, want) {
			t.Errorf("%d recipients: malformed %v, undecryptable %v, want %v", n, m.Malformed, m.Undecryptable, want)
		}
	}
}

// der is a value of definite length.
func der(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append([]byte{tag, 0x84, byte(len(body) >> 24), byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// TestErrDecrypting: an error of ours says so when it came from decryption on, and
// only then.
func TestErrDecrypting(t *testing.T) {
	sp, c := newSpool(t), issue(t, "rsa-2048")
	long := "Content-Type: text/plain\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", 10000)
	sealed := sealedEntity(t, sp, c, "aes-256-cbc", long)
	signed := func(content string, opaque bool) string {
		e, err := Sign(t.Context(), parse(t, content), SignOptions{Signer: signOptions(sp, c).Signer, Opaque: opaque, Spool: sp, Unprepared: true})
		if err != nil {
			t.Fatal(err)
		}
		closing(t, e)
		return text(t, e)
	}
	full, err := spool.New(spool.Options{Dir: t.TempDir(), Limit: 20000})
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		message string
		want    bool
	}{
		"encrypted":                    {sealed, true},
		"opaque":                       {signed(long, true), false},
		"encrypted, under a signature": {signed(sealed, false), true},
	} {
		_, err := Open(t.Context(), strings.NewReader(k.message), int64(len(k.message)), OpenOptions{Keys: []cms.DecryptionKey{decryptionKey(c)}, Spool: full})
		if !errors.Is(err, spool.ErrFull) || errors.Is(err, ErrDecrypting) != k.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if full.Used() != 0 {
		t.Errorf("%d octets are left in the spool", full.Used())
	}
}
