package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"sealgate/gateway"
)

func example(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var option = regexp.MustCompile(`(?m)^#([a-z_]+ = |\[)`)

// TestExampleIsTheDefault: every option that the example shows outside a table
// of several has its default, and every option is shown.
func TestExampleIsTheDefault(t *testing.T) {
	var single []string
	repeated := false
	for line := range strings.SplitSeq(example(t), "\n") {
		switch {
		case strings.HasPrefix(line, "#[["):
			repeated = true
		case strings.HasPrefix(line, "["):
			repeated = false
		}
		if !repeated {
			single = append(single, option.ReplaceAllString(line, "$1"))
		}
	}
	got, err := Parse(strings.Join(single, "\n"), "/etc/sealgate")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	if err := want.resolve("/etc/sealgate"); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(emptied(got), emptied(want)) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for table, keys := range known() {
		for _, k := range keys {
			if table != "" && !strings.Contains(example(t), k+" = ") && !strings.Contains(example(t), "[["+table+"."+k+"]]") {
				t.Errorf("%s.%s is not in the example", table, k)
			}
		}
	}
}

// emptied makes an empty list and none the same.
func emptied(c *Config) *Config {
	for _, l := range []*[]string{&c.Server.Domains, &c.Trust.Roots, &c.Outbound.Archive, &c.Headers.Omit, &c.Admin.Hosts} {
		if len(*l) == 0 {
			*l = nil
		}
	}
	if len(c.Headers.Profiles) == 0 {
		c.Headers.Profiles = nil
	}
	return c
}

// TestExampleParsesWhole with everything switched on.
func TestExampleParsesWhole(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "keys"), 0o700)
	os.WriteFile(filepath.Join(dir, "keys", "support.pem"), nil, 0o600)
	os.Mkdir(filepath.Join(dir, "roots"), 0o700)
	os.WriteFile(filepath.Join(dir, "roots", "bank.pem"), nil, 0o600)
	os.Mkdir(filepath.Join(dir, "domains"), 0o700)
	os.WriteFile(filepath.Join(dir, "domains", "bank.pem"), nil, 0o600)
	c, err := Parse(option.ReplaceAllString(example(t), "$1"), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Listener) != 3 || len(c.Mailbox) != 1 || len(c.Rule) != 1 || len(c.Trust.Partner) != 1 || len(c.Directory) != 4 || c.Mailbox[0].Keys[0] != filepath.Join(dir, "keys", "support.pem") {
		t.Errorf("%+v", c)
	}
}

// contract is what every version reads: scripts write it.
const contract = `[server]
hostname = "mail.firma.example"     # authserv-id; HELO of the proxy
data_dir = "/var/lib/sealgate"      # Badger, caches
language = "de"
[[listener]]
protocol  = "milter"                # "milter" or "smtp"
address   = "127.0.0.1:8891"        # host:port, or unix:PATH
direction = "inbound"               # "inbound", "outbound"; a milter also "auto": outbound for authenticated users and orders_from
[[listener]]
protocol    = "milter"
address     = "127.0.0.1:8892"
direction   = "outbound"
orders_from = ["127.0.0.0/8"]       # clients that may give orders
reinject    = "127.0.0.1:10026"     # where copies go when one message becomes several (optional)
[[listener]]
protocol  = "smtp"
address   = "127.0.0.1:10025"
direction = "inbound"
next_hop  = "127.0.0.1:10026"
[[mailbox]]
addresses = ["support@firma.example"]
also      = ["ticket@helpdesk.local"]
keys      = ["keys/support.pem"]    # PEM or .p12
[[rule]]
recipient = "@bank.example"
encrypt   = "yes"
[trust]
system_roots = true
roots        = ["roots/*.pem"]
revocation   = "soft"
unknown_ca   = "ignore"             # or "pending"
[store]
driver = "badger"                   # or "postgres" with url
[admin]
address = "127.0.0.1:8890"
`

// TestContract: scripts rely on it.
func TestContract(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"keys/support.pem", "roots/a.pem", "roots/b.pem"} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Parse(contract, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Listener) != 3 || c.Listener[1].Reinject != "127.0.0.1:10026" || len(c.Trust.Roots) != 2 || c.Rule[0].Encrypt != gateway.Yes || c.Admin.Address != "127.0.0.1:8890" {
		t.Errorf("%+v", c)
	}
}

// TestPathsAreRelativeToTheFile, those of sockets too.
func TestPathsAreRelativeToTheFile(t *testing.T) {
	c, err := Parse("[[listener]]\nprotocol = \"smtp\"\ndirection = \"inbound\"\naddress = \"unix:run/in.sock\"\nnext_hop = \"unix:/run/out.sock\"\n[spool]\ndir = \"spool\"", "/etc/sealgate")
	if err != nil {
		t.Fatal(err)
	}
	if l := c.Listener[0]; l.Address != "unix:/etc/sealgate/run/in.sock" || l.NextHop != "unix:/run/out.sock" || c.Spool.Dir != "/etc/sealgate/spool" {
		t.Errorf("%+v %s", l, c.Spool.Dir)
	}
}

// TestLMTPPathsAreMadeAbsolute: those of sockets behind "lmtp:" too.
func TestLMTPPathsAreMadeAbsolute(t *testing.T) {
	for given, want := range map[string]string{
		"lmtp:unix:run/lmtp": "lmtp:unix:/etc/sealgate/run/lmtp",
		"lmtp:unix:/run/x":   "lmtp:unix:/run/x",
		"lmtp:127.0.0.1:24":  "lmtp:127.0.0.1:24",
		"lmtp:[::1]:24":      "lmtp:[::1]:24",
	} {
		c, err := Parse("[[listener]]\nprotocol = \"smtp\"\ndirection = \"inbound\"\naddress = \"127.0.0.1:1\"\nnext_hop = \""+given+"\"", "/etc/sealgate")
		if err != nil {
			t.Errorf("%s: %v", given, err)
			continue
		}
		if got := c.Listener[0].NextHop; got != want {
			t.Errorf("%s became %s, want %s", given, got, want)
		}
	}
}

// TestBad: each file of testdata/bad begins with the error that it must give.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		want := strings.TrimPrefix(first, "# want: ")
		if _, err := Load(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filepath.Base(f), err, want)
		}
	}
}

// FuzzParse: no text panics, what loads has a name, and every fault that names a
// line names one of the file's.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(files, "../config.example.toml") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(contract)
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Parse(s, "/nowhere")
		if err == nil {
			if c.Server.Hostname == "" {
				t.Error("a configuration without a name passed")
			}
			return
		}
		var n int
		if _, bad := fmt.Sscanf(err.Error(), "line %d", &n); bad == nil && (n < 1 || n > strings.Count(s, "\n")+2) {
			t.Errorf("line %d of %d: %v", n, strings.Count(s, "\n")+1, err)
		}
	})
}

// TestDomains: a rule's domain is written as the addresses that it is compared with.
func TestDomains(t *testing.T) {
	for given, want := range map[string]string{"bücher.example": "xn--bcher-kva.example", "Bank.Example.": "bank.example", ".bank.example": "bank.example", "*.bank.example": "bank.example", "@bank.example": "bank.example"} {
		c, err := Parse("[[rule]]\nencrypt = \"yes\"\ndomain = \""+given+"\"\n[[mailbox]]\naddresses = [\"a@b.example\"]\n[[listener]]\nprotocol = \"milter\"\naddress = \"127.0.0.1:1\"\ndirection = \"inbound\"\n", t.TempDir())
		if err != nil || c.Rule[0].Domain != want {
			t.Errorf("%q: %v, %v", given, c, err)
		}
	}
}

// TestRuleWithCertificate: it is of who is written to and asks for encryption.
func TestRuleWithCertificate(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "bank.pem"), nil, 0o600)
	minimal, _, _ := strings.Cut(contract, "[[mailbox]]")
	rule := func(text string) (Rule, error) {
		c, err := Parse(minimal+"[[rule]]\n"+text, dir)
		if err != nil {
			return Rule{}, err
		}
		return c.Rule[0], nil
	}
	for text, want := range map[string]gateway.Strength{
		"domain = \"Bank.Example\"\ncertificate = [\"bank.pem\"]\n":                           gateway.Yes,
		"recipient = \"@bank.example\"\ncertificate = [\"*.pem\"]\nencrypt = \"if-possible\"": gateway.IfPossible,
	} {
		r, err := rule(text)
		if err != nil || r.Encrypt != want || len(r.Certificate) != 1 || r.Certificate[0] != filepath.Join(dir, "bank.pem") {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
	for _, text := range []string{
		"certificate = [\"bank.pem\"]", "sender = \"@firma.example\"\ncertificate = [\"bank.pem\"]",
		"domain = \"bank.example\"\nsender = \"a@firma.example\"\ncertificate = [\"bank.pem\"]",
		"domain = \"bank.example\"\nsubject_tag = \"[x]\"\ncertificate = [\"bank.pem\"]",
		"domain = \"bank.example\"\ncertificate = [\"none.pem\"]",
		"domain = \"bank.example\"\nencrypt = \"yes\"\ncertificate_first = true",
	} {
		if _, err := rule(text); err == nil || !strings.Contains(err.Error(), "certificate") && !strings.Contains(err.Error(), "none.pem") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestMailboxOfADomain: it stands alone, and has keys or something to verify.
func TestMailboxOfADomain(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "domain.pem"), nil, 0o600)
	minimal, _, _ := strings.Cut(contract, "[[mailbox]]")
	const keys = "keys = [\"domain.pem\"]\n"
	for text, mentioned := range map[string]string{
		"addresses = [\"@Firma.example\"]\n" + keys:                                                            "",
		"addresses = [\"@firma.example\", \"@firma.de\"]\nverify = true\n":                                     "",
		"addresses = [\"@firma.example\"]\n":                                                                   "needs keys",
		"addresses = [\"@firma.example\", \"a@firma.example\"]\n" + keys:                                       "of its own",
		"addresses = [\"a@firma.example\", \"@firma.example\"]\n" + keys:                                       "of its own",
		"addresses = [\"@firma.example\"]\nalso = [\"@old.example\"]\n" + keys:                                 "not for a domain",
		"addresses = [\"@firma.example\"]\nsign = \"yes\"\n" + keys:                                            "not for a domain",
		"addresses = [\"@firma.example\"]\nrecipient_delimiter = \"+\"\n" + keys:                               "not for a domain",
		"addresses = [\"a@firma.example\"]\nverify = true\n" + keys:                                            "verify is for a domain",
		"addresses = [\"@firma.example\"]\n" + keys + "[[mailbox]]\naddresses = [\"a@firma.example\"]\n":       "",
		"addresses = [\"@firma.example\"]\n" + keys + "[[mailbox]]\naddresses = [\"@firma.example\"]\n" + keys: "both have",
	} {
		c, err := Parse(minimal+"[[mailbox]]\n"+text, dir)
		if mentioned == "" && (err != nil || c.Mailbox[0].Addresses[0] != "@firma.example") {
			t.Errorf("%q: %v", text, err)
		}
		if mentioned != "" && (err == nil || !strings.Contains(err.Error(), mentioned)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestRuleThatSignsAs: it names a domain that has keys, and asks for a signature.
func TestRuleThatSignsAs(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "domain.pem"), nil, 0o600)
	minimal, _, _ := strings.Cut(contract, "[[mailbox]]")
	minimal += "[[mailbox]]\naddresses = [\"@firma.example\"]\nkeys = [\"domain.pem\"]\n" +
		"[[mailbox]]\naddresses = [\"@other.example\"]\nverify = true\n[[mailbox]]\naddresses = [\"a@firma.example\"]\nkeys = [\"domain.pem\"]\n"
	for as, ok := range map[string]bool{
		"@Firma.example": true, "@other.example": false, "@stranger.example": false, "a@firma.example": false, "@": false,
	} {
		c, err := Parse(minimal+fmt.Sprintf("[[rule]]\nsign_as = %q\n", as), dir)
		switch {
		case ok && (err != nil || c.Rule[0].Sign != gateway.Yes || c.Rule[0].SignAs != "@firma.example"):
			t.Errorf("%s: %v", as, err)
		case !ok && (err == nil || !strings.Contains(err.Error(), "sign_as")):
			t.Errorf("%s: %v", as, err)
		}
	}
}
