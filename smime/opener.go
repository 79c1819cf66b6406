package smime

// This file has one Open under way: what it was given, and where it is.

import (
	"context"
	"errors"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// OpenOptions is what Open needs and what bounds it.
type OpenOptions struct {
	Keys  []cms.DecryptionKey
	Admit cms.Admission // asked for each encrypted layer before it is decrypted; nil admits all
	// Known returns certificates for signers whose own is not in the message; it is asked
	// when there is one. nil: none are known.
	Known       func() [][]byte
	Spool       *spool.Spool
	MaxDepth    int   // layers; 0 means 8
	MaxExpanded int64 // octets that compressed layers may become, at most 20 times the message's; 0 means 256 MiB
}

// opener is one Open under way.
type opener struct {
	ctx context.Context
	o   OpenOptions
	m   *Message

	endTurn    func() // ends the message's turn at work on compressed layers; nil: it has none
	hash       int64  // octets that may still be hashed or copied for signatures
	decrypting bool   // a layer is being decrypted, or was
}

// fail records a layer that cannot be undone if the sender caused that, and
// returns the error if not.
func (op *opener) fail(l Layer, err error) error {
	err = op.located(err)
	switch {
	case errors.Is(err, cms.ErrNoRecipient), errors.Is(err, cms.ErrDecrypt), errors.Is(err, cms.ErrRefused),
		errors.Is(err, cms.ErrTooCostly),
		l.Encrypted() && (errors.Is(err, cms.ErrUnsupported) || errors.Is(err, cms.ErrUnread)):
		op.m.Undecryptable = err
	case errors.Is(err, ErrMalformed),
		errors.Is(err, cms.ErrUnsupported),
		errors.Is(err, cms.ErrTooLarge),
		errors.Is(err, spool.ErrShare):
		op.m.Malformed = err
	default:
		return err
	}
	l.Err = err
	op.m.Layers = append(op.m.Layers, l)
	return nil
}

// located names the layer that is being undone, and where it begins if the place
// is not known better.
func (op *opener) located(err error) error { return located(err, len(op.m.Layers), op.m.Inner.off) }
