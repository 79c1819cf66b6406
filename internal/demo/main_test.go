package main

// This file compares what the demonstration tells an admin to do with the documentation.

import (
	"os"
	"strings"
	"testing"
)

// TestLinesForPostfix: it prints every parameter that docs/postfix.md has for the same
// set-up, or check --postfix would find fault with the result.
func TestLinesForPostfix(t *testing.T) {
	text, err := os.ReadFile("../../docs/postfix.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n## ")
	told := (&stage{}).howToTry()
	found := 0
	for _, section := range sections[:2] { // what holds for all set-ups, and "1 Milter"
		_, block, _ := strings.Cut(section, "```\n# main.cf\n")
		block, _, _ = strings.Cut(block, "```\n")
		block, _, _ = strings.Cut(block, "# master.cf\n")
		for line := range strings.Lines(block) {
			name, _, _ := strings.Cut(line, " ")
			if found++; !strings.Contains(told, "    "+name+" ") {
				t.Errorf("%s is not told", name)
			}
		}
	}
	if !strings.Contains(told, "    message_size_limit ") { // Postfix's 10 MB, which check --postfix finds too small
		t.Error("message_size_limit is not told")
	}
	if found < 4 {
		t.Errorf("docs/postfix.md has %d lines", found)
	}
}
