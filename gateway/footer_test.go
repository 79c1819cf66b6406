package gateway

// This file lets a mailing list append a footer to protected mail.

import (
	"strings"
	"testing"

	"sealgate/internal/encodedword"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// TestFooterIsLeftOut: the ticket has what was signed or encrypted and nothing of what was
// appended behind it, and the status says that there was something.
func TestFooterIsLeftOut(t *testing.T) {
	const footer = "\r\n-- \r\nPlease pay to another account.\r\n"
	for language, note := range map[Language]string{
		English: " Text that was appended behind it was left out.",
		German:  " Text, der dahinter angehängt war, wurde weggelassen.",
	} {
		h := newHouse(t, func(o *Options) { o.Language = language })
		opaque, err := smime.Sign(t.Context(), h.entity(plainText), smime.SignOptions{
			Signer: cms.Signer{Certificate: h.anna.Certificate, Key: h.anna.Key}, Chain: h.anna.Chain(), Opaque: true, Spool: h.o.Spool, Unprepared: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, k := range map[string]struct{ mail, signature, encryption string }{
			"signed":               {h.whole(fromAnna, opaque), "valid", "none"},
			"encrypted":            {h.sealed(fromAnna, plainText, h.support), "none", "decrypted"},
			"signed and encrypted": {h.sealed(fromAnna, h.signed(h.anna, "", plainText), h.support), "valid", "decrypted"},
		} {
			got := h.process(inboundTo("support@firma.example"), k.mail+footer).text[0]
			signature := strings.TrimSpace(h.header(got, "X-SMIME-Signature"))
			encryption := strings.TrimSpace(h.header(got, "X-SMIME-Encryption"))
			status := encodedword.Decode(h.header(got, "X-SMIME-Status"))
			if signature != k.signature || encryption != k.encryption || !strings.HasSuffix(status, note) {
				t.Errorf("%s: %s, %s, %q", name, signature, encryption, status)
			}
			if !strings.HasSuffix(got, "the secret text\r\n") || strings.Contains(got, "another account") {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}

// TestFooterOfUnopenedMail: what cannot be opened is attached as it came, footer and all, and
// nothing is said to be left out.
func TestFooterOfUnopenedMail(t *testing.T) {
	h := newHouse(t)
	got := h.process(inboundTo("support@firma.example"), h.sealed(fromAnna, plainText, h.anna)+"\r\n-- \r\nthe footer\r\n").text[0]
	if encryption := strings.TrimSpace(h.header(got, "X-SMIME-Encryption")); encryption != "undecryptable" {
		t.Errorf("%s", encryption)
	}
	if !strings.Contains(got, "the footer") || strings.Contains(h.header(got, "X-SMIME-Status"), "left out") {
		t.Errorf("%s", got)
	}
}
