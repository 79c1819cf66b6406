// Each encrypted layer is asked about before it is decrypted, wherever it lies.

package smime

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sealgate/smime/cms"
)

// admissions opens msg, and refuses the layer after the first so many; -1: none.
func admissions(t *testing.T, msg string, refuse int, keys ...cms.DecryptionKey) (contents [][sha256.Size]byte, m *Message) {
	t.Helper()
	admit := func(_ []cms.ContentKey, content [sha256.Size]byte) error {
		contents = append(contents, content)
		if len(contents)-1 == refuse {
			return fmt.Errorf("no: %w", cms.ErrRefused)
		}
		return nil
	}
	m, err := Open(t.Context(), strings.NewReader(msg), int64(len(msg)), OpenOptions{Keys: keys, Admit: admit, Spool: newSpool(t)})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, m)
	return contents, m
}

// TestEveryEncryptedLayerIsAskedAbout: encrypted in encrypted, under a signature, after
// compression; where one is refused, what lies in it is not looked at.
func TestEveryEncryptedLayerIsAskedAbout(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "rsa-2048")
	const content = "Content-Type: text/plain\r\n\r\nthe secret text\r\n"
	once := sealedEntity(t, sp, c, "aes-256-cbc", content)
	for name, k := range map[string]struct {
		msg    string
		layers int
	}{
		"once":                     {once, 1},
		"twice":                    {sealedEntity(t, sp, c, "aes-256-gcm", once), 2},
		"signed around":            {signedEntity(t, sp, c, once), 1},
		"triple wrapped, in GCM":   {sealedEntity(t, sp, c, "aes-128-gcm", signedEntity(t, sp, c, once)), 2},
		"compressed, then twice":   {sealedEntity(t, sp, c, "aes-256-cbc", sealedEntity(t, sp, c, "aes-256-cbc", compressedEntity(t, content))), 2},
		"not encrypted":            {signedEntity(t, sp, c, content), 0},
		"an encrypted part of two": {crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n") + once + crlf("\n--b\n\ntext\n--b--\n"), 0},
	} {
		msg := "From: anna@kunde.example\r\nMIME-Version: 1.0\r\n" + k.msg
		contents, m := admissions(t, msg, -1, decryptionKey(c))
		if len(contents) != k.layers || m.Undecryptable != nil {
			t.Errorf("%s: asked %d times, want %d; %v", name, len(contents), k.layers, m.Undecryptable)
		}
		for refuse := range k.layers {
			asked, m := admissions(t, msg, refuse, decryptionKey(c))
			if len(asked) != refuse+1 || !errors.Is(m.Undecryptable, cms.ErrRefused) || strings.Contains(text(t, m.Inner), "the secret text") {
				t.Errorf("%s, layer %d refused: asked %d times, %v", name, refuse, len(asked), m.Undecryptable)
			}
		}
	}
}

// TestRelaysDoNotChangeTheContent: other lines and another transfer encoding are the
// same content, whichever of our decoders reads it.
func TestRelaysDoNotChangeTheContent(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "rsa-2048")
	header, body, _ := strings.Cut(sealedEntity(t, sp, c, "aes-256-cbc", "Content-Type: text/plain\r\n\r\ntext\r\n"), "\r\n\r\n")
	packed := strings.Join(strings.Fields(body), "")
	der, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		t.Fatal(err)
	}
	lines := func(lengths ...int) string {
		var out strings.Builder
		rest := packed
		for i := 0; len(rest) > 0; i++ {
			n := min(lengths[i%len(lengths)], len(rest))
			out.WriteString(rest[:n] + "\r\n")
			rest = rest[n:]
		}
		return out.String()
	}
	first, _ := admissions(t, header+"\r\n\r\n"+body, -1, decryptionKey(c))
	for name, msg := range map[string]string{
		"lines of 64":          header + "\r\n\r\n" + lines(64),
		"irregular lines":      header + "\r\n\r\n" + lines(64, 7, 60),
		"LF":                   strings.ReplaceAll(header+"\r\n\r\n"+body, "\r\n", "\n"),
		"binary":               strings.Replace(header, "base64", "binary", 1) + "\r\n\r\n" + string(der),
		"under another header": "Received: from x by y\r\nX-Other: 1\r\n" + header + "\r\n\r\n" + body,
	} {
		got, m := admissions(t, msg, -1, decryptionKey(c))
		if len(got) != 1 || got[0] != first[0] || m.Undecryptable != nil {
			t.Errorf("%s: asked %d times, the same: %v, %v", name, len(got), len(got) == 1 && got[0] == first[0], m.Undecryptable)
		}
	}
}

// TestFaultOfAdmissionIsOurs: a store that does not answer keeps the mail with its
// sender: nothing is decrypted that an answer could tell of, but for a layer inside.
func TestFaultOfAdmissionIsOurs(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "rsa-2048")
	once := sealedEntity(t, sp, c, "aes-256-cbc", "Content-Type: text/plain\r\n\r\ntext\r\n")
	fault := errors.New("the store does not answer")
	for layer, msg := range []string{once, sealedEntity(t, sp, c, "aes-256-cbc", once)} {
		asked := 0
		admit := func([]cms.ContentKey, [sha256.Size]byte) error {
			asked++
			if asked > layer {
				return fault
			}
			return nil
		}
		o := OpenOptions{Keys: []cms.DecryptionKey{decryptionKey(c)}, Spool: sp, Admit: admit}
		_, err := Open(t.Context(), strings.NewReader(msg), int64(len(msg)), o)
		if !errors.Is(err, fault) || errors.Is(err, ErrDecrypting) != (layer > 0) {
			t.Errorf("layer %d: %v", layer, err)
		}
	}
}
