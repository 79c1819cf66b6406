package postfixcheck

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestWholeTables: what leads out under a key that is not a mailbox itself.
func TestWholeTables(t *testing.T) {
	const out = "partner@outside.example"
	type table = map[string][]string
	for name, k := range map[string]struct {
		main    string
		entries table
		want    string
	}{
		"copies of a sender's mail":      {"sender_bcc_maps = hash:m", table{"@kunde.example": {out}}, "sender_bcc_maps: copies of mail from @kunde.example go to partner@outside.example"},
		"copies to a user with an alias": {"sender_bcc_maps = hash:m\nvirtual_alias_maps = hash:m", table{"@kunde.example": {"archive"}, "archive": {out}}, "sender_bcc_maps: copies of mail from @kunde.example go to partner@outside.example (virtual_alias_maps)"},
		"copies of everybody's mail":     {"sender_bcc_maps = static:m", table{"somebody@customer.invalid": {out}}, "sender_bcc_maps: copies of mail from anybody go to partner@outside.example"},
		"an extension of a mailbox":      {"virtual_alias_maps = hash:m", table{"support+urgent@firma.example": {out}}, "support+urgent@firma.example: an alias leads to partner@outside.example"},
		"a bare extension":               {"alias_maps = hash:m", table{"support+urgent": {out}}, "support+urgent@firma.example: an alias leads to partner@outside.example"},

		"somebody else's": {"virtual_alias_maps = hash:m", table{"anna@firma.example": {out}, "support+x@other.example": {out}, "supporter": {out}}, ""},
		"copies at home":  {"sender_bcc_maps = hash:m", table{"@kunde.example": {"archive"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := Parse(mainCf+"myorigin = firma.example\nrecipient_delimiter = +\nalias_maps =\nvirtual_alias_maps =\n"+k.main+"\n", master+local8, minusP)
			p.Lookup = func(table, key string) ([]string, error) {
				if strings.HasSuffix(table, ":m") {
					return k.entries[key], nil
				}
				return nil, nil
			}
			p.List = func(table string) (map[string][]string, error) {
				if !strings.HasPrefix(table, "hash:") {
					return nil, errors.New("sequence operation is not supported")
				}
				return k.entries, nil
			}
			got := strings.Join(faults(Check(p, house())), "\n")
			if !strings.Contains(got, k.want) || (k.want == "") != (got == "") {
				t.Errorf("%q, want %q", got, k.want)
			}
		})
	}
}

// TestTablesThatCannotBeListed are said.
func TestTablesThatCannotBeListed(t *testing.T) {
	p := Parse(mainCf+"recipient_delimiter = +\nsender_bcc_maps = regexp:s\n", master+local8, minusP)
	p.Lookup = func(string, string) ([]string, error) { return nil, nil }
	p.List = func(string) (map[string][]string, error) { return nil, errors.New("not supported") }
	got := said(Check(p, house()))
	for _, want := range []string{"sender_bcc_maps: regexp:s cannot be listed", "virtual_alias_maps: hash:/etc/postfix/virtual cannot be listed, so what it has for addresses with an extension"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s", want, got)
		}
	}
}

// TestRealPostmap asks postmap and postalias for keys and whole tables.
func TestRealPostmap(t *testing.T) {
	if _, err := exec.LookPath("postmap"); err != nil {
		t.Skip("postmap is not installed")
	}
	dir := t.TempDir()
	table := filepath.Join(dir, "table")
	for path, text := range map[string]string{filepath.Join(dir, "main.cf"): "compatibility_level = 3.6\n", table: "Support@firma.example a@b.example, c@d.example\nlist \"|/bin/x a, b\", :include:/x\n", table + "-aliases": "pipe: \"|/bin/y\"\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if msg, err := exec.Command("postalias", "-c", dir, "hash:"+table+"-aliases").CombinedOutput(); err != nil {
		t.Skipf("%v %s", err, msg)
	}
	for kind, want := range map[string]string{"texthash:" + table: "a@b.example;c@d.example|/bin/x a, b;:include:/x", "hash:" + table + "-aliases": "|/bin/y"} {
		all, err := list(dir, kind)
		got := strings.Join(all["support@firma.example"], ";") + strings.Join(all["list"], ";") + strings.Join(all["pipe"], ";")
		if err != nil || got != want || len(all) > 2 {
			t.Errorf("%q %v, want %s", all, err, want)
		}
	}
	if got, err := lookup(dir, "inline:{ x=y, support@firma.example=z }, texthash:"+table, "support@firma.example"); err != nil || strings.Join(got, ";") != "z" {
		t.Errorf("%q %v", got, err)
	}
	if got, err := lookup(dir, "texthash:"+table, "nobody"); err != nil || got != nil {
		t.Errorf("%q %v", got, err)
	}
	if _, err := lookup(dir, "texthash:"+table+"-none", "nobody"); err == nil {
		t.Error("a table that is not there knows nobody")
	}
	if _, err := list(dir, "static:x"); err == nil {
		t.Error("static can be listed")
	}
}

// TestDomainsThatLeadOut: server.domains is resolved like mailboxes, for every address
// of it that a table has; where it ends is at home.
func TestDomainsThatLeadOut(t *testing.T) {
	const out = "partner@outside.example"
	type table = map[string][]string
	for name, k := range map[string]struct {
		entries table
		want    string
	}{
		"an agent who left": {table{"agent@group.example": {out}}, "agent@group.example: an alias leads to partner@outside.example (virtual_alias_maps), outside our domains: decrypted mail would leave the house; take it out there, or take group.example out of server.domains"},
		"the whole domain":  {table{"@group.example": {out}}, "@group.example: an alias leads to partner@outside.example"},
		"two hops":          {table{"agent@group.example": {"away@firma.example"}, "away@firma.example": {out}}, "agent@group.example: an alias leads to partner@outside.example"},
		"a domain below it": {table{"agent@sub.group.example": {out}}, ""},
		"all at home":       {table{"agent@group.example": {"boss@group.example", "support@firma.example"}}, ""},
		"a mailbox":         {table{"support@firma.example": {"agent@group.example"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := Parse(mainCf+"myorigin = firma.example\nalias_maps =\nvirtual_alias_maps = hash:m\n", master+local8, minusP)
			p.Lookup = func(table, key string) ([]string, error) {
				if table == "hash:m" {
					return k.entries[key], nil
				}
				return nil, nil
			}
			p.List = func(string) (map[string][]string, error) { return k.entries, nil }
			g := house()
			g.Domains = []string{"group.example"}
			got := strings.Join(faults(Check(p, g)), "\n")
			if !strings.Contains(got, k.want) || (k.want == "") != (got == "") {
				t.Errorf("%q, want %q", got, k.want)
			}
		})
	}
}
