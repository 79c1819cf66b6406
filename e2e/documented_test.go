package e2e

// This file takes Postfix's configuration out of docs/postfix.md, so that what is
// written there is what is tested.

import (
	"os"
	"strings"
	"testing"
)

// documented is main.cf and master.cf of a section, with this site's ports and what
// holds for all set-ups.
func (s *site) documented(section string) (main map[string]string, master []string) {
	s.t.Helper()
	text, err := os.ReadFile("../docs/postfix.md")
	if err != nil {
		s.t.Fatal(err)
	}
	all := strings.Split(string(text), "\n## ")
	main = map[string]string{}
	for i, part := range all {
		if i == 0 || strings.HasPrefix(part, section) {
			master = append(master, s.block(part, main)...)
		}
	}
	if len(master) < 2 {
		s.t.Fatalf("docs/postfix.md: section %q has no master.cf", section)
	}
	return main, master
}

// block reads the first block of a section.
func (s *site) block(part string, main map[string]string) (master []string) {
	s.t.Helper()
	_, part, _ = strings.Cut(part, "```\n")
	part, _, _ = strings.Cut(part, "```\n")
	part = strings.NewReplacer("127.0.0.1:8891", s.doors["in"], "127.0.0.1:8892", s.doors["out"], "127.0.0.1:8893", s.doors["after"], "127.0.0.1:8894", s.doors["before"],
		"127.0.0.1:10025", s.doors["smtp-in"], "127.0.0.1:10027", s.doors["smtp-out"], "127.0.0.1:10026", s.doors["re"],
		"smtp inet", s.inbound+" inet", "submission inet", s.outbound+" inet").Replace(part)
	file := ""
	for line := range strings.Lines(part) {
		line = strings.TrimRight(line, "\n")
		name, value, _ := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "# "):
			file = line[2:]
		case file == "main.cf":
			main[strings.TrimSpace(name)] = strings.TrimSpace(value)
		case file != "master.cf":
			s.t.Fatalf("docs/postfix.md: a line for no file: %q", line)
		case strings.HasPrefix(line, " "):
			master[len(master)-1] += "\n" + line
		default:
			master = append(master, line)
		}
	}
	return master
}

// TestDocumentedHasNoFault: check --postfix finds nothing to mend in the services of
// docs/postfix.md; those that only tests need go past sealgate, and are named.
func TestDocumentedHasNoFault(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport)
			got := s.checkPostfix()
			for line := range strings.Lines(got) {
				fault := strings.HasPrefix(line, "FAULT")
				if own := strings.Contains(line, s.plain+"/inet") || strings.Contains(line, "message_size_limit"); fault && !own {
					t.Errorf("%s", line)
				}
			}
			if !strings.Contains(got, "FAULT "+s.plain) {
				t.Errorf("the way past is not named:\n%s", got)
			}
		})
	}
}
