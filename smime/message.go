package smime

// This file has the result of Open: a message and its layers.

import (
	"slices"

	"sealgate/smime/cms"
)

// Message is a message with its S/MIME layers undone as far as that was possible.
type Message struct {
	Outer  *Entity // as received
	Inner  *Entity // to be shown; Outer itself when there is no layer
	Layers []Layer // outermost first

	// PartialSigned and PartialEncrypted say that below the root of Inner there
	// are signed or encrypted parts that are no attachments. They are never
	// opened: their text would stand in surroundings that nobody signed.
	PartialSigned, PartialEncrypted bool
	// PartialDamaged says that there is one whose media type is that of S/MIME, and whose
	// content is not: what it was cannot be told.
	PartialDamaged bool

	// Undecryptable is why the last layer could not be decrypted:
	// cms.ErrNoRecipient, cms.ErrDecrypt, cms.ErrRefused, cms.ErrUnsupported or
	// cms.ErrUnread. Inner is then the entity around it.
	Undecryptable error
	// Malformed is what could not be read as S/MIME, be it only for a bound
	// (cms.ErrUnread). Inner is then the entity around it.
	Malformed error

	// NotMail is what a signature is over instead of mail: a receipt, a time stamp;
	// nil: mail. Inner is then the entity around an opaque one.
	NotMail error

	// Ambiguous is why other readers may find something else in the message than
	// what its signatures cover; nil when they agree.
	Ambiguous error

	// LeftOut: something stands behind the base64 of the outermost layer, as mailing lists
	// and mail servers append it. It is no part of Inner.
	LeftOut bool

	Protected *Protected // header fields inside the cryptographic payload; nil: none
	CertsOnly bool       // Inner is a bundle of certificates (RFC 8551 §3.8), which stays an attachment
}

// Close frees what opening took. Inner cannot be read any more.
func (m *Message) Close() error {
	if m.Inner == m.Outer {
		return nil
	}
	return m.Inner.Close()
}

// What a signature covers.
const (
	CoversShown      = "shown"      // exactly the entity shown, or what its inner layers yield
	CoversCiphertext = "ciphertext" // an encrypted layer: anybody can sign somebody else's ciphertext
)

// Layer types.
const (
	Enveloped      = "enveloped"
	AuthEnveloped  = "auth-enveloped"
	SignedDetached = "signed-detached"
	SignedOpaque   = "signed-opaque"
	Compressed     = "compressed"
	CertsOnly      = "certs-only"
)

// Layer is one signed, encrypted or compressed layer.
type Layer struct {
	Type string
	Err  error // why it could not be opened

	Cipher        string // of an encrypted layer, as in cms.EnvelopedData
	KeyManagement string // how the content key is encrypted, for each kind once, joined by ", "
	Recipients    []cms.RecipientInfo
	Keys          []int    // indexes of the OpenOptions.Keys that unwrapped the content key that decrypted
	Weak          []string // weak algorithms, by name

	Digest       string          // of a signed layer; several joined by ", "
	Signatures   []cms.Signature // one per SignerInfo
	Certificates [][]byte        // the bag, raw
	Covers       string          // CoversShown or CoversCiphertext; "" for layers that are not signed
}

// Encrypted reports whether the layer hides its content.
func (l *Layer) Encrypted() bool { return l.Type == Enveloped || l.Type == AuthEnveloped }

// Signed reports whether the layer is signed.
func (l *Layer) Signed() bool { return l.Type == SignedDetached || l.Type == SignedOpaque }

// Protected is the header that stands inside the cryptographic payload.
type Protected struct {
	Fields []Field // without Content-*, MIME-Version and HP-Outer
	// Outer is what the header outside was when the sender wrote it: the
	// HP-Outer fields (RFC 9788 §2.2), or for the older wrapping the header outside.
	Outer []Field
	// Cipher says that the payload was meant to be encrypted (hp="cipher").
	Cipher bool
}

// Entity returns the protected fields as the header of an entity without a body.
func (p *Protected) Entity() *Entity {
	return &Entity{Fields: p.Fields, r: &joined{}, count: new(int)}
}

// Get returns the fields of that name, in any case, in their order.
func (p *Protected) Get(name string) []Field { return p.Entity().Get(name) }

// Hidden reports whether the field was not shown outside, or changed there (RFC
// 9788 §4.3).
func (p *Protected) Hidden(name string) bool {
	if !p.Cipher || len(p.Get(name)) == 0 {
		return false
	}
	outside := (&Entity{Fields: p.Outer}).Get(name)
	return !slices.EqualFunc(p.Get(name), outside, func(a, b Field) bool { return a.Value() == b.Value() })
}
