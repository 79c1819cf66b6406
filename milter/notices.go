package milter

// This file knows which notices a sender asks for. What a milter changes in place is
// told to him by Postfix all the same: taking a recipient out and adding it again does
// not help, since Postfix reports the expansion of an alias of the one taken out, and
// loses the mail when the milter dies in between.

import (
	"slices"
	"strings"

	"sealgate/gateway"
)

// wantsNotices reports whether NOTIFY of any recipient asks to be told of success or
// delay (RFC 3461 §4.1). ORCPT, ENVID and RET alone ask for nothing: failures are told
// to the sender that the copy gets.
func (t *Transaction) wantsNotices() bool {
	return slices.ContainsFunc(t.To, func(r Recipient) bool { return slices.ContainsFunc(r.Args, asksForNotice) })
}

func asksForNotice(arg string) bool {
	name, value, _ := strings.Cut(strings.ToUpper(arg), "=")
	if name != "NOTIFY" {
		return false
	}
	on := strings.Split(value, ",")
	return slices.Contains(on, "SUCCESS") || slices.Contains(on, "DELAY")
}

// noticed reports whether a copy must not go on in place: its sender would be told. What
// the engine gives a milter that cannot send copies holds nothing to tell.
func (s *session) noticed(copies []gateway.Delivery) bool {
	return s.server.Splitter != nil && s.t.wantsNotices() &&
		slices.ContainsFunc(copies, func(d gateway.Delivery) bool { return d.CameEncrypted })
}
