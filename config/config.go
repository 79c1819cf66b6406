// Package config reads config.toml: typed, validated settings. It is the only
// reader of that file.
package config

import (
	"log/slog"
	"net/netip"
	"time"

	"sealgate/gateway"
	"sealgate/trust"
)

// Config is the whole file. The zero value of a field is never used: Default
// gives what holds when the file is silent.
type Config struct {
	Server    Server      `toml:"server"`
	Listener  []Listener  `toml:"listener"`
	Mailbox   []Mailbox   `toml:"mailbox"`
	Rule      []Rule      `toml:"rule"`
	Trust     Trust       `toml:"trust"`
	Directory []Directory `toml:"directory"`
	Store     Store       `toml:"store"`
	Outbound  Outbound    `toml:"outbound"`
	Inbound   Inbound     `toml:"inbound"`
	On        On          `toml:"on"`
	Headers   Headers     `toml:"headers"`
	Limits    Limits      `toml:"limits"`
	Spool     Spool       `toml:"spool"`
	Log       Log         `toml:"log"`
	Journal   Journal     `toml:"journal"`
	Admin     Admin       `toml:"admin"`
	Alerts    Alerts      `toml:"alerts"`
}

// Server is [server].
type Server struct {
	Hostname string           `toml:"hostname"`
	DataDir  string           `toml:"data_dir"`
	Language gateway.Language `toml:"language"`
	Domains  []string         `toml:"domains"`
}

// Listener is one [[listener]].
type Listener struct {
	Protocol    Protocol          `toml:"protocol"`
	Address     string            `toml:"address"`
	Direction   gateway.Direction `toml:"direction"`
	OrdersFrom  []netip.Prefix    `toml:"orders_from"`
	Reinject    string            `toml:"reinject"`
	NextHop     string            `toml:"next_hop"`
	LMTP        bool              `toml:"lmtp"`
	TLSCert     string            `toml:"tls_certificate"`
	TLSKey      string            `toml:"tls_key"`
	LoginFile   string            `toml:"login_file"`
	MaxSessions int               `toml:"max_sessions"`
}

// Mailbox is one [[mailbox]].
type Mailbox struct {
	Addresses          []string         `toml:"addresses"`
	Also               []string         `toml:"also"`
	Keys               []string         `toml:"keys"`
	PasswordFile       string           `toml:"password_file"`
	Users              []string         `toml:"users"`
	RecipientDelimiter string           `toml:"recipient_delimiter"`
	Verify             bool             `toml:"verify"`
	Sign               gateway.Strength `toml:"sign"`
	Encrypt            gateway.Strength `toml:"encrypt"`
}

// Rule is one [[rule]].
type Rule struct {
	Sender     string           `toml:"sender"`
	Recipient  string           `toml:"recipient"`
	Domain     string           `toml:"domain"`
	SubjectTag string           `toml:"subject_tag"`
	RemoveTag  bool             `toml:"remove_tag"`
	Sign       gateway.Strength `toml:"sign"`
	Encrypt    gateway.Strength `toml:"encrypt"`
	Cipher     string           `toml:"cipher"`
	OAEP       bool             `toml:"oaep"`
	PSS        bool             `toml:"pss"`
	Opaque     bool             `toml:"opaque"`
	Revocation trust.Policy     `toml:"revocation"`

	Certificate      []string `toml:"certificate"`
	CertificateFirst bool     `toml:"certificate_first"`
	SignAs           string   `toml:"sign_as"`
}

// Trust is [trust].
type Trust struct {
	SystemRoots bool              `toml:"system_roots"`
	Roots       []string          `toml:"roots"`
	Revocation  trust.Policy      `toml:"revocation"`
	FetchAllow  []netip.Prefix    `toml:"fetch_allow"`
	UnknownCA   gateway.UnknownCA `toml:"unknown_ca"`
	OnKeyChange gateway.KeyChange `toml:"on_key_change"`
	AcceptNoEKU bool              `toml:"accept_no_eku"`
	Partner     []Partner         `toml:"partner"`
}

// Store is [store].
type Store struct {
	Driver       Driver `toml:"driver"`
	Dir          string `toml:"dir"`           // of Badger
	URL          string `toml:"url"`           // of Postgres
	PasswordFile string `toml:"password_file"` // of Postgres
	KeyFile      string `toml:"key_file"`
}

// Outbound is [outbound].
type Outbound struct {
	ReplyToEncrypted     gateway.Strength         `toml:"reply_to_encrypted"`
	AutoReplyToEncrypted gateway.Strength         `toml:"auto_reply_to_encrypted"`
	ForwardOfEncrypted   gateway.Strength         `toml:"forward_of_encrypted"`
	MixedClear           bool                     `toml:"mixed_clear"`
	NextHopInbound       bool                     `toml:"next_hop_inbound"`
	HeaderProtection     gateway.HeaderProtection `toml:"header_protection"`
	EncryptToSelf        gateway.EncryptToSelf    `toml:"encrypt_to_self"`
	Archive              []string                 `toml:"archive"`
	SignAsOther          bool                     `toml:"sign_as_other"`
	Opaque               bool                     `toml:"opaque"`
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
	BadSignature      gateway.Action `toml:"bad_signature"`
	Untrusted         gateway.Action `toml:"untrusted"`
	Expired           gateway.Action `toml:"expired"`
	Revoked           gateway.Action `toml:"revoked"`
	RevocationUnknown gateway.Action `toml:"revocation_unknown"`
	Mismatch          gateway.Action `toml:"mismatch"`
	Weak              gateway.Action `toml:"weak"`
	Partial           gateway.Action `toml:"partial"`
	Unauthenticated   gateway.Action `toml:"unauthenticated"`
	Undecryptable     gateway.Action `toml:"undecryptable"`
	Malformed         gateway.Action `toml:"malformed"`
	NoCertificate     gateway.Action `toml:"no_certificate"`
	Unsupported       gateway.Action `toml:"unsupported"`
}

// Headers is [headers].
type Headers struct {
	Prefix                string            `toml:"prefix"`
	Omit                  []string          `toml:"omit"`
	AuthenticationResults bool              `toml:"authentication_results"`
	TagValid              string            `toml:"tag_valid"`
	TagDecrypted          string            `toml:"tag_decrypted"`
	Profiles              []gateway.Profile `toml:"profiles"`
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
	Level  slog.Level `toml:"level"`
	Format LogFormat  `toml:"format"`
}

// Default is what holds when the file is silent.
func Default() *Config {
	in := gateway.DefaultInbound()
	out := gateway.DefaultOutbound()
	limits := gateway.DefaultLimits()
	return &Config{
		Server: Server{Hostname: "localhost", DataDir: "/var/lib/sealgate", Language: gateway.English},
		Trust: Trust{
			SystemRoots: true,
			Revocation:  trust.Soft,
			FetchAllow:  []netip.Prefix{},
			UnknownCA:   in.UnknownCA,
			OnKeyChange: in.OnKeyChange,
			AcceptNoEKU: true,
		},
		Store: Store{Driver: Badger, Dir: "store"},
		Outbound: Outbound{
			ReplyToEncrypted: out.ReplyToEncrypted, AutoReplyToEncrypted: out.AutoReplyToEncrypted,
			ForwardOfEncrypted: out.ForwardOfEncrypted, HeaderProtection: out.HeaderProtection,
			EncryptToSelf: out.EncryptToSelf,
		},
		Inbound: Inbound{ExplainPart: in.ExplainPart},
		On: On{
			BadSignature: gateway.TagMail, Untrusted: gateway.TagMail, Expired: gateway.TagMail, Revoked: gateway.TagMail,
			RevocationUnknown: gateway.TagMail, Mismatch: gateway.TagMail, Weak: gateway.TagMail, Partial: gateway.TagMail,
			Unauthenticated: gateway.TagMail, Undecryptable: gateway.TagMail, Malformed: gateway.TagMail,
			NoCertificate: gateway.TagMail, Unsupported: gateway.TagMail,
		},
		Headers: Headers{Prefix: "X-SMIME-", AuthenticationResults: true},
		Limits: Limits{
			MessageSize: 100 << 20, Expanded: Size(limits.Expanded), MessageTimeout: Duration(60 * time.Second), Sessions: 500,
			Remember: Duration(limits.Remember), LookUps: Duration(limits.LookUps),
		},
		Spool: Spool{Memory: 256 << 10, Limit: 2 << 30},
		Log:   Log{Level: slog.LevelInfo, Format: LogText},

		Journal: defaultJournal(),
		Alerts:  Alerts{To: []string{}},
	}
}
