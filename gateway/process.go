package gateway

// This file is the engine's one entrance.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"sealgate/smime"
	"sealgate/spool"
)

// Process decides what becomes of one message. msg has CRLF line ends and may
// be read any number of times, from any offset; it stays the caller's. An error
// is our own fault (disk, store, spool) and means a 4xx; all that a sender can
// cause is an Outcome.
func (g *Gateway) Process(ctx context.Context, env Envelope, msg *spool.File) (*Outcome, error) {
	if env.Direction != Inbound && env.Direction != Outbound {
		return nil, fmt.Errorf("gateway: a message that goes nowhere: direction %q", env.Direction)
	}
	if env.HeaderOnly && g.NeedsBody(env) {
		return nil, errors.New("gateway: the settings have changed since the body was skipped")
	}
	entry := newEntry(env)
	began := time.Now()
	out, err := g.process(ctx, env, msg, entry)
	entry.finished(out, err, time.Since(began))
	if out != nil {
		out.MessageID = entry.MessageID
	}
	if g.o.Observe != nil {
		g.o.Observe(entry)
	}
	g.o.Log.LogAttrs(ctx, entry.level(), "message", slog.Any("", entry)) // no key: its attributes stand in the line
	return out, err
}

// process answers with an Outcome to all that a sender can cause.
func (g *Gateway) process(ctx context.Context, env Envelope, msg *spool.File, entry *Entry) (*Outcome, error) {
	e, err := smime.ParseEntity(msg, msg.Size())
	if err != nil {
		entry.Reason = logged(err.Error())
		return g.rejected(refuse(TokenHeader)), nil
	}
	entry.header(messageIDs(e, "Message-ID"), fromAddresses(e))
	out, err := g.dispatch(g.withBudget(ctx), env, e, entry)
	var r *refusal
	if errors.As(err, &r) {
		return g.rejected(r), nil
	}
	if env.Direction == Outbound && errors.Is(err, smime.ErrMalformed) {
		entry.Reason = logged(err.Error())
		return g.rejected(refuse(TokenMalformed)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("gateway: %s message: %w", env.Direction, err)
	}
	return out, nil
}

// dispatch gives the message its share of the spool, which is closed after all that was
// made of it.
func (g *Gateway) dispatch(ctx context.Context, env Envelope, e *smime.Entity, entry *Entry) (*Outcome, error) {
	direction := g.inbound
	if env.Direction == Outbound {
		direction = g.outbound
	}
	share := g.o.Spool.Share()
	out, err := direction(ctx, env, e, share, entry)
	if err != nil {
		share.Close()
		return nil, err
	}
	out.Owned = slices.Concat(Owned{share}, out.Owned)
	return out, nil
}
