package e2e

// This file runs the example helpdesk: a person opens a ticket in its page, sees what
// sealgate says, ticks two boxes and answers.

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// helpdesk starts the example over a new Maildir and returns the Maildir and its page.
func (s *site) helpdesk() (maildir, page string) {
	s.t.Helper()
	maildir = filepath.Join(s.t.TempDir(), "Maildir")
	for _, dir := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(maildir, dir), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	port := s.port()
	_, number, ok := strings.Cut(port, ":")
	if !ok {
		number = port
	}
	cmd := exec.Command("python3", "../examples/helpdesk/helpdesk.py", "--maildir", maildir,
		"--smtp", "127.0.0.1:"+strings.TrimPrefix(s.outbound, "127.0.0.1:"), "--address", "support@firma.example", "--port", number)
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	s.waitFor("127.0.0.1:" + number)
	return maildir, "http://127.0.0.1:" + number + "/"
}

// read is the text of a page.
func (s *site) read(r *http.Response, err error) string {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		s.t.Fatal(r.Status, err)
	}
	return html.UnescapeString(string(text))
}

var (
	tokenInPage = regexp.MustCompile(`name='token' value='([^']*)'`)
	boxInPage   = regexp.MustCompile(`name='(sign|encrypt)' (\w*)>`)
)

// TestExampleHelpdesk: in, shown, answered signed and encrypted; and a refusal is shown
// with its token and its sentence.
func TestExampleHelpdesk(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not installed")
	}
	s := newSite(t, viaMilter)
	maildir, page := s.helpdesk()
	deliver := func(mark, entity string) string {
		t.Helper()
		s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf(mark), entity)))
		if err := os.WriteFile(filepath.Join(maildir, "new", mark), []byte(s.arrival("Subject: "+mark).Text), 0o600); err != nil {
			t.Fatal(err)
		}
		return s.read(http.Get(page + "?ticket=" + mark))
	}
	post := func(shown, mark string, boxes ...string) string {
		t.Helper()
		form := url.Values{"token": {tokenInPage.FindStringSubmatch(shown)[1]}, "ticket": {mark}, "text": {secret}}
		for _, box := range boxes {
			form.Set(box, "on")
		}
		return s.read(http.PostForm(page, form))
	}
	boxes := func(shown string) (all string) {
		for _, box := range boxInPage.FindAllStringSubmatch(shown, -1) {
			all += box[1] + ":" + box[2] + " "
		}
		return all
	}

	unknown := deliver("plain", textEntity)
	if got := boxes(unknown); got != "sign:checked encrypt:disabled " {
		t.Errorf("nobody's certificate is known: %s", got)
	}
	refused := post(unknown, "plain", "encrypt")
	if !strings.Contains(refused, "[SG-NOCERT] ") || !strings.Contains(refused, "anna@kunde.example") || !strings.Contains(refused, "not sent") {
		t.Errorf("the refusal is not shown: %s", refused)
	}

	shown := deliver("encrypted", s.sealed(s.signed("anna", textEntity), []string{"support"}, "-aes-256-cbc"))
	if !strings.Contains(shown, "Validly signed: the message is from anna@kunde.example") || !strings.Contains(shown, secret) {
		t.Errorf("the ticket: %s", shown)
	}
	if got := boxes(shown); got != "sign:checked encrypt:checked " {
		t.Errorf("what came encrypted: %s", got)
	}
	if done := post(shown, "encrypted", "sign", "encrypt"); !strings.Contains(done, "Sent.") {
		t.Fatal(done)
	}
	s.check("the answer", s.arrival("Subject: Re: encrypted").Text, true, true)
}
