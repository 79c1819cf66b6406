//go:build interop

// NSS's cmsutil as a peer.

package interop

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type nss struct {
	bench
	db string
}

// newNSS makes a certificate database with all keys that NSS takes.
func newNSS(tb testing.TB) peer {
	b := newBench(tb)
	n := nss{b, "sql:" + filepath.Join(b.dir, "db")}
	if err := os.Mkdir(filepath.Join(b.dir, "db"), 0o700); err != nil {
		tb.Fatal(err)
	}
	must := func(program string, args ...string) {
		if _, err := run(program, args...); err != nil {
			tb.Fatalf("%s %v: %v", program, args, err)
		}
	}
	must("certutil", "-N", "-d", n.db, "--empty-password")
	must("certutil", "-A", "-d", n.db, "-n", "ca", "-t", "CT,C,C", "-i", certFile("ca"))
	must("certutil", "-A", "-d", n.db, "-n", "inter", "-t", ",,", "-i", certFile("inter"))
	for _, key := range []string{"rsa", "rsapss", "p256", "p384", "p521"} {
		p12 := filepath.Join(b.dir, key+".p12")
		must("openssl", "pkcs12", "-export", "-inkey", keyFile(key), "-in", certFile(key), "-name", key, "-passout", "pass:test", "-out", p12)
		must("pk12util", "-d", n.db, "-i", p12, "-W", "test")
	}
	return n
}

func (nss) name() string { return "NSS" }
func (nss) version() string {
	return "cmsutil of " + firstLine("dpkg-query", "-W", "-f", "${Package} ${Version}", "libnss3-tools")
}

func (n nss) write(r row, text string) ([]byte, error) {
	in, out := n.file("content", []byte(text)), n.file("out", nil)
	switch {
	case r.group == signatures:
		if r.is("rsapss") {
			return nil, errors.New("writes RSASSA-PSS without parameters, which it does not read itself")
		}
		if r.is("bp256", "bp384", "bp512") {
			return nil, errors.New("no brainpool curves")
		}
		if r.is("ed25519") || r.sha3() || r.pss {
			return nil, errors.New("cmsutil has no option for it")
		}
		args := []string{"-S", "-d", n.db, "-N", r.key, "-H", plainDigest(r.digest), "-G", "-P", "-i", in, "-o", out}
		if r.detached {
			args = append(args, "-T")
		}
		if _, err := run("cmsutil", args...); err != nil {
			return nil, err
		}
	case r.cipher == "aes-128-cbc" && r.key == "rsa":
		if _, err := run("cmsutil", "-E", "-d", n.db, "-r", r.key, "-i", in, "-o", out); err != nil {
			return nil, err
		}
	case r.cipher == "certs-only":
		if _, err := run("cmsutil", "-O", "-d", n.db, "-r", "rsa,p256", "-o", out); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("cmsutil writes only AES-128-CBC for RSA keys")
	}
	return os.ReadFile(out)
}

func (n nss) cannotRead(r row) string {
	switch {
	case r.is("ed25519", "x25519", "bp256", "bp384", "bp512"):
		return "no such keys"
	case r.sha3():
		return "no SHA-3 in CMS"
	case r.aead():
		return "no AuthEnvelopedData"
	case r.oaep:
		return "no OAEP in CMS"
	case r.group != signatures && r.kdf != "":
		return "no ECDH in CMS"
	case r.group == signatures && r.key == "rsapss":
		return "not with a key for PSS only (nor its own)"
	case r.cipher == "certs-only":
		return "wants purposes that a bundle has not (nor its own)"
	}
	return ""
}

func (n nss) read(r row, message []byte, text string) error {
	args := []string{"-D", "-d", n.db, "-i", n.file("message", message)}
	if r.group == signatures && r.detached {
		args = append(args, "-c", n.file("content", []byte(text)))
	}
	if r.cipher == "certs-only" {
		_, err := run("cmsutil", append(args, "-n")...)
		return err
	}
	out, err := run("cmsutil", args...)
	if err != nil {
		return err
	}
	if r.group == signatures && r.detached && strings.Count(string(out), "") <= 1 {
		return nil // it prints no detached content
	}
	return want(out, text)
}
