package main

// This file judges a message as the engine of the moment does.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"sealgate/gateway"
	"sealgate/gateway/verdict"
	"sealgate/internal/control"
	"sealgate/internal/explain"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/spool"
)

// judge is what the engine of the moment makes of a message that is sent to it.
func (h *house) judge(ctx context.Context, to []string, msg io.Reader) (*control.Judgement, error) {
	share := h.spool.Share()
	defer share.Close()
	f := share.Create()
	defer f.Close()
	if _, err := io.Copy(f, msg); err != nil {
		return nil, err
	}
	return h.judged(ctx, to, f, "judged by the gateway that runs")
}

// judged is what the engine of the moment makes of a message; by is who judges, for people.
func (h *house) judged(ctx context.Context, to []string, msg *spool.File, by string) (*control.Judgement, error) {
	g := h.engine.Load().Gateway
	whose := "as --recipient says"
	if len(to) == 0 {
		to = recipientsIn(g, msg)
		whose = "which stand in its header"
	}
	j, err := g.Judge(ctx, to, msg)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	mail := &explain.Mail{Opened: j.Message, Verdict: j.Verdict, Withheld: j.Withheld, Basis: []string{by}}
	if len(j.Served) == 0 {
		mail.Basis = append(mail.Basis, "for none of our mailboxes: the gateway passes it on unjudged, and no key was tried "+
			"(--recipient ADDRESS says whose mail it was)")
	} else {
		mail.Basis = append(mail.Basis, "as mail to "+strings.Join(to, ", ")+", "+whose)
	}
	if j.Action != gateway.TagMail {
		mail.Basis = append(mail.Basis, fmt.Sprintf("[on] %s = %q", j.Cause, j.Action))
	}
	for _, box := range j.All {
		mail.Keys = append(mail.Keys, keysOf(box, slices.Contains(j.Served, box))...)
	}
	text, err := json.Marshal(mail.Report())
	return &control.Judgement{Report: text, Drawing: mail.Drawing()}, err
}

func keysOf(box *keyring.Mailbox, tried bool) (keys []explain.Key) {
	for _, c := range box.Credentials {
		keys = append(keys, explain.Key{Certificate: c.Certificate, Owner: box.Addresses[0], Tried: tried})
	}
	return keys
}

// recipientFields are those in which a mail that was delivered says to whom.
var recipientFields = []string{"Delivered-To", "X-Original-To", "To", "Cc"}

// recipientsIn are the addresses in the header whose mail may be opened here.
func recipientsIn(g *gateway.Gateway, msg *spool.File) (to []string) {
	e, err := smime.ParseEntity(msg, msg.Size())
	if err != nil {
		return nil // nor can the gateway read it
	}
	for _, name := range recipientFields {
		list, _ := verdict.Addresses(e, name)
		for _, a := range list {
			if g.MayOpen(a) && !slices.Contains(to, a) {
				to = append(to, a)
			}
		}
	}
	return to
}
