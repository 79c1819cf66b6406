package smime

// This file has the result of Open: a message and its layers.

import (
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

	Cipher        string   // of an encrypted layer, as in cms.EnvelopedData
	KeyManagement string   // how the content key is encrypted, for each kind once, joined by ", "
	Recipients    int      // RecipientInfos
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
