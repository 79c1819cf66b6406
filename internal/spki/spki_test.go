// Tests of the public keys that crypto/x509 leaves out, with openssl's certificates.

package spki

import (
	"crypto"
	"crypto/ecdh"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sealgate/internal/rsasig"
)

// makeCertificate runs openssl to make a certificate of the kind, issued by the one named
// by issuer, or by itself.
func makeCertificate(t *testing.T, dir, name, issuer string, algorithm ...string) *x509.Certificate {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("the openssl command is not installed")
	}
	run := func(args ...string) {
		cmd := exec.Command(openssl, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, out)
		}
	}
	run(append([]string{"genpkey", "-out", name + ".key", "-algorithm"}, algorithm...)...)
	run("pkey", "-in", name+".key", "-pubout", "-out", name+".pub")
	os.WriteFile(filepath.Join(dir, "ext"), []byte("basicConstraints=critical,CA:TRUE\n"), 0o600)
	if issuer == "" {
		run("req", "-x509", "-new", "-key", name+".key", "-subj", "/CN="+name, "-out", name+".pem", "-config", "/dev/null", "-addext", "basicConstraints=critical,CA:TRUE")
	} else {
		run("req", "-new", "-key", issuer+".key", "-subj", "/CN="+name, "-out", "csr", "-config", "/dev/null")
		run("x509", "-req", "-in", "csr", "-CA", issuer+".pem", "-CAkey", issuer+".key", "-set_serial", "7", "-force_pubkey", name+".pub", "-extfile", "ext", "-out", name+".pem")
	}
	data, err := os.ReadFile(filepath.Join(dir, name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPSSAndX25519(t *testing.T) {
	dir := t.TempDir()
	ca := makeCertificate(t, dir, "ca", "", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
	leaf := makeCertificate(t, dir, "leaf", "ca", "X25519")
	other := makeCertificate(t, dir, "other", "", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
	if k, err := PublicKey(ca); err != nil || k.(*rsa.PublicKey).N.BitLen() != 2048 {
		t.Errorf("PSS key: %T, %v", k, err)
	}
	k, err := PublicKey(leaf)
	if x, ok := k.(*ecdh.PublicKey); !ok || x.Curve() != ecdh.X25519() {
		t.Errorf("X25519 key: %T, %v", k, err)
	}
	for _, c := range []*x509.Certificate{ca, leaf} {
		if err := CheckSignatureFrom(c, ca); err != nil {
			t.Errorf("%s: %v", c.Subject, err)
		}
		if err := CheckSignatureFrom(c, other); err == nil {
			t.Errorf("%s: accepted as issued by another CA", c.Subject)
		}
	}
	if err := CheckSignatureFrom(ca, leaf); err == nil {
		t.Error("an X25519 key signs")
	}
	damaged := *leaf
	damaged.RawTBSCertificate = append([]byte("x"), leaf.RawTBSCertificate...)
	if CheckSignatureFrom(&damaged, ca) == nil {
		t.Error("a changed certificate verifies")
	}
	plain := *ca
	plain.IsCA, plain.BasicConstraintsValid = false, true
	if CheckSignatureFrom(leaf, &plain) == nil {
		t.Error("a certificate that is no CA issues")
	}
}

func TestMalformed(t *testing.T) {
	for _, der := range [][]byte{nil, {0x30, 0}, {5, 0}} {
		if _, err := PublicKey(&x509.Certificate{RawSubjectPublicKeyInfo: der}); err == nil {
			t.Errorf("%x accepted", der)
		}
	}
}

// TestBoundKey: a key for PSS only signs with the digests that it is bound to, and with a
// salt that is not shorter (RFC 4055 §3.3).
func TestBoundKey(t *testing.T) {
	c := makeCertificate(t, t.TempDir(), "bound", "", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha256",
		"-pkeyopt", "rsa_pss_keygen_mgf1_md:sha384", "-pkeyopt", "rsa_pss_keygen_saltlen:20")
	for p, want := range map[rsasig.PSS]bool{
		{Hash: crypto.SHA256, MGF: crypto.SHA384, Salt: 20}: true,
		{Hash: crypto.SHA256, MGF: crypto.SHA384, Salt: 21}: true,
		{Hash: crypto.SHA256, MGF: crypto.SHA384, Salt: 19}: false,
		{Hash: crypto.SHA256, MGF: crypto.SHA256, Salt: 20}: false,
		{Hash: crypto.SHA512, MGF: crypto.SHA384, Salt: 20}: false,
	} {
		if _, ok := pssKey(c, p); ok != want {
			t.Errorf("%+v: %v, want %v", p, ok, want)
		}
	}
	if err := CheckSignatureFrom(c, c); err != nil {
		t.Error(err)
	}
}
