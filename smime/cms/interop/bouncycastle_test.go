//go:build interop

// BouncyCastle as a peer: Peer.java, compiled and kept running.

package interop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/smime/cms/internal/oid"
)

type bouncyCastle struct {
	bench
	in  io.WriteCloser
	out *bufio.Reader
}

// jars is where Debian's libbcprov-java and libbcpkix-java put them.
const jars = "/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar"

func newBouncyCastle(tb testing.TB) peer {
	b := newBench(tb)
	if _, err := run("javac", "-nowarn", "-cp", jars, "-d", b.dir, "Peer.java"); err != nil {
		tb.Fatalf("javac: %v", err)
	}
	cmd := exec.Command("java", "-cp", jars+":"+b.dir, "Peer")
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &bouncyCastle{b, in, bufio.NewReader(out)}
}

func (b *bouncyCastle) ask(words ...string) error {
	fmt.Fprintln(b.in, strings.Join(words, "\t"))
	answer, err := b.out.ReadString('\n')
	if err != nil {
		return err
	}
	if answer = strings.TrimSpace(answer); answer != "ok" {
		answer = strings.TrimPrefix(answer, "error: ")
		for _, boring := range []string{"org.bouncycastle.cms.CMSException: ", "java.lang.Exception: ", "org.bouncycastle.operator.OperatorCreationException: "} {
			answer = strings.ReplaceAll(answer, boring, "")
		}
		return errors.New(shorten(answer))
	}
	return nil
}

func (*bouncyCastle) name() string { return "BouncyCastle" }
func (*bouncyCastle) version() string {
	target, err := filepath.EvalSymlinks("/usr/share/java/bcprov.jar")
	if err != nil {
		return "?"
	}
	return strings.TrimSuffix(filepath.Base(target), ".jar")
}

var bcCiphers = map[string]oid.OID{
	"aes-256-cbc": oid.AES256CBC, "aes-192-cbc": oid.AES192CBC, "aes-128-cbc": oid.AES128CBC,
	"aes-256-gcm": oid.AES256GCM, "aes-192-gcm": oid.AES192GCM, "aes-128-gcm": oid.AES128GCM,
	"chacha20-poly1305": oid.ChaCha20Poly1305, "des-ede3-cbc": {1, 2, 840, 113549, 3, 7},
	"rc2-cbc-40": {1, 2, 840, 113549, 3, 2}, "rc2-cbc-64": {1, 2, 840, 113549, 3, 2}, "rc2-cbc-128": {1, 2, 840, 113549, 3, 2},
}

var bcAgreements = map[string]oid.OID{
	"sha-1": {1, 3, 133, 16, 840, 63, 0, 2}, "sha-224": oid.StdDHSHA224KDF,
	"sha-256": oid.StdDHSHA256KDF, "sha-384": oid.StdDHSHA384KDF, "sha-512": oid.StdDHSHA512KDF,
}

func (r row) bcManagement() string {
	if r.oaep {
		mgf := r.mgf
		if mgf == 0 {
			mgf = r.digest
		}
		return "oaep:" + r.digest.String() + ":" + mgf.String()
	}
	if r.kdf == "" {
		return "pkcs1"
	}
	wrap := oid.AES256Wrap
	switch {
	case r.wrap == "des3":
		wrap = oid.TripleDESWrap
	case strings.Contains(r.cipher, "128"):
		wrap = oid.AES128Wrap
	case strings.Contains(r.cipher, "192"):
		wrap = oid.AES192Wrap
	}
	agreement := bcAgreements[r.kdf]
	if r.key == "x25519" {
		agreement = oid.StdDHHKDFSHA256
	}
	return agreement.String() + ":" + wrap.String()
}

func (b *bouncyCastle) write(r row, text string) ([]byte, error) {
	in, out := b.file("content", []byte(text)), b.file("out", nil)
	var err error
	switch r.group {
	case signatures:
		algorithm := strings.NewReplacer("512/224", "512(224)", "512/256", "512(256)").Replace(plainDigest(r.digest)) + "withRSA"
		switch {
		case r.pss || r.key == "rsapss":
			algorithm += "andMGF1"
		case r.key == "ed25519":
			algorithm = "Ed25519"
		case r.key != "rsa":
			algorithm = strings.ReplaceAll(algorithm, "RSA", "ECDSA")
		}
		mode := "opaque"
		if r.detached {
			mode = "detached"
		}
		err = b.ask("sign", pki+r.key, algorithm, certFile("inter"), mode, in, out)
	case management, content:
		if r.cipher == "chacha20-poly1305" {
			return nil, errors.New("writes it as EnvelopedData, which RFC 8103 does not know")
		}
		bits := ""
		if i := strings.Index(r.cipher, "rc2-cbc-"); i == 0 {
			bits = r.cipher[len("rc2-cbc-"):]
		}
		rid := "ias"
		if r.ski {
			rid = "ski"
		}
		err = b.ask("encrypt", pki+r.key, r.bcManagement(), bcCiphers[r.cipher].String(), bits, rid, in, out)
	default:
		if r.cipher == "compressed" {
			err = b.ask("compress", in, out)
		} else {
			err = b.ask("bundle", certFile("rsa")+","+certFile("inter"), out)
		}
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

func (b *bouncyCastle) cannotRead(r row) string {
	switch {
	case r.key == "x25519":
		return "no HKDF key agreement (RFC 8418)"
	case r.aead() && r.kdf != "":
		return "no key agreement in AuthEnvelopedData"
	}
	return ""
}

func (b *bouncyCastle) read(r row, message []byte, text string) error {
	in, out := b.file("message", message), b.file("out", nil)
	switch r.group {
	case signatures:
		mode := "opaque"
		if r.detached {
			mode = "detached"
		}
		return b.ask("verify", in, b.file("content", []byte(text)), mode)
	case management, content:
		if err := b.ask("decrypt", pki+r.key, in, out); err != nil {
			return err
		}
		got, err := os.ReadFile(out)
		if err != nil {
			return err
		}
		return want(got, text)
	}
	return b.ask("unbundle", in, "2")
}
