package architecture

// This file reads which files of a package name what stands in which others.

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layered are packages of many files that can be read from the ground up.
var layered = []string{"cmd/sealgate", "gateway", "gateway/lookup", "gateway/verdict", "proxy", "smime", "smime/cms"}

// TestFilesPointDown: no file of a layered package names what stands in a file that, in the end, names
// something of that file itself.
func TestFilesPointDown(t *testing.T) {
	t.Parallel()
	for _, dir := range layered {
		arrows := fileArrows(t, filepath.Join("..", "..", filepath.FromSlash(dir)))
		if len(arrows) < 3 {
			t.Errorf("%s: %v", dir, arrows)
		}
		if circle := findCircle(arrows); circle != nil {
			t.Errorf("%s: %s", dir, strings.Join(circle, " → "))
		}
	}
}

// TestFindCircle: a circle is found wherever it begins, and where there is none none is.
func TestFindCircle(t *testing.T) {
	t.Parallel()
	down := map[string][]string{"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}
	if circle := findCircle(down); circle != nil {
		t.Errorf("%v", circle)
	}
	down["d"] = []string{"c"}
	if circle := findCircle(down); strings.Join(circle, " ") != "d c d" {
		t.Errorf("%v", circle)
	}
}

// fileArrows are the files that each file of a package names something of.
func fileArrows(t *testing.T, dir string) map[string][]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	positions := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(positions, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	// Other packages are empty here: what is of them is an error, and of no interest.
	config := types.Config{Importer: emptyPackages{}, Error: func(error) {}}
	own, _ := config.Check(dir, positions, files, info)
	arrows := map[string][]string{}
	for name, object := range info.Uses {
		if object.Pkg() != own || !object.Pos().IsValid() {
			continue
		}
		from := filepath.Base(positions.Position(name.Pos()).Filename)
		to := filepath.Base(positions.Position(object.Pos()).Filename)
		if from != to && !slices.Contains(arrows[from], to) {
			arrows[from] = append(arrows[from], to)
		}
	}
	return arrows
}

// emptyPackages imports packages without anything in them.
type emptyPackages struct{}

// Import implements types.Importer.
func (emptyPackages) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

// findCircle is a way from a file back to itself; nil without one.
func findCircle(arrows map[string][]string) []string {
	done := map[string]bool{}
	var path []string
	var visit func(file string) []string
	visit = func(file string) []string {
		if i := slices.Index(path, file); i >= 0 {
			return append(slices.Clone(path[i:]), file)
		}
		if done[file] {
			return nil
		}
		path = append(path, file)
		for _, to := range slices.Sorted(slices.Values(arrows[file])) {
			if circle := visit(to); circle != nil {
				return circle
			}
		}
		path = path[:len(path)-1]
		done[file] = true
		return nil
	}
	for _, file := range slices.Sorted(maps.Keys(arrows)) {
		if circle := visit(file); circle != nil {
			return circle
		}
	}
	return nil
}
