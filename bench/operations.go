package main

// This file has the rows of the speed table.

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"sealgate/smime"
	"sealgate/spool"
)

// text is a MIME entity of n bytes, in lines of 76.
func text(n int) []byte {
	head := "Content-Type: text/plain; charset=utf-8\r\n\r\n"
	line := "the quick brown fox jumps over the lazy dog and then over it once again.... \r\n"
	b := append([]byte(head), bytes.Repeat([]byte(line), n/len(line)+1)...)[:n]
	copy(b[n-2:], "\r\n")
	return b
}

func newEngine(n int) (*engine, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour),
		EmailAddresses: []string{"anna@kunde.example"}, SubjectKeyId: []byte{1, 2, 3},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	sp, err := spool.New(spool.Options{Dir: os.TempDir(), Limit: 8 << 30})
	if err != nil {
		return nil, err
	}
	return &engine{key: key, certificate: certificate, spool: sp, content: text(n)}, nil
}

// operationsOn makes the messages of one size and what works on them.
func operationsOn(size int) ([]operation, error) {
	e, err := newEngine(size)
	if err != nil {
		return nil, err
	}
	l, err := newLimits(e.key, e.content)
	if err != nil {
		return nil, err
	}
	o, err := newOpenSSL(e)
	if err != nil {
		return nil, err
	}
	var list []operation
	add := func(name string, limit, ours func() error, openssl ...string) {
		list = append(list, operation{name, []variant{{"limit", limit}, {"ours", ours}, {"openssl", o.command(openssl...)}}})
	}
	for _, c := range []struct {
		name    string
		cipher  string
		decrypt func() error
		encrypt func() error
	}{
		{"AES-256-CBC", "aes-256-cbc", l.decryptCBC, l.encryptCBC},
		{"AES-256-GCM", "aes-256-gcm", l.decryptGCM, l.encryptGCM},
	} {
		msg, file, err := o.message(e.encrypted(c.cipher))
		if err != nil {
			return nil, err
		}
		add("decrypt, "+c.name, c.decrypt, e.opening(msg), "-decrypt", "-in", file, "-inkey", o.key, "-recip", o.certificate)
		add(
			"encrypt, "+c.name,
			c.encrypt,
			func() error { return deliver(e.encrypted(c.cipher)) },
			"-encrypt",
			"-binary",
			"-"+c.cipher,
			"-in",
			o.content,
			"-recip",
			o.certificate,
		)
	}
	for _, s := range []struct {
		name         string
		opaque       bool
		verify, sign func() error
		args         []string
	}{
		{"multipart/signed", false, l.verify, l.sign, nil},
		{"opaque", true, l.verifyOpaque, l.signOpaque, []string{"-nodetach"}},
	} {
		msg, file, err := o.message(e.signed(s.opaque))
		if err != nil {
			return nil, err
		}
		add("verify, "+s.name, s.verify, e.opening(msg), "-verify", "-noverify", "-in", file)
		add("sign, "+s.name, s.sign, func() error { return deliver(e.signed(s.opaque)) },
			append([]string{"-sign", "-binary", "-in", o.content, "-signer", o.certificate, "-inkey", o.key}, s.args...)...)
	}
	return list, nil
}

func (e *engine) opening(msg []byte) func() error {
	return func() error { return e.open(bytes.NewReader(msg), int64(len(msg))) }
}

// opensslCommand is the openssl command on files.
type opensslCommand struct{ dir, key, certificate, content string }

func newOpenSSL(e *engine) (*opensslCommand, error) {
	dir, err := os.MkdirTemp("", "sealgate-bench")
	if err != nil {
		return nil, err
	}
	o := &opensslCommand{dir, filepath.Join(dir, "key"), filepath.Join(dir, "certificate"), filepath.Join(dir, "content")}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(e.key)
	if err != nil {
		return nil, err
	}
	for path, data := range map[string][]byte{
		o.key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		o.certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.certificate.Raw}),
		o.content:     e.content,
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// message keeps an entity as a message, in memory and in a file.
func (o *opensslCommand) message(entity *smime.Entity, err error) (msg []byte, file string, _ error) {
	if err != nil {
		return nil, "", err
	}
	msg, err = message(entity)
	if err != nil {
		return nil, "", err
	}
	f, err := os.CreateTemp(o.dir, "message")
	if err != nil {
		return nil, "", err
	}
	_, err = f.Write(msg)
	return msg, f.Name(), closeBoth(f, err)
}

func (o *opensslCommand) command(args ...string) func() error {
	return func() error {
		out, err := exec.Command("openssl", append([]string{"cms", "-out", os.DevNull}, args...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%v: %s", err, out)
		}
		return nil
	}
}
