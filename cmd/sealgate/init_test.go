package main

import (
	"os"
	"strings"
	"testing"
)

// TestInitSaysWhatREADMEDoes: each line of Postfix's configuration in README is printed by
// init, and the other way round.
func TestInitSaysWhatREADMEDoes(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "Then Postfix; main.cf:\n\n```\n")
	main, rest, closed := strings.Cut(rest, "```\n")
	_, rest, second := strings.Cut(rest, "```\n")
	master, _, ended := strings.Cut(rest, "```\n")
	if !found || !closed || !second || !ended {
		t.Fatal("README.md has no blocks for Postfix")
	}
	documented := "# /etc/postfix/main.cf\n" + main + "\n# /etc/postfix/master.cf, for the port that the helpdesk sends to\n" + master
	if got, _, _ := strings.Cut(postfixLines, "\n# then:"); got != documented {
		t.Errorf("init prints\n%s\nREADME has\n%s", got, documented)
	}
}
