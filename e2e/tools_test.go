package e2e

// This file drives openssl and NSS, who make and open messages.

import (
	"bytes"
	"fmt"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// openssl runs openssl with in on standard input and returns what it wrote.
func (s *site) openssl(in string, args ...string) string {
	s.t.Helper()
	out, err := s.tryOpenssl(in, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *site) tryOpenssl(in string, args ...string) (string, error) {
	cmd := exec.Command("openssl", args...)
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(in)
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("openssl %v: %w %s", args, err, msg.String())
	}
	return out.String(), nil
}

// signed is an entity signed by openssl, as an entity.
func (s *site) signed(who, entity string, more ...string) string {
	s.t.Helper()
	return s.openssl(crlf(entity), append([]string{"cms", "-sign", "-signer", s.keys[who], "-binary", "-crlfeol"}, more...)...)
}

// sealed is an entity encrypted by openssl, as an entity.
func (s *site) sealed(entity string, to []string, more ...string) string {
	s.t.Helper()
	args := append([]string{"cms", "-encrypt", "-binary"}, more...)
	for _, w := range to {
		args = append(args, s.certs[w])
	}
	return s.openssl(crlf(entity), args...)
}

// withHeader puts a message's header before an entity.
func withHeader(header, entity string) string {
	return strings.ReplaceAll(header, "\r\n", "\n") + strings.TrimPrefix(strings.ReplaceAll(entity, "\r\n", "\n"), "MIME-Version: 1.0\n")
}

// opened lets openssl decrypt with a person's key; "" when it cannot.
func (s *site) opened(text, who string) string {
	out, err := s.tryOpenssl(text, "cms", "-decrypt", "-inkey", s.keys[who], "-recip", s.certs[who])
	if err != nil {
		return ""
	}
	return out
}

// verified lets openssl verify against the root; "" when it does not.
func (s *site) verified(text string) string {
	s.t.Helper()
	out, err := s.tryOpenssl(text, "cms", "-verify", "-CAfile", s.certs["root"], "-purpose", "smimesign")
	if err != nil {
		s.t.Log(err)
		return ""
	}
	return out
}

// field is a mail's header field, decoded by Go's own reader.
func field(t *testing.T, text, name string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("not a mail: %v\n%s", err, text)
	}
	return m.Header.Get(name)
}

// nss is a certificate database for cmsutil with one person's key.
type nss struct {
	s  *site
	db string
}

func (s *site) nss(who string) *nss {
	s.t.Helper()
	for _, tool := range []string{"cmsutil", "certutil", "pk12util"} {
		if _, err := exec.LookPath(tool); err != nil {
			s.t.Skip("NSS's tools are not installed: ", err)
		}
	}
	n := &nss{s, "sql:" + s.t.TempDir()}
	p12 := filepath.Join(s.dir, who+".p12")
	s.openssl("", "pkcs12", "-export", "-in", s.keys[who], "-name", who, "-out", p12, "-passout", "pass:x")
	n.run(nil, "certutil", "-N", "-d", n.db, "--empty-password")
	n.run(nil, "pk12util", "-i", p12, "-d", n.db, "-W", "x", "-K", "")
	n.run(nil, "certutil", "-A", "-d", n.db, "-n", "root", "-t", "C,C,C", "-i", s.certs["root"])
	return n
}

func (n *nss) add(who string) {
	n.s.t.Helper()
	n.run(nil, "certutil", "-A", "-d", n.db, "-n", who, "-t", ",,", "-i", n.s.certs[who])
}

func (n *nss) run(in []byte, args ...string) []byte {
	n.s.t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin = bytes.NewReader(in)
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	if err := cmd.Run(); err != nil {
		n.s.t.Fatalf("%v: %v %s", args, err, msg.String())
	}
	return out.Bytes()
}

// write keeps bytes in a file for a tool that wants one.
func (s *site) write(name string, data []byte) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}
