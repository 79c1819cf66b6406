package main

// This file finds the original in a ticket: a mail that could not be opened is handed over
// with a part that explains why, and as it came behind that.

import (
	"context"
	"fmt"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/encodedword"
	"sealgate/smime"
	"sealgate/spool"
)

// passed is what the fields of a mail say that has passed a gateway, under whatever prefix;
// encryption is "" for one that has not.
type passed struct{ prefix, signature, encryption, reason string }

func passedBefore(msg *spool.File) (p passed) {
	e, err := smime.ParseEntity(msg, msg.Size())
	if err != nil {
		return p
	}
	value := func(name string) string {
		for _, f := range e.Get(p.prefix + name) {
			return encodedword.Decode(strings.TrimSpace(f.Value()))
		}
		return ""
	}
	const mark = "encryption"
	for _, f := range e.Fields {
		status := strings.TrimSpace(f.Value())
		if !strings.HasSuffix(strings.ToLower(f.Name), mark) || !verdict.IsEncryptionStatus(status) {
			continue
		}
		p.prefix = f.Name[:len(f.Name)-len(mark)]
		p.encryption = status
		p.signature = value("signature")
		p.reason = value("reason")
		return p
	}
	return p
}

// String is what was said of the mail, in one line.
func (p passed) String() string {
	s := fmt.Sprintf("%sSignature: %s, %sEncryption: %s", p.prefix, p.signature, p.prefix, p.encryption)
	if p.reason != "" {
		s += ", " + p.prefix + "Reason: " + p.reason
	}
	return s
}

// originalIn is the mail as it came, nil if ticket is none.
func originalIn(ctx context.Context, ticket *smime.Message, sp *spool.Spool) (*spool.File, error) {
	media, _ := ticket.Outer.ContentType()
	if len(ticket.Layers) > 0 || ticket.Malformed != nil || !ticket.PartialEncrypted || media != "multipart/mixed" {
		return nil, nil
	}
	parts, err := ticket.Outer.Parts()
	if err != nil || len(parts) != 2 {
		return nil, nil
	}
	content := parts[1].Section()
	inner, err := smime.Open(ctx, content, content.Size(), smime.OpenOptions{Spool: sp})
	if err != nil {
		return nil, err
	}
	defer inner.Close()
	if len(inner.Layers) == 0 {
		return nil, nil
	}
	original := sp.Create()
	if err := rewritten(original, ticket.Outer.Fields, parts[1]); err != nil {
		original.Close()
		return nil, err
	}
	return original, nil
}
