package x509cert

// MaxTolerated is for tests of the bound.
const MaxTolerated = maxTolerated

// MaxQuestions is for tests of the bound.
const MaxQuestions = maxQuestions

// Tolerant reads what the strict reader may read too.
var Tolerant = tolerant

// WithoutNULL is a certificate of an RSA key without the parameters of its algorithm; its
// signature does not hold.
func WithoutNULL(der []byte) []byte {
	f, _ := read(der)
	id, _, key, _ := keyParts(f.key)
	f.key = sequence(sequence(id), key)
	out, _ := f.encode()
	return out
}
