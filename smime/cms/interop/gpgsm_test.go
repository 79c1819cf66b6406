//go:build interop

// GnuPG's gpgsm as a peer.

package interop

import (
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type gpgsm struct{ bench }

// newGPGSM makes a home with our root trusted and the RSA key in it.
func newGPGSM(tb testing.TB) peer {
	home, err := os.MkdirTemp("/tmp", "gpgsm") // the agent's socket needs a short path
	if err != nil {
		tb.Fatal(err)
	}
	g := gpgsm{bench{tb, home}}
	tb.Cleanup(func() {
		runIn(g.env(), nil, "gpgconf", "--kill", "all")
		os.RemoveAll(home)
	})
	fingerprint, err := run("openssl", "x509", "-in", certFile("ca"), "-noout", "-fingerprint", "-sha1")
	if err != nil {
		tb.Fatal(err)
	}
	_, hex, _ := strings.Cut(strings.TrimSpace(string(fingerprint)), "=")
	g.file("trustlist.txt", []byte(hex+" S relax\n"))
	g.file("gpgsm.conf", []byte("disable-crl-checks\n"))
	g.file("gpg-agent.conf", []byte("allow-loopback-pinentry\n"))
	p12 := filepath.Join(home, "rsa.p12")
	if _, err := run("openssl", "pkcs12", "-export", "-inkey", keyFile("rsa"), "-in", certFile("rsa"), "-passout", "pass:test", "-out", p12,
		"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"); err != nil {
		tb.Fatal(err)
	}
	for _, c := range []string{"ca", "inter", "p256", "p384", "p521", "bp256", "bp384", "bp512", "rsapss", "ed25519", "x25519"} {
		if _, err := g.gpgsm("", "--import", certFile(c)); err != nil {
			tb.Fatal(c, err)
		}
	}
	if _, err := g.gpgsm("test\n", "--pinentry-mode", "loopback", "--passphrase-fd", "0", "--import", p12); err != nil {
		tb.Fatal(err)
	}
	return g
}

func (g gpgsm) env() []string { return []string{"GNUPGHOME=" + g.dir, "LC_ALL=C"} }

func (g gpgsm) gpgsm(stdin string, args ...string) ([]byte, error) {
	return runIn(g.env(), []byte(stdin), "gpgsm", append([]string{"--batch", "--no-tty", "--disable-crl-checks"}, args...)...)
}

func (gpgsm) name() string    { return "gpgsm" }
func (gpgsm) version() string { return firstLine("gpgsm", "--version") }

func (g gpgsm) write(r row, text string) ([]byte, error) {
	in := g.file("content", []byte(text))
	switch r.group {
	case signatures:
		if r.key != "rsa" || r.pss || r.sha3() || r.digest == crypto.MD5 || strings.Contains(r.digest.String(), "/") {
			return nil, errors.New("signs with RSA PKCS #1 and SHA-2 only")
		}
		mode := "--sign"
		if r.detached {
			mode = "--detach-sign"
		}
		return g.gpgsm("test\n", "--pinentry-mode", "loopback", "--passphrase-fd", "0", "--digest-algo", plainDigest(r.digest), "-u", "rsa@kunde.example", mode, in)
	case management, content:
		cipher := map[string]string{"aes-256-cbc": "AES256", "aes-192-cbc": "AES192", "aes-128-cbc": "AES128", "des-ede3-cbc": "3DES"}[r.cipher]
		if cipher == "" || r.oaep || r.ski {
			return nil, errors.New("encrypts with AES-CBC or 3DES, PKCS #1 only")
		}
		if r.kdf != "" && r.wrap+r.kdf != gpgsmKDF[r.key] {
			return nil, errors.New("no choice of key derivation")
		}
		return g.gpgsm("", "--cipher-algo", cipher, "-r", r.key+"@kunde.example", "--encrypt", in)
	}
	return nil, errors.New("does not write it")
}

// gpgsmKDF are the digests of the key derivation that it takes for each curve.
var gpgsmKDF = map[string]string{
	"p256": "sha-256", "p384": "sha-384", "p521": "sha-512", "bp256": "sha-256", "bp384": "sha-384", "bp512": "sha-512",
}

func (g gpgsm) cannotRead(r row) string {
	switch {
	case r.group == other:
		return "imports no bundle without a signer"
	case r.sha3() && !r.pss:
		return "no SHA-3"
	case r.group == signatures && r.is("ed25519"):
		return "no Ed25519"
	case r.group == signatures && r.is("p521"):
		return "fails on P-521 (OpenSSL's too)"
	case r.group == signatures && r.is("p384") && r.digest == crypto.SHA256:
		return "wants a digest as long as the curve"
	case r.aead():
		return "no AuthEnvelopedData"
	case r.group != signatures && r.key != "rsa":
		return "imports no EC key (crashes)"
	case r.group != signatures && r.oaep:
		return "no OAEP"
	case r.group != signatures && r.ski:
		return "no key identifier"
	}
	return ""
}

func (g gpgsm) read(r row, message []byte, text string) error {
	in := g.file("message", message)
	if r.group != signatures {
		out, err := g.gpgsm("test\n", "--pinentry-mode", "loopback", "--passphrase-fd", "0", "--assume-binary", "--decrypt", in)
		// It fails, too, when another recipient's certificate is unknown to it, and prints the text.
		encrypted := r.group == management || r.group == content
		if err != nil && (!encrypted || len(out) == 0) {
			return err
		}
		return want(out, text)
	}
	if r.detached {
		_, err := g.gpgsm("", "--assume-binary", "--verify", in, g.file("content", []byte(text)))
		return err
	}
	out, err := g.gpgsm("", "--assume-binary", "--output", "-", "--verify", in)
	if err != nil {
		return err
	}
	return want(out, text)
}
