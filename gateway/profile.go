package gateway

// This file holds the fields of products that sealgate replaces, so that a helpdesk needs
// no change: the orders that it sends, and the status that it reads.

import (
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/words"
	"sealgate/smime"
)

// Profile is a product whose fields are understood or written besides ours.
type Profile string

// The profiles.
const (
	ProfileCipherMail Profile = "ciphermail" // writes X-CipherMail-Info-*, and the older X-Djigzo-Info-*
	ProfileSEPPmail   Profile = "seppmail"   // reads x-smenc, x-smplain and Sensitivity
	ProfileSymfony    Profile = "symfony"    // reads X-SMime-Encrypt with Symfony's values
)

// profileWords are all profiles.
var profileWords = []Profile{ProfileCipherMail, ProfileSEPPmail, ProfileSymfony}

// UnmarshalText reads a Profile as configuration writes it.
func (p *Profile) UnmarshalText(text []byte) error { return words.Set(p, text, profileWords...) }

// cipherMailPrefixes begin the status fields of CipherMail, and of Djigzo, its older name.
var cipherMailPrefixes = []string{"X-CipherMail-Info-", "X-Djigzo-Info-"}

// The names of SEPPmail's orders, as rest of a field: they have characters that no rest
// behind our prefix has.
const (
	seppmailEncrypt = "x-smenc"
	seppmailPlain   = "x-smplain"
	cipherMailInfo  = "x-ciphermail"
)

// foreign reports whether a field name looks like one of a profile in use, and returns what
// it is.
func (o *HeaderOptions) foreign(name string) (rest string, ok bool) {
	low := letters(name)
	for _, p := range o.Profiles {
		switch p {
		case ProfileSEPPmail:
			for _, order := range []string{seppmailEncrypt, seppmailPlain} {
				if low == letters(order) {
					return order, true
				}
			}
		case ProfileCipherMail:
			for _, prefix := range cipherMailPrefixes {
				if strings.HasPrefix(low, letters(prefix)) {
					return cipherMailInfo, true
				}
			}
		}
	}
	return "", false
}

// uses reports whether a profile is in use.
func (o *HeaderOptions) uses(p Profile) bool {
	for _, used := range o.Profiles {
		if used == p {
			return true
		}
	}
	return false
}

// readForeign takes a field of a profile in.
func (o *orders) readForeign(f smime.Field, rest, value string, unknown *refusal) *refusal {
	if rest == cipherMailInfo {
		return nil // a status that somebody sends back
	}
	if !strings.EqualFold(f.Name, rest) || value != "yes" {
		return unknown
	}
	if rest == seppmailPlain {
		return o.set(&o.Encrypt, No, unknown)
	}
	return o.set(&o.Encrypt, Yes, unknown)
}

// confidential is the value of Sensitivity (RFC 4021 §2.1.55) that orders encryption.
const confidential = "company-confidential"

// readSensitivity takes SEPPmail's reading of Sensitivity in: on what a helpdesk sends, not
// on what comes from outside, and the field stays.
func (g *Gateway) readSensitivity(o *orders, fields []smime.Field) *refusal {
	if !g.o.Headers.uses(ProfileSEPPmail) {
		return nil
	}
	for _, f := range fields {
		if !isNamed(f, "Sensitivity") || !strings.EqualFold(strings.TrimSpace(f.Value()), confidential) {
			continue
		}
		if r := o.set(&o.Encrypt, Yes, refuse(TokenOrder, printable(f.Name+": "+confidential, 60))); r != nil {
			return r
		}
	}
	return nil
}

// symfonyStrengths are the values of Symfony's X-SMime-Encrypt. Where it says "fail" or
// "encrypt" a mail without a certificate must not leave; "skip" lets it leave in clear.
var symfonyStrengths = map[string]Strength{"true": Yes, "fail": Yes, "encrypt": Yes, "skip": IfPossible}

// ordered is the strength that an order's value means.
func (o *HeaderOptions) ordered(rest, value string) (Strength, bool) {
	if s, ok := symfonyStrengths[value]; ok && rest == "encrypt" && o.uses(ProfileSymfony) {
		return s, true
	}
	return orderedStrength(value)
}

// cipherMailFields are the status in CipherMail's words. Some programs take the mere
// presence of Signer-Trusted for yes, so it is there for valid mail alone.
func (o *HeaderOptions) cipherMailFields(v *verdict.Verdict) (out []HeaderEdit) {
	if !o.uses(ProfileCipherMail) {
		return nil
	}
	for _, prefix := range cipherMailPrefixes {
		add := func(name, value string) { out = append(out, field(prefix+name, strings.Fields(value)...)) }
		if v.Encryption == verdict.EncryptionDecrypted {
			add("SMIME-Encrypted", "True")
			add("Encryption-Algorithm-0", clean(v.Cipher, maxQuoted))
		}
		if v.Signature == verdict.SignatureNone {
			continue
		}
		add("SMIME-Signed", "True")
		if v.Signature != verdict.SignatureValid {
			add("Signer-Verified-0-0", "False")
			continue
		}
		add("Signer-Verified-0-0", "True")
		add("Signer-Trusted-0-0", "True")
		add("Signer-Email-0-0", phrase(signerAddress(v), maxQuoted))
	}
	return out
}
