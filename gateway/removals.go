package gateway

// This file names the fields that are removed, and bounds how many of one mail are.

import (
	"slices"
	"strings"

	"sealgate/smime"
)

// machineFields ask machines on the way for an answer when they hand a mail over, which
// quotes its header.
var machineFields = []string{"Return-Receipt-To", "Errors-To"}

// isHidden reports whether a field names hidden recipients.
func isHidden(f smime.Field) bool {
	return strings.EqualFold(f.Name, "Bcc") || strings.EqualFold(f.Name, "Resent-Bcc")
}

// brokenByUs are the fields that a new body makes false.
func brokenByUs(f smime.Field) bool {
	switch strings.ToLower(f.Name) {
	case "dkim-signature", "arc-seal", "arc-message-signature", "arc-authentication-results":
		return true
	}
	return false
}

// maxRemovals bounds the fields that are removed from one mail. Postfix's cleanup goes
// through the whole header for each edit of a milter, so 9,000 cost it 3 s. Mail has a
// handful that go; one that came through several gateways, some dozens.
const maxRemovals = 64

// removals refuses a mail of which too many fields may have to go: those that lie, and
// those that the direction removes. What becomes of the mail later does not matter, so
// the answer says nothing of what was decrypted.
func (g *Gateway) removals(e *smime.Entity, removed func(smime.Field) bool) *refusal {
	n := 0
	for _, f := range e.Fields {
		if removed(f) || g.lies(f) {
			n++
		}
	}
	return tooMany(n)
}

func tooMany(n int) *refusal {
	if n <= maxRemovals {
		return nil
	}
	return refuse(TokenFields, n, maxRemovals)
}

// removedInbound are the fields that an ordinary mail in the place of a signed or
// encrypted one does without.
func removedInbound(f smime.Field) bool {
	return f.IsContent() || asksMachines(f) || isNamed(f, "Subject") || isNamed(f, "Message-ID")
}

// removedOutbound are besides those that must not leave, or that a new body makes false.
func removedOutbound(f smime.Field) bool {
	return removedInbound(f) || isHidden(f) || brokenByUs(f) || isNamed(f, "Thread-Topic")
}

// asksMachines reports whether a field is one of machineFields.
func asksMachines(f smime.Field) bool {
	return slices.ContainsFunc(machineFields, func(name string) bool { return isNamed(f, name) })
}
