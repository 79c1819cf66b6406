// Prepare: a message made safe for signing (RFC 8551 §3.1).

package smime

import (
	"strings"

	"sealgate/spool"
)

// Prepare returns the entity to sign: the Content-* fields of e and its body,
// every leaf of which is such that nobody on the way has a reason to change it:
// 7-bit, lines of at most 76 characters, no blanks at their ends, none that
// begins with "From ". Other leaves become quoted-printable or base64. X-SMIME-*
// fields of inner parts are left out; what is signed or encrypted already stays
// as it is. A body that cannot be made safe is an ErrMalformed.
//
// The result reads from e: close it before e. Closing it does not close e.
func Prepare(e *Entity, sp *spool.Spool) (*Entity, error) {
	content, err := rewrite(e, sp, rule{
		sealed: isSealed,
		field:  signedField,
		fits:   shape.safe,
		labels: map[string]string{"8bit": "7bit", "binary": "7bit"},
		leaf:   encodeLeaf,
		refuse: true,
	})
	if content != e || err != nil {
		return content, err
	}
	same := *e
	same.owned = nil
	return &same, nil
}

// signedField: Content-* move inside, MIME-Version and the rest stay outside
// (RFC 8551 §3.1).
func signedField(f Field, at position) bool {
	switch at {
	case root:
		return isContent(f.Name)
	case part:
		return len(f.Name) < 8 || !strings.EqualFold(f.Name[:8], "X-SMIME-")
	}
	return true
}

// isSealed tells what re-encoding would break or lay open.
func isSealed(e *Entity) bool {
	switch media, _ := e.ContentType(); media {
	case "multipart/signed", "multipart/encrypted":
		return true
	default:
		return isPKCS7(media)
	}
}
