package gateway

// This file says what the engine is built from: its settings, typed and
// already validated by config, and the collaborators below it.

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"log/slog"
	"time"

	"sealgate/certstore"
	"sealgate/internal/address"
	"sealgate/keyring"
	"sealgate/spool"
	"sealgate/trust"
)

// Trust judges one certificate; *trust.Checker is the one in use.
type Trust interface {
	Check(ctx context.Context, r trust.Request) trust.Result
}

// Store is what the engine needs of certstore.Store.
type Store interface {
	ByAddress(ctx context.Context, address string) ([]*certstore.Record, error)
	ByIdentity(ctx context.Context, identity [32]byte) (*certstore.Record, error)
	Put(ctx context.Context, r *certstore.Record) error
	Remember(ctx context.Context, key [32]byte, m certstore.Memory, ttl time.Duration) error
	Recall(ctx context.Context, key [32]byte) (certstore.Memory, bool, error)
	Secret(ctx context.Context) ([32]byte, error)
	BindContent(ctx context.Context, keys [][32]byte, c certstore.Content) ([]certstore.Content, error)
}

// Options are the settings of one Gateway. They are not changed after New: a
// reload builds a new Gateway over the same Store and Spool.
type Options struct {
	AuthservID string // RFC 8601 authserv-id: server.hostname
	Language   string // "de" or "en": what agents read
	Ring       *keyring.Ring
	Domains    []string                    // server.domains, in normal form: the house, for the rules about replies
	Defaults   map[*keyring.Mailbox]Demand // what a mailbox asks for when nobody says anything
	Rules      []Rule
	Trust      Trust
	Store      Store
	Spool      *spool.Spool
	Log        *slog.Logger
	Now        func() time.Time // nil: time.Now
	Counters   *Counters        // nil: of its own

	Inbound  InboundOptions
	Outbound OutboundOptions
	Headers  HeaderOptions
	On       Actions
	Limits   Limits
}

// InboundOptions is the [inbound] section, and what [trust] says of harvesting.
type InboundOptions struct {
	ExplainPart      bool   // undecryptable mail gets a readable part
	KeepSignature    bool   // leave multipart/signed and smime.p7s as they came
	StripAllAR       bool   // remove every Authentication-Results field with our authserv-id
	BounceTo         string // reverse-path of mail that came encrypted; "" is postmaster of the mailbox's domain
	PendingUnknownCA bool   // trust.unknown_ca = "pending"
	PendingKeyChange bool   // trust.on_key_change = "pending"
}

// OutboundOptions is the [outbound] section.
type OutboundOptions struct {
	ReplyToEncrypted     Strength // of what a person answers to who wrote an encrypted mail; Unset: IfPossible
	AutoReplyToEncrypted Strength // of automatic mail that refers to one; Unset: Yes
	ForwardOfEncrypted   Strength // of mail to others that refers to one, or contains one; Unset: Yes
	MixedClear           bool
	NextHopInbound       bool // the next hop is a gateway that decrypts for served mailboxes
	HeaderProtection     HeaderProtection
	Archive              []*x509.Certificate // also recipients of all that is encrypted
	SignAsOther          bool                // any credential of the mailbox may sign, whatever address it names
	Opaque               bool                // sign opaque instead of multipart/signed
	Digest               crypto.Hash         // 0: SHA-256
}

// fill gives what was left out its default: forgotten, it must not become "off".
func (o *OutboundOptions) fill() {
	if o.ReplyToEncrypted == Unset {
		o.ReplyToEncrypted = IfPossible
	}
	if o.AutoReplyToEncrypted == Unset {
		o.AutoReplyToEncrypted = Yes
	}
	if o.ForwardOfEncrypted == Unset {
		o.ForwardOfEncrypted = Yes
	}
}

// HeaderProtection is how outbound mail follows RFC 9788.
type HeaderProtection int

// The values of outbound.header_protection.
const (
	ProtectOff HeaderProtection = iota
	ProtectSign
	ProtectHideSubject
)

// HeaderOptions is the [headers] section.
type HeaderOptions struct {
	Prefix        string // "X-SMIME-"
	Omit          map[string]bool
	TagValid      string // put before the Subject of mail with a valid signature, "" for none
	TagDecrypted  string
	OmitAuthentic bool // no Authentication-Results
}

// Limits bounds what one message may cost.
type Limits struct {
	ResultSize int64         // octets of an outbound result, 0 for no limit
	Expanded   int64         // octets that the layers of a message may unfold to
	Remember   time.Duration // how long a decrypted Message-ID is remembered
	LookUps    time.Duration // what look-ups of one message may take together
}

// defaults of Limits; the time is design §4's 180 days.
const (
	defaultExpanded = 256 << 20
	defaultRemember = 180 * 24 * time.Hour
	defaultLookUps  = 8 * time.Second
)

// Gateway is the engine. It is safe for concurrent use.
type Gateway struct {
	o     Options
	store storeSilence
}

// New checks that o is complete and returns the engine.
func New(o Options) (*Gateway, error) {
	if o.AuthservID == "" || o.Ring == nil || o.Trust == nil || o.Store == nil || o.Spool == nil || o.Log == nil {
		return nil, errors.New("gateway: AuthservID, Ring, Trust, Store, Spool and Log are all needed")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Headers.Prefix == "" {
		o.Headers.Prefix = "X-SMIME-"
	}
	if o.Limits.Expanded == 0 {
		o.Limits.Expanded = defaultExpanded
	}
	if o.Limits.Remember == 0 {
		o.Limits.Remember = defaultRemember
	}
	if o.Limits.LookUps == 0 {
		o.Limits.LookUps = defaultLookUps
	}
	if o.Counters == nil {
		o.Counters = &Counters{}
	}
	o.Outbound.fill()
	o.Trust = judge{o.Trust, o.Rules, o.Store}
	return &Gateway{o: o}, nil
}

// Serves tells whether mail to this recipient is opened here. An address that
// cannot be read is nobody's, nor is one that Postfix may deliver elsewhere.
func (g *Gateway) Serves(recipient string) bool { return g.served(recipient) != nil }

// served is the mailbox of a recipient, nil for everybody else's.
func (g *Gateway) served(recipient string) *keyring.Mailbox {
	a, err := address.Normalize(recipient)
	if err != nil || address.IsRouted(recipient) {
		return nil
	}
	return g.o.Ring.ByRecipient(a)
}
