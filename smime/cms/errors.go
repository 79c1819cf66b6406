package cms

// This file has the errors of a message, and names its layers in them.

import (
	"errors"
	"fmt"

	"sealgate/internal/ber"
	"sealgate/internal/effort"
)

var (
	// ErrMalformed says that a message is not CMS, or breaks a rule or bound of it.
	ErrMalformed = errors.New("cms: malformed")
	// ErrUnread is the ErrMalformed of a message that may be right: it is larger than
	// is read here, or RFC 5652 leaves readers free to fail on it.
	ErrUnread = errors.New("cms: not read here")
	// ErrUnsupported says that an algorithm or kind of key is not known.
	ErrUnsupported = errors.New("cms: unsupported algorithm")
	// ErrSignature says that a signature or digest does not fit.
	ErrSignature = errors.New("cms: the signature does not verify")
	// ErrNoCertificate says that the signer's certificate is neither in the
	// message nor known, or cannot be read.
	ErrNoCertificate = errors.New("cms: the signer's certificate is missing or unreadable")
	// ErrNoRecipient says that no key was given that the message is encrypted for.
	ErrNoRecipient = errors.New("cms: the message is not encrypted for this key")
	// ErrDecrypt says that decryption failed. Wrong key, bad padding, bad MAC and
	// garbage are one error on purpose (RFC 3218).
	ErrDecrypt = errors.New("cms: the message cannot be decrypted")
	// ErrTooLarge says that compressed data expands beyond the limit.
	ErrTooLarge = errors.New("cms: the data expands to more than is allowed")
	// ErrTooCostly says that the message asks for more operations with keys than one
	// message may cost: neither good nor bad, for nobody has looked.
	ErrTooCostly = fmt.Errorf("cms: %w", effort.ErrSpent)
)

// What a caller must give.
var (
	errNoContent = errors.New("cms: there is no content to read")
	errNegative  = errors.New("cms: the size of the content is negative")
)

// Error says in which layer and where a message is malformed.
type Error struct {
	Layer   string // "ContentInfo", "SignedData", "EnvelopedData" …
	Offset  int64  // bytes from the beginning of the message; -1: unknown
	Problem string
	Unread  bool // it is an ErrUnread
}

func (e *Error) Error() string {
	what := "malformed"
	if e.Unread {
		what = "not read here:"
	}
	if e.Offset < 0 {
		return fmt.Sprintf("cms: %s %s: %s", what, e.Layer, e.Problem)
	}
	return fmt.Sprintf("cms: %s %s at byte %d: %s", what, e.Layer, e.Offset, e.Problem)
}

// Is makes every Error an ErrMalformed.
func (e *Error) Is(target error) bool {
	return target == ErrMalformed || e.Unread && target == ErrUnread
}

// inLayer names the layer in an error of the encoding; errors of reading stay.
func inLayer(layer string, err error) error {
	var syntax *ber.Error
	if errors.As(err, &syntax) {
		return &Error{layer, syntax.Offset, syntax.Problem, syntax.Bound}
	}
	return err
}

// costly puts ErrTooCostly in the place of what effort says.
func costly(err error) error {
	if errors.Is(err, effort.ErrSpent) {
		return ErrTooCostly
	}
	return err
}
