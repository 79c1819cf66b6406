package gateway

// This file is why nothing is encrypted for a recipient, in words for programs.

// Cause is why nothing is encrypted for a recipient: one of these, or the trust.Rule by which its
// certificate cannot be used.
type Cause string

// The causes beside those of trust.
const (
	CauseNone   Cause = "none"   // no certificate is known
	CauseSilent Cause = "silent" // a source that may know one does not answer
)
