package smime

// This file says what a caller must give: without it there is an error, and no panic.

import (
	"errors"
)

var (
	errNoEntity   = errors.New("smime: there is no entity")
	errNoSpool    = errors.New("smime: a Spool is needed")
	errUnprepared = errors.New("smime: Sign: the content does not come from Prepare")
	errNoReader   = errors.New("smime: there is nothing to read a message from")
	errSize       = errors.New("smime: the size of the message is negative")
)
