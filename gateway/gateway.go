// Package gateway is the engine: envelope and message in, deliveries out.
//
// It holds the policy of the house (whose mail is opened, who may order, what
// is refused) and writes the status headers. It knows no network and opens no
// files: messages come and go as spool files, everything else through the
// interfaces that stand here.
package gateway

import (
	"errors"
	"io"
	"net/netip"
	"slices"

	"sealgate/internal/words"
)

// Direction says which way a message goes; a listener knows it.
type Direction string

// The directions. Auto is a listener's alone: Outbound for those who may order, Inbound
// for all others.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
	Auto     Direction = "auto"
)

// UnmarshalText reads a Direction as configuration writes it.
func (d *Direction) UnmarshalText(text []byte) error {
	return words.Set(d, text, Inbound, Outbound, Auto)
}

// Valid returns an error for anything but a listener's direction, such as one that was
// never set.
func (d Direction) Valid() error { return words.Check(d, Inbound, Outbound, Auto) }

// Envelope is what the SMTP session knows of a message.
type Envelope struct {
	Direction  Direction // Inbound or Outbound
	From       string    // RFC 5321 reverse-path without angle brackets, "" for bounces
	To         []string  // forward-paths without angle brackets, as received
	HeaderOnly bool      // the adapter has skipped the body, as NeedsBody said
	MayOrder   bool      // this client may give orders by X-headers
	CanSplit   bool      // the adapter can deliver different copies
	CanHold    bool      // the adapter can quarantine (Postfix hold)

	// WantsNotices says that the sender asks for notices of success or delay
	// (NOTIFY, RFC 3461 §4.1). Of copies that are delivered apart the adapter takes
	// them off; in place they cannot be.
	WantsNotices bool

	// SevenBit says that the adapter cannot pass on 8-bit text (RFC 6152 §3): it
	// refuses what holds some.
	SevenBit bool

	Client  netip.Addr
	User    string // authenticated user, "" for none
	QueueID string // "" when the adapter has none
}

// Disposition is what becomes of the message as a whole.
type Disposition int

// The dispositions.
const (
	Accept Disposition = iota
	Reject
	TempFail
	Quarantine // deliver as Accept says, but on hold; only with Envelope.CanHold
)

// Reply is an SMTP reply (RFC 5321 §4.2, RFC 3463): short ASCII text.
type Reply struct {
	Code     int
	Enhanced string
	Text     string
}

// Outcome is the engine's answer for one message.
type Outcome struct {
	Disposition Disposition
	Reply       Reply      // for Reject and TempFail; for Quarantine its Text is the reason
	Token       Token      // of the refusal that Reply is, "" for none
	Deliveries  []Delivery // at least one on Accept and Quarantine
	Owned       Owned      // what the bodies of the deliveries read from
	MessageID   string     // for the log of who hands it over, bounded
}

// Close frees what the bodies of the deliveries read from; the adapter calls it when the
// message has been handed over.
func (o *Outcome) Close() error { return o.Owned.Close() }

// Owned is what bodies read from, in the order in which it was made.
type Owned []io.Closer

// Close begins with what was made last: it reads from what was made before.
func (o Owned) Close() error {
	var errs []error
	for _, c := range slices.Backward(o) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Delivery is one copy of the message and who gets it.
type Delivery struct {
	To    []string     // a subset of Envelope.To, as received
	Edits []HeaderEdit // against the fields as received, see HeaderEdit

	// Body is the new body with CRLF, without header, as a view on what the Outcome owns
	// or on the message itself: it can be read until either is closed. nil: unchanged.
	Body *io.SectionReader

	// CameEncrypted: the mail had an encrypted layer, whatever became of it, and its
	// sender must not learn that. Sender is the copy's reverse-path, "" for none; its
	// bounces return the header only (RET=HDRS, RFC 3461 §4.3), and nobody is told of
	// success or delay (NOTIFY without them, §4.1).
	CameEncrypted bool
	Sender        string
}

// EditOp is what a HeaderEdit does.
type EditOp int

// The edits.
const (
	DeleteField  EditOp = iota // remove the field at Index
	ReplaceField               // give the field at Index another Value
	InsertField                // put a field before the one at Index; 0 is the very top
	AppendField                // put a field after the last one
)

// HeaderEdit changes one header field. Index is the 0-based position among all
// fields as received, whatever other edits do; several InsertField edits at one
// Index end up in the order given. Value is verbatim what follows the colon,
// with its own leading space and CRLF folding, without the final CRLF.
type HeaderEdit struct {
	Op    EditOp
	Index int
	Name  string
	Value string
}
