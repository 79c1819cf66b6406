package postfixcheck

import (
	"strings"
	"testing"
)

// TestBackDoors: clients that could get past sealgate by a service that passes it,
// or by the one that takes our mail back.
func TestBackDoors(t *testing.T) {
	back := func(name string) (string, string) {
		return strings.Replace(master, "127.0.0.1:10026", name, 1), strings.Replace(minusP, "127.0.0.1:10026", name, 1)
	}
	for name, k := range map[string]struct{ back, main, minusP, want string }{
		"smtpd_milter_maps":                {"127.0.0.1:10026", "smtpd_milter_maps = cidr:/etc/postfix/milters\n", "", "smtp/inet: smtpd_milter_maps (cidr:/etc/postfix/milters) can take clients past sealgate"},
		"smtpd_milter_maps of a service":   {"127.0.0.1:10026", "", "submission/inet/smtpd_milter_maps = cidr:/x\n", "submission/inet: smtpd_milter_maps (cidr:/x)"},
		"taken back at all interfaces":     {"10026", "inet_interfaces = all\n", "", "10026/inet: it takes our mail back and listens to more than this machine"},
		"taken back at some interfaces":    {"10026", "inet_interfaces = localhost, 192.0.2.1\n", "", "listens to more than this machine"},
		"taken back at 0.0.0.0":            {"0.0.0.0:10026", "", "", "0.0.0.0:10026/inet: it takes our mail back and listens"},
		"taken back at [::]":               {"[::]:10026", "", "", "[::]:10026/inet: it takes our mail back and listens"},
		"taken back from a network":        {"10026", "inet_interfaces = all\n", "10026/inet/mynetworks = 10.0.0.0/8\n10026/inet/smtpd_client_restrictions = permit_mynetworks,reject\n", "listens to more than"},
		"taken back from a host, and more": {"10026", "inet_interfaces = all\n", "10026/inet/mynetworks = 10.1.2.3/32\n", "listens to more than"},

		"smtpd_milter_maps is taken off": {"127.0.0.1:10026", "smtpd_milter_maps = cidr:/x\n", "smtp/inet/smtpd_milter_maps =\nsubmission/inet/smtpd_milter_maps =\n", ""},
		"taken back at loopback-only":    {"10026", "inet_interfaces = loopback-only\n", "", ""},
		"taken back at localhost":        {"localhost:10026", "", "", ""},
		"taken back from one host":       {"10026", "inet_interfaces = all\n", "10026/inet/mynetworks = 10.1.2.3/32 [::1]/128\n10026/inet/smtpd_client_restrictions = permit_mynetworks, reject\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			services, override := back(k.back)
			got := strings.Join(faults(Check(Parse(mainCf+k.main, services, override+k.minusP), house())), "\n")
			if !strings.Contains(got, k.want) || (k.want == "") != (got == "") {
				t.Errorf("%q, want %q", got, k.want)
			}
		})
	}
}
