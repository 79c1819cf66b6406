package gateway

// This file names the checks of a verdict that are not trust's, and says for each what
// would have made the mail valid.

import "sealgate/trust"

const (
	ruleSignature   = "signature"
	ruleStructure   = "structure"
	ruleCertificate = "certificate"
	ruleUnknown     = "unknown algorithm"
	ruleUnread      = "what is read"
	ruleCost        = trust.RuleCost
	ruleAlgorithm   = "algorithm"
	ruleCoverage    = "coverage"
	ruleReaders     = "one reading"
	ruleContent     = "content"
	ruleFrom        = "From"
)

var remedies = map[string]string{
	ruleSignature:   "the mail as it was signed: something on the way has changed it (a footer, a virus scanner), or the signature is a forgery",
	ruleStructure:   "S/MIME that can be read: ask the sender's administrator which program made it",
	ruleCertificate: "the signer's certificate in the mail: the sender's program can be told to send it along",
	ruleUnknown:     "a signature with RSA, ECDSA on P-256, P-384 or P-521, or Ed25519",
	ruleUnread:      "S/MIME as other programs write it: this may be right, but readers are free to refuse it",
	ruleCost:        trust.RemedyCost,
	ruleAlgorithm:   "a signature with SHA-256 or better, by a key of 2048 bits or more",
	ruleCoverage:    "a signature over the whole of what is shown: signed first and then encrypted, with nothing put around it",
	ruleReaders:     "a mail that all programs read alike: the sender's program, or a gateway after it, writes MIME that is not",
	ruleContent:     "a signed mail: what is signed here is something else, which nobody can read as one",
	ruleFrom:        "exactly one From address, outside and inside, that the signer's certificate names",
}
