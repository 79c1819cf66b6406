//go:build interop

// OpenSSL as a peer.

package interop

import (
	"fmt"
	"strings"
	"testing"
)

type openssl struct{ bench }

func newOpenSSL(tb testing.TB) peer { return openssl{newBench(tb)} }

func (openssl) name() string    { return "OpenSSL" }
func (openssl) version() string { return firstLine("openssl", "version") }

func (o openssl) write(r row, text string) ([]byte, error) {
	in := o.file("content", []byte(text))
	switch r.group {
	case signatures:
		args := []string{
			"cms", "-sign", "-binary", "-outform", "DER", "-in", in, "-signer", certFile(r.key), "-inkey", keyFile(r.key),
			"-certfile", certFile("inter"), "-md", strings.ReplaceAll(strings.ToLower(plainDigest(r.digest)), "/", "-"),
		}
		if r.pss || r.key == "rsapss" {
			args = append(args, "-keyopt", "rsa_padding_mode:pss")
		}
		if !r.detached {
			args = append(args, "-nodetach")
		}
		return run("openssl", args...)
	case management, content:
		cipher := map[string]string{"des-ede3-cbc": "-des3", "rc2-cbc-40": "-rc2-40-cbc", "rc2-cbc-64": "-rc2-64-cbc", "rc2-cbc-128": "-rc2-cbc"}[r.cipher]
		args := []string{"cms", "-encrypt", "-binary", "-outform", "DER", "-in", in}
		if strings.HasPrefix(r.cipher, "rc2") {
			args = append(args, "-provider", "legacy", "-provider", "default")
		}
		if cipher == "" {
			cipher = "-" + r.cipher
		}
		args = append(args, cipher)
		if r.ski {
			args = append(args, "-keyid")
		}
		args = append(args, "-recip", certFile(r.key))
		if r.oaep {
			args = append(args, "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:"+plainDigest(r.digest))
			mgf := r.mgf
			if mgf == 0 {
				mgf = r.digest
			}
			args = append(args, "-keyopt", "rsa_mgf1_md:"+plainDigest(mgf))
		}
		if r.kdf != "" && r.key != "x25519" {
			args = append(args, "-keyopt", "ecdh_kdf_md:"+strings.ReplaceAll(r.kdf, "-", ""))
		}
		if r.wrap != "" {
			args = append(args, "-"+r.wrap+"-wrap")
		}
		return run("openssl", args...)
	}
	if r.cipher == "compressed" {
		return run("openssl", "cms", "-compress", "-binary", "-outform", "DER", "-in", in)
	}
	return run("openssl", "crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", certFile("rsa"), "-certfile", certFile("inter"))
}

func (o openssl) cannotRead(r row) string {
	switch {
	case r.group == signatures && r.key == "ed25519":
		return "no Ed25519 in CMS"
	case r.cipher == "chacha20-poly1305":
		return "no ChaCha20-Poly1305 in CMS"
	case r.key == "x25519":
		return "no X25519 in CMS"
	}
	return ""
}

func (o openssl) read(r row, message []byte, text string) error {
	in := o.file("message", message)
	switch r.group {
	case signatures:
		args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", in, "-CAfile", certFile("ca"), "-cades"}
		if r.detached {
			args = append(args, "-content", o.file("content", []byte(text)))
		}
		out, err := run("openssl", args...)
		if err != nil {
			return err
		}
		return want(out, text)
	case management, content:
		out, err := run("openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", in, "-recip", certFile(r.key), "-inkey", keyFile(r.key))
		if err != nil {
			return err
		}
		return want(out, text)
	}
	out, err := run("openssl", "pkcs7", "-inform", "DER", "-in", in, "-print_certs")
	if n := strings.Count(string(out), "BEGIN CERTIFICATE"); err == nil && n != 2 {
		err = fmt.Errorf("%d certificates", n)
	}
	return err
}
