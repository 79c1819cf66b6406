package trust

// This file is what the configuration says of revocation.

import "sealgate/internal/words"

// Policy says what unknown revocation means.
type Policy string

// The policies.
const (
	Off  Policy = "off"  // nobody is asked
	Soft Policy = "soft" // valid, with a reason
	Hard Policy = "hard" // unchecked
)

// UnmarshalText reads a Policy as configuration writes it. A rule may have none, "".
func (p *Policy) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = ""
		return nil
	}
	return words.Set(p, text, Hard, Soft, Off)
}
