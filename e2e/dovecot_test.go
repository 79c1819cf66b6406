package e2e

// This file delivers through sealgate to Dovecot by LMTP, as docs/postfix.md sets it up.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealgate/internal/postfixtest"
)

// dovecot is a private one that takes mail by LMTP, for support@ and sales@firma.example.
type dovecot struct {
	t   *testing.T
	dir string
}

const dovecotConf = `base_dir = DIR/run
state_dir = DIR/run
log_path = DIR/log
protocols = lmtp
ssl = no
mail_location = maildir:DIR/mail/%n/Maildir
first_valid_uid = 1
userdb {
  driver = passwd-file
  args = DIR/users
}
passdb {
  driver = passwd-file
  args = DIR/users
}
service lmtp {
  unix_listener lmtp {
    mode = 0600
  }
}
`

func newDovecot(t *testing.T) *dovecot {
	t.Helper()
	if _, err := exec.LookPath("dovecot"); err != nil {
		t.Skip("dovecot-lmtpd is not installed")
	}
	dir, err := os.MkdirTemp("/tmp", "dovecot") // the socket needs a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	const nobody = 65534
	users := ""
	for _, name := range []string{"support", "sales"} {
		home := filepath.Join(dir, "mail", name)
		users += fmt.Sprintf("%s@firma.example:{PLAIN}x:%d:%d::%s::\n", name, nobody, nobody, home)
		if err := os.MkdirAll(home, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(home, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	conf := filepath.Join(dir, "dovecot.conf")
	for name, text := range map[string]string{conf: strings.ReplaceAll(dovecotConf, "DIR", dir), filepath.Join(dir, "users"): users} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dovecot", "-F", "-c", conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
	d := &dovecot{t, dir}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(d.socket()); err == nil {
			return d
		}
		if time.Now().After(end) {
			t.Fatal("dovecot does not start")
		}
	}
}

func (d *dovecot) socket() string { return filepath.Join(d.dir, "run", "lmtp") }

// obstacle stands where a user's mail should be, so that Dovecot refuses it for now, after
// the final dot.
func (d *dovecot) obstacle(user string) string { return filepath.Join(d.dir, "mail", user, "Maildir") }

// mails are those that a user has got.
func (d *dovecot) mails(user string) (all []string) {
	d.t.Helper()
	files, err := filepath.Glob(filepath.Join(d.dir, "mail", user, "Maildir", "new", "*"))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			d.t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// holds fails when a user has not the number of mails with a mark in it, or one of them
// without the verdict.
func (d *dovecot) holds(user, mark string, want int) {
	d.t.Helper()
	n := 0
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		n = 0
		for _, m := range d.mails(user) {
			if strings.Contains(m, mark) && strings.Contains(m, "X-SMIME-Signature: valid") {
				n++
			}
		}
		if n == want || time.Now().After(end) {
			break
		}
	}
	if n != want {
		d.t.Errorf("%s has %d mails with %q, want %d", user, n, mark, want)
	}
}

// before is what stands before Dovecot: Postfix and sealgate, with the two listeners that
// lead to it. The first speaks SMTP; the second, to which Postfix gives its mail, LMTP.
func (d *dovecot) before(t *testing.T) (s *site, ports []string) {
	t.Helper()
	ports = make([]string, 2)
	for i := range ports {
		var err error
		if ports[i], err = postfixtest.FreePort(); err != nil {
			t.Fatal(err)
		}
	}
	config := ""
	for i, lmtp := range []bool{false, true} {
		config += fmt.Sprintf("[[listener]]\nprotocol = \"smtp\"\naddress = %q\ndirection = \"inbound\"\nlmtp = %v\nnext_hop = \"lmtp:unix:%s\"\n", ports[i], lmtp, d.socket())
	}
	s = newSite(t, transports[0], siteOptions{
		config: config,
		main:   map[string]string{"transport_maps": "inline:{firma.example=lmtp:inet:" + ports[1] + "}"},
	})
	return s, ports
}

// TestDovecotLMTP: behind an SMTP listener, whose client hears one answer, and behind an LMTP
// listener, where each recipient has his own: one is refused for now, one for good, one gets the
// mail, and nobody gets it twice.
func TestDovecotLMTP(t *testing.T) {
	t.Parallel()
	d := newDovecot(t)
	s, ports := d.before(t)
	both := []string{"support@firma.example", "sales@firma.example"}
	mail := func(mark string) string { return withHeader(headerOf(mark), s.signed("anna", textEntity)) }

	if err := os.WriteFile(d.obstacle("sales"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	first := mail("one-answer")
	if got := s.send(ports[0], "anna@kunde.example", both, first); got.code != 451 || !strings.Contains(got.text, "<sales@firma.example>") {
		t.Errorf("one is refused for now: %+v", got)
	}
	d.holds("support", "one-answer", 1)
	if got := s.send(ports[0], "anna@kunde.example", append(both, "nobody@firma.example"), mail("with-a-stranger")); got.code != 550 || !strings.Contains(got.text, "<nobody@firma.example>") {
		t.Errorf("an unknown recipient: %+v", got)
	}
	s.accepted(s.send(s.plain, "anna@kunde.example", append(both, "nobody@firma.example"), mail("each-answer")))
	d.holds("support", "each-answer", 1)
	s.arrival("nobody@firma.example") // the notice of Postfix to anna

	if err := os.Remove(d.obstacle("sales")); err != nil {
		t.Fatal(err)
	}
	s.accepted(s.send(ports[0], "anna@kunde.example", both, first))
	d.holds("support", "one-answer", 1)
	d.holds("sales", "one-answer", 1)
	d.holds("support", "with-a-stranger", 0)
}
