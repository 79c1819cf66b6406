package main

// This file does everything that changes something, and looks at the record that it leaves.

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"sealgate/admin"
	"sealgate/admin/page"
	"sealgate/config"
	"sealgate/internal/testpki"
	"sealgate/journal"
)

// changing is a gateway that runs, and what admins do to it.
type changing struct {
	t       *testing.T
	h       *house
	dir     string // with anna.crt, and the configuration
	token   string
	secret  string // of the reverse proxy that lets admins in
	handler http.Handler
	cookies []*http.Cookie // of the session
}

// loginPassword is that of the admin.
const loginPassword = "correct-horse-battery"

func newChanging(t *testing.T) *changing {
	t.Helper()
	pki := testpki.New(t)
	h := houseOf(t, pki, pki.Issue(testpki.Options{Addresses: []string{"bob@firma.example"}, Key: "rsa-2048"}))
	c := &changing{t: t, h: h, dir: filepath.Dir(h.cfg.Server.DataDir)}
	anna := pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	h.path = c.file("c.toml")
	for name, text := range map[string]string{
		"anna.crt": string(anna.CertPEM()),
		"c.toml": "[server]\ndata_dir = \"data\"\n[[listener]]\nprotocol = \"milter\"\naddress = \"unix:in.sock\"\n" +
			"direction = \"inbound\"\n[[mailbox]]\naddresses = [\"carl@firma.example\"]\n[trust]\nsystem_roots = false\n" +
			"roots = [\"root.crt\"]\n",
	} {
		if err := os.WriteFile(c.file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var hash admin.Hash
	c.token, hash = admin.NewToken()
	h.cfg.Admin.Token = []config.Token{{Name: "ops", Hash: hash, Scope: admin.Admin}}
	c.secret, h.cfg.Admin.LoginSecret = admin.NewToken()
	h.cfg.Admin.LoginHeader = "X-User"
	h.cfg.Admin.Login = []config.Login{{Name: "eva", Password: page.HashPassword([]byte(loginPassword))}}
	c.handler = h.newAdmin().Handler()
	running, err := h.openControl()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { running.Close() })
	return c
}

func (c *changing) file(name string) string { return filepath.Join(c.dir, name) }

// run is a command with the configuration.
func (c *changing) run(args ...string) {
	c.t.Helper()
	if code := execute(append(args, "--config", c.file("c.toml"))); code != 0 {
		c.t.Errorf("%q: exit code %d", args, code)
	}
}

// ask is a request of a program with a token, and of a browser behind the reverse proxy.
func (c *changing) ask(method, path, media, body string) {
	c.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("X-User", "eva")
	r.Header.Set(page.SecretHeader, c.secret)
	if w := c.answer(r); w.Code >= http.StatusBadRequest {
		c.t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

// answer answers a request with the cookies of the session, and keeps those that come.
func (c *changing) answer(r *http.Request) *httptest.ResponseRecorder {
	for _, one := range c.cookies {
		r.AddCookie(one)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	c.cookies = append(c.cookies, w.Result().Cookies()...)
	return w
}

func (c *changing) logIn() { c.send("/login", "name", "eva", "password", loginPassword) }

func (c *changing) refuseLogin() {
	form := strings.NewReader("name=" + loginPassword)
	r := httptest.NewRequest("POST", "http://localhost/login", form)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if w := c.answer(r); w.Code != http.StatusUnauthorized {
		c.t.Errorf("a wrong login: %d", w.Code)
	}
}

// send is a form with fields.
func (c *changing) send(path string, fields ...string) {
	c.t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	c.ask("POST", path, "application/x-www-form-urlencoded", values.Encode())
}

// upload is a form with anna's certificate.
func (c *changing) upload(path string) {
	c.t.Helper()
	data, err := os.ReadFile(c.file("anna.crt"))
	if err != nil {
		c.t.Fatal(err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "anna.crt")
	if err != nil {
		c.t.Fatal(err)
	}
	part.Write(data)
	w.Close()
	c.ask("POST", path, w.FormDataContentType(), body.String())
}

// fingerprint is of anna's certificate.
func (c *changing) fingerprint() string {
	c.t.Helper()
	list, err := c.h.store.ByAddress(context.Background(), "anna@kunde.example")
	if err != nil || len(list) != 1 {
		c.t.Fatalf("%d certificates of anna, %v", len(list), err)
	}
	return fmt.Sprintf("%x", list[0].Fingerprint)
}

// changes are all that are recorded.
func (c *changing) changes() (list []string) {
	c.t.Helper()
	found, err := c.h.journal.Changes(context.Background(), journal.Question{Most: journal.MaxRecords})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, f := range found {
		list = append(list, strings.TrimRight(fmt.Sprintf("%s: %s, %s", f.By, f.What, f.Text), ", "))
	}
	return list
}

// change is an operation, and the records that it leaves.
type change struct {
	operation string
	do        func(c *changing)
	want      []string
}

// allChanges are all operations that change something beside a gateway that runs, in an order in
// which each has something to change.
var allChanges = []change{
	{
		"cert import", func(c *changing) { c.run("cert", "import", c.file("anna.crt")) },
		[]string{"command eva: import, 1 certificates of 1 files"},
	},
	{
		"cert pin", func(c *changing) { c.run("cert", "pin", "anna@kunde.example") },
		[]string{"command eva: pin, it was active"},
	},
	{
		"cert activate", func(c *changing) { c.run("cert", "activate", "anna@kunde.example") },
		[]string{"command eva: activate, it was pinned"},
	},
	{
		"cert block", func(c *changing) { c.run("cert", "block", "anna@kunde.example") },
		[]string{"command eva: block, it was active"},
	},
	{"cert export", func(c *changing) { c.run("cert", "export", "--states", "--out", c.file("states")) }, nil},
	{
		"cert delete", func(c *changing) { c.run("cert", "delete", "--blocked", "anna@kunde.example") },
		[]string{"command eva: delete, it was blocked"},
	},
	{
		"cert import", func(c *changing) { c.run("cert", "import", "--states", c.file("states")) },
		[]string{"command eva: import, 1 certificates of 1 files, with states", "command eva: block, it was not known"},
	},
	{
		"cert import", func(c *changing) { c.run("cert", "import", "--states", c.file("states")) },
		[]string{"command eva: import, 1 certificates of 1 files, with states"},
	},
	{
		"log erase", func(c *changing) { c.run("log", "erase", "nobody@kunde.example") },
		[]string{"command eva: erase, all records that named an address"},
	},
	{
		"reload", func(c *changing) { c.run("reload") },
		[]string{"command eva: reload, 2 addresses of mailboxes are new, are gone or have other keys"},
	},
	{
		"POST /v1/certificates", func(c *changing) { c.upload("/v1/certificates") },
		[]string{`token ops: import, "anna.crt", sha256 SUM, 1 certificates`},
	},
	{"POST /v1/certificates/{fingerprint}/decision", func(c *changing) {
		c.ask("POST", "/v1/certificates/"+c.fingerprint()+"/decision", "application/json", `{"decision": "unblock"}`)
	}, []string{"token ops: unblock, it was blocked"}},
	{
		"GET / by the reverse proxy", func(c *changing) { c.ask("GET", "/", "", "") },
		[]string{"admin eva: login, by the reverse proxy, from 192.0.2.1"},
	},
	{
		"POST /certificates", func(c *changing) { c.upload("/certificates") },
		[]string{`admin eva: import, "anna.crt", sha256 SUM, 1 certificates`},
	},
	{"POST /certificates/{fingerprint}", func(c *changing) {
		c.send("/certificates/"+c.fingerprint(), "decision", "pin")
	}, []string{"admin eva: pin, it was active"}},
	{"POST /login", func(c *changing) { c.logIn() }, []string{"admin eva: login, from 192.0.2.1"}},
	{"POST /logout", func(c *changing) { c.send("/logout") }, []string{"admin eva: logout, from 192.0.2.1"}},
	{
		"POST /login", func(c *changing) { c.refuseLogin() },
		[]string{"somebody: refused login, 1 as an unknown name, from 192.0.2.1"},
	},
}

// recordedElsewhere are changes of a store at rest, and the tests that look at their records.
var recordedElsewhere = map[string]string{
	"store copy": "TestStoreCopy", "store rekey": "store.txtar", "store restore": "store.txtar",
}

// changeNothing are the operations that change nothing that the gateway has, or only what its caller
// sees: files that he names, a language.
var changeNothing = []string{
	"admin", "cert", "key", "store", "init", "serve", "check", "health", "version", "verify", "explain", "decrypt", "sign", "encrypt", "log", "log changes",
	"admin passwd", "admin token", "cert list", "cert show", "cert export", "key import", "key list", "key unpack",
	"store backup", "POST /v1/capabilities", "POST /v1/explain", "POST /language",
	"POST /try", "POST /try/explain",
}

// TestEveryChangeHasOneRecord, with who made it, by whichever of command, API and page.
func TestEveryChangeHasOneRecord(t *testing.T) {
	t.Setenv("SUDO_USER", "eva")
	c := newChanging(t)
	sum := regexp.MustCompile(`sha256 [0-9a-f]{64}`)
	before := 0
	for _, step := range allChanges {
		step.do(c)
		list := c.changes()
		var got []string
		for _, line := range list[before:] {
			got = append(got, sum.ReplaceAllString(line, "sha256 SUM"))
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("%s: %q, want %q", step.operation, got, step.want)
		}
		before = len(list)
	}
}

// TestNoChangeIsForgotten: each command, operation of the API and form of the page is either among
// those whose record is looked at, or known to change nothing.
func TestNoChangeIsForgotten(t *testing.T) {
	t.Parallel()
	all := append(leaves(rootCommand(), ""), formsOf(t)...)
	if len(all) < 40 {
		t.Fatalf("only %d operations: %q", len(all), all)
	}
	for _, operation := range all {
		isRecorded := slices.ContainsFunc(allChanges, func(c change) bool { return c.operation == operation })
		_, isElsewhere := recordedElsewhere[operation]
		if !isRecorded && !isElsewhere && !slices.Contains(changeNothing, operation) {
			t.Errorf("%s: does it change something?", operation)
		}
	}
}

// leaves are the commands that do something.
func leaves(c *cobra.Command, name string) (list []string) {
	for _, sub := range c.Commands() {
		list = append(list, leaves(sub, strings.TrimSpace(name+" "+sub.Name()))...)
	}
	if c.RunE != nil {
		list = append(list, name)
	}
	return list
}

// formsOf are what the API and the page take by POST: the routes as their sources have them.
func formsOf(t *testing.T) (list []string) {
	t.Helper()
	pattern := regexp.MustCompile(`"((?:POST|PUT|PATCH|DELETE) /[^"]*)"`)
	for _, path := range []string{"../../admin/admin.go", "../../admin/page/routes.go"} {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := pattern.FindAllStringSubmatch(string(source), -1)
		if len(found) == 0 {
			t.Fatalf("%s has no route", path)
		}
		for _, f := range found {
			list = append(list, f[1])
		}
	}
	return list
}
