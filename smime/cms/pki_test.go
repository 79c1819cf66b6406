// The test keys of testdata/pki, and the openssl command as an independent peer.

package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/youmark/pkcs8"

	"sealgate/internal/brainpool"
	"sealgate/internal/x509cert"
)

// identity is one certificate of testdata/pki with its private key.
type identity struct {
	name        string
	Certificate *x509.Certificate
	Key         crypto.PrivateKey
}

func (id identity) certFile() string { return filepath.Join("testdata", "pki", id.name+".pem") }
func (id identity) keyFile() string  { return filepath.Join("testdata", "pki", id.name+".key") }

func (id identity) signer() crypto.Signer { return id.Key.(crypto.Signer) }

func readPEM(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		tb.Fatalf("%s is no PEM file", path)
		return nil
	}
	return block.Bytes
}

func load(tb testing.TB, name string) identity {
	tb.Helper()
	id := identity{name: name}
	cert, err := x509cert.Parse(readPEM(tb, id.certFile()))
	if err != nil {
		tb.Fatal(err)
	}
	id.Certificate = cert
	id.Key = parseKey(tb, readPEM(tb, id.keyFile()))
	return id
}

func parseKey(tb testing.TB, der []byte) crypto.PrivateKey {
	tb.Helper()
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	if key, err := brainpool.ParsePrivateKey(der); err == nil {
		return key
	}
	return parsePSSKey(tb, der)
}

// parsePSSKey reads a PKCS #8 key with id-RSASSA-PSS, which crypto/x509 does not know.
func parsePSSKey(tb testing.TB, der []byte) *rsa.PrivateKey {
	tb.Helper()
	key, err := pkcs8.ParsePKCS8PrivateKeyRSA(bytes.Replace(der,
		[]byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}, 1))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// openssl runs the openssl command and returns its output.
func openssl(tb testing.TB, stdin []byte, args ...string) ([]byte, error) {
	tb.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		tb.Skip("the openssl command is not installed")
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Logf("openssl %v: %s", args, stderr.Bytes())
	}
	return out, err
}

// writeTemp puts data into a file that the peer can open.
func writeTemp(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
