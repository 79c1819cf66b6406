package postfixcheck

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/internal/postfixtest"
)

// lookupIn answers from tables in memory; the name of a table is what stands
// behind the colon.
func lookupIn(all map[string]map[string]string) func(string, string) ([]string, error) {
	return func(table, key string) ([]string, error) {
		kind, name, _ := strings.Cut(table, ":")
		if kind == "ldap" {
			return nil, errors.New("postmap: exit status 1 postmap: fatal: unsupported dictionary type: ldap")
		}
		return split(all[name][key]), nil
	}
}

const local8 = "local unix - n n - - local\ncleanup unix n - y - 0 cleanup\n"

// TestAliasesThatLeadOut: by every table that Postfix asks about a recipient.
func TestAliasesThatLeadOut(t *testing.T) {
	const out = "partner@outside.example"
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list := write("list", "# who reads\nticket@helpdesk.local,\n  Partner <"+out+">\n")
	home := func(user, forward string) string {
		os.Mkdir(filepath.Join(dir, user), 0o755)
		write(user+"/.forward", forward)
		return user + ":x:1:1:A, B \"C\":" + filepath.Join(dir, user) + ":/bin/sh"
	}
	type tables = map[string]string
	for name, k := range map[string]struct {
		main, minusP, table string
		entries             tables
		want                string
	}{
		"virtual, the address":           {"virtual_alias_maps = hash:m", "", "m", tables{"support@firma.example": "ticket, " + out}, "support@firma.example: an alias leads to partner@outside.example (virtual_alias_maps)"},
		"virtual, the bare user":         {"virtual_alias_maps = hash:m", "", "m", tables{"support": "ticket@helpdesk.local, " + out}, "support@firma.example: an alias leads to partner@outside.example"},
		"virtual, the domain":            {"virtual_alias_maps = hash:m", "", "m", tables{"@firma.example": "@outside.example"}, "leads to support@outside.example"},
		"virtual, behind itself":         {"virtual_alias_maps = hash:m\nalias_maps = hash:m", "", "m", tables{"support@firma.example": "support@firma.example", "support": out}, "leads to partner@outside.example (alias_maps)"},
		"virtual, second table":          {"virtual_alias_maps = hash:none, proxy:hash:m", "", "m", tables{"support": out}, "leads to partner@outside.example"},
		"virtual, of one cleanup":        {"virtual_alias_maps =", "cleanup/unix/virtual_alias_maps = hash:m\n", "m", tables{"support": out}, "leads to partner@outside.example"},
		"virtual, the user of an origin": {"virtual_alias_maps = hash:m\nmydestination =\nmyorigin = firma.example", "", "m", tables{"support": out}, "leads to partner@outside.example"},
		"virtual, two hops":              {"virtual_alias_maps = hash:m", "", "m", tables{"support": "team", "team@firma.example": out}, "leads to partner@outside.example"},
		"virtual, a chain without end":   {"virtual_alias_maps = regexp:m", "", "endless", nil, "more than 50 aliases in a row"},
		"alias":                          {"alias_maps = hash:m", "", "m", tables{"support": "ticket, " + out}, "leads to partner@outside.example (alias_maps)"},
		"alias, then virtual":            {"alias_maps = hash:m\nvirtual_alias_maps = hash:m", "", "m", tables{"support@firma.example": "team@firma.example", "team": "away@helpdesk.local", "away@helpdesk.local": out}, "leads to partner@outside.example"},
		"alias, a list":                  {"alias_maps = hash:m", "", "m", tables{"support": ":include:" + list}, "leads to partner@outside.example (" + list},
		"alias, a list in quotes":        {"alias_maps = hash:m", "", "m", tables{"support": "\":include:" + list + "\", root"}, "leads to partner@outside.example"},
		"alias, a list that is not here": {"alias_maps = hash:m", "", "m", tables{"support": ":include:" + dir + "/none"}, "no such file or directory; where decrypted mail goes is not known"},
		"alias, of one local":            {"alias_maps =", "local/unix/alias_maps = hash:m\n", "m", tables{"support": out}, "leads to partner@outside.example"},
		"a user's .forward":              {"alias_maps =", "", "passwd.byname", tables{"support": home("support", "\\support, "+out+"\n")}, "leads to partner@outside.example (" + dir + "/support/.forward)"},
		"canonical":                      {"canonical_maps = hash:m", "", "m", tables{"support": out}, "leads to partner@outside.example (canonical_maps)"},
		"recipient canonical":            {"recipient_canonical_maps = hash:m", "", "m", tables{"support@firma.example": out}, "leads to partner@outside.example (recipient_canonical_maps)"},
		"canonical, there and back":      {"recipient_canonical_maps = hash:m\nvirtual_alias_maps = hash:m", "", "m", tables{"support": "b@firma.example", "b": "support, " + out}, "leads to partner@outside.example (virtual_alias_maps)"},
		"bcc":                            {"recipient_bcc_maps = hash:m", "", "m", tables{"support": out}, "leads to partner@outside.example (recipient_bcc_maps)"},
		"bcc to a user with an alias":    {"recipient_bcc_maps = hash:b\nalias_maps = hash:m", "", "m", tables{"archive": out}, "leads to partner@outside.example (alias_maps)"},
		"always_bcc":                     {"always_bcc = " + out, "", "m", nil, "always_bcc: copies of all mail go to partner@outside.example"},
		"always_bcc of one cleanup":      {"always_bcc =", "cleanup/unix/always_bcc = " + out + "\n", "m", nil, "always_bcc: copies of all mail go to partner@outside.example"},
		"always_bcc to a user":           {"always_bcc = archive\nalias_maps = hash:m", "", "m", tables{"archive": out}, "always_bcc: copies of all mail go to partner@outside.example (alias_maps)"},
		"luser_relay":                    {"luser_relay = $user@outside.example", "", "m", nil, "leads to support@outside.example (luser_relay)"},
		"ldap that does not answer":      {"virtual_alias_maps = ldap:/etc/x.cf", "", "m", nil, "virtual_alias_maps: ldap:/etc/x.cf cannot be looked up"},

		"all at home":                 {"virtual_alias_maps = hash:m\nalias_maps = hash:m\nrelay_domains = hash:m", "", "m", tables{"support@firma.example": "a@other.example, \"b c\"@helpdesk.local, root", "other.example": "x", "helpdesk.local": "x", "root": "/var/mail/root"}, ""},
		"no envelope_recipient":       {"canonical_maps = hash:m\ncanonical_classes = envelope_sender", "", "m", tables{"support": out}, ""},
		"a bare key, another domain":  {"virtual_alias_maps = hash:m\nmydestination =\nmyorigin = host.example", "", "m", tables{"support": out}, ""},
		"a bare key, a pattern table": {"virtual_alias_maps = regexp:m", "", "m", tables{"support": out}, ""},
		"luser_relay, but a user":     {"luser_relay = " + out, "", "passwd.byname", tables{"support": "support:x:1:1::/nonexistent:/bin/sh"}, ""},
		"luser_relay, but dovecot":    {"luser_relay = " + out + "\nmailbox_transport = lmtp:unix:x", "", "m", nil, ""},
		"a list of tables with blank": {"virtual_alias_maps = inline:{ support = " + out + " } hash:m", "", "m", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := Parse(mainCf+"myorigin = firma.example\nrecipient_delimiter = +\nalias_maps =\nvirtual_alias_maps =\n"+k.main+"\n", master+local8, minusP+k.minusP)
			p.Lookup = lookupIn(map[string]map[string]string{k.table: k.entries, "b": {"support@firma.example": "archive"}})
			if k.table == "endless" {
				p.Lookup = func(_, key string) ([]string, error) { return []string{"x" + key}, nil }
			}
			got := strings.Join(faults(Check(p, house())), "\n")
			if !strings.Contains(got, k.want) || (k.want == "") != (got == "") {
				t.Errorf("%q, want %q", got, k.want)
			}
		})
	}
}

// TestProgramsAreSaid: what a program does with decrypted mail nobody can follow.
func TestProgramsAreSaid(t *testing.T) {
	p := Parse(mainCf+"myorigin = firma.example\n", master+local8, minusP)
	p.Lookup = lookupIn(map[string]map[string]string{"/etc/aliases": {"support": `"|/usr/bin/otrs -q a, b"`}})
	if got := said(Check(p, house())); !strings.Contains(got, "delivered to |/usr/bin/otrs -q a, b (alias_maps); what that program does") {
		t.Error(got)
	}
	p = Parse(mainCf+"mailbox_command = procmail\n", master+local8, minusP)
	p.Lookup = lookupIn(map[string]map[string]string{"passwd.byname": {"support": "support:x:1:1::/nonexistent:/bin/sh"}})
	if got := said(Check(p, house())); !strings.Contains(got, "delivered to |procmail (mailbox_command)") {
		t.Error(got)
	}
}

// TestAsPostfixDoes sends mail through a real Postfix: it must arrive outside at
// those addresses, and no others, that the check names.
func TestAsPostfixDoes(t *testing.T) {
	dir := t.TempDir() + "/postfix"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "list")
	if err := os.WriteFile(list, []byte("# people\nl1@out.example, l2@out.example\n<l3@out.example>\nteam\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	table := func(name string, m map[string]string) string { return postfixtest.WriteMap(dir, name, m) }
	sink, err := postfixtest.NewSink()
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	pf, err := postfixtest.Start(postfixtest.Config{Dir: dir, NextHop: sink.Address, Main: map[string]string{
		"mydestination": "firma.example, mail.firma.example", "recipient_delimiter": "+", "luser_relay": "$user@lost.example",
		"virtual_alias_maps": table("virtual", map[string]string{
			"bare": "v1@out.example,v2@out.example", "bare+x": "ext@out.example", "both@firma.example": "v3@out.example",
			"both": "wrong@out.example", "self@firma.example": "self@firma.example, v4@out.example", "@cut.example": "@out.example", "foreign": "wrong@out.example", "a1@hop.example": "a2@out.example",
		}),
		"alias_maps":               table("alias", map[string]string{"self": "a3@out.example", "listed": ":include:" + list, "team": "t1@out.example, a1@hop.example", "copy": "c1@out.example"}),
		"canonical_maps":           table("canonical", map[string]string{"old": "new@out.example", "swap": "back"}),
		"recipient_canonical_maps": table("rcanonical", map[string]string{"back": "swap", "inner@firma.example": "bare@firma.example"}),
		"recipient_bcc_maps":       table("bcc", map[string]string{"watched": "copy", "both@firma.example": "b1@out.example"}),
	}})
	if errors.Is(err, postfixtest.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer pf.Stop()
	p, err := Read(pf.ConfigDir())
	if err != nil {
		t.Fatal(err)
	}
	for i, to := range []string{
		"bare@firma.example", "bare+x@firma.example", "bare+y@firma.example", "both@firma.example", "self@firma.example", "any@cut.example", "foreign@away.example",
		"listed@firma.example", "listed+z@mail.firma.example", "old@firma.example", "swap@firma.example", "back@firma.example", "inner@firma.example", "watched@firma.example", "nobody-here@firma.example",
	} {
		ends, err := p.resolve(to, "")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, e := range ends {
			if here, _ := p.lists("mydestination", e.at[strings.LastIndexByte(e.at, '@')+1:]); !here {
				want = append(want, e.at)
			}
		}
		mark := fmt.Sprintf("case-%02d.", i)
		if err := pf.Sendmail("a@kunde.example", []string{to}, "Subject: "+mark+"\n\nx\n"); err != nil {
			t.Fatal(err)
		}
		sink.WaitFor(mark, 1, 15*time.Second)
		for end := time.Now().Add(15 * time.Second); !strings.Contains(pf.Queue(), "is empty") && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		var got []string
		for _, m := range sink.WaitFor(mark, 1, 0) {
			for _, to := range m.To {
				got = append(got, strings.Replace(to, "+y@", "@", 1)) // an extension that no table knows goes along; the check leaves it out
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if got, want = slices.Compact(got), slices.Compact(want); !slices.Equal(got, want) {
			t.Errorf("%s: Postfix sent it to %q, the check says %q", to, got, want)
		}
	}
}
