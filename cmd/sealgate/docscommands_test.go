package main

// This file holds the documentation against scripts/docs-commands: each command of it is run
// in a clean root by scripts/docs-test, or it is said why not.

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	anyBlock = regexp.MustCompile("(?ms)^```[a-z]*$(.*?)^```$")
	indented = regexp.MustCompile("(?m)^ {4,}[a-z].*$") // a block too
	inProse  = regexp.MustCompile("`([^`]+)`")
	// aProgram begins a command that a reader can type.
	aProgram = regexp.MustCompile(`^(sealgate|make|postfix|postconf|systemctl|journalctl|apt|sudo|python3|install|chmod|openssl rand|openssl speed) `)
)

// TestDocumentedCommandsAreRun: what the documentation tells to type stands in the list, and what the
// list has is documented.
func TestDocumentedCommandsAreRun(t *testing.T) {
	listed := listedCommands(t)
	found := map[string]bool{}
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range commandsIn(string(text)) {
			found[command] = true
			if !listed[command] && !isName(command) {
				t.Errorf("%s: %q is not in scripts/docs-commands", filepath.Base(path), command)
			}
		}
	}
	for command := range listed {
		if !found[command] {
			t.Errorf("scripts/docs-commands: %q is nowhere in the documentation", command)
		}
	}
}

// isName reports whether a command has no argument: prose names commands so, and
// TestDocumentedCommands knows whether they exist.
func isName(command string) bool {
	words := strings.Fields(command)
	if words[0] != "sealgate" {
		return false
	}
	_, rest, err := rootCommand().Find(words[1:])
	return err == nil && len(rest) == 0
}

// listedCommands are those of the list, each with the way in which it is run or a reason.
func listedCommands(t *testing.T) map[string]bool {
	t.Helper()
	list, err := os.ReadFile("../../scripts/docs-commands")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		command, how, _ := strings.Cut(line, "\t")
		if how == "" || strings.TrimSpace(how) == "-" {
			t.Errorf("scripts/docs-commands: %q is neither run nor has it a reason", command)
		}
		listed[command] = true
	}
	return listed
}

// commandsIn are the commands of a page: lines of its blocks, and what stands between
// backquotes. The README's overview of all commands has descriptions behind them: TestDocumentedCommands
// reads that one.
func commandsIn(text string) (commands []string) {
	before, rest, _ := strings.Cut(text, "\n## Commands\n")
	_, after, _ := strings.Cut(rest, "\n## ")
	text = before + "\n" + after
	lines := indented.FindAllString(text, -1)
	for _, b := range anyBlock.FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Split(b[1], "\n")...)
	}
	prose := anyBlock.ReplaceAllString(text, "")
	for _, m := range inProse.FindAllStringSubmatch(prose, -1) {
		lines = append(lines, strings.Join(strings.Fields(m[1]), " "))
	}
	for _, line := range lines {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "  ") // a remark stands behind two blanks
		if strings.HasPrefix(line, "sealgate holds:") {
			continue // the README's picture
		}
		if aProgram.MatchString(line) {
			commands = append(commands, line)
		}
	}
	return commands
}
