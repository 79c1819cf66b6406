package gateway

// This file has a damaged part of S/MIME beside readable text.

import (
	"strings"
	"testing"

	"sealgate/internal/encodedword"
)

// TestDamagedPartIsSaid in one sentence, and nothing is called signed or encrypted for it.
func TestDamagedPartIsSaid(t *testing.T) {
	for language, want := range map[string]string{
		"de": "Ein Teil der Nachricht ist beschädigt und nicht lesbar; bitten Sie den Absender, sie noch einmal zu senden.",
		"en": "A part of the message is damaged and cannot be read; ask the sender to send it again.",
	} {
		h := newHouse(t, func(o *Options) { o.Language = Language(language) })
		damaged := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHallo\r\n--b\r\n" +
			"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQF\r\n--b--\r\n"
		for name, c := range map[string]struct{ text, encryption string }{
			"as it came": {fromAnna + damaged, "none"},
			"decrypted":  {h.sealed(fromAnna, damaged, h.support), "decrypted"},
		} {
			text := h.process(toSupport, c.text).text[0]
			status := encodedword.Decode(h.header(text, "X-SMIME-Status"))
			if !strings.HasSuffix(status, want) || c.encryption == "none" && status != want {
				t.Errorf("%s: %q", name, status)
			}
			if s, e := h.header(text, "X-SMIME-Signature"), h.header(text, "X-SMIME-Encryption"); s != "none" || e != c.encryption {
				t.Errorf("%s: signature %s, encryption %s", name, s, e)
			}
		}
	}
}
