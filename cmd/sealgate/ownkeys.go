package main

// This file completes the chains of our own keys, and judges the keys.

import (
	"context"
	"slices"
	"time"

	"sealgate/internal/ownkeys"
	"sealgate/keyring"
	"sealgate/trust"
)

// How long keys are looked at.
const (
	chainTime = 5 * time.Second  // start and reload wait so long for missing certificates
	judgeTime = 20 * time.Second // less than a command waits for the running gateway
)

// ownKeys are the keys of one engine, with what judges them.
type ownKeys struct {
	boxes     []*keyring.Mailbox
	keys      []*ownkeys.Key
	completer *ownkeys.Completer
	judge     *ownkeys.Judge
}

// newOwnKeys leaves the chains as they are: see fillBeforeUse.
func newOwnKeys(boxes []*keyring.Mailbox, check *trust.Checker, completer *ownkeys.Completer) *ownKeys {
	return &ownKeys{
		boxes:     boxes,
		keys:      ownkeys.Keys(boxes),
		completer: completer,
		judge:     &ownkeys.Judge{Checker: check, Now: time.Now},
	}
}

// fillBeforeUse completes the chains before the keys are used or judged, but waits for no
// host for long.
func (o *ownKeys) fillBeforeUse(ctx context.Context) *ownKeys {
	ctx, cancel := context.WithTimeout(ctx, chainTime)
	defer cancel()
	o.fill(ctx)
	return o
}

// fill completes the chains of the credentials, and reports whether one is longer now.
func (o *ownKeys) fill(ctx context.Context) (found bool) {
	o.completer.Complete(ctx, o.keys)
	for _, k := range o.keys {
		found = found || len(k.Chain) > len(k.Credential.Chain)
		k.Credential.Chain = k.Chain
	}
	return found
}

// judged are the keys with what is wrong with each.
func (o *ownKeys) judged(ctx context.Context) []*ownkeys.Key {
	ctx, cancel := context.WithTimeout(ctx, judgeTime)
	defer cancel()
	return o.judge.Judge(ctx, o.boxes, o.keys)
}

// ofEach are the keys judged without what their mailbox lacks.
func (o *ownKeys) ofEach(ctx context.Context) []*ownkeys.Key {
	return slices.DeleteFunc(o.judged(ctx), func(k *ownkeys.Key) bool { return k.Credential == nil })
}

// complete reports whether every chain is.
func (o *ownKeys) complete() bool {
	return !slices.ContainsFunc(o.keys, func(k *ownkeys.Key) bool { return k.Last != nil })
}
