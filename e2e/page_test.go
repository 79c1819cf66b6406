//go:build page

package e2e

// This file is an admin at the page, in Debian's Chromium without JavaScript, while mail passes
// through Postfix.

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sealgate/internal/testpki"
)

// visitor is somebody at a browser.
type visitor struct {
	t   *testing.T
	ctx context.Context
	url string
}

func newVisitor(t *testing.T, url string) *visitor {
	t.Helper()
	options := chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.ExecPath("chromium"))
	ctx, stop := chromedp.NewContext(t.Context(), options)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	off := emulation.SetScriptExecutionDisabledParams{Value: true}
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, off); err != nil {
		t.Fatal(err)
	}
	return &visitor{t, ctx, url}
}

// do carries steps out, each of which has its time.
func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	for i, step := range steps {
		ctx, stop := context.WithTimeout(v.ctx, 30*time.Second)
		err := chromedp.Do(ctx, step)
		stop()
		if err != nil {
			v.t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

func (v *visitor) open(path string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.url + path))
}

func (v *visitor) write(what, text string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(chromedp.CSS(what), text))
}

// follow clicks at what leads to another page, and waits for that.
func (v *visitor) follow(what string) {
	v.t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, 30*time.Second)
	defer stop()
	response, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(what)))
	if err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
	if response.Status != http.StatusOK {
		v.t.Fatalf("%s leads to %d", what, response.Status)
	}
}

// sees is the whole page as the browser has it.
func (v *visitor) sees() string {
	v.t.Helper()
	for range 50 {
		html, err := chromedp.Run(v.ctx, chromedp.OuterHTML(chromedp.CSS("html")))
		if err == nil {
			return html
		}
		if !strings.Contains(err.Error(), "No node with given id") { // the page changes under the question
			v.t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	v.t.Fatal("the page does not settle")
	return ""
}

// must looks for words on the page.
func (v *visitor) must(words ...string) {
	v.t.Helper()
	page := v.sees()
	for _, w := range words {
		if !strings.Contains(page, w) {
			v.t.Errorf("%q is not to be seen in %s", w, regexp.MustCompile(`\s*<[^>]*>\s*`).ReplaceAllString(page, " "))
		}
	}
}

// accepted is how many mails with S/MIME the chart has.
func (v *visitor) accepted() string {
	v.t.Helper()
	v.open("/")
	found := regexp.MustCompile(`Accepted, S/MIME <span class="count">(\d+)<`).FindStringSubmatch(v.sees())
	if found == nil {
		return "0"
	}
	return found[1]
}

// ask lets the page say what a mail to the customer could be.
func (v *visitor) ask() {
	v.t.Helper()
	v.open("/try")
	v.write("#from", "support@firma.example")
	v.write("#to", "anna@kunde.example")
	v.follow(`form[action="/try"] button`)
}

// TestAdminAtThePage: he logs in, approves the certificate that a mail has brought, sees the mail in
// the list and in the chart, blocks the certificate, and nothing can be encrypted any more.
func TestAdminAtThePage(t *testing.T) {
	s := newSite(t, viaMilter, siteOptions{trust: "on_key_change = \"pending\"\n"})
	const password = "a horse that staples batteries"
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	file := s.dir + "/password"
	command := exec.Command("sh", "-c", `umask 077; printf '%s\n' "$1" > "$2"; exec "$3" admin passwd anna --passphrase-file "$2"`,
		"sh", password, file, program)
	login, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	other, err := testpki.NewRoot(testpki.Options{Name: "Other Root"})
	if err != nil {
		t.Fatal(err)
	}
	s.write("root.crt", slices.Concat(s.pki.Root.CertPEM(), other.CertPEM()))
	address := s.port()
	s.o.config = fmt.Sprintf("[admin]\naddress = %q\n%s", address, login)
	s.kill()
	s.waitFor(address)

	v := newVisitor(t, "http://"+address)
	v.open("/")
	v.write("#name", "anna")
	v.write("#password", password)
	v.follow("button.primary")
	v.must("Overview", "No mail passed")

	s.learn("anna", "anna@kunde.example")
	if n := v.accepted(); n != "1" {
		t.Errorf("the chart has %s mails", n)
	}
	v.follow(`.sections a[href="/messages"]`)
	v.must("anna@kunde.example", ">valid<")
	v.follow("table.stacked th a")
	v.must("signed-detached", "anna@kunde.example")
	v.ask()
	v.must("can be encrypted for")

	second := s.pki.Under(other, testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	s.keys["second"], s.certs["second"] = s.files(second, "second")
	s.learn("second", "anna@kunde.example")
	v.open("/certificates?state=pending")
	v.follow("table.stacked th a")
	v.must(fmt.Sprintf("%x", second.Certificate.SerialNumber), "waits for a decision")
	v.follow(`button[value=approve]`)
	v.must("Approved.", "admin anna")

	for range 2 {
		v.open("/certificates?state=active")
		v.follow("table.stacked th a")
		v.follow(`button[value=block]`)
		v.must("Blocked.")
	}
	v.ask()
	v.must("has no usable certificate", "550")
	if r := s.out("after the block", "anna@kunde.example", "X-SMIME-Encrypt: yes\n"); r.code != 550 {
		t.Errorf("the engine: %d %s", r.code, r.text)
	}
	v.open("/audit")
	v.must("Approve", "Block", "admin anna")
	v.follow(`form[action="/logout"] button`)
	v.open("/audit")
	v.must("Password")
}
