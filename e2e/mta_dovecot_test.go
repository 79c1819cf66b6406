//go:build mtas

package e2e

import (
	"testing"
	"time"
)

// TestMTADovecotWithoutSealgate: mail for Dovecot waits in Postfix's queue while sealgate is down.
func TestMTADovecotWithoutSealgate(t *testing.T) {
	t.Parallel()
	d := newDovecot(t)
	s, _ := d.before(t)
	s.gateway.Process.Kill()
	s.gateway.Wait()
	mail := withHeader(headerOf("waits"), s.sealed(s.signed("anna", textEntity), []string{"support"}))
	s.accepted(s.send(s.plain, "anna@kunde.example", []string{"support@firma.example"}, mail))
	time.Sleep(500 * time.Millisecond)
	if got := d.mails("support"); len(got) != 0 {
		t.Fatalf("went past sealgate:\n%s", got[0])
	}
	s.startGateway()
	s.postfix.Flush()
	d.holds("support", "Subject: waits", 1)
	d.holds("support", secret, 1)
}
