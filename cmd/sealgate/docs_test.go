package main

// This file holds the documentation against the program: every command that it
// shows exists, with its flags.

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sealgate/config"
)

// block is a block of code; shown is a command line in one, or between backquotes.
var (
	block = regexp.MustCompile("(?ms)^```$.*?^```$")
	shown = regexp.MustCompile("(?m)(?:^|`)sealgate ([a-z][^`\\n]*)")
)

func TestDocumentedCommands(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range append(files, "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		prose := regexp.MustCompile("(?m)^sealgate ").ReplaceAllString(block.ReplaceAllString(string(text), ""), "")
		code := strings.Join(block.FindAllString(string(text), -1), "\n")
		for _, m := range shown.FindAllStringSubmatch(prose+code, -1) {
			line, _, _ := strings.Cut(m[1], "  ") // the explanation stands behind two blanks
			for _, one := range strings.Split(line, "|") {
				found++
				documented(t, filepath.Base(path), strings.Fields(one))
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d commands found in the documentation", found)
	}
}

var settings = regexp.MustCompile("(?ms)^```toml$(.*?)^```$")

// TestDocumentedSettings: every block of TOML in the documentation is a
// configuration that loads.
func TestDocumentedSettings(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range settings.FindAllStringSubmatch(string(text), -1) {
			found++
			if _, err := config.Parse(m[1], t.TempDir()); err != nil {
				t.Errorf("%s: %v in%s", filepath.Base(path), err, m[1])
			}
		}
	}
	if found == 0 {
		t.Error("no settings found in the documentation")
	}
}

func documented(t *testing.T, where string, words []string) {
	t.Helper()
	c, rest, err := rootCommand().Find(words)
	if err != nil || !c.HasParent() {
		t.Errorf("%s: there is no command %q", where, words)
		return
	}
	for _, w := range rest {
		if name, ok := strings.CutPrefix(strings.Trim(w, "[]"), "--"); ok && c.Flags().Lookup(name) == nil && c.InheritedFlags().Lookup(name) == nil {
			t.Errorf("%s: sealgate %s has no flag --%s", where, c.Name(), name)
		}
	}
}
