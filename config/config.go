// Package config reads config.toml: typed, validated settings. It is the only
// reader of that file.
package config

import (
	"net/netip"
	"time"
)

// Config is the whole file. The zero value of a field is never used: Default
// gives what holds when the file is silent.
type Config struct {
	Server   Server     `toml:"server"`
	Listener []Listener `toml:"listener"`
	Mailbox  []Mailbox  `toml:"mailbox"`
	Rule     []Rule     `toml:"rule"`
	Trust    Trust      `toml:"trust"`
	Store    Store      `toml:"store"`
	Outbound Outbound   `toml:"outbound"`
	Inbound  Inbound    `toml:"inbound"`
	On       On         `toml:"on"`
	Headers  Headers    `toml:"headers"`
	Limits   Limits     `toml:"limits"`
	Spool    Spool      `toml:"spool"`
	Log      Log        `toml:"log"`
	Admin    Admin      `toml:"admin"`
}

// Server is [server].
type Server struct {
	Hostname string   `toml:"hostname"`
	DataDir  string   `toml:"data_dir"`
	Language string   `toml:"language"`
	Domains  []string `toml:"domains"`
}

// Listener is one [[listener]].
type Listener struct {
	Protocol    string         `toml:"protocol"`
	Address     string         `toml:"address"`
	Direction   string         `toml:"direction"`
	OrdersFrom  []netip.Prefix `toml:"orders_from"`
	Reinject    string         `toml:"reinject"`
	NextHop     string         `toml:"next_hop"`
	LMTP        bool           `toml:"lmtp"`
	TLSCert     string         `toml:"tls_certificate"`
	TLSKey      string         `toml:"tls_key"`
	LoginFile   string         `toml:"login_file"`
	MaxSessions int            `toml:"max_sessions"`
}

// Mailbox is one [[mailbox]].
type Mailbox struct {
	Addresses          []string `toml:"addresses"`
	Also               []string `toml:"also"`
	Keys               []string `toml:"keys"`
	PasswordFile       string   `toml:"password_file"`
	Users              []string `toml:"users"`
	RecipientDelimiter string   `toml:"recipient_delimiter"`
	Sign               string   `toml:"sign"`
	Encrypt            string   `toml:"encrypt"`
}

// Rule is one [[rule]].
type Rule struct {
	Sender     string `toml:"sender"`
	Recipient  string `toml:"recipient"`
	Domain     string `toml:"domain"`
	SubjectTag string `toml:"subject_tag"`
	Sign       string `toml:"sign"`
	Encrypt    string `toml:"encrypt"`
	Cipher     string `toml:"cipher"`
	OAEP       bool   `toml:"oaep"`
	PSS        bool   `toml:"pss"`
	Opaque     bool   `toml:"opaque"`
	Revocation string `toml:"revocation"`
}

// Trust is [trust].
type Trust struct {
	SystemRoots bool           `toml:"system_roots"`
	Roots       []string       `toml:"roots"`
	Revocation  string         `toml:"revocation"`
	FetchAllow  []netip.Prefix `toml:"fetch_allow"`
	UnknownCA   string         `toml:"unknown_ca"`
	OnKeyChange string         `toml:"on_key_change"`
	AcceptNoEKU bool           `toml:"accept_no_eku"`
	Partner     []Partner      `toml:"partner"`
}

// Partner is one [[trust.partner]].
type Partner struct {
	Domain string   `toml:"domain"`
	Roots  []string `toml:"roots"`
}

// Store is [store].
type Store struct {
	Driver  string `toml:"driver"`
	Dir     string `toml:"dir"`
	KeyFile string `toml:"key_file"`
}

// Outbound is [outbound].
type Outbound struct {
	ReplyToEncrypted     string   `toml:"reply_to_encrypted"`
	AutoReplyToEncrypted string   `toml:"auto_reply_to_encrypted"`
	ForwardOfEncrypted   string   `toml:"forward_of_encrypted"`
	MixedClear           bool     `toml:"mixed_clear"`
	NextHopInbound       bool     `toml:"next_hop_inbound"`
	HeaderProtection     string   `toml:"header_protection"`
	Archive              []string `toml:"archive"`
	SignAsOther          bool     `toml:"sign_as_other"`
	Opaque               bool     `toml:"opaque"`
}

// Inbound is [inbound].
type Inbound struct {
	ExplainPart   bool   `toml:"explain_part"`
	KeepSignature bool   `toml:"keep_signature"`
	StripAllAR    bool   `toml:"strip_all_ar"`
	BounceTo      string `toml:"bounce_to"`
}

// On is [on]: what is done with a mail of each verdict.
type On struct {
	BadSignature      string `toml:"bad_signature"`
	Untrusted         string `toml:"untrusted"`
	Expired           string `toml:"expired"`
	Revoked           string `toml:"revoked"`
	RevocationUnknown string `toml:"revocation_unknown"`
	Mismatch          string `toml:"mismatch"`
	Weak              string `toml:"weak"`
	Partial           string `toml:"partial"`
	Unauthenticated   string `toml:"unauthenticated"`
	Undecryptable     string `toml:"undecryptable"`
	Malformed         string `toml:"malformed"`
	NoCertificate     string `toml:"no_certificate"`
	Unsupported       string `toml:"unsupported"`
}

// Headers is [headers].
type Headers struct {
	Prefix                string   `toml:"prefix"`
	Omit                  []string `toml:"omit"`
	AuthenticationResults bool     `toml:"authentication_results"`
	TagValid              string   `toml:"tag_valid"`
	TagDecrypted          string   `toml:"tag_decrypted"`
}

// Limits is [limits].
type Limits struct {
	MessageSize    Size     `toml:"message_size"`
	Expanded       Size     `toml:"expanded"`
	MessageTimeout Duration `toml:"message_timeout"`
	Sessions       int      `toml:"sessions"`
	Remember       Duration `toml:"remember"`
	LookUps        Duration `toml:"look_ups"`
}

// Spool is [spool].
type Spool struct {
	Dir    string `toml:"dir"`
	Memory Size   `toml:"memory"`
	Limit  Size   `toml:"limit"`
}

// Log is [log].
type Log struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// Admin is [admin]. This version has no HTTP interface yet: an address is taken, so
// that a configuration for a later one loads, and warned about.
type Admin struct {
	Address string `toml:"address"`
}

// Default is what holds when the file is silent.
func Default() *Config {
	return &Config{
		Server:   Server{Hostname: "localhost", DataDir: "/var/lib/sealgate", Language: "en"},
		Trust:    Trust{SystemRoots: true, Revocation: "soft", FetchAllow: []netip.Prefix{}, UnknownCA: "ignore", OnKeyChange: "use", AcceptNoEKU: true},
		Store:    Store{Driver: "badger", Dir: "store"},
		Outbound: Outbound{ReplyToEncrypted: "if-possible", AutoReplyToEncrypted: "yes", ForwardOfEncrypted: "yes", HeaderProtection: "off"},
		Inbound:  Inbound{ExplainPart: true},
		On: On{BadSignature: "tag", Untrusted: "tag", Expired: "tag", Revoked: "tag", RevocationUnknown: "tag", Mismatch: "tag",
			Weak: "tag", Partial: "tag", Unauthenticated: "tag", Undecryptable: "tag", Malformed: "tag", NoCertificate: "tag", Unsupported: "tag"},
		Headers: Headers{Prefix: "X-SMIME-", AuthenticationResults: true},
		Limits:  Limits{MessageSize: 100 << 20, Expanded: 256 << 20, MessageTimeout: Duration(60 * time.Second), Sessions: 500, Remember: Duration(180 * 24 * time.Hour), LookUps: Duration(8 * time.Second)},
		Spool:   Spool{Memory: 256 << 10, Limit: 2 << 30},
		Log:     Log{Level: "info", Format: "text"},
	}
}
