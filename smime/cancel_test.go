package smime

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// cancelling is a source that ends the context once a quarter was read, and counts
// what is read afterwards.
type cancelling struct {
	*bytes.Reader
	cancel context.CancelFunc
	read   int64
	after  int64
}

func (c *cancelling) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	if c.read > c.Size()/4 {
		c.cancel()
		c.after += int64(n)
	}
	c.read += int64(n)
	return n, err
}

// mostAfterEnd is the largest chunk that is read at once (decodeChunk), once more for
// one that was under way.
const mostAfterEnd = 2 * decodeChunk

// TestMessageTimeoutEndsTransforms: whatever is made of a large message ends within a
// chunk of the end of its context.
func TestMessageTimeoutEndsTransforms(t *testing.T) {
	c := issue(t, "p256")
	const size = 8 << 20
	long := strings.Repeat("ü und eine Zeile, die kodiert werden muss\r\n", size/43)
	lines := strings.Repeat("a line of text that nobody need change\n", size/39)
	html := "<p>" + strings.Repeat("<b>text</b> ", size/12)
	binary := strings.Repeat("\x00\r", size/2)
	parts := strings.Repeat("--b\r\n\r\n"+strings.Repeat("x", size/400)+"\r\n", 400)
	type transform func(context.Context, *Entity, *spool.Spool) error
	result := func(e *Entity, err error) error {
		if err == nil {
			e.Close()
		}
		return err
	}
	prepare := func(ctx context.Context, e *Entity, sp *spool.Spool) error {
		return result(Prepare(ctx, e, PrepareOptions{Spool: sp}))
	}
	legalize := func(ctx context.Context, e *Entity, sp *spool.Spool) error { return result(Legalize(ctx, e, sp)) }
	sign := func(opaque bool) transform {
		return func(ctx context.Context, e *Entity, sp *spool.Spool) error {
			o := signOptions(sp, c)
			o.Opaque = opaque
			return result(Sign(ctx, e, o))
		}
	}
	encrypt := func(cipher string) transform {
		return func(ctx context.Context, e *Entity, sp *spool.Spool) error {
			return result(Encrypt(ctx, e, EncryptOptions{Cipher: cipher, Recipients: recipients(c), Spool: sp}))
		}
	}
	const text = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
	const mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	for name, tt := range map[string]struct {
		message string
		do      transform
	}{
		"prepare, quoted-printable": {text + long, prepare},
		"prepare, base64":           {text + binary, prepare},
		"prepare, many parts":       {mixed + parts + "--b--\r\n", prepare},
		"prepare, no second part":   {mixed + "--b\r\n\r\n" + long, prepare},
		"legalize":                  {text + binary, legalize},
		"legalize, lines in LF":     {"Content-Type: text/plain\n\n" + lines, legalize},
		"text only": {"Content-Type: text/html\r\n\r\n" + html, func(ctx context.Context, e *Entity, sp *spool.Spool) error {
			return result(TextOnly(ctx, e, sp))
		}},
		"sign, detached":     {text + long, sign(false)},
		"sign, opaque":       {text + long, sign(true)},
		"encrypt, AES-CBC":   {text + long, encrypt("aes-256-cbc")},
		"encrypt, AES-GCM":   {text + long, encrypt("aes-256-gcm")},
		"encrypt, chacha20":  {text + long, encrypt("chacha20-poly1305")},
		"already encrypted?": {"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("MIIB", size/4), alreadyEncrypted},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			src := &cancelling{Reader: bytes.NewReader([]byte(tt.message)), cancel: cancel}
			e, err := ParseEntity(src, src.Size())
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.do(ctx, e, newSpool(t)); !errors.Is(err, context.Canceled) || src.after > mostAfterEnd {
				t.Errorf("%v after %d octets more, want %v within %d", err, src.after, context.Canceled, int64(mostAfterEnd))
			}
		})
	}
}

func alreadyEncrypted(ctx context.Context, e *Entity, sp *spool.Spool) error {
	_, err := AlreadyEncrypted(ctx, e, sp)
	return err
}

// TestMessageTimeoutEndsBeforeKeys: no key is used after the end of the context.
func TestMessageTimeoutEndsBeforeKeys(t *testing.T) {
	c := issue(t, "p256")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := cms.SignOptions{Signers: []cms.Signer{signOptions(newSpool(t), c).Signer}}
	if err := cms.Sign(ctx, io.Discard, strings.NewReader(""), 0, o); !errors.Is(err, context.Canceled) {
		t.Errorf("sign: %v", err)
	}
	to := cms.EncryptOptions{Recipients: recipients(c)}
	if err := cms.Encrypt(ctx, io.Discard, strings.NewReader(""), 0, to); !errors.Is(err, context.Canceled) {
		t.Errorf("encrypt: %v", err)
	}
	e := parse(t, "Subject: x\r\n\r\nx")
	if _, err := Protect(ctx, e, Protection{Fields: e.Fields}, newSpool(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("protect: %v", err)
	}
}
