package postfixcheck

import (
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	mainCf = "milter_default_action = tempfail\nsmtpd_milters = inet:127.0.0.1:8891\nnon_smtpd_milters = inet:localhost:8892\nmessage_size_limit = 209715200\nqueue_directory = /var/spool/postfix\nmydestination = firma.example, localhost\nvirtual_alias_maps = hash:/etc/postfix/virtual\nalias_maps = hash:/etc/aliases\nrelay_domains = helpdesk.local\ncontent_filter =\nsmtpd_forbid_bare_newline = normalize\nsmtpd_discard_ehlo_keywords = silent-discard, dsn\n"
	master = "smtp       inet  n       -       y       -       -       smtpd\nsubmission inet  n       -       y       -       -       smtpd -o smtpd_milters=inet:127.0.0.1:8892\n127.0.0.1:10026 inet n - y - - smtpd -o receive_override_options=no_milters\npickup     unix  n       -       y       60      1       pickup\n"
	minusP = "submission/inet/smtpd_milters = inet:127.0.0.1:8892\n127.0.0.1:10026/inet/receive_override_options = no_milters\n"
)

// thisMachine may give orders.
var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func house() *Gateway {
	return &Gateway{MessageSize: 100 << 20, Mailboxes: []string{"support@firma.example", "ticket@helpdesk.local"}, Listeners: []Listener{
		{"milter", "127.0.0.1:8891", "inbound", "", nil}, {"milter", "127.0.0.1:8892", "outbound", "127.0.0.1:10026", thisMachine}, {"smtp", "127.0.0.1:10025", "inbound", "127.0.0.1:10026", nil},
	}}
}

func faults(list []Finding) (out []string) {
	for _, f := range list {
		if f.Bad {
			out = append(out, f.Text)
		}
	}
	return out
}

func TestGoodConfigurationHasNoFault(t *testing.T) {
	p := Parse(mainCf, master, minusP)
	if got := faults(Check(p, house())); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// TestWaysPast: each change opens a way past the gateway, and is named.
func TestWaysPast(t *testing.T) {
	table := map[string][]string{"support@firma.example": {"ticket@helpdesk.local", "partner@outside.example"}}
	for name, k := range map[string]struct {
		main, master, minusP string
		virtual              bool
		want                 string
	}{
		"submission with its own milters": {mainCf, master, strings.Replace(minusP, "8892", "9999", 1), false, "submission/inet: mail that enters here does not pass"},
		"submission without milters":      {mainCf, master, strings.Replace(minusP, "= inet:127.0.0.1:8892", "=", 1), false, "submission/inet: mail that enters here does not pass"},
		"pickup":                          {strings.Replace(mainCf, "non_smtpd_milters = inet:localhost:8892", "non_smtpd_milters =", 1), master, minusP, false, "pickup: mail of sendmail(1) does not pass"},
		"default action":                  {strings.Replace(mainCf, "tempfail", "accept", 1), master, minusP, false, `is "accept", it must be tempfail`},
		"default action of one milter":    {strings.Replace(mainCf, "smtpd_milters = inet:127.0.0.1:8891", "smtpd_milters = { inet:127.0.0.1:8891, default_action=accept }", 1), master, minusP, false, "must be tempfail"},
		"re-injection with milters":       {mainCf, master, strings.Replace(minusP, "no_milters", "no_address_mappings", 1), false, "would pass sealgate twice"},
		"re-injection with a filter":      {mainCf, master, minusP + "127.0.0.1:10026/inet/content_filter = scan:[127.0.0.1]:10025\n", false, "would pass sealgate again at 127.0.0.1:10025"},
		"smuggling":                       {strings.Replace(mainCf, "= normalize", "= no", 1), master, minusP, false, "smtp/inet: smtpd_forbid_bare_newline is \"no\""},
		"smuggling, old Postfix":          {strings.Replace(mainCf, "smtpd_forbid_bare_newline = normalize", "", 1), master, minusP, false, "smtp/inet: smtpd_forbid_bare_newline is \"\""},
		"smuggling before a proxy":        {mainCf, master, minusP + "smtp/inet/smtpd_proxy_filter = 127.0.0.1:10025\nsmtp/inet/smtpd_forbid_bare_newline = note\n", false, "smtp/inet: smtpd_forbid_bare_newline is \"note\""},
		"aliases before a filter":         {mainCf, master, minusP + "smtp/inet/content_filter = scan:127.0.0.1:10025\n", false, "smtp/inet: virtual_alias_maps adds recipients before sealgate"},
		"HOLD in an inline map":           {mainCf, master, minusP + "submission/inet/smtpd_recipient_restrictions = permit_mynetworks, check_sender_access inline:{ {a@b.example = hold} }, reject\n", false, "submission/inet: smtpd_recipient_restrictions: inline:{ {a@b.example = hold} } has HOLD"},
		"HOLD in a class":                 {mainCf + "smtpd_restriction_classes = suspects\nsuspects = check_client_access static:HOLD\n", master, minusP, false, "static:HOLD has HOLD"},
		"FILTER in a file":                {mainCf, master, minusP + "submission/inet/smtpd_client_restrictions = check_client_access hash:/etc/postfix/clients\n", false, "hash:/etc/postfix/clients has FILTER"},
		"no_milters on the front door":    {mainCf, master, minusP + "smtp/inet/receive_override_options = no_milters\n", false, "smtp/inet: mail that enters here does not pass"},
		"DKIM signs before us":            {strings.Replace(mainCf, "inet:localhost:8892", "inet:localhost:8893 inet:localhost:8892", 1), master, minusP, false, "comes before sealgate"},
		"DSN for strangers":               {strings.Replace(mainCf, ", dsn", "", 1), master, minusP, false, "smtp/inet: it offers DSN"},
		"a milter behind a proxy filter":  {mainCf, master, minusP + "smtp/inet/smtpd_proxy_filter = 127.0.0.1:7777\n", false, "smtp/inet: with smtpd_proxy_filter (127.0.0.1:7777) milters see no mail"},
		"an alias leads out":              {mainCf, master, minusP, true, "leads to partner@outside.example"},
		"copies of all mail leave":        {mainCf + "always_bcc = spy@outside.example\n", master, minusP, false, "copies of all mail go to"},
		"message_size_limit is too small": {strings.Replace(mainCf, "209715200", "10240000", 1), master, minusP, false, "message_size_limit is 10240000"},
	} {
		t.Run(name, func(t *testing.T) {
			p := Parse(k.main, k.master, k.minusP)
			p.File = func(string) ([]byte, error) { return []byte("# HOLD is not for us\n10.0.0.1 FILTER smtp:[x]\n"), nil }
			if k.virtual {
				p.Lookup = func(maps, key string) ([]string, error) {
					if strings.Contains(maps, "virtual") {
						return table[key], nil
					}
					return nil, nil
				}
			}
			if got := strings.Join(faults(Check(p, house())), "\n"); !strings.Contains(got, k.want) {
				t.Errorf("%q, want %q", got, k.want)
			}
		})
	}
}

func TestUnixSocketAndChroot(t *testing.T) {
	g := house()
	g.Listeners[0].Address = "unix:/run/sealgate/in.sock"
	p := Parse(strings.Replace(mainCf, "smtpd_milters = inet:127.0.0.1:8891", "smtpd_milters = unix:/run/sealgate/in.sock", 1), master, minusP)
	if got := strings.Join(faults(Check(p, g)), "\n"); !strings.Contains(got, "chrooted") {
		t.Errorf("%q", got)
	}
}

func TestProxyFilter(t *testing.T) {
	g := &Gateway{Listeners: []Listener{{"smtp", "127.0.0.1:10025", "inbound", "127.0.0.1:10026", nil}}}
	for _, filter := range []string{"smtpd_proxy_filter = 127.0.0.1:10025", "content_filter = scan:[127.0.0.1]:10025", "content_filter = smtp:127.0.0.1:10025"} {
		p := Parse(mainCf, master, "submission/inet/smtpd_milters =\nsmtp/inet/"+filter+"\n127.0.0.1:10026/inet/receive_override_options = no_milters\n")
		var text string
		for _, f := range Check(p, g) {
			text += f.Text + "\n"
		}
		if !strings.Contains(text, "smtp/inet: passes sealgate (inbound at 127.0.0.1:10025)") || !strings.Contains(text, "takes our mail back") {
			t.Errorf("%s: %s", filter, text)
		}
	}
}

// TestHeldElsewhere: what cannot be looked into is told, not called a fault; and where
// nothing is split, nothing is lost.
func TestHeldElsewhere(t *testing.T) {
	more := "submission/inet/smtpd_client_restrictions = check_client_access ldap:/x, check_policy_service unix:private/policy, check_helo_access hash:/nowhere\n" +
		"smtp/inet/smtpd_client_restrictions = check_client_access static:HOLD\nsubmission/inet/smtpd_milters = inet:127.0.0.1:7777 inet:127.0.0.1:8892\n"
	list := Check(Parse(mainCf, master, minusP+more), house())
	for _, want := range []string{"ldap:/x cannot be looked into", "unix:private/policy cannot be looked into", "hash:/nowhere cannot be read", "when inet:127.0.0.1:7777 quarantines"} {
		if i := slices.IndexFunc(list, func(f Finding) bool { return strings.Contains(f.Text, want) }); i < 0 || list[i].Bad {
			t.Errorf("%q is not told, or a fault", want)
		}
	}
	if slices.ContainsFunc(list, func(f Finding) bool { return strings.Contains(f.Text, "static:HOLD") }) {
		t.Error("the inbound door has no reinject")
	}
}

// TestProxyTimeout: Postfix's own 100 s are told of, ten minutes are enough.
func TestProxyTimeout(t *testing.T) {
	g := &Gateway{Listeners: []Listener{{"smtp", "127.0.0.1:10025", "inbound", "127.0.0.1:10026", nil}}}
	for value, told := range map[string]bool{"100s": true, "599": true, "9m": true, "": true, "600s": false, "10m": false, "1h": false} {
		p := Parse(mainCf+"smtpd_proxy_timeout = "+value+"\n", master, "smtp/inet/smtpd_proxy_filter = 127.0.0.1:10025\n")
		if got := slices.ContainsFunc(Check(p, g), func(f Finding) bool { return strings.Contains(f.Text, "smtpd_proxy_timeout") }); got != told {
			t.Errorf("%q: told %v", value, got)
		}
	}
}

// TestRealPostconf reads a real Postfix's defaults.
func TestRealPostconf(t *testing.T) {
	if _, err := exec.LookPath("postconf"); err != nil {
		t.Skip("postconf is not installed")
	}
	dir := t.TempDir()
	for _, f := range []string{"main.cf", "master.cf"} {
		if out, err := exec.Command("sh", "-c", "cp /usr/share/postfix/"+f+".* "+dir+"/"+f+" 2>/dev/null || cp /etc/postfix/"+f+".proto "+dir+"/"+f).CombinedOutput(); err != nil {
			t.Skipf("Debian's %s is not here: %s", f, out)
		}
	}
	p, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p.Main["queue_directory"] == "" || len(p.Services) < 10 {
		t.Errorf("%d settings, %d services", len(p.Main), len(p.Services))
	}
	if got := faults(Check(p, house())); len(got) < 2 {
		t.Errorf("a Postfix without sealgate has no fault: %q", got)
	}
}
