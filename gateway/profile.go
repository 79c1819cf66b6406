package gateway

// This file names the products that sealgate replaces, so that a helpdesk needs no change.

import (
	"sealgate/internal/words"
)

// Profile is a product whose fields are understood or written besides ours.
type Profile string

// The profiles.
const (
	ProfileCipherMail Profile = "ciphermail" // writes X-CipherMail-Info-*, and the older X-Djigzo-Info-*
	ProfileSEPPmail   Profile = "seppmail"   // reads x-smenc, x-smwebmail, x-smplain and Sensitivity
	ProfileSymfony    Profile = "symfony"    // reads X-SMime-Encrypt with Symfony's values
)

// profileWords are all profiles.
var profileWords = []Profile{ProfileCipherMail, ProfileSEPPmail, ProfileSymfony}

// UnmarshalText reads a Profile as configuration writes it.
func (p *Profile) UnmarshalText(text []byte) error { return words.Set(p, text, profileWords...) }
