package postfixcheck

import (
	"slices"
	"strings"
	"testing"
)

// TestDSNForStrangers: with reinject, for senders of our own, and where it is not
// offered, DSN is no fault.
func TestDSNForStrangers(t *testing.T) {
	offered := strings.Replace(mainCf, ", dsn", "", 1)
	for name, k := range map[string]struct {
		main, minusP string
		change       func(*Gateway)
		fault        bool
	}{
		"not offered":              {mainCf, minusP, func(*Gateway) {}, false},
		"not offered, upper case":  {strings.Replace(mainCf, "dsn", "DSN", 1), minusP, func(*Gateway) {}, false},
		"offered":                  {offered, minusP, func(*Gateway) {}, true},
		"offered by one service":   {mainCf, minusP + "smtp/inet/smtpd_discard_ehlo_keywords =\n", func(*Gateway) {}, true},
		"offered to our own":       {mainCf, minusP + "submission/inet/smtpd_discard_ehlo_keywords =\n", func(*Gateway) {}, false},
		"reinject":                 {offered, minusP, func(g *Gateway) { g.Listeners[0].Beyond = "127.0.0.1:10026" }, false},
		"auto":                     {offered, minusP, func(g *Gateway) { g.Listeners[0].Direction = "auto" }, true},
		"auto for submission only": {mainCf, minusP + "submission/inet/smtpd_discard_ehlo_keywords =\n", func(g *Gateway) { g.Listeners[1].Direction = "auto" }, false},
	} {
		g := house()
		k.change(g)
		got := slices.ContainsFunc(faults(Check(Parse(k.main, master, k.minusP), g)), func(f string) bool { return strings.Contains(f, "offers DSN") })
		if got != k.fault {
			t.Errorf("%s: fault %v", name, got)
		}
	}
}

// TestWhoSeesDecryptedMail names what may refuse it: milters after ours, and what
// copies meet that come back.
func TestWhoSeesDecryptedMail(t *testing.T) {
	for name, k := range map[string]struct {
		main, minusP, want string
	}{
		"a milter after ours":       {strings.Replace(mainCf, "inet:127.0.0.1:8891", "inet:127.0.0.1:8891, inet:127.0.0.1:7777", 1), minusP, "smtp/inet: inet:127.0.0.1:7777 sees decrypted mail"},
		"a milter before ours":      {strings.Replace(mainCf, "inet:127.0.0.1:8891", "inet:127.0.0.1:7777, inet:127.0.0.1:8891", 1), minusP, ""},
		"checks of our fields":      {mainCf + "milter_header_checks = regexp:/x\n", minusP, "smtp/inet: regexp:/x sees decrypted mail"},
		"a milter on the way back":  {mainCf, strings.Replace(minusP, "no_milters", "no_unknown_recipient_checks", 1) + "127.0.0.1:10026/inet/smtpd_milters = inet:127.0.0.1:7777\n", "127.0.0.1:10026/inet: inet:127.0.0.1:7777 sees decrypted mail"},
		"a filter on the way back":  {mainCf, minusP + "127.0.0.1:10026/inet/smtpd_proxy_filter = 127.0.0.1:7777\n", "127.0.0.1:10026/inet: 127.0.0.1:7777 sees decrypted mail"},
		"body_checks":               {mainCf + "body_checks = pcre:/x\n", minusP, "127.0.0.1:10026/inet: pcre:/x sees decrypted mail"},
		"body_checks, not for them": {mainCf + "body_checks = pcre:/x\n", minusP + "127.0.0.1:10026/inet/receive_override_options = no_milters,no_header_body_checks\n", ""},
		"nothing":                   {mainCf, minusP, ""},
	} {
		var notes []string
		for _, f := range Check(Parse(k.main, master, k.minusP), house()) {
			if strings.Contains(f.Text, "sees decrypted mail after sealgate") {
				if f.Bad || !f.Note {
					t.Errorf("%s: not a note: %s", name, f.Text)
				}
				notes = append(notes, f.Text)
			}
		}
		if got := strings.Join(notes, "\n"); (k.want == "") != (got == "") || !strings.Contains(got, k.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestBouncesThatLeadOut: an alias of the address for bounces carries them out.
func TestBouncesThatLeadOut(t *testing.T) {
	g := house()
	g.Bounces = []string{"postmaster@firma.example"}
	p := Parse(mainCf, master, minusP)
	p.Lookup = func(maps, key string) ([]string, error) {
		if strings.Contains(maps, "virtual") && key == "postmaster@firma.example" {
			return []string{"admin@outside.example"}, nil
		}
		return nil, nil
	}
	if got := strings.Join(faults(Check(p, g)), "\n"); !strings.Contains(got, "inbound.bounce_to: bounces of decrypted mail go to admin@outside.example") {
		t.Errorf("%q", got)
	}
}
