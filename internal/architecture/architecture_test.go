package architecture

// This file reads the imports of every package and compares them with the order of
// the house.

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "sealgate/"

// floors are the packages from the top of the house to its ground. What stands on
// one floor does not import each other, and nothing imports a floor above.
var floors = [][]string{
	{"cmd/sealgate"},
	{"config"},
	{"admin/page"},
	{"admin", "milter", "proxy", "internal/control", "internal/postfixcheck"},
	{"directory/folder", "directory/httpstore", "directory/ldap", "directory/smimea"},
	{"directory", "expiry", "journal", "internal/certadmin"},
	{"gateway", "internal/certfile", "internal/explain", "internal/mailfile", "internal/ownkeys"},
	{"gateway/verdict", "gateway/lookup"},
	{"smime", "trust/revocation", "certstore/postgres"},
	{"certstore", "keyring", "trust"},
	{"trust/authority", "trust/fetch", "smime/cms"},
	{"smime/cms/internal", "internal/pkcs12"},
	{"internal/pbe"},
	{"spool", "internal/address", "internal/sessions", "internal/words", "internal/ber", "internal/contextio", "internal/dn", "internal/effort", "internal/encodedword", "internal/rc2", "internal/sealed", "internal/spki", "internal/terminal", "internal/x509cert"},
	{"internal/brainpool", "internal/charset", "internal/journald", "internal/rsasig", "packaging"},
}

// forTests are used by tests, benchmarks and the demonstration, never by what is
// installed.
var forTests = []string{
	"bench", "e2e", "internal/architecture", "internal/corpus", "internal/cputest", "internal/demo", "internal/directorytest", "internal/efail", "internal/nexthop", "internal/postfixtest", "internal/postgrestest", "internal/testpki", "internal/wycheproof",
	"certstore/storetest", "keyring/interop", "smime/cms/interop",
}

// isolated packages touch no network and no files: what they need is given to them.
var isolated = []string{"gateway", "gateway/verdict", "gateway/lookup", "smime", "smime/cms"}

// outside is what isolated packages do without.
var outside = []string{"net", "net/http", "os", "os/exec", "syscall", "net/smtp", "crypto/tls"}

// imports are those of every package, without its tests, by the package's path in
// the module.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			all[dir] = append(all[dir], name)
		}
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d packages, %v", len(all), err)
	}
	return all
}

// floor is the index of the floor that a package stands on, -1 when on none.
func floor(pkg string) int {
	return slices.IndexFunc(floors, func(f []string) bool {
		return slices.ContainsFunc(f, func(p string) bool {
			return p == pkg || p == "smime/cms/internal" && strings.HasPrefix(pkg, p+"/")
		})
	})
}

// TestDownOnly: no package imports one that stands above it or beside it, and
// nothing installed imports what is for tests.
func TestDownOnly(t *testing.T) {
	for pkg, list := range imports(t) {
		if slices.Contains(forTests, pkg) {
			continue
		}
		here := floor(pkg)
		if here < 0 {
			t.Errorf("%s stands on no floor: give it one here", pkg)
			continue
		}
		for _, i := range list {
			name, ours := strings.CutPrefix(i, module)
			switch there := floor(name); {
			case !ours:
			case slices.Contains(forTests, name):
				t.Errorf("%s imports %s, which is for tests", pkg, name)
			case there <= here && !within(pkg, name):
				t.Errorf("%s imports %s, which does not stand below it", pkg, name)
			}
		}
	}
}

// within lets a package's own internal ones build on each other.
func within(pkg, name string) bool {
	return strings.HasPrefix(pkg, "smime/cms/internal/") && strings.HasPrefix(name, "smime/cms/internal/")
}

// TestDirectories: only the packages for it speak LDAP, or ask the DNS for SMIMEA (type 53),
// which net does not know.
func TestDirectories(t *testing.T) {
	for pkg, list := range imports(t) {
		for _, i := range list {
			ours := strings.HasPrefix(i, module)
			if low := strings.ToLower(i); ours || !strings.Contains(low, "ldap") && !strings.Contains(low, "dns") {
				continue
			}
			if pkg != "directory/ldap" && pkg != "directory/smimea" {
				t.Errorf("%s imports %s", pkg, i)
			}
		}
	}
}

// TestIsolated: gateway with its parts, smime and cms have no way out of their own.
func TestIsolated(t *testing.T) {
	all := imports(t)
	for _, pkg := range isolated {
		if len(all[pkg]) == 0 {
			t.Errorf("%s is not there", pkg)
		}
		for _, i := range all[pkg] {
			if slices.Contains(outside, i) {
				t.Errorf("%s imports %s", pkg, i)
			}
		}
	}
}
