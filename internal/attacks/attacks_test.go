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
	named(t, "attacks.md", 50, func(what string) bool { return what != "attack" })
}

// TestEveryPromiseHasItsTests: the table in docs/security.md, whose rows begin with the
// number of a promise.
func TestEveryPromiseHasItsTests(t *testing.T) {
	named(t, "security.md", 10, func(what string) bool { return what[0] >= '1' && what[0] <= '3' && what[1] == ':' })
}

// named reads the tables of two columns in a document and looks for each test that the
// second column of the rows meant names.
func named(t *testing.T, document string, atLeast int, meant func(what string) bool) {
	t.Helper()
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "docs", document))
	if err != nil {
		t.Fatal(err)
	}
	all := tests(t, root)
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], "--") {
			continue
		}
		what := strings.TrimSpace(cells[1])
		if len(what) < 2 || !meant(what) {
			continue
		}
		rows++
		names := strings.Fields(cells[2])
		if len(names) == 0 {
			t.Errorf("%s: no test", what)
		}
		for _, n := range names {
			if !all[n] {
				t.Errorf("%s: there is no test %s", what, n)
			}
		}
	}
	if rows < atLeast {
		t.Errorf("only %d rows", rows)
	}
}
