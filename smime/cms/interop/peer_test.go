//go:build interop

// What a peer is, and how its programs are run.

package interop

import (
	"bytes"
	"crypto"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// peer is an independent implementation.
type peer interface {
	name() string
	version() string
	// write makes a message of the row; an error says why it cannot.
	write(r row, content string) ([]byte, error)
	// read verifies or decrypts our message; it has to give the content back.
	read(r row, message []byte, content string) error
	// cannotRead says why the peer is known not to read a row, "" if it should.
	cannotRead(r row) string
}

const pki = "../testdata/pki/"

func certFile(key string) string { return pki + key + ".pem" }
func keyFile(key string) string  { return pki + key + ".key" }

// bench is a directory with the content in a file.
type bench struct {
	tb  testing.TB
	dir string
}

func newBench(tb testing.TB) bench { return bench{tb, tb.TempDir()} }

func (b bench) file(name string, data []byte) string {
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.tb.Fatal(err)
	}
	return path
}

// runIn runs a program; its error has the last line of what it said.
func runIn(env []string, stdin []byte, program string, args ...string) ([]byte, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		return out, fmt.Errorf("%s", shorten(lines[len(lines)-1]))
	}
	return out, nil
}

func run(program string, args ...string) ([]byte, error) { return runIn(nil, nil, program, args...) }

// shorten keeps what a table can hold.
func shorten(s string) string {
	if i := strings.Index(s, ":error:"); i >= 0 { // openssl: thread:error:code:library:function:reason:file
		if f := strings.Split(s[i+7:], ":"); len(f) > 3 {
			s = f[3]
		}
	}
	s = strings.Map(func(r rune) rune {
		if r == '|' || r == '\n' {
			return ' '
		}
		return r
	}, s)
	return s[:min(len(s), 90)]
}

func want(got []byte, content string) error {
	if string(got) != content {
		return fmt.Errorf("gives %d bytes of other content", len(got))
	}
	return nil
}

func firstLine(program string, args ...string) string {
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		return "?"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}

// javaDigest is a digest's name in Java and in the names of NSS.
func plainDigest(h crypto.Hash) string { return strings.ReplaceAll(h.String(), "SHA-", "SHA") }
