package e2e

// This file lets the gateway find certificates that no mail has brought.

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/directorytest"
	"sealgate/internal/testpki"
)

// TestFirstMailToAStranger: the first mail is encrypted with what LDAP, the DNS or a folder
// publishes, or what a rule names for the whole domain; where the directory that would know does not answer, it waits.
func TestFirstMailToAStranger(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	carl := s.person("carl", "carl@bank.example", "rsa-2048")
	dora := s.person("dora", "dora@signed.example", "rsa-2048")
	s.person("emil", "emil@files.example", "rsa-2048")
	ida := testpki.New(t).Issue(testpki.Options{Addresses: []string{"ida@signed.example"}, Key: "rsa-2048"})
	s.keys["ida"], s.certs["ida"] = s.files(ida, "ida")
	kurt := testpki.New(t).Issue(testpki.Options{Addresses: []string{"kurt@signed.example"}, Key: "rsa-2048"})
	bank := testpki.New(t).Issue(testpki.Options{Addresses: []string{"gateway@partner.example"}, Key: "rsa-2048"})
	s.keys["bank"], s.certs["bank"] = s.files(bank, "bank")
	url := directorytest.LDAP(t, s.pki, "ldaps", []directorytest.Person{{
		Name: "Carl",
		Mail: "carl@bank.example",
		More: "userCertificate;binary:: " + base64.StdEncoding.EncodeToString(carl.Certificate.Raw) + "\n",
	}})
	resolver := directorytest.DNS(t, s.pki, map[string][]string{
		"dora": {fmt.Sprintf("SMIMEA 1 0 0 %x", dora.Certificate.Raw)},
		"ida":  {fmt.Sprintf("SMIMEA 3 0 0 %x", ida.Certificate.Raw)},  // the zone vouches for her
		"kurt": {fmt.Sprintf("SMIMEA 1 0 0 %x", kurt.Certificate.Raw)}, // an authority must, and none does
	})
	folder := filepath.Join(s.dir, "certificates")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(s.certs["emil"], filepath.Join(folder, "emil.pem")); err != nil {
		t.Fatal(err)
	}
	s.o.config = fmt.Sprintf("[[directory]]\nldap = %q\nbase = %q\nca_file = \"root.crt\"\n", url, directorytest.Base) +
		fmt.Sprintf("[[directory]]\nsmimea = %q\ndomains = [%q]\n", resolver.TCP, directorytest.Signed) +
		"[[directory]]\nfolder = \"certificates\"\n" +
		"[[directory]]\nldap = \"ldap://127.0.0.1:1\"\ndomains = [\"dead.example\"]\n" +
		fmt.Sprintf("[[rule]]\ndomain = \"partner.example\"\ncertificate = [%q]\n", s.certs["bank"])
	s.kill()
	for who, to := range map[string]string{
		"carl": "carl@bank.example", "dora": "dora@signed.example", "ida": "ida@signed.example", "emil": "emil@files.example",
		"bank": "stranger@mail.partner.example",
	} {
		mark := "first mail to " + who
		s.accepted(s.out(mark, to, "X-SMIME-Encrypt: yes\n"))
		if text := s.opened(s.arrival("Subject: "+mark).Text, who); !strings.Contains(text, secret) {
			t.Errorf("%s cannot read it: %q", who, text)
		}
	}
	for to, source := range map[string]string{
		"carl@bank.example": "ldap", "dora@signed.example": "smimea", "emil@files.example": "folder",
		"stranger@mail.partner.example": "rule",
	} {
		s.logged(" " + source + "]")
		if out := s.explainTo(to); !strings.Contains(out, source) || !strings.Contains(out, "CHOSEN") {
			t.Errorf("explain --to %s: %s", to, out)
		}
	}
	for _, order := range []string{"yes", "if-possible"} {
		r := s.out("to a dead directory", "fritz@dead.example", "X-SMIME-Encrypt: "+order+"\n")
		if r.code != 451 {
			t.Errorf("%s: %d %s", order, r.code, r.text)
		}
	}
	s.logged("the LDAP directory 127.0.0.1:1")
	if r := s.out("to a stranger's authority", "kurt@signed.example", "X-SMIME-Encrypt: yes\n"); r.code != 550 {
		t.Errorf("%d %s", r.code, r.text)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	found, err := exec.Command(path, "check", "--config", filepath.Join(s.dir, "config.toml")).CombinedOutput()
	for _, want := range []string{"directory 1: the LDAP directory", "directory 3: the folder", "FAULT directory 4: "} {
		if err == nil || !strings.Contains(string(found), want) {
			t.Errorf("check does not say %q: %v\n%s", want, err, found)
		}
	}
	s.accepted(s.out("to nobody known", "gerd@bank.example", "X-SMIME-Encrypt: if-possible\n"))
	s.arrival("Subject: to nobody known")
}

// explainTo is what explain --to says.
func (s *site) explainTo(address string) string {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := exec.Command(path, "explain", "--config", filepath.Join(s.dir, "config.toml"), "--to", address).CombinedOutput()
	if err != nil {
		s.t.Errorf("explain --to %s: %v: %s", address, err, out)
	}
	return string(out)
}
