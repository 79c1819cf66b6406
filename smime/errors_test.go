// Errors about a message name layer and place.

package smime

import (
	"bytes"
	"errors"
	"strings"
	"testing"
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
