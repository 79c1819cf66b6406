package postfixcheck

import (
	"strings"
	"testing"
)

// TestRouting: each setting by which Postfix reads another address in a local part is
// named, with what to do.
func TestRouting(t *testing.T) {
	for settings, want := range map[string][]string{
		"": {"NOTE allow_percent_hack is on", "NOTE swap_bangpath is on", "ok resolve_dequoted_address is on"},
		"allow_percent_hack = yes\nswap_bangpath = yes\nresolve_dequoted_address = yes\n": {"NOTE allow_percent_hack is on", "NOTE swap_bangpath is on", "ok resolve_dequoted_address is on"},
		"allow_percent_hack = no\nswap_bangpath = no\nresolve_dequoted_address = no\n":    {"ok allow_percent_hack is no", "ok swap_bangpath is no", "NOTE resolve_dequoted_address is no"},
		"allow_untrusted_routing = yes\n":                                                 {"FAULT allow_untrusted_routing is yes"},
	} {
		var all strings.Builder
		for _, f := range routing(Parse(mainCf+settings, master, minusP), house()) {
			kind := "ok"
			if f.Bad {
				kind = "FAULT"
			} else if f.Note {
				kind = "NOTE"
			}
			all.WriteString(kind + " " + f.Text + "\n")
		}
		for _, w := range want {
			if !strings.Contains(all.String(), w) {
				t.Errorf("%q: %q is not said:\n%s", settings, w, all.String())
			}
		}
		if strings.Contains(settings, "untrusted") != strings.Contains(all.String(), "FAULT") {
			t.Errorf("%q: %s", settings, all.String())
		}
	}
	p := Parse(mainCf, master, minusP+"submission/inet/allow_untrusted_routing = yes\n")
	if got := strings.Join(faults(Check(p, house())), "\n"); !strings.Contains(got, "allow_untrusted_routing is yes") {
		t.Errorf("on one service: %q", got)
	}
}
