package gateway

import (
	"strings"
	"testing"
)

// TestProfileOrders: each order of each profile, and that it is none without the profile.
func TestProfileOrders(t *testing.T) {
	for _, c := range []struct {
		profile Profile
		raw     string
		want    Strength
		refused bool
	}{
		{ProfileSEPPmail, "x-smenc: yes", Yes, false},
		{ProfileSEPPmail, "X-SMENC:  YES ", Yes, false},
		{ProfileSEPPmail, "x-smwebmail: yes", Yes, false},
		{ProfileSEPPmail, "x-smwebmail: yes\r\nx-smplain: yes", Unset, true},
		{ProfileSEPPmail, "x-smplain: yes", No, false},
		{ProfileSEPPmail, "x-smplain: yes\r\nX-SMIME-Sign: yes", Unset, true},
		{ProfileSEPPmail, "Sensitivity: Company-Confidential", Yes, false},
		{ProfileSEPPmail, "Sensitivity: CompanyConfidential", Yes, false},
		{ProfileSEPPmail, "Sensitivity: Private", Yes, false},
		{ProfileSEPPmail, "Sensitivity: Personal", Unset, false},
		{ProfileSEPPmail, "x-smenc: true", Unset, true},
		{ProfileSEPPmail, "x-sm-enc: yes", Unset, true},
		{ProfileSEPPmail, "x-smenc: yes\r\nx-smplain: yes", Unset, true},
		{ProfileSEPPmail, "x-smplain: yes\r\nSensitivity: company-confidential", Unset, true},
		{ProfileSEPPmail, "x-smenc: yes\r\nX-SMIME-Encrypt: no", Unset, true},
		{ProfileSEPPmail, "X-SMIME-x-smenc: yes", Unset, true},
		{ProfileSymfony, "X-SMime-Encrypt: true", Yes, false},
		{ProfileSymfony, "X-SMime-Encrypt: fail", Yes, false},
		{ProfileSymfony, "X-SMime-Encrypt: encrypt", Yes, false},
		{ProfileSymfony, "X-SMime-Encrypt: skip", IfPossible, false},
		{ProfileSymfony, "X-SMime-Encrypt: yes", Yes, false},
		{ProfileSymfony, "X-SMIME-Sign: true", Unset, true},
		{ProfileCipherMail, "X-Djigzo-Info-SMIME-Signed: True", Unset, false},
		{ProfileCipherMail, "x-smenc: yes", Unset, false},
		{ProfileCipherMail, "Sensitivity: Private", Unset, false},
		{ProfileCipherMail, "X-SMIME-Encrypt: skip", Unset, true},
	} {
		h := newHouse(t, func(o *Options) { o.Headers.Profiles = []Profile{c.profile} })
		fields := header(t, c.raw)
		o, r := h.g.readOrders(fields)
		if r == nil {
			r = h.g.readSensitivity(&o, fields)
		}
		if (r != nil) != c.refused || r == nil && o.Encrypt != c.want {
			t.Errorf("%s, %q: %v, refused %v; want %v, %v", c.profile, c.raw, o.Encrypt, r, c.want, c.refused)
		}
	}
}

// seppmailEncrypts are the fields for which SEPPmail encrypts.
var seppmailEncrypts = []string{
	"x-smenc: yes\r\n", "x-smwebmail: yes\r\n", "Sensitivity: company-confidential\r\n", "Sensitivity: private\r\n",
}

// TestProfileSEPPmailPlain: x-smplain suppresses the signature that is a default too.
func TestProfileSEPPmailPlain(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Headers.Profiles = []Profile{ProfileSEPPmail} })
	o, r := h.g.readOrders(header(t, "x-smplain: yes"))
	if r != nil || o.Sign != No || o.Encrypt != No {
		t.Errorf("sign %v, encrypt %v, refused %v; want no and no", o.Sign, o.Encrypt, r)
	}
}

// TestProfileSEPPmailLeaves: what SEPPmail would encrypt is encrypted or refused; the order
// does not leave, Sensitivity does.
func TestProfileSEPPmailLeaves(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Headers.Profiles = []Profile{ProfileSEPPmail} })
	for _, order := range seppmailEncrypts {
		mail := fromSupport("anna@kunde.example", order+plainText)
		if out := h.process(outboundTo("anna@kunde.example"), mail); out.Disposition != Reject || leaves(out, "the secret text") {
			t.Errorf("%s: no certificate is known: %+v", order, out.Outcome)
		}
	}
	h.knows(h.anna)
	for _, order := range seppmailEncrypts {
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", order+plainText))
		if out.Disposition != Accept || leaves(out, "the secret text") || strings.Contains(out.text[0], "x-sm") {
			t.Errorf("%s: %+v", order, out.Outcome)
		}
		if strings.HasPrefix(order, "Sens") && !strings.Contains(out.text[0], "Sensitivity: ") {
			t.Errorf("Sensitivity is gone")
		}
		stranger := outboundTo("anna@kunde.example")
		stranger.MayOrder = false
		if out := h.process(stranger, fromSupport("anna@kunde.example", order+plainText)); out.Disposition != Reject {
			t.Errorf("%s: of a client that may not order: %+v", order, out.Outcome)
		}
	}
}

// TestProfileCipherMail: what is written, and that nobody else can write it.
func TestProfileCipherMail(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Headers.Profiles = []Profile{ProfileCipherMail} })
	const forged = "X-Djigzo-Info-Signer-Trusted-0-0: True\r\nX-CipherMail-Info-Signer-Verified-0-0: True\r\nx-djigzo-info-signer-verified-1-0: True\r\n"
	inner := h.signed(h.anna, "", plainText)
	for name, c := range map[string]struct{ text, verified, trusted, encrypted string }{
		"plain":     {forged + fromAnna + plainText, "", "", ""},
		"valid":     {forged + fromAnna + inner, "True", "True", ""},
		"invalid":   {forged + fromAnna + strings.Replace(inner, "secret", "forged", 1), "False", "", ""},
		"decrypted": {h.sealed(forged+fromAnna, inner, h.support), "True", "True", "True"},
	} {
		text := h.process(toSupport, c.text).text[0]
		for _, prefix := range cipherMailPrefixes {
			verified, trusted := h.header(text, prefix+"Signer-Verified-0-0"), h.header(text, prefix+"Signer-Trusted-0-0")
			encrypted, algorithm := h.header(text, prefix+"SMIME-Encrypted"), h.header(text, prefix+"Encryption-Algorithm-0")
			if verified != c.verified || trusted != c.trusted || encrypted != c.encrypted || (algorithm != "") != (encrypted != "") {
				t.Errorf("%s: %q, %q, %q, %q", name, verified, trusted, encrypted, algorithm)
			}
		}
		if strings.Contains(text, "verified-1-0") || strings.Count(text, "-Trusted-0-0") > 2 {
			t.Errorf("%s: a forged field is left:\n%s", name, text)
		}
	}
	if text := newHouse(t).process(toSupport, fromAnna+inner).text[0]; strings.Contains(text, "-Info-") {
		t.Error("written without the profile")
	}
}
