package gateway

// This file names the fields that are removed, and bounds how many of one mail are.

import (
	"fmt"
	"slices"
	"strings"

	"sealgate/smime"
)

// machineFields ask machines on the way for an answer when they hand a mail over, which
// quotes its header.
var machineFields = []string{"Return-Receipt-To", "Errors-To"}

// isHidden reports whether a field names hidden recipients.
func isHidden(name string) bool {
	return strings.EqualFold(name, "Bcc") || strings.EqualFold(name, "Resent-Bcc")
}

// brokenByUs are the fields that a new body makes false.
func brokenByUs(name string) bool {
	switch strings.ToLower(name) {
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
func (g *Gateway) removals(e *smime.Entity, removed func(name string) bool) *refusal {
	n := 0
	for _, f := range e.Fields {
		if removed(f.Name) || g.lies(f) {
			n++
		}
	}
	return tooMany(n)
}

func tooMany(n int) *refusal {
	if n <= maxRemovals {
		return nil
	}
	return refuse(554, "5.6.0", fmt.Sprintf("%d header fields would have to be removed, at most %d are", n, maxRemovals))
}

// removedInbound are the fields that an ordinary mail in the place of a signed or
// encrypted one does without.
func removedInbound(name string) bool {
	isMachines := slices.ContainsFunc(machineFields, func(f string) bool { return strings.EqualFold(f, name) })
	return isContent(name) || isMachines || strings.EqualFold(name, "Subject") || strings.EqualFold(name, "Message-ID")
}

// removedOutbound are besides those that must not leave, or that a new body makes false.
func removedOutbound(name string) bool {
	return removedInbound(name) || isHidden(name) || brokenByUs(name) || strings.EqualFold(name, "Thread-Topic")
}
