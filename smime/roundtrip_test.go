// What is signed and encrypted opens again.

package smime

import (
	"context"
	"errors"
	"strings"
	"testing"

	"sealgate/smime/cms"
)

const plainMail = `From: Anna <anna@kunde.example>
To: support@firma.example
Subject: Hallo
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
X-SMIME-Sign: yes

Grüße 
From hier
--outer
Content-Type: application/octet-stream; name=a.bin
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=a.bin

AAECAwQFBgcICQ==
--outer--
`

const mailHeader = "From: Anna <anna@kunde.example>\nTo: support@firma.example\nSubject: Hallo\nMIME-Version: 1.0\n"

func TestSignOpen(t *testing.T) {
	for _, key := range []string{"rsa-2048", "p256", "p384", "ed25519"} {
		for _, opaque := range []bool{false, true} {
			name := key + " detached"
			if opaque {
				name = key + " opaque"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				sp := newSpool(t)
				c := issue(t, key)
				content, err := Prepare(context.Background(), parse(t, crlf(plainMail)), PrepareOptions{Spool: sp})
				if err != nil {
					t.Fatal(err)
				}
				closing(t, content)
				o := signOptions(sp, c)
				o.Opaque = opaque
				signed, err := Sign(context.Background(), content, o)
				if err != nil {
					t.Fatal(err)
				}
				closing(t, signed)
				onlyContentFields(t, signed)
				m := opened(t, sp, under(t, mailHeader, signed))
				mustVerify(t, m, 0, c.Certificate)
				if m.Layers[0].Covers != CoversShown || len(m.Layers) != 1 || m.Malformed != nil {
					t.Errorf("%+v", m)
				}
				if got, want := text(t, m.Inner), text(t, content); got != want {
					t.Errorf("got %q\nwant %q", got, want)
				}
				if s, err := measure(signed.Section()); err != nil || !s.safe() {
					t.Errorf("the result is not safe: %+v, %v", s, err)
				}
			})
		}
	}
}

func onlyContentFields(t *testing.T, e *Entity) {
	t.Helper()
	for _, f := range e.Fields {
		if !isContent(f.Name) {
			t.Errorf("field %q in the result", f.Name)
		}
	}
}

func TestEncryptOpen(t *testing.T) {
	for _, key := range []string{"rsa-2048", "p256"} {
		for _, cipher := range []string{"aes-128-cbc", "aes-256-cbc", "aes-256-gcm"} {
			t.Run(key+" "+cipher, func(t *testing.T) {
				t.Parallel()
				sp := newSpool(t)
				c, other := issue(t, key), issue(t, "p256")
				content := parse(t, crlf("Content-Type: text/plain\n\nsecret\n"))
				sealed, err := Encrypt(context.Background(), content, EncryptOptions{Cipher: cipher, Recipients: recipients(other, c), Spool: sp})
				if err != nil {
					t.Fatal(err)
				}
				closing(t, sealed)
				onlyContentFields(t, sealed)
				msg := under(t, mailHeader, sealed)
				if strings.Contains(msg, "secret") {
					t.Fatal("the plaintext is in the message")
				}
				m := opened(t, sp, msg, decryptionKey(issue(t, "p384")), decryptionKey(c))
				if len(m.Layers) != 1 || m.Layers[0].Err != nil || m.Layers[0].Cipher != cipher || len(m.Layers[0].Keys) != 1 || m.Layers[0].Keys[0] != 1 || len(m.Layers[0].Recipients) != 2 {
					t.Fatalf("%+v, %v", m.Layers, m.Undecryptable)
				}
				if got := text(t, m.Inner); got != text(t, content) {
					t.Errorf("got %q", got)
				}
				if auth := m.Layers[0].Type == AuthEnveloped; auth != strings.HasSuffix(cipher, "gcm") {
					t.Errorf("type %s", m.Layers[0].Type)
				}
				stranger := opened(t, sp, msg, decryptionKey(issue(t, "p384")))
				if !errors.Is(stranger.Undecryptable, cms.ErrNoRecipient) || stranger.Inner != stranger.Outer {
					t.Errorf("without a key: %v", stranger.Undecryptable)
				}
			})
		}
	}
}

// TestLabelFollowsTheStructure: smime-type says which structure was written
// (RFC 8551 §3.2.2), for every cipher there is and whatever its name ends with.
func TestLabelFollowsTheStructure(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "rsa-2048")
	labels := map[string]string{Enveloped: "enveloped-data", AuthEnveloped: "authEnveloped-data"}
	for _, cipher := range cms.Ciphers() {
		content := parse(t, crlf("Content-Type: text/plain\n\nsecret\n"))
		sealed, err := Encrypt(context.Background(), content, EncryptOptions{Cipher: cipher, Recipients: recipients(c), Spool: sp})
		if err != nil {
			t.Fatal(err)
		}
		closing(t, sealed)
		m := opened(t, sp, under(t, mailHeader, sealed), decryptionKey(c))
		_, parameters := sealed.ContentType()
		if got, want := parameters["smime-type"], labels[m.Layers[0].Type]; got != want {
			t.Errorf("%s: smime-type %q around %s", cipher, got, m.Layers[0].Type)
		}
	}
}

// TestTripleWrapping signs, encrypts and signs again (RFC 2634), and breaks each
// layer in turn.
func TestTripleWrapping(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	content := parse(t, crlf("Content-Type: text/plain\n\nthe content\n"))
	wrapped := func(t *testing.T, breakLayer int) string {
		e := content
		steps := []func(*Entity) (*Entity, error){
			func(e *Entity) (*Entity, error) { return Sign(context.Background(), e, signOptions(sp, c)) },
			func(e *Entity) (*Entity, error) {
				return Encrypt(context.Background(), e, EncryptOptions{Recipients: recipients(c), Spool: sp})
			},
			func(e *Entity) (*Entity, error) { return Sign(context.Background(), e, signOptions(sp, c)) },
		}
		for i, step := range steps {
			next, err := step(e)
			if err != nil {
				t.Fatal(err)
			}
			if e = next; i == breakLayer {
				s := text(t, e)
				next.Close()
				switch i {
				case 0:
					s = strings.Replace(s, "the content", "a forgery!!", 1)
				case 1: // in the middle of the ciphertext
					at := len(s) / 2
					s = s[:at] + string('A'+(s[at]-'A'+1)%26) + s[at+1:]
				case 2:
					s = strings.Replace(s, "smime-type=enveloped-data", "smime-type=enveloped-dato", 1)
				}
				e = parse(t, s)
			} else {
				closing(t, next)
			}
		}
		return under(t, mailHeader, e)
	}
	whole := opened(t, sp, wrapped(t, -1), decryptionKey(c))
	mustVerify(t, whole, 0, c.Certificate)
	mustVerify(t, whole, 2, c.Certificate)
	if whole.Layers[0].Covers != CoversCiphertext || whole.Layers[2].Covers != CoversShown || text(t, whole.Inner) != text(t, content) {
		t.Errorf("%+v", whole.Layers)
	}
	inner := opened(t, sp, wrapped(t, 0), decryptionKey(c))
	mustVerify(t, inner, 0, c.Certificate)
	if len(inner.Layers) != 3 || !errors.Is(inner.Layers[2].Signatures[0].Err, cms.ErrSignature) {
		t.Errorf("broken inner signature: %+v", inner.Layers)
	}
	outer := opened(t, sp, wrapped(t, 2), decryptionKey(c))
	if len(outer.Layers) != 3 || !errors.Is(outer.Layers[0].Signatures[0].Err, cms.ErrSignature) {
		t.Errorf("broken outer signature: %+v", outer.Layers)
	}
	mustVerify(t, outer, 2, c.Certificate)
}
