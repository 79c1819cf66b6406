package e2e

// This file lets the source of a certificate's authority fall silent.

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/testpki"
)

// TestSilentAuthority: the host that has the missing authority of a customer's
// certificate is dead. Nothing leaves in clear, the mail waits, and the answer says for
// what and what an admin can do; who does it is not asked to wait.
func TestSilentAuthority(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter, siteOptions{trust: "fetch_allow = [\"127.0.0.0/8\"]\n"})
	url := "http://" + s.port() + "/ca.crt"
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	carl := s.pki.Under(sub, testpki.Options{Addresses: []string{"carl@kunde.example"}, Key: "rsa-2048", AIA: []string{url}})
	s.keys["carl"], s.certs["carl"] = s.files(carl, "carl")
	s.command("cert", "import", s.write("carl.der", carl.Certificate.Raw)) // without its authority
	for _, order := range []string{"yes", "if-possible"} {
		got := s.out("silent-"+order, "carl@kunde.example", "X-SMIME-Encrypt: "+order+"\n")
		if got.code != 451 {
			t.Errorf("%s: %+v", order, got)
		}
		for _, words := range []string{"carl@kunde.example", url, " since ", "cert pin"} {
			if !strings.Contains(got.text, words) {
				t.Errorf("%s: the answer does not say %q: %s", order, words, got.text)
			}
		}
	}
	s.command("cert", "pin", "carl@kunde.example")
	s.accepted(s.out("pinned", "carl@kunde.example", "X-SMIME-Encrypt: if-possible\n"))
	if text := s.arrival("Subject: pinned").Text; shows(text, secret) || !strings.Contains(s.opened(text, "carl"), secret) {
		t.Errorf("carl cannot read it:\n%s", text)
	}
	if _, ok := s.sink.Wait("Subject: silent-", 0); ok {
		t.Error("it left all the same")
	}
}

// command runs sealgate as an admin does.
func (s *site) command(args ...string) string {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := exec.Command(path, append(args, "--config", filepath.Join(s.dir, "config.toml"))...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("sealgate %v: %v\n%s", args, err, out)
	}
	return string(out)
}
