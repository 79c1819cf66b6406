package gateway

// This file holds the fields of products that sealgate replaces: the orders that a helpdesk
// sends, and the status that it reads.

import (
	"slices"
	"strings"

	"sealgate/gateway/verdict"
)

// cipherMailPrefixes begin the status fields of CipherMail, and of Djigzo, its older name.
var cipherMailPrefixes = []string{"X-CipherMail-Info-", "X-Djigzo-Info-"}

// The names of SEPPmail's orders, as rest of a field: they have characters that no rest
// behind our prefix has. SEPPmail suppresses "any cryptographic action" for x-smplain, and
// encrypts with its web mail for x-smwebmail: what it would encrypt must not leave in clear
// here, where there is no web mail.
const (
	seppmailEncrypt = "x-smenc"
	seppmailWebMail = "x-smwebmail"
	seppmailPlain   = "x-smplain"
	cipherMailInfo  = "x-ciphermail"
)

// seppmailOrders are all of them.
var seppmailOrders = []string{seppmailEncrypt, seppmailWebMail, seppmailPlain}

// seppmailSensitivities are the values of Sensitivity (RFC 4021 §2.1.55) for which SEPPmail
// encrypts, as letters: its manual writes the first without a hyphen.
var seppmailSensitivities = []string{"companyconfidential", "private"}

// foreign reports whether a field name looks like one of a profile in use, and returns what
// it is.
func (o *HeaderOptions) foreign(name string) (rest string, ok bool) {
	low := letters(name)
	for _, p := range o.Profiles {
		switch p {
		case ProfileSEPPmail:
			for _, order := range seppmailOrders {
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
	return slices.Contains(o.Profiles, p)
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
