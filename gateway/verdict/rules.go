package verdict

// This file names the checks that can decide over a signature, and says for each that is
// not trust's what would have made the mail valid.

import (
	"sealgate/trust"
)

// Rule names the check that decided: one of this package, or of trust.
type Rule = trust.Rule

// The rules of this package.
const (
	RuleSignature   Rule = "signature"
	RuleStructure   Rule = "structure"
	RuleCertificate Rule = "certificate"
	RuleUnknown     Rule = "unknown algorithm"
	RuleUnread      Rule = "what is read"
	RuleCost             = trust.RuleCost
	RuleAlgorithm   Rule = "algorithm"
	RuleCoverage    Rule = "coverage"
	RuleCiphertext  Rule = "ciphertext"
	RuleReaders     Rule = "one reading"
	RuleContent     Rule = "content"
	RuleFrom        Rule = "From"
	RuleInside      Rule = "From inside"
)

var remedies = map[Rule]string{
	RuleSignature: "the mail as it was signed: something on the way has changed it (a footer, a virus scanner), " +
		"or the signature is a forgery",
	RuleStructure: "S/MIME that can be read: ask the sender's administrator which program made it",
	RuleCertificate: "the signer's certificate in the mail, as the sender's program can be told, " +
		"or in the store (sealgate cert import)",
	RuleUnknown:   "a signature with RSA, ECDSA (P-256, P-384, P-521 or a brainpool curve) or Ed25519",
	RuleUnread:    "S/MIME as other programs write it: this may be right, but readers are free to refuse it",
	RuleCost:      trust.RemedyCost,
	RuleAlgorithm: "a signature with SHA-256 or better, by a key of 2048 bits or more",
	RuleCoverage: "a signature over the whole of what is shown: signed first and then encrypted, " +
		"with nothing put around it",
	RuleCiphertext: "a mail that was signed first and then encrypted",
	RuleReaders: "a mail that all programs read alike: the sender's program, or a gateway after it, " +
		"writes MIME that is not",
	RuleContent: "a signed mail: what is signed here is something else, which nobody can read as one",
	RuleFrom:    "exactly one From address, outside and inside, that the signer's certificate names",
	RuleInside:  "the same From address outside as inside, where the sender protected it",
}
