// Package journal keeps one record of each message in the store: what became of it, found by time,
// address, Message-ID, queue id and verdict. Never its content, never its Subject.
package journal

// This file makes a record of what the engine says of a message.

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"sealgate/gateway"
	"sealgate/internal/words"
)

// Detail is how much of a message the journal keeps.
type Detail string

// The values of journal.detail.
const (
	Full   Detail = "full"
	Hashed Detail = "hashed" // who wrote to whom is a keyed hash: found by who knows the address
	Off    Detail = "off"
)

// UnmarshalText reads a Detail as configuration writes it.
func (d *Detail) UnmarshalText(text []byte) error { return words.Set(d, text, Full, Hashed, Off) }

// DefaultKeep is how long a record is kept where nobody says otherwise: a customer's complaint
// about a mail of last quarter finds it.
const DefaultKeep = 90 * 24 * time.Hour

// Record is what the journal knows of one message. Its names are those of the line in the log.
type Record struct {
	Time         time.Time `json:"time,omitzero"` // when it was over
	Direction    string    `json:"direction,omitempty"`
	QueueID      string    `json:"queue_id,omitempty"`
	MessageID    string    `json:"message_id,omitempty"`
	Client       string    `json:"client,omitempty"`
	User         string    `json:"user,omitempty"`
	EnvelopeFrom string    `json:"envelope_from"` // "": a bounce
	EnvelopeTo   []string  `json:"envelope_to,omitempty"`
	From         []string  `json:"from,omitempty"`
	Result       string    `json:"result,omitempty"`
	Code         int       `json:"code,omitempty"`
	Text         string    `json:"text,omitempty"`
	Token        string    `json:"token,omitempty"`
	Copies       int       `json:"copies,omitempty"`
	Signature    string    `json:"signature,omitempty"`
	Encryption   string    `json:"encryption,omitempty"`
	Rule         string    `json:"rule,omitempty"`
	Reason       string    `json:"reason,omitempty"`
	Closed       string    `json:"closed,omitempty"`
	Layers       []string  `json:"layers,omitempty"`
	Signers      []string  `json:"signers,omitempty"`
	OpenedBy     []string  `json:"opened_by,omitempty"`
	Named        []string  `json:"named,omitempty"`
	Orders       []string  `json:"orders,omitempty"`
	Rules        []int     `json:"rules,omitempty"`
	SignedBy     string    `json:"signed_by,omitempty"`
	EncryptedFor []string  `json:"encrypted_for,omitempty"`
	Milliseconds float64   `json:"ms"`
}

// writing is how the words of a message are written into its record.
type writing struct {
	address   func(string) string
	messageID func(string) string
	text      func(string) string // that may name addresses
}

// plain leaves them as they are.
func plain() writing {
	same := func(s string) string { return s }
	return writing{same, same, same}
}

// hashed writes the hashes by which the record is found. An empty word has none.
func (h *hashes) hashed() writing {
	address := func(s string) string { return hashOf(s, h.address) }
	return writing{
		address:   address,
		messageID: func(s string) string { return hashOf(s, h.messageID) },
		text: func(s string) string {
			for _, a := range addressesIn(s) {
				s = strings.ReplaceAll(s, a, address(a))
			}
			return s
		},
	}
}

// newRecord is what is kept of a message.
func newRecord(e *gateway.Entry, as writing) *Record {
	r := &Record{
		Direction:    string(e.Direction),
		QueueID:      e.QueueID,
		MessageID:    as.messageID(e.MessageID),
		Client:       e.Client,
		User:         as.address(e.User),
		EnvelopeFrom: as.address(e.EnvelopeFrom),
		EnvelopeTo:   each(e.EnvelopeTo, as.address),
		From:         each(e.From, as.address),
		Result:       string(e.Result),
		Code:         e.Code,
		Text:         as.text(e.Text),
		Token:        string(e.Token),
		Copies:       e.Copies,
		Signature:    string(e.Signature),
		Encryption:   string(e.Encryption),
		Rule:         string(e.Rule),
		Reason:       as.text(e.Reason),
		Closed:       as.text(e.Closed),
		Layers:       e.Layers,
		OpenedBy:     e.OpenedBy,
		Named:        each(e.Named, as.text),
		Orders:       e.Orders,
		Rules:        e.Rules,
		SignedBy:     e.SignedBy,
		Milliseconds: float64(e.Time.Microseconds()) / 1000,
	}
	for _, s := range e.Signers {
		s.Address = as.address(s.Address)
		r.Signers = append(r.Signers, s.String())
	}
	for _, to := range e.EncryptedFor {
		to.Address = as.address(to.Address)
		r.EncryptedFor = append(r.EncryptedFor, to.String())
	}
	return r
}

// encoded is the record as the store keeps it, its text as it is: an address in angle brackets is no
// HTML.
func (r *Record) encoded() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(r)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// maxShort is how many elements of a list a shortened record has.
const maxShort = 3

// shortened is a record that somebody has made too large for the store: the beginning of each list. It is
// found by all that it names, as before.
func (r *Record) shortened() *Record {
	short := *r
	for _, list := range []*[]string{
		&short.EnvelopeTo, &short.From, &short.Layers, &short.Signers, &short.OpenedBy, &short.Named, &short.EncryptedFor,
	} {
		if len(*list) > maxShort {
			*list = append(slices.Clone((*list)[:maxShort]), "…")
		}
	}
	if len(short.Rules) > maxShort {
		short.Rules = short.Rules[:maxShort]
	}
	return &short
}

func each(list []string, do func(string) string) (out []string) {
	for _, s := range list {
		out = append(out, do(s))
	}
	return out
}
