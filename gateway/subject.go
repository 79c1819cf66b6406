package gateway

// This file writes our tags into a Subject, and takes them out.

import (
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/encodedword"
	"sealgate/smime"
)

// untagAll takes our tags out of every Subject.
func (g *Gateway) untagAll(e *smime.Entity) []HeaderEdit { return withoutTags(e, g.ourTags()) }

// ourTags are those that we write.
func (g *Gateway) ourTags() []string { return []string{g.o.Headers.TagValid, g.o.Headers.TagDecrypted} }

// subjectValue is a Subject as it stands in a field.
func subjectValue(text string) string {
	return fold(len("Subject:"), strings.Fields(phrase(text, maxSubject)))
}

// withoutTags takes tags out of every Subject.
func withoutTags(e *smime.Entity, tags []string) (edits []HeaderEdit) {
	if len(tags) == 0 {
		return nil
	}
	for i, f := range e.Fields {
		if !strings.EqualFold(f.Name, "Subject") {
			continue
		}
		was := encodedword.Decode(f.Value())
		if now := removeTags(was, tags); now != was {
			edits = append(
				edits,
				HeaderEdit{
					Op:    ReplaceField,
					Index: i,
					Name:  f.Name,
					Value: subjectValue(now),
				},
			)
		}
	}
	return edits
}

// maxSubject bounds a Subject that is written anew, in octets.
const maxSubject = 2000

// tag is what goes before the Subject of a mail of this verdict.
func (g *Gateway) tag(v *verdict.Verdict) string {
	var tags []string
	if g.o.Headers.TagValid != "" && v.Signature == verdict.SignatureValid {
		tags = append(tags, g.o.Headers.TagValid)
	}
	if g.o.Headers.TagDecrypted != "" && v.Encryption == verdict.EncryptionDecrypted {
		tags = append(tags, g.o.Headers.TagDecrypted)
	}
	return strings.Join(tags, " ")
}

// untag removes our tags from a Subject.
func (g *Gateway) untag(subject string) string { return removeTags(subject, g.ourTags()) }

// removeTags removes tags from a Subject, wherever they stand, in one pass: what
// a removal joins together is seen too.
func removeTags(subject string, tags []string) string {
	out := make([]byte, 0, len(subject))
	for i := 0; i < len(subject); i++ {
		out = append(out, subject[i])
		for _, tag := range tags {
			if n := len(out) - len(tag); tag != "" && n >= 0 && strings.EqualFold(string(out[n:]), tag) {
				out = out[:n]
			}
		}
	}
	return strings.TrimSpace(string(out))
}
