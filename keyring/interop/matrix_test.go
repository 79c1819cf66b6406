//go:build interop

// The matrix: every kind of file of every tool with every kind of password.

package interop

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealgate/keyring"
)

var (
	record = flag.Bool("record", false, "keep the files in ../testdata/tools")
	update = flag.Bool("update", false, "write docs/keys.md")
)

// passwords by the kind that they stand for. keytool wants six characters.
var passwords = []struct{ name, text string }{
	{"empty", ""}, {"ASCII", "geheim"}, {"umlauts", "Grüße-Ä"}, {"non-BMP", "geheim-\U0001f511"},
}

const recorded = "../testdata/tools"

func TestMatrix(t *testing.T) {
	for _, program := range []string{"openssl", "pk12util", "certutil", "keytool", "certtool", "gpgsm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing; on Debian: apt install openssl libnss3-tools gpgsm gnutls-bin default-jdk-headless", program)
		}
	}
	b := newBench(t)
	t.Cleanup(func() { b.run("", "gpgconf", "--kill", "all") })
	all := kinds()
	slices.SortFunc(all, func(x, y kind) int { return strings.Compare(x.tool+x.name, y.tool+y.name) })
	var page, manifest strings.Builder
	for _, k := range all {
		fmt.Fprintf(&page, "| %s | %s |", k.tool, k.name)
		for _, pw := range passwords {
			fmt.Fprintf(&page, " %s |", cell(t, b, k, pw.name, pw.text, &manifest))
		}
		page.WriteString("\n")
	}
	fmt.Print(page.String())
	if *record {
		writeFile(t, filepath.Join(recorded, "MANIFEST"), manifestHead+manifest.String())
	}
	if *update {
		updatePage(t, page.String())
	}
}

const manifestHead = "# file, password, commands: made by go test -tags interop ./keyring/interop -record (throwaway keys)\n"

// cell lets the tool write one file and reads it.
func cell(t *testing.T, b *bench, k kind, pwName, pw string, manifest *strings.Builder) string {
	t.Helper()
	b.commands = nil
	data, err := k.write(b, pw)
	if err != nil && k.refuses(pwName) {
		return "–"
	}
	if err != nil {
		t.Errorf("%s, %s, %s: %v", k.tool, k.name, pwName, err)
		return "**not written**"
	}
	f, err := keyring.Read(data, func() ([]byte, error) { return []byte(pw), nil })
	if err != nil || len(f.Credentials) != 1 || !f.Credentials[0].Certificate.Equal(b.identity.Certificate) {
		t.Errorf("%s, %s, %s: not read: %v", k.tool, k.name, pwName, err)
		return "**fails**"
	}
	_, err = keyring.Read(data, func() ([]byte, error) { return []byte(pw + "x"), nil })
	if pw != "" && !k.open && !errors.Is(err, keyring.ErrPassword) {
		t.Errorf("%s, %s, %s, with another password: %v", k.tool, k.name, pwName, err)
	}
	if *record && k.kept(pwName) {
		name := fileName(k, pwName)
		writeFile(t, filepath.Join(recorded, name), string(data))
		fmt.Fprintf(manifest, "%s\t%s\t%s\n", name, pw, strings.Join(b.commands, "; "))
	}
	return "yes"
}

// refuses tells which passwords a tool does not take: keytool wants six letters of ASCII,
// and openssl writes no DEK-Info without a password.
func (k kind) refuses(pwName string) bool {
	switch {
	case k.tool == "keytool":
		return pwName != "ASCII"
	case strings.Contains(k.name, "DEK-Info"):
		return pwName == "empty"
	}
	return false
}

// kept are files that the keyring's tests read each time. The 600,000 iterations of NSS and
// GnuTLS take a second for each: one of a kind is enough, and one more with umlauts.
func (k kind) kept(pwName string) bool {
	slow := k.tool == "NSS pk12util" || k.tool == "certtool"
	return !slow || pwName == "ASCII" || k.name == "PKCS#12" && pwName == "umlauts"
}

// fileName has letters, digits and hyphens only.
func fileName(k kind, pwName string) string {
	plain := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	name := strings.Map(plain, strings.ToLower(k.tool+"-"+k.name+"-"+pwName))
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	return name + "." + k.suffix
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The marks that the matrix stands between.
const (
	matrixBegin = "<!-- matrix: make interop writes it -->\n"
	matrixEnd   = "<!-- end of the matrix -->\n"
)

func updatePage(t *testing.T, rows string) {
	t.Helper()
	const path = "../../docs/keys.md"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), matrixBegin)
	_, after, ended := strings.Cut(rest, matrixEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the matrix", path)
	}
	head := "\n| tool | kind of file |"
	line := "|---|---|"
	for _, pw := range passwords {
		head += " " + pw.name + " |"
		line += "---|"
	}
	writeFile(t, path, before+matrixBegin+head+"\n"+line+"\n"+rows+"\n"+versions(t)+matrixEnd+after)
}

// versions are what the tools say of themselves.
func versions(t *testing.T) string {
	t.Helper()
	var lines []string
	for _, command := range [][]string{
		{"openssl", "version"}, {"dpkg-query", "-W", "-f", "${Package} ${Version}", "libnss3-tools"}, {"java", "-version"}, {"certtool", "--version"}, {"gpgsm", "--version"},
	} {
		out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
		if err != nil {
			t.Fatal(command, err)
		}
		first, _, _ := strings.Cut(string(out), "\n")
		lines = append(lines, first)
	}
	return "Made by " + strings.Join(lines, "; ") + ".\n"
}
