package postfixcheck

import (
	"strings"
	"testing"
)

// TestWhoSendsOut: whoever sends out needs an outbound or auto listener; an
// inbound one lets the mail go in clear.
func TestWhoSendsOut(t *testing.T) {
	const login, nets = "smtpd_sasl_auth_enable = yes\n", "smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination\nmynetworks = "
	inbound := strings.Replace(minusP, "8892", "8891", 1)
	inherited := strings.Replace(minusP, "submission/inet/smtpd_milters = inet:127.0.0.1:8892\n", "", 1)
	named := func(port string) string { return strings.Replace(master, "submission", port, 1) }
	for name, k := range map[string]struct{ main, master, minusP, want string }{
		"submission inherits the inbound listener": {mainCf, master, inherited, "submission/inet: passes sealgate only inbound (inbound at 127.0.0.1:8891), but it is a submission service"},
		"submission sets the inbound listener":     {mainCf, master, inbound, "submission/inet: passes sealgate only inbound"},
		"submissions":                              {mainCf, named("submissions"), inherited, "submissions/inet: passes sealgate only inbound"},
		"smtps":                                    {mainCf, named("smtps"), inherited, "smtps/inet: passes sealgate only inbound"},
		"465":                                      {mainCf, named("192.0.2.1:465"), inherited, "192.0.2.1:465/inet: passes sealgate only inbound"},
		"587":                                      {mainCf, named("587"), inherited, "587/inet: passes sealgate only inbound"},
		"sendmail":                                 {strings.Replace(mainCf, "localhost:8892", "localhost:8891", 1), master, minusP, "pickup: mail of sendmail(1) passes sealgate only inbound"},
		"sendmail, by cleanup's own setting":       {mainCf, master + "cleanup unix n - y - 0 cleanup\n", minusP + "cleanup/unix/non_smtpd_milters =\n", "pickup: mail of sendmail(1) does not pass"},
		"sendmail, by pickup's own cleanup":        {mainCf, master + "pre unix n - y - 0 cleanup\n", minusP + "pickup/unix/cleanup_service_name = pre\npre/unix/non_smtpd_milters = inet:127.0.0.1:8891\n", "pickup: mail of sendmail(1) passes sealgate only inbound"},
		"sendmail without milters":                 {mainCf, master, minusP + "pickup/unix/receive_override_options = no_milters\n", "pickup: mail of sendmail(1) does not pass"},
		"clients log in at the front door":         {mainCf + login, master, minusP, "smtp/inet: passes sealgate only inbound (inbound at 127.0.0.1:8891), but its clients may log in"},
		"clients log in at a port of their own":    {mainCf, master + "2525 inet n - y - - smtpd\n", minusP + "2525/inet/" + login, "2525/inet: passes sealgate only inbound"},
		"clients with a certificate":               {mainCf + "smtpd_relay_restrictions = permit_tls_clientcerts, reject\n", master, minusP, "smtp/inet: passes sealgate only inbound"},
		"the house relays at the front door":       {mainCf + nets + "127.0.0.0/8 10.0.0.0/8\n", master, minusP, "it relays for mynetworks (127.0.0.0/8 10.0.0.0/8)"},
		"one host relays":                          {mainCf + nets + "127.0.0.0/8 [2001:db8::1]/128\n", master, minusP, "it relays for mynetworks"},
		"mynetworks in a file":                     {mainCf + nets + "/etc/postfix/nets\n", master, minusP, "it relays for mynetworks"},
		"relays by the older setting":              {mainCf + "smtpd_recipient_restrictions = permit_mynetworks, reject\nmynetworks = 10.0.0.0/8\n", master, minusP, "it relays for mynetworks"},

		"this machine alone relays":              {mainCf + nets + "127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128\n", master, minusP, ""},
		"the front door does not relay":          {mainCf + nets + "10.0.0.0/8\n", master, minusP + "smtp/inet/smtpd_relay_restrictions = reject_unauth_destination\n", ""},
		"both listeners, for a port of all uses": {strings.Replace(mainCf, "inet:127.0.0.1:8891", "inet:127.0.0.1:8891 inet:127.0.0.1:8892", 1) + login, master, minusP, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(faults(Check(Parse(k.main, k.master, k.minusP), house())), "\n")
			if !strings.Contains(got, k.want) || (k.want == "") != (got == "") {
				t.Errorf("%q, want %q", got, k.want)
			}
		})
	}
}

// TestAutoSendsOut: an auto listener holds orders and rules as well.
func TestAutoSendsOut(t *testing.T) {
	g := house()
	g.Listeners[0].Direction = "auto"
	p := Parse(strings.Replace(mainCf, "localhost:8892", "localhost:8891", 1)+"smtpd_sasl_auth_enable = yes\n", master, strings.Replace(minusP, "8892", "8891", 1))
	if got := faults(Check(p, g)); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got := said(Check(p, g)); !strings.Contains(got, "only with 127.0.0.1 in its orders_from") {
		t.Error(got)
	}
}

// TestLocalSendersAreSaid: what this machine's programs send to the front door is
// no fault, and not passed over either.
func TestLocalSendersAreSaid(t *testing.T) {
	for restriction, want := range map[string]string{"permit_mynetworks, reject": "programs on this machine", "check_client_access hash:/x, reject": "check_client_access"} {
		p := Parse(mainCf+"mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = "+restriction+"\n", master, minusP)
		if got := said(Check(p, house())); !strings.Contains(got, want) {
			t.Error(got)
		}
	}
}

// said are the notes.
func said(list []Finding) (out string) {
	for _, f := range list {
		if f.Note {
			out += f.Text + "\n"
		}
	}
	return out
}

// TestSendmailByContentFilter: content_filter holds for pickup too,
// smtpd_proxy_filter does not.
func TestSendmailByContentFilter(t *testing.T) {
	g := &Gateway{Listeners: []Listener{{"smtp", "127.0.0.1:10025", "outbound", "127.0.0.1:10026", thisMachine}}}
	for filter, want := range map[string]bool{"content_filter = scan:[127.0.0.1]:10025": false, "smtpd_proxy_filter = 127.0.0.1:10025": true} {
		p := Parse(strings.Replace(mainCf, "content_filter =", filter, 1), master, "127.0.0.1:10026/inet/content_filter =\n127.0.0.1:10026/inet/smtpd_proxy_filter =\n")
		if got := strings.Join(faults(Check(p, g)), "\n"); strings.Contains(got, "pickup: mail of sendmail(1) does not pass") != want {
			t.Errorf("%s: %q", filter, got)
		}
	}
}
