package postfixcheck

// This file tries wrong set-ups: what other people had in main.cf and master.cf when mail went
// past sealgate, or did not go at all.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// setup is a change of the right configuration, and the finding that it has to have.
type setup struct {
	name    string // as in ../shared/cases/check-postfix-wrong-setups.sh, where it begins with a number
	main    string // lines behind main.cf
	master  string // lines of master.cf, or in place of it when it begins with "="
	minusP  string // postconf -P
	gateway func(*Gateway)
	want    []string // beginnings are "FAULT", "NOTE" or "ok"
	never   string
}

const amavis = "smtp-amavis unix - - n - 2 smtp\n127.0.0.1:10025 inet n - n - - smtpd\n"

var setups = []setup{
	{name: "0 right", never: "FAULT"},
	{name: "1 milter_default_action=accept", main: "milter_default_action = accept", want: []string{`FAULT smtp/inet: default_action of inet:127.0.0.1:8891 is "accept", it must be tempfail`}},
	{name: "1b default_action accept in the milter spec only", main: "smtpd_milters = { inet:127.0.0.1:8891, default_action=accept }", want: []string{`FAULT smtp/inet: default_action of inet:127.0.0.1:8891 is "accept"`}},
	{name: "1c milter_default_action missing (Postfix default tempfail)", main: "milter_default_action = tempfail", never: "default_action"},
	{name: "2 submission has no milter: -o smtpd_milters=", minusP: "submission/inet/smtpd_milters = ", want: []string{"FAULT submission/inet: mail that enters here does not pass sealgate; set smtpd_milters for it (inet:127.0.0.1:8892)"}},
	{name: "2b submission override removed (inherits inbound)", minusP: "submission/inet/smtpd_milters = inet:127.0.0.1:8891", want: []string{"FAULT submission/inet: passes sealgate only inbound"}},
	{name: "3 alias leads out", main: "alias_maps = texthash:/al", want: []string{"FAULT support@firma.example: an alias leads to chef@gmail.example (alias_maps)"}},
	{name: "3b virtual_alias_maps leads out", main: "virtual_alias_maps = texthash:/v", want: []string{"FAULT support@firma.example: an alias leads to extern@gmail.example (virtual_alias_maps)"}},
	{name: "3c recipient_bcc_maps", main: "recipient_bcc_maps = texthash:/b", want: []string{"FAULT support@firma.example: an alias leads to archiv@extern.example (recipient_bcc_maps)"}},
	{name: "4 message_size_limit small", main: "message_size_limit = 52428800", want: []string{"FAULT message_size_limit is 52428800, below sealgate's limits.message_size of 104857600"}},
	{name: "4b message_size_limit 0", main: "message_size_limit = 0\nmailbox_size_limit = 51200000", master: local8, want: []string{"ok message_size_limit 0", "FAULT mailbox_size_limit is 51200000, below message_size_limit (0, which is unlimited): local(8) does not start"}},
	{name: "4c mailbox_size_limit smaller than", main: "mailbox_size_limit = 51200000\nvirtual_mailbox_limit = 51200000", master: local8 + "virtual unix - n n - - virtual\n", want: []string{"FAULT mailbox_size_limit is 51200000, below message_size_limit (209715200): local(8) does not start"}, never: "virtual_mailbox_limit"},
	{name: "5 DKIM wrong order outbound", minusP: "submission/inet/smtpd_milters = inet:127.0.0.1:8893,inet:127.0.0.1:8892", want: []string{"FAULT submission/inet: inet:127.0.0.1:8893 comes before sealgate; if it signs DKIM, its signature breaks"}},
	{name: "5b opendkim on 8893 signing before sealgate on smtpd_milters, via unix socket", main: "smtpd_milters = inet:127.0.0.1:8891,unix:opendkim/opendkim.sock\nnon_smtpd_milters = unix:opendkim/opendkim.sock,inet:127.0.0.1:8892", want: []string{"FAULT pickup: unix:opendkim/opendkim.sock comes before sealgate", "ok smtp/inet: unix:opendkim/opendkim.sock comes after sealgate", "NOTE smtp/inet: unix:opendkim/opendkim.sock sees decrypted mail after sealgate"}},
	{name: "6 milter port wrong (nobody listens 8899)", main: "smtpd_milters = inet:127.0.0.1:8899", want: []string{`FAULT smtp/inet: mail that enters here does not pass sealgate: smtpd_milters is "inet:127.0.0.1:8899", which is no listener of sealgate's configuration; set smtpd_milters for it (inet:127.0.0.1:8891)`}},
	{name: "6b localhost instead of 127.0.0.1", main: "smtpd_milters = inet:localhost:8891", want: []string{"ok smtp/inet: passes sealgate (inbound at 127.0.0.1:8891)"}, never: "FAULT"},
	{name: "7 unix socket that postfix's chroot cannot see", main: "smtpd_milters = unix:/run/sealgate/in.sock", gateway: inboundAt("unix:/run/sealgate/in.sock"), want: []string{"FAULT smtp/inet: smtpd is chrooted and cannot reach /run/sealgate/in.sock; put the socket below /var/spool/postfix"}},
	{name: "8 smtpd_proxy_filter to another filter before", minusP: "smtp/inet/smtpd_proxy_filter = 127.0.0.1:10024", want: []string{"FAULT smtp/inet: with smtpd_proxy_filter (127.0.0.1:10024) milters see no mail", "a forged X-SMIME-Status reaches the agent"}, never: "smtp/inet: passes"},
	{name: "9 content_filter amavis", main: "content_filter = smtp-amavis:[127.0.0.1]:10024", master: amavis, minusP: "127.0.0.1:10026/inet/content_filter = \n127.0.0.1:10025/inet/content_filter = \n127.0.0.1:10025/inet/smtpd_milters = ", gateway: withoutProxy, want: []string{
		"NOTE 127.0.0.1:10025/inet: it looks as the way back of a filter (smtp-amavis:[127.0.0.1]:10024): so it is right that its mail does not pass sealgate again",
		"NOTE smtp/inet: content_filter (smtp-amavis:[127.0.0.1]:10024) gets decrypted mail after sealgate",
		"NOTE submission/inet: content_filter (smtp-amavis:[127.0.0.1]:10024) gets mail after sealgate has signed it",
	}, never: "FAULT 127.0.0.1:10025"},
	{name: "10 multi instance", main: "multi_instance_enable = yes\nmulti_instance_directories = /etc/postfix-out", want: []string{"NOTE the other instances of Postfix (/etc/postfix-out) were not looked at"}},
	{name: "11 Debian's default master.cf, submission commented; only main.cf set", master: "=smtp inet n - y - - smtpd\npickup unix n - y 60 1 pickup\n", want: []string{"ok smtp/inet: passes sealgate", "FAULT 127.0.0.1:10026, where sealgate hands over the mail of 127.0.0.1:8892 (reinject or next_hop), is no service of master.cf and nobody answers there"}},
	{name: "12 submissions 465 added without milter", master: "submissions inet n - y - - smtpd", minusP: "submissions/inet/smtpd_tls_wrappermode = yes\nsubmissions/inet/smtpd_sasl_auth_enable = yes", want: []string{"FAULT submissions/inet: passes sealgate only inbound (inbound at 127.0.0.1:8891), but it is a submission service"}},
	{name: "13 receive_override_options=no_milters on submission", minusP: "submission/inet/receive_override_options = no_milters", want: []string{"FAULT submission/inet: mail that enters here does not pass sealgate: smtpd_milters has it, but receive_override_options=no_milters keeps Postfix from asking; take no_milters out"}, never: "set smtpd_milters"},
	{name: "14 in/out swapped", main: "smtpd_milters = inet:127.0.0.1:8892\nnon_smtpd_milters = inet:127.0.0.1:8891", minusP: "submission/inet/smtpd_milters = inet:127.0.0.1:8891", want: []string{
		"FAULT smtp/inet: passes sealgate only outbound (outbound at 127.0.0.1:8892), but the world's mail comes in here",
		"FAULT submission/inet: passes sealgate only inbound", "FAULT pickup: mail of sendmail(1) passes sealgate only inbound",
	}},
	{name: "15 postscreen", master: "=smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n127.0.0.1:10026 inet n - y - - smtpd\npickup unix n - y 60 1 pickup\n", minusP: "smtpd/pass/smtpd_milters = ", want: []string{"FAULT smtpd/pass: mail that enters here does not pass sealgate"}},
	{name: "16 mynetworks with a LAN on port 25", main: "mynetworks = 127.0.0.0/8 10.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination", want: []string{"FAULT smtp/inet: passes sealgate only inbound (inbound at 127.0.0.1:8891), but it relays for mynetworks (127.0.0.0/8 10.0.0.0/8)"}},
	{name: "17 smtpd_milter_maps", main: "smtpd_milter_maps = cidr:{{10.0.0.0/8 DISABLE}}", want: []string{"FAULT smtp/inet: smtpd_milter_maps (cidr:{{10.0.0.0/8 DISABLE}}) can take clients past sealgate"}},
	{name: "18 trailing comment", main: "milter_default_action = tempfail # never accept", want: []string{`FAULT milter_default_action is "tempfail # never accept": to Postfix the comment is part of the value`}},

	{name: "comment in master.cf", minusP: "submission/inet/smtpd_client_restrictions = permit # all", want: []string{`FAULT submission/inet: smtpd_client_restrictions is "permit # all"`}},
	{name: "the outbound listener on port 25", main: "smtpd_milters = inet:127.0.0.1:8892", want: []string{"FAULT smtp/inet: passes sealgate only outbound", "what is encrypted stays so"}},
	{name: "the outbound listener behind postscreen", master: "smtpd pass - - y - - smtpd", minusP: "smtpd/pass/smtpd_milters = inet:127.0.0.1:8892", want: []string{"FAULT smtpd/pass: passes sealgate only outbound"}},
	{name: "Debian's default relay_domains", main: "relay_domains = ${{$compatibility_level} <level {2} ? {$mydestination} : {}}\ncompatibility_level = 3.6\nvirtual_alias_maps = texthash:/v", want: []string{"FAULT support@firma.example: an alias leads to extern@gmail.example"}, never: "cannot be looked up"},
	{name: "the way back of amavis with milters", main: "content_filter = smtp-amavis:[127.0.0.1]:10024", master: amavis, minusP: "127.0.0.1:10025/inet/content_filter = ", gateway: withoutProxy, want: []string{"FAULT 127.0.0.1:10025/inet: it looks as the way back of a filter", "second time, which takes its first verdict off"}},
	{name: "submission without AUTH and orders_from", gateway: func(g *Gateway) { g.Listeners[1].OrdersFrom = nil }, want: []string{"FAULT submission/inet: nobody may order at 127.0.0.1:8892: clients do not log in here", "NOTE pickup: programs that use sendmail(1) may not order"}},
	{name: "submission with AUTH alone", minusP: "submission/inet/smtpd_sasl_auth_enable = yes", gateway: func(g *Gateway) { g.Listeners[1].OrdersFrom = nil }, never: "nobody may order"},
	{name: "a proxy without orders_from", minusP: "submission/inet/smtpd_proxy_filter = 127.0.0.1:10027\nsubmission/inet/smtpd_milters =", gateway: func(g *Gateway) {
		g.Listeners = append(g.Listeners, Listener{Protocol: "smtp", Address: "127.0.0.1:10027", Direction: "outbound", Beyond: "127.0.0.1:10026"})
	}, want: []string{"FAULT submission/inet: nobody may order at 127.0.0.1:10027: its client is Postfix itself"}},
	{name: "a reinject that nobody answers", gateway: func(g *Gateway) { g.Listeners[1].Beyond = "127.0.0.1:10099" }, want: []string{"FAULT 127.0.0.1:10099, where sealgate hands over the mail of 127.0.0.1:8892 (reinject or next_hop), is no service of master.cf and nobody answers there"}},
	{name: "a next hop that is another program", gateway: func(g *Gateway) { g.Listeners[1].Beyond = "127.0.0.1:24" }, want: []string{"NOTE 127.0.0.1:24, where sealgate hands over the mail of 127.0.0.1:8892, is no service of this Postfix: it answers, and was not looked at"}},
	{name: "a next hop elsewhere", gateway: func(g *Gateway) { g.Listeners[1].Beyond = "192.0.2.7:25" }, want: []string{"NOTE 192.0.2.7:25, where sealgate hands over the mail of 127.0.0.1:8892, is another machine: it was not looked at"}},
	{name: "a unix socket that Postfix may not open", main: "smtpd_milters = unix:/var/spool/postfix/sealgate/in.sock", gateway: inboundAt("unix:/var/spool/postfix/sealgate/in.sock"), want: []string{"FAULT smtp/inet: Postfix cannot open unix:/var/spool/postfix/sealgate/in.sock: closed"}},
	{name: "a filter and a wrong milter", main: "smtpd_milters = inet:127.0.0.1:7777\ncontent_filter = scan:127.0.0.1:7778", want: []string{`FAULT smtp/inet: mail that enters here does not pass sealgate: smtpd_milters is "inet:127.0.0.1:7777", content_filter is "scan:127.0.0.1:7778", which is no listener`}},
	{name: "sendmail at a wrong port", main: "non_smtpd_milters = inet:127.0.0.1:8899", want: []string{`FAULT pickup: mail of sendmail(1) does not pass sealgate: non_smtpd_milters is "inet:127.0.0.1:8899", which is no listener`, "(inet:127.0.0.1:8892)"}},
	{name: "body_checks before", main: "body_checks = pcre:/changes", want: []string{"FAULT smtp/inet: body_checks (pcre:/changes) has REPLACE: it changes mail before sealgate sees the mail"}},
	{name: "mime_header_checks before", main: "mime_header_checks = regexp:/changes", want: []string{"FAULT smtp/inet: mime_header_checks (regexp:/changes) has REPLACE"}},
	{name: "header_checks of Content-Type", main: "header_checks = regexp:{{/^Content-Type: x/ IGNORE}}", want: []string{"FAULT smtp/inet: header_checks (regexp:{{/^Content-Type: x/ IGNORE}}) has IGNORE"}},
	{name: "header_checks of Received", main: "header_checks = regexp:{{/^Received: from/ IGNORE}}", never: "header_checks"},
	{name: "header_checks that take orders out", main: "header_checks = regexp:{{/^X-SMIME/ IGNORE}}", want: []string{"FAULT submission/inet: header_checks (regexp:{{/^X-SMIME/ IGNORE}}) has IGNORE: it changes mail before sealgate sees the mail: an order that is gone lets it leave in clear"}},
	{name: "header_checks in a database", main: "header_checks = mysql:/etc/postfix/x.cf", want: []string{"NOTE smtp/inet: header_checks (mysql:/etc/postfix/x.cf) was not looked at, cannot be looked into: look for REPLACE"}},
	{name: "nested_header_checks on the way back", main: "nested_header_checks = pcre:/changes", want: []string{"FAULT 127.0.0.1:10026/inet: nested_header_checks (pcre:/changes) has REPLACE: it changes mail behind sealgate", "add no_header_body_checks"}},
	{name: "no checks on the way back", main: "nested_header_checks = pcre:/changes", minusP: "127.0.0.1:10026/inet/receive_override_options = no_milters,no_header_body_checks", never: "FAULT 127.0.0.1:10026"},
	{name: "smtp_header_checks", main: "smtp_header_checks = regexp:{{/^From:/ REPLACE From: x}}", master: "relay unix - - y - - smtp", want: []string{"FAULT relay/unix: smtp_header_checks", "as mail leaves: signatures that sealgate made are broken"}},
	{name: "smtp_body_checks of one service", master: "out unix - - y - - smtp", minusP: "out/unix/smtp_body_checks = pcre:/changes", want: []string{"FAULT out/unix: smtp_body_checks (pcre:/changes) has REPLACE"}},
	{name: "milter_header_checks", main: "milter_header_checks = regexp:{{/^X-SMIME-Status/ IGNORE}}", want: []string{"FAULT smtp/inet: milter_header_checks", "to the fields that it writes"}},
	{name: "generic maps", main: "smtp_generic_maps = texthash:/generic", want: []string{"FAULT support@firma.example becomes office@firma.example by smtp_generic_maps, as its mail leaves"}},
	{name: "canonical maps", main: "sender_canonical_maps = texthash:/generic", want: []string{"FAULT support@firma.example becomes office@firma.example by sender_canonical_maps"}},
	{name: "masquerade_domains", main: "masquerade_domains = example", want: []string{"FAULT support@firma.example becomes an address of example by masquerade_domains"}},
	{name: "one table of several cannot be read", main: "alias_maps = ldap:/x\nvirtual_alias_maps = texthash:/v", want: []string{"FAULT support@firma.example: an alias leads to extern@gmail.example", "FAULT alias_maps: ldap:/x cannot be looked up"}},
	{name: "DSN to strangers", main: "smtpd_discard_ehlo_keywords =", want: []string{"FAULT smtp/inet: it offers DSN"}},
	{name: "quoted local parts", main: "resolve_dequoted_address = no", want: []string{`NOTE resolve_dequoted_address is no: a next hop that looks into "a@b"@here relays it`}},
}

func inboundAt(address string) func(*Gateway) {
	return func(g *Gateway) { g.Listeners[0].Address = address }
}

// withoutProxy leaves the milters: another program has port 10025.
func withoutProxy(g *Gateway) { g.Listeners = g.Listeners[:2] }

// try is what check --postfix says of a set-up.
func (k setup) try() (out []string) {
	services := master
	if text, instead := strings.CutPrefix(k.master, "="); instead {
		services = text
	} else {
		services += k.master + "\n"
	}
	p := Parse(mainCf+k.main+"\n", services, minusP+k.minusP+"\n")
	p.Lookup = lookupIn(map[string]map[string]string{
		"/al":      {"support": `\support, chef@gmail.example`},
		"/v":       {"support@firma.example": "support@localhost, extern@gmail.example"},
		"/b":       {"support@firma.example": "archiv@extern.example"},
		"/generic": {"support@firma.example": "office@firma.example"},
	})
	p.File = func(path string) ([]byte, error) {
		if path == "/changes" {
			return []byte("# IGNORE\n/x/ REPLACE y\n"), nil
		}
		return nil, os.ErrNotExist
	}
	p.Answers = func(address string) bool { return address == "127.0.0.1:24" }
	p.MayOpen = func(string) error { return errors.New("closed") }
	g := house()
	if k.gateway != nil {
		k.gateway(g)
	}
	for _, f := range Check(p, g) {
		out = append(out, mark(f)+" "+f.Text)
	}
	return out
}

// TestWrongSetups: each has a finding of its own that names the cause, and the right one none.
func TestWrongSetups(t *testing.T) {
	for _, k := range setups {
		got := k.try()
		for _, want := range k.want {
			if !strings.Contains(strings.Join(got, "\n"), want) {
				t.Errorf("%s: %q is not said:\n%s", k.name, want, strings.Join(got, "\n"))
			}
		}
		for _, line := range got {
			if k.never != "" && strings.Contains(line, k.never) {
				t.Errorf("%s: %s", k.name, line)
			}
		}
	}
}

// TestSharedSetups: each set-up of the shared script is one of the table.
func TestSharedSetups(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "cases", "check-postfix-wrong-setups.sh"))
	if os.IsNotExist(err) {
		t.Skip("../shared/cases is not there")
	}
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"3d .forward": true} // follow_test.go
	for _, k := range setups {
		known[k.name] = true
	}
	n := 0
	for line := range strings.Lines(string(script)) {
		rest, is := strings.CutPrefix(line, `t "`)
		if !is {
			continue
		}
		n++
		name, _, _ := strings.Cut(rest, `"`)
		if !known[name] {
			t.Errorf("%q has no row", name)
		}
	}
	if n < 28 {
		t.Error(fmt.Sprint(n, " set-ups in the script"))
	}
}

// mark is how much a finding matters, as check prints it.
func mark(f Finding) string {
	switch {
	case f.Bad:
		return "FAULT"
	case f.Note:
		return "NOTE"
	}
	return "ok"
}
