package e2e

// This file sends the corpus's messages with covert content to the one they were
// made for.

import (
	"crypto"
	"slices"
	"strings"
	"testing"

	"sealgate/internal/corpus"
	"sealgate/internal/testpki"
)

// TestCovertContent sends the messages of Müller et al. ("Re: What's Up Johnny?",
// 2019) to their victim, whose key the gateway has.
func TestCovertContent(t *testing.T) {
	t.Parallel()
	rows := slices.DeleteFunc(corpus.Load(t), func(r corpus.Row) bool { return !strings.HasPrefix(r.Path, "covert-content/") })
	s := newSite(t, viaMilter)
	s.serveVictim(t, rows)
	s.attacked(t, covertContent(s, rows))
}

const toVictim = "manager@bigcorporation.de"

// serveVictim starts the gateway again with the victim's mailbox.
func (s *site) serveVictim(t *testing.T, rows []corpus.Row) {
	t.Helper()
	for _, r := range rows {
		if c, k := r.Key(t); c != nil {
			s.keys["victim"], s.certs["victim"] = s.files(&testpki.Cert{Certificate: c, Key: k.(crypto.Signer)}, "victim")
		}
	}
	s.o.config += "[[mailbox]]\naddresses = [\"" + toVictim + "\"]\nkeys = [\"victim.pem\"]\n"
	s.kill()
}

// covertContent is every message as it lies there, and what its status must be: the
// original is the victim's own mail, all else has it as a part, or none.
func covertContent(s *site, rows []corpus.Row) (list []hostile) {
	for _, r := range rows {
		h := hostile{name: r.Path, entity: string(r.Message(s.t)), raw: true, to: []string{toVictim}, want: "none/partial", never: s.hidden(string(r.Message(s.t)))}
		if r.DecryptKey != "" && len(h.never) == 0 {
			s.t.Errorf("%s: the key opens nothing in it: the test shows nothing", r.Path)
		}
		switch {
		case r.Expected == "decrypts": // its own text is shown, which is what the others are after
			h.want, h.shown, h.never = "none/decrypted", h.never, nil
		case r.DecryptKey == "", strings.Contains(r.Layers, "rfc822"): // no S/MIME, or only in a forwarded message
			h.want = "none/none"
		}
		list = append(list, h)
	}
	return list
}

// hidden is the text of everything in a message that the victim's key opens,
// whatever it is called.
func (s *site) hidden(text string) (texts []string) {
	for _, b := range base64Lines.FindAllString(text, -1) {
		plain, err := s.tryOpenssl(cmsEntity("enveloped-data", decoded(b)), "cms", "-decrypt", "-inkey", s.keys["victim"], "-recip", s.certs["victim"])
		if err != nil {
			continue
		}
		_, body, _ := strings.Cut(strings.ReplaceAll(plain, "\r", ""), "\n\n")
		for _, line := range strings.Split(body, "\n") {
			if line = strings.TrimSpace(line); len(line) > 3 {
				texts = append(texts, line)
			}
		}
	}
	return texts
}
