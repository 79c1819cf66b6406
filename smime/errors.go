package smime

// This file has the errors about a message itself.

import (
	"errors"
	"fmt"

	"sealgate/smime/cms"
)

// ErrMalformed is what errors about the message itself wrap: a sender caused
// them, and trying again does not help. All others are faults of ours. It is
// [cms.ErrMalformed]: who asks only whether the message is to blame asks once,
// whether MIME or the CMS in it is broken; the types [Error] and [cms.Error] tell
// the two apart.
var ErrMalformed = cms.ErrMalformed

// ErrDecrypting is in every error of Open that came while a layer was decrypted, or
// after it was: an answer that shows the error to the sender would tell him what the
// layer held.
var ErrDecrypting = errors.New("smime: while decrypting, or in what was decrypted")

// ErrBeyond is what an error is that says: a bound of ours was reached, and what
// comes after it was not looked at. It is an ErrMalformed too.
var ErrBeyond = errors.New("beyond a bound")

// Error says in which layer and where a message is malformed as MIME. It is an
// ErrMalformed. What is malformed inside the CMS of a layer is a [cms.Error],
// whose offset counts in the decoded CMS.
type Error struct {
	Layer   int   // layers around the place: 0 is the message as it came
	Offset  int64 // octets from the beginning of the message, or of what the last layer held; -1: unknown
	Problem string

	beyond bool // a bound of ours was reached
}

func (e *Error) Error() string {
	where := ""
	if e.Offset >= 0 {
		where = fmt.Sprintf(" (at octet %d", e.Offset)
		if e.Layer > 0 {
			where += fmt.Sprintf(" in layer %d", e.Layer)
		}
		where += ")"
	}
	return "smime: " + e.Problem + where + ": malformed message"
}

// Is makes every Error an ErrMalformed, and those about a bound an ErrBeyond.
func (e *Error) Is(target error) bool {
	return target == ErrMalformed || target == ErrBeyond && e.beyond
}

// malformed is an Error whose place is told by who knows it.
func malformed(format string, args ...any) error { return malformedAt(-1, format, args...) }

func malformedAt(offset int64, format string, args ...any) error {
	return &Error{Offset: offset, Problem: fmt.Sprintf(format, args...)}
}

// located puts layer and, where it is unknown, offset into an Error.
func located(err error, layer int, offset int64) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	at := *e
	at.Layer = layer
	if at.Offset < 0 {
		at.Offset = offset
	}
	return &at
}

// beyondAt is an Error about a bound of ours.
func beyondAt(offset int64, format string, args ...any) error {
	return &Error{Offset: offset, Problem: fmt.Sprintf(format, args...), beyond: true}
}

// ignoreMalformed lets only faults of ours pass.
func ignoreMalformed(err error) error {
	if errors.Is(err, ErrMalformed) {
		return nil
	}
	return err
}
