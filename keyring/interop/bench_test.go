//go:build interop

// The key that all tools are given, and how they are run.

package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// bench is the folder that the tools work in. Files in it: key.pem, cert.pem, chain.pem.
type bench struct {
	dir      string
	identity *testpki.Cert
	commands []string // that were run since the last file
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "keys") // the socket of GnuPG's agent needs a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := testpki.New(t)
	ca := p.Issue(testpki.Options{Name: "Sub", CA: true})
	c := p.Under(ca, testpki.Options{Name: "Support", Addresses: []string{"support@firma.example"}, Key: "rsa-2048", NotAfter: ca.Certificate.NotAfter})
	key, err := c.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{dir: dir, identity: c}
	whole := c.CertPEM()
	end := []byte("-----END CERTIFICATE-----\n")
	cut := bytes.Index(whole, end) + len(end)
	b.write(t, "key.pem", key)
	b.write(t, "cert.pem", whole[:cut])
	b.write(t, "chain.pem", whole[cut:])
	return b
}

func (b *bench) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// patience is for one command; GnuPG's agent may keep its output open for longer.
const patience = 2 * time.Minute

// run runs a program in the folder, in a locale with UTF-8.
func (b *bench) run(stdin, program string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.WaitDelay = time.Second
	c.Dir = b.dir
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "GNUPGHOME="+filepath.Join(b.dir, "gnupg"))
	c.Stdin = strings.NewReader(stdin)
	b.commands = append(b.commands, shown(program, args))
	out, err := c.CombinedOutput()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("%s: %w: %s", program, err, strings.Join(strings.Fields(string(out)), " "))
	}
	return nil
}

// shown is a command as one would type it.
func shown(program string, args []string) string {
	var words []string
	for _, a := range append([]string{program}, args...) {
		if a == "" || strings.ContainsAny(a, " '$") {
			a = "'" + a + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// result is the file that a tool wrote, which is removed.
func (b *bench) result() ([]byte, error) {
	path := filepath.Join(b.dir, "out")
	data, err := os.ReadFile(path)
	os.Remove(path)
	return data, err
}

// withCertificate puts the certificate behind a key in PEM.
func (b *bench) withCertificate(key []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return append(key, b.identity.CertPEM()...), nil
}
