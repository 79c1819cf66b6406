package gateway

// This file says how an outbound mail can refer to encrypted mail, and how strongly it must
// be encrypted for that: what came encrypted does not leave in clear (docs/helpdesk.md has
// the rules as a table).

// reply is how an outbound mail refers to encrypted ones. Recipients in the house do
// not count.
type reply struct {
	refers    bool // it answers an encrypted mail, or one stands inside it
	automatic bool // no person wrote it
	embedded  bool // an encrypted mail, or what was returned of it, stands inside it
	toWriter  bool // somebody who wrote what it answers gets it
	toOthers  bool // somebody who did not write it gets it
}

// addressee takes in a recipient of a mail that is answered.
func (r *reply) addressee(wrote bool) {
	r.toWriter = r.toWriter || wrote
	r.toOthers = r.toOthers || !wrote
}

// answers reports whether it is what a person answers to somebody who wrote. For that
// an explicit "no" of who may order holds.
func (r reply) answers() bool { return r.toWriter && !r.automatic && !r.embedded }

// demand is how strongly a mail that refers to encrypted ones must be encrypted; order
// is what its header says.
func (o *OutboundOptions) demand(r reply, order Strength) Strength {
	switch {
	case !r.refers || r.answers() && order == No:
		return Unset
	case r.answers() && !r.toOthers:
		return o.ReplyToEncrypted
	case !r.automatic:
		return o.ForwardOfEncrypted
	case r.embedded || r.toOthers:
		return max(o.AutoReplyToEncrypted, o.ForwardOfEncrypted)
	}
	return o.AutoReplyToEncrypted
}

// setting names the option that demand followed, for the log.
func (r reply) setting() string {
	switch {
	case r.answers() && !r.toOthers:
		return "outbound.reply_to_encrypted"
	case !r.automatic:
		return "outbound.forward_of_encrypted"
	case r.embedded || r.toOthers:
		return "outbound.auto_reply_to_encrypted and outbound.forward_of_encrypted"
	}
	return "outbound.auto_reply_to_encrypted"
}

// words say what the mail is, in a refusal.
func (r reply) words() string {
	switch {
	case r.embedded:
		return "it contains an encrypted message"
	case r.toOthers && !r.toWriter:
		return "it passes on an encrypted message"
	case r.automatic:
		return "it is an automatic answer to an encrypted message"
	}
	return "it answers an encrypted message"
}

// token is the refusal of what would leave in clear.
func (r reply) token() Token {
	switch {
	case r.embedded:
		return TokenContains
	case r.toOthers && !r.toWriter:
		return TokenForward
	case r.automatic:
		return TokenAutomatic
	}
	return TokenReplyInClear
}
