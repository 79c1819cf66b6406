package e2e

// This file attacks by certificates of authorities that are trusted: another one
// takes an address over.

import (
	"crypto/sha256"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sealgate/internal/testpki"
)

// TestTakeover: with on_key_change = "pending", no certificate of another authority
// takes the place of a known one, however often its mail comes and is valid.
func TestTakeover(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter, siteOptions{trust: "on_key_change = \"pending\"\n"})
	other, err := testpki.NewRoot(testpki.Options{Name: "Other Root"})
	if err != nil {
		t.Fatal(err)
	}
	s.write("root.crt", slices.Concat(s.pki.Root.CertPEM(), other.CertPEM()))
	s.kill()
	s.learn("anna", "anna@kunde.example")
	for name, by := range map[string]*testpki.Cert{
		"another root":                        other,
		"an authority under the same root":    s.pki.Issue(testpki.Options{Name: "Another CA", CA: true}),
		"an authority under another root":     s.pki.Under(other, testpki.Options{Name: "Third CA", CA: true}),
		"one of nearly the same name":         s.pki.Under(other, testpki.Options{Name: "Test  Root ", CA: true}),
		"one that certifies the old key anew": other,
		"one of the very same name":           s.pki.Under(other, testpki.Options{Name: "Test Root", CA: true}),
	} {
		t.Run(name, func(t *testing.T) { s.takeover(t, strings.ReplaceAll(name, " ", "-"), by) })
	}
}

// takeover sends valid mail with a new certificate, twice, and then looks for whom
// the next mail is encrypted.
func (s *site) takeover(t *testing.T, who string, by *testpki.Cert) {
	o := testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}
	if strings.Contains(who, "old-key") {
		o.ReuseKeyFrom = s.anna
	}
	c := s.pki.Under(by, o)
	s.keys[who], s.certs[who] = s.files(c, who)
	chain := s.write(who+".chain", by.CertPEM())
	for _, mark := range []string{"first-" + who, "second-" + who} {
		s.accepted(s.send(s.inbound, "anna@kunde.example", []string{toSupport}, withHeader(headerOf(mark), s.signed(who, payEntity, "-certfile", chain))))
		text := s.arrival("Subject: " + mark).Text
		if got := field(t, text, "X-SMIME-Signature") + "/" + field(t, text, "X-SMIME-Encryption"); got != "valid/none" {
			t.Fatalf("the attack is not one: %s (%s)", got, field(t, text, "X-SMIME-Reason"))
		}
	}
	s.accepted(s.out("to-anna-after-"+who, "anna@kunde.example", bothOrders))
	text := s.arrival("Subject: to-anna-after-" + who).Text
	if shows(text, secret) || !strings.Contains(s.opened(text, "anna"), secret) {
		t.Errorf("the owner cannot read it:\n%s", text)
	}
	if o.ReuseKeyFrom == nil && strings.Contains(s.opened(text, who), secret) {
		t.Error("the new certificate opens it")
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "explain", "--config", filepath.Join(s.dir, "config.toml"), "--to", "anna@kunde.example").CombinedOutput()
	for state, c := range map[string]*testpki.Cert{"CHOSEN: active": s.anna, "passed over: pending": c} {
		if !regexp.MustCompile(fmt.Sprintf(`%s, .*\n.* sha256 %x\n`, state, sha256.Sum256(c.Certificate.Raw))).Match(out) {
			t.Errorf("not %s:\n%s", state, out)
		}
	}
	if err != nil {
		t.Error(err)
	}
}
