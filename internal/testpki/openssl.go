package testpki

// This file lets openssl be the authority, for keys and signatures that Go does not make.

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/x509cert"
)

// OpenSSL is a folder of certificates and keys that openssl has made.
type OpenSSL struct {
	t   testing.TB
	Dir string
}

// Template is what openssl is to make.
type Template struct {
	Key        string   // a file that MakeKey has made
	Sign       []string // of x509 and req: a digest and -sigopt
	Extensions string   // lines of openssl's configuration
	Days       string
}

// NewOpenSSL skips the test where there is no openssl.
func NewOpenSSL(t testing.TB) *OpenSSL {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the openssl command is not installed")
	}
	return &OpenSSL{t, t.TempDir()}
}

// Run runs openssl in the folder.
func (o *OpenSSL) Run(args ...string) {
	o.t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = o.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		o.t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
}

// Verifies reports whether openssl takes a certificate for mail, under a root and with one
// that stands between them.
func (o *OpenSSL) Verifies(root, between, name string) bool {
	o.t.Helper()
	cmd := exec.Command("openssl", "verify", "-purpose", "smimesign",
		"-CAfile", root+".pem", "-untrusted", between+".pem", name+".pem")
	cmd.Dir = o.Dir
	out, err := cmd.CombinedOutput()
	o.t.Logf("%s", out)
	return err == nil
}

// MakeKey makes a key by genpkey, of an algorithm with its options, and returns its file.
func (o *OpenSSL) MakeKey(name string, algorithm ...string) string {
	o.t.Helper()
	o.Run(append([]string{"genpkey", "-out", name, "-algorithm"}, algorithm...)...)
	return filepath.Join(o.Dir, name)
}

func (o *OpenSSL) copyKey(from, name string) {
	o.t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		o.t.Fatal(err)
	}
	o.write(name, string(data))
}

// Issue makes name.key and name.pem, issued by the authority that is called issuer; ""
// is itself.
func (o *OpenSSL) Issue(name, issuer string, t Template) *x509.Certificate {
	o.t.Helper()
	if t.Days == "" {
		t.Days = "30"
	}
	o.copyKey(t.Key, name+".key")
	o.Run("req", "-new", "-key", name+".key", "-subj", "/CN="+name, "-out", name+".csr", "-config", "/dev/null")
	o.write(name+".ext", t.Extensions)
	args := []string{
		"x509", "-req", "-in", name + ".csr", "-days", t.Days, "-extfile", name + ".ext", "-out", name + ".pem",
	}
	if issuer == "" {
		args = append(args, "-key", name+".key")
	} else {
		args = append(args, "-CA", issuer+".pem", "-CAkey", issuer+".key", "-CAcreateserial")
	}
	o.Run(append(args, t.Sign...)...)
	return o.Read(name)
}

func (o *OpenSSL) write(name string, lines ...string) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.Dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// Read is the certificate of a name.
func (o *OpenSSL) Read(name string) *x509.Certificate {
	o.t.Helper()
	data, err := os.ReadFile(filepath.Join(o.Dir, name+".pem"))
	if err != nil {
		o.t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	c, err := x509cert.Parse(block.Bytes)
	if err != nil {
		o.t.Fatalf("%s: %v", name, err)
	}
	return c
}
