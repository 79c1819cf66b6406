package cms

// This file holds content to its stated size: not shorter, and not longer.

import (
	"errors"
	"io"
)

var (
	errShort = errors.New("cms: the content is shorter than its stated size")
	errLong  = errors.New("cms: the content is longer than its stated size")
)

func shortened(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errShort
	}
	return err
}

// atEnd refuses content that goes on after its stated size: it would be cut off unseen.
func atEnd(content io.Reader) error {
	var one [1]byte
	switch _, err := io.ReadFull(content, one[:]); err {
	case io.EOF:
		return nil
	case nil:
		return errLong
	default:
		return err
	}
}
