package gateway

// This file reads and writes the Message-IDs of a mail.

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"sealgate/smime"
)

// maxMessageID is how long a Message-ID may be that helpdesks keep whole: RT has 160
// characters for it.
const maxMessageID = 160

// messageID is the Message-ID of a mail without its brackets, "" when it has not
// exactly one that every program reads as the same.
func messageID(e *smime.Entity) string {
	ids := messageIDs(e, "Message-ID")
	if len(ids) != 1 || len(e.Get("Message-ID")) != 1 || ids[0] == "" || len(ids[0]) > maxMessageID {
		return ""
	}
	if strings.ContainsFunc(ids[0], func(r rune) bool { return r <= ' ' || r > '~' || r == '<' }) {
		return ""
	}
	return ids[0]
}

// newMessageID makes one for a mail: the same when the mail comes again, so that it
// stays one mail for the helpdesk.
func (g *Gateway) newMessageID(e *smime.Entity) (string, error) {
	h := sha256.New()
	for _, name := range []string{"From", "Date", "Subject"} {
		for _, f := range e.Get(name) {
			h.Write(f.Raw)
		}
	}
	if _, err := io.Copy(h, e.Body()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x@%s", h.Sum(nil)[:16], strings.ToLower(g.o.AuthservID)), nil
}

// withMessageID puts a Message-ID in place of those that a mail has.
func withMessageID(e *smime.Entity, id string) []HeaderEdit {
	edits := deleteFields(e, named("Message-ID"))
	return append(edits, HeaderEdit{Op: AppendField, Name: "Message-ID", Value: " <" + id + ">"})
}

// maxIDs bounds the Message-IDs of one field that are looked up; helpdesks cut
// References to about ten.
const maxIDs = 100

// messageIDs are the msg-ids of a field, without angle brackets. Of too many it
// is the last: References ends with what is answered (RFC 5322 §3.6.4).
func messageIDs(e *smime.Entity, name string) (ids []string) {
	for _, f := range e.Get(name) {
		ids = append(ids, messageIDsOf(f)...)
	}
	return ids[max(0, len(ids)-maxIDs):]
}

func messageIDsOf(f smime.Field) (ids []string) {
	v := f.Value()
	if !strings.Contains(v, "<") { // some programs leave the brackets out
		ids = strings.Fields(v)
	}
	for {
		_, rest, ok := strings.Cut(v, "<")
		if !ok {
			break
		}
		id, after, ok := strings.Cut(rest, ">")
		if !ok {
			break
		}
		ids = append(ids, strings.TrimSpace(id))
		if i := strings.LastIndexByte(id, '<'); i >= 0 { // in a comment or phrase before it
			ids = append(ids, strings.TrimSpace(id[i+1:]))
		}
		v = after
	}
	return ids[max(0, len(ids)-maxIDs):]
}
