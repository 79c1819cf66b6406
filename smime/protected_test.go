// Header protection, both ways.

package smime

import (
	"context"
	"strings"
	"testing"

	"sealgate/internal/corpus"
)

// payload is one of the payloads of RFC 9788's appendices.
func payload(t *testing.T, name string) string {
	t.Helper()
	for _, r := range corpus.Load(t) {
		if strings.Contains(r.Path, name) {
			return toCRLF(t, r.Message(t))
		}
	}
	t.Fatalf("no %s in the corpus", name)
	return ""
}

// TestProtectedHeader signs and encrypts the payloads of RFC 9788 and reads
// their header back.
func TestProtectedHeader(t *testing.T) {
	for name, subject := range map[string]string{
		"C.3.1.2-smime-signed-enc-hp-baseline": "smime-signed-enc-hp-baseline",
		"E.1-text-plain-legacy-display":        "Dinner plans",
		"E.2-text-html-legacy-display":         "Dinner plans",
	} {
		t.Run(name, func(t *testing.T) {
			sp := newSpool(t)
			c := issue(t, "p256")
			signed, err := Sign(context.Background(), parse(t, payload(t, name)), signOptions(sp, c))
			if err != nil {
				t.Fatal(err)
			}
			closing(t, signed)
			sealed, err := Encrypt(context.Background(), signed, EncryptOptions{Recipients: recipients(c), Spool: sp})
			if err != nil {
				t.Fatal(err)
			}
			closing(t, sealed)
			m := opened(t, sp, under(t, "From: Alice <alice@smime.example>\nSubject: [...]\n", sealed), decryptionKey(c))
			mustVerify(t, m, 1, c.Certificate)
			p := m.Protected
			if p == nil || !p.Cipher {
				t.Fatal("no protected header")
			}
			if f := p.Get("subject"); len(f) != 1 || f[0].Value() != subject {
				t.Errorf("Subject %q", f)
			}
			if !p.Hidden("Subject") || p.Hidden("From") || p.Hidden("X-Nothing") {
				t.Errorf("hidden: Subject %v, From %v", p.Hidden("Subject"), p.Hidden("From"))
			}
			for _, f := range p.Fields {
				if strings.HasPrefix(f.Name, "HP-") || isContent(f.Name) || f.Name == "MIME-Version" {
					t.Errorf("%s is no field of the message", f.Name)
				}
			}
		})
	}
}

// TestProtect writes header protection and reads it back, signed only and encrypted.
func TestProtect(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		sp := newSpool(t)
		c := issue(t, "p256")
		msg := parse(t, crlf(plainMail))
		content, err := Prepare(context.Background(), msg, PrepareOptions{Spool: sp})
		if err != nil {
			t.Fatal(err)
		}
		closing(t, content)
		outer := parse(t, crlf("From: Anna <anna@kunde.example>\nSubject: [...]\n\n")).Fields
		protected, err := Protect(context.Background(), content, Protection{Fields: msg.Fields, Encrypted: encrypted, Outer: outer}, sp)
		if err != nil {
			t.Fatal(err)
		}
		closing(t, protected)
		e, err := Sign(context.Background(), protected, signOptions(sp, c))
		if err != nil {
			t.Fatal(err)
		}
		closing(t, e)
		if encrypted {
			if e, err = Encrypt(context.Background(), e, EncryptOptions{Recipients: recipients(c), Spool: sp}); err != nil {
				t.Fatal(err)
			}
			closing(t, e)
		}
		m := opened(t, sp, under(t, "From: Anna <anna@kunde.example>\nSubject: [...]\n", e), decryptionKey(c))
		mustVerify(t, m, len(m.Layers)-1, c.Certificate)
		if m.Protected == nil || m.Protected.Cipher != encrypted || m.Protected.Hidden("Subject") != encrypted {
			t.Fatalf("%+v", m.Protected)
		}
		if got := m.Protected.Entity().value("Subject"); got != "Hallo" {
			t.Errorf("Subject %q", got)
		}
		if parts, err := m.Inner.Parts(); err != nil || len(parts) != 2 {
			t.Errorf("%d parts, %v", len(parts), err)
		}
	}
}

// TestWrappedMessage: message/rfc822 around the payload is undone only when it is
// the message itself.
func TestWrappedMessage(t *testing.T) {
	const head = "From: anna@kunde.example\nDate: Tue, 24 Nov 2026 10:00:00 +0000\nMessage-ID: <1@kunde.example>\n"
	for _, c := range []struct {
		name, typ, inner string
		undone           bool
	}{
		{"forwarded=no", "message/rfc822; forwarded=no", "From: x@y\nSubject: inner\n", true},
		{"same message", "message/rfc822", head + "Subject: inner\n", true},
		{"forwarded mail", "message/rfc822", "From: other@x\nDate: Tue, 24 Nov 2026 10:00:00 +0000\nMessage-ID: <1@kunde.example>\nSubject: inner\n", false},
		{"no Message-ID", "message/rfc822", "From: anna@kunde.example\nDate: Tue, 24 Nov 2026 10:00:00 +0000\nSubject: inner\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			sp := newSpool(t)
			key := issue(t, "p256")
			e, err := Encrypt(context.Background(), parse(t, crlf("Content-Type: "+c.typ+"\n\n"+c.inner+"Content-Type: text/plain\n\nhello\n")), EncryptOptions{Recipients: recipients(key), Spool: sp})
			if err != nil {
				t.Fatal(err)
			}
			closing(t, e)
			m := opened(t, sp, under(t, head+"Subject: ...\n", e), decryptionKey(key))
			if (m.Protected != nil) != c.undone {
				t.Fatalf("protected: %+v", m.Protected)
			}
			media, _ := m.Inner.ContentType()
			if (media == "text/plain") != c.undone {
				t.Errorf("shown is %s", media)
			}
			if c.undone && (m.Protected.Entity().value("Subject") != "inner" || !m.Protected.Hidden("Subject")) {
				t.Errorf("%+v", m.Protected)
			}
		})
	}
	compressed := opened(t, newSpool(t), compressedEntity(t, crlf("Content-Type: text/plain; hp=clear\nFrom: a@b\n\nx\n")))
	if compressed.Protected != nil || len(compressed.Layers) != 1 {
		t.Error("compression protects no header")
	}
	plain := opened(t, newSpool(t), crlf(head+"Content-Type: message/rfc822; forwarded=no\n\nFrom: a@b\n\nx\n"))
	if plain.Protected != nil || plain.Inner != plain.Outer {
		t.Error("a plain message/rfc822 was undone")
	}
}
