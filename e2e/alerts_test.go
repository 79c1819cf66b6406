package e2e

// This file waits for the mail about a certificate that ends.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// alertsTo starts the gateway anew with a certificate that ends, a rule that has mail to the admin encrypted,
// of whom no certificate is known, and a next hop for the mail that tells him.
func (s *site) alertsTo(hop string) {
	s.t.Helper()
	s.files(s.pki.Issue(testpki.Options{
		Addresses: []string{"ends@firma.example"}, NotAfter: time.Now().Add(7*24*time.Hour - time.Hour),
	}), "ending")
	s.o.config = fmt.Sprintf(`[[mailbox]]
addresses = ["ends@firma.example"]
keys = ["ending.pem"]
[[rule]]
recipient = "admin@kunde.example"
encrypt = "yes"
[alerts]
to = ["admin@kunde.example"]
next_hop = %q
`, hop)
	s.kill()
}

// TestExpiryMailThroughPostfix: it leaves without a sender, whatever our rules say of its recipient, and after
// a kill it is not sent again.
func TestExpiryMailThroughPostfix(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.alertsTo(s.plain)
	m, ok := s.sink.Wait("Auto-Submitted: auto-generated", 10*time.Second)
	if !ok {
		t.Fatal("nobody is told: ", s.log)
	}
	if m.From != "" || !strings.Contains(m.Text, "ends@firma.example") || !strings.Contains(m.Text, "in 7 days") ||
		strings.Contains(m.Text, "X-SMIME-") {
		t.Errorf("from %q: %s", m.From, m.Text)
	}
	s.logged("told of certificates that end")
	s.kill()
	time.Sleep(2 * time.Second)
	if n := len(s.sink.Mails()); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// TestExpiryMailThroughOurselves: a milter of ours that meets the mail refuses it: its rules are not for it.
func TestExpiryMailThroughOurselves(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.alertsTo(s.inbound)
	s.logged("the mail about certificates that end was not sent")
	s.logged("take sealgate off the milters")
	if n := len(s.sink.Mails()); n != 0 {
		t.Errorf("%d mails", n)
	}
}
