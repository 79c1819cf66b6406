// Package attacks holds docs/attacks.md true: every test that it names exists.
package attacks

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	packageLine = regexp.MustCompile(`(?m)^package (\w+)`)
	testLine    = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
)

// tests are all tests of the tree, by package and name.
func tests(t *testing.T, root string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(packageLine.FindStringSubmatch(string(text))[1], "_test")
		for _, m := range testLine.FindAllStringSubmatch(string(text), -1) {
			all[name+"."+m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryAttackHasItsTest(t *testing.T) {
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "docs", "attacks.md"))
	if err != nil {
		t.Fatal(err)
	}
	all, rows := tests(t, root), 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], "--") || strings.TrimSpace(cells[1]) == "attack" {
			continue
		}
		rows++
		names := strings.Fields(cells[2])
		if len(names) == 0 {
			t.Errorf("%s: no test", cells[1])
		}
		for _, n := range names {
			if !all[n] {
				t.Errorf("%s: there is no test %s", strings.TrimSpace(cells[1]), n)
			}
		}
	}
	if rows < 50 {
		t.Errorf("only %d attacks", rows)
	}
}
