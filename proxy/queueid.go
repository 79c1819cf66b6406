package proxy

// This file finds the queue id of the mail server that gave us a message.

import (
	"io"
	"strings"

	"sealgate/spool"
)

// Bounds of what is read: the trace of one server has a few lines, an id a few letters.
const (
	maxTrace   = 4 << 10
	maxQueueID = 100
)

// queueID is the id in the topmost trace field (RFC 5321 §4.4), which our client has
// written: SMTP has no other place for it. It is for the log alone; "" when there is none,
// as from Postfix's smtpd_proxy_filter, which has not queued the mail yet.
func queueID(msg *spool.File) string {
	head, err := io.ReadAll(io.LimitReader(msg.NewReader(), maxTrace))
	if err != nil {
		return ""
	}
	name, rest, _ := strings.Cut(string(head), ":")
	if !strings.EqualFold(name, "Received") {
		return ""
	}
	id := ""
	words := strings.Fields(withoutComments(firstField(rest)))
	for i, word := range words[:max(len(words)-1, 0)] {
		switch strings.ToLower(word) {
		case "by":
			id = "" // what stands before it is the client's
		case "id":
			id = words[i+1]
		}
	}
	if len(id) > maxQueueID || strings.ContainsFunc(id, noLetterOfAnID) {
		return ""
	}
	return id
}

// firstField is the value of the field that text begins with, up to the date, folding
// included.
func firstField(text string) string {
	var field strings.Builder
	for line := range strings.Lines(text) {
		if field.Len() > 0 && line[0] != ' ' && line[0] != '\t' {
			break
		}
		field.WriteString(line)
	}
	value, _, _ := strings.Cut(field.String(), ";")
	return value
}

// withoutComments leaves out what stands in brackets of either kind: comments, and
// addresses, in which a client may write what it likes.
func withoutComments(text string) string {
	var rest strings.Builder
	depth := 0
	for _, c := range text {
		switch {
		case c == '(' || c == '<':
			depth++
		case c == ')' || c == '>':
			depth = max(depth-1, 0)
		case depth == 0:
			rest.WriteRune(c)
		}
	}
	return rest.String()
}

func noLetterOfAnID(c rune) bool {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	return !letter && c != '-' && c != '.' && c != '_'
}
