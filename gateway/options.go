package gateway

// This file says what the engine is built from: its settings, typed and
// already validated by config, and the collaborators below it.

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/gateway/verdict"
	"sealgate/internal/words"
	"sealgate/keyring"
	"sealgate/spool"
)

// Store is what the engine needs of certstore.Store.
type Store interface {
	ByAddress(ctx context.Context, address string) ([]*certstore.Record, error)
	ByIdentity(ctx context.Context, identity [32]byte) (*certstore.Record, error)
	Put(ctx context.Context, r *certstore.Record) error
	Remember(ctx context.Context, key [32]byte, m certstore.Memory, ttl time.Duration) error
	Recall(ctx context.Context, key [32]byte) (certstore.Memory, bool, error)
	Secret(ctx context.Context) ([32]byte, error)
	BindContent(ctx context.Context, keys [][32]byte, c certstore.Content) ([]certstore.Content, error)
	Contents(ctx context.Context, keys [][32]byte) ([]*certstore.Content, error)
}

// Options are the settings of one Gateway. They are not changed after New: a
// reload builds a new Gateway over the same Store and Spool.
type Options struct {
	AuthservID string   // RFC 8601 authserv-id: server.hostname
	Language   Language // what agents read
	Ring       *keyring.Ring
	Domains    []string                    // server.domains, in normal form: the house, for the rules about replies
	Defaults   map[*keyring.Mailbox]Demand // what a mailbox asks for when nobody says anything
	Rules      []Rule
	Trust      verdict.Trust
	Store      Store
	Sources    []lookup.Source // of certificates, asked in this order behind the store
	Spool      *spool.Spool
	Log        *slog.Logger
	Now        func() time.Time // nil: time.Now
	Counters   *Counters        // nil: of its own
	Observe    func(*Entry)     // hears of each message when it is over, and keeps nobody waiting; may be nil

	Inbound  InboundOptions
	Outbound OutboundOptions
	Headers  HeaderOptions
	On       Actions
	Limits   Limits
}

// InboundOptions is the [inbound] section, and what [trust] says of harvesting.
type InboundOptions struct {
	ExplainPart   bool   // undecryptable mail gets a readable part
	KeepSignature bool   // leave multipart/signed and smime.p7s as they came
	StripAllAR    bool   // remove every Authentication-Results field with our authserv-id
	BounceTo      string // reverse-path of mail that came encrypted; "" is postmaster of the mailbox's domain
	UnknownCA     UnknownCA
	OnKeyChange   KeyChange
}

// OutboundOptions is the [outbound] section.
type OutboundOptions struct {
	ReplyToEncrypted     Strength // of what a person answers to who wrote an encrypted mail
	AutoReplyToEncrypted Strength // of automatic mail that refers to one
	ForwardOfEncrypted   Strength // of mail to others that refers to one, or contains one
	MixedClear           bool
	NextHopInbound       bool // the next hop is a gateway that decrypts for served mailboxes
	HeaderProtection     HeaderProtection
	EncryptToSelf        EncryptToSelf       // whether the mailbox itself can read what it sends
	Archive              []*x509.Certificate // also recipients of what is encrypted
	SignAsOther          bool                // any credential of the mailbox may sign, whatever address it names
	Opaque               bool                // sign opaque instead of multipart/signed
	Digest               crypto.Hash         // 0: SHA-256
}

// DefaultInbound and DefaultOutbound hold where nobody says otherwise (config.example.toml
// says why).
func DefaultInbound() InboundOptions {
	return InboundOptions{ExplainPart: true, UnknownCA: IgnoreUnknownCA, OnKeyChange: UseKeyChange}
}

// DefaultOutbound is told at DefaultInbound.
func DefaultOutbound() OutboundOptions {
	return OutboundOptions{
		ReplyToEncrypted: IfPossible, AutoReplyToEncrypted: Yes, ForwardOfEncrypted: Yes,
		HeaderProtection: ProtectOff, EncryptToSelf: ToSelfSameKind,
	}
}

// HeaderProtection is how outbound mail follows RFC 9788.
type HeaderProtection string

// The values of outbound.header_protection.
const (
	ProtectOff         HeaderProtection = "off"
	ProtectSign        HeaderProtection = "sign"
	ProtectHideSubject HeaderProtection = "hide-subject"
)

// UnmarshalText reads a HeaderProtection as configuration writes it.
func (p *HeaderProtection) UnmarshalText(text []byte) error {
	return words.Set(p, text, ProtectOff, ProtectSign, ProtectHideSubject)
}

// EncryptToSelf is whether what we encrypt can be read with the mailbox's own key, too.
type EncryptToSelf string

// The values of outbound.encrypt_to_self.
const (
	ToSelfYes      EncryptToSelf = "yes"
	ToSelfNo       EncryptToSelf = "no"
	ToSelfSameKind EncryptToSelf = "same-kind" // only in copies for certificates of the same kind
)

// UnmarshalText reads an EncryptToSelf as configuration writes it.
func (s *EncryptToSelf) UnmarshalText(text []byte) error {
	return words.Set(s, text, ToSelfYes, ToSelfNo, ToSelfSameKind)
}

// UnknownCA is what becomes of a signer's certificate from an authority that is not
// trusted.
type UnknownCA string

// The values of trust.unknown_ca.
const (
	IgnoreUnknownCA  UnknownCA = "ignore"
	PendingUnknownCA UnknownCA = "pending" // kept until an admin decides
)

// UnmarshalText reads an UnknownCA as configuration writes it.
func (u *UnknownCA) UnmarshalText(text []byte) error {
	return words.Set(u, text, IgnoreUnknownCA, PendingUnknownCA)
}

// KeyChange is what becomes of the first certificate from another authority for an
// address, while an older one is still good.
type KeyChange string

// The values of trust.on_key_change.
const (
	UseKeyChange     KeyChange = "use"     // and said in the log
	PendingKeyChange KeyChange = "pending" // kept until an admin decides
)

// UnmarshalText reads a KeyChange as configuration writes it.
func (k *KeyChange) UnmarshalText(text []byte) error {
	return words.Set(k, text, UseKeyChange, PendingKeyChange)
}

// Language is what agents read.
type Language string

// The values of server.language.
const (
	German  Language = "de"
	English Language = "en"
)

// UnmarshalText reads a Language as configuration writes it.
func (l *Language) UnmarshalText(text []byte) error { return words.Set(l, text, German, English) }

// HeaderOptions is the [headers] section.
type HeaderOptions struct {
	Prefix        string // "X-SMIME-"
	Omit          map[string]bool
	TagValid      string // put before the Subject of mail with a valid signature, "" for none
	TagDecrypted  string
	OmitAuthentic bool // no Authentication-Results
	Profiles      []Profile
}

// Limits bounds what one message may cost.
type Limits struct {
	ResultSize int64         // octets of an outbound result, 0 for no limit
	Expanded   int64         // octets that the layers of a message may unfold to
	Remember   time.Duration // how long a decrypted Message-ID is remembered
	LookUps    time.Duration // what look-ups of one message may take together
}

// DefaultLimits hold where nobody says otherwise: a thread is answered within half a year,
// and a sender waits for an answer.
func DefaultLimits() Limits {
	return Limits{Expanded: 256 << 20, Remember: 180 * 24 * time.Hour, LookUps: 8 * time.Second}
}

// words refuses a setting that is none of its words: one that was forgotten must not
// become "off".
func (o *Options) words() error {
	errs := []error{
		said("Language", words.Check(o.Language, German, English)),
		said("Inbound.UnknownCA", words.Check(o.Inbound.UnknownCA, IgnoreUnknownCA, PendingUnknownCA)),
		said("Inbound.OnKeyChange", words.Check(o.Inbound.OnKeyChange, UseKeyChange, PendingKeyChange)),
		said("Outbound.HeaderProtection",
			words.Check(o.Outbound.HeaderProtection, ProtectOff, ProtectSign, ProtectHideSubject)),
		said("Outbound.EncryptToSelf",
			words.Check(o.Outbound.EncryptToSelf, ToSelfYes, ToSelfNo, ToSelfSameKind)),
	}
	for _, p := range o.Headers.Profiles {
		errs = append(errs, said("Headers.Profiles", words.Check(p, profileWords...)))
	}
	for cause, action := range o.On {
		errs = append(errs, said("On "+cause, words.Check(action, actionWords...)))
	}
	for name, strength := range map[string]Strength{
		"ReplyToEncrypted":     o.Outbound.ReplyToEncrypted,
		"AutoReplyToEncrypted": o.Outbound.AutoReplyToEncrypted,
		"ForwardOfEncrypted":   o.Outbound.ForwardOfEncrypted,
	} {
		if strength == Unset {
			errs = append(errs, fmt.Errorf("Outbound.%s is not set", name))
		}
	}
	return errors.Join(errs...)
}

func said(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Counters counts what an operator wants to know of. They outlive a reload.
type Counters struct {
	RepliesInClear atomic.Int64 // mail that left in clear though it refers to encrypted mail
}
