package e2e

// This file sends orders that stand where they are overlooked.

import (
	"strings"
	"testing"
)

// TestOrderInAPart: RT repeats its template's header in the first part; with another
// prefix than ours too, what is signed does not hold the order.
func TestOrderInAPart(t *testing.T) {
	s := newSite(t, viaMilter, siteOptions{config: "[headers]\nprefix = \"X-Crypt-\"\n"})
	text := "From: support@firma.example\nTo: anna@kunde.example\nSubject: inner-prefix\nMIME-Version: 1.0\nX-Crypt-Sign: yes\n" +
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nX-Crypt-Sign: yes\n\n" + secret + "\n--b--\n"
	s.accepted(s.send(s.outbound, toSupport, []string{"anna@kunde.example"}, text))
	left := s.arrival("Subject: inner-prefix").Text
	if strings.Contains(left, "X-Crypt-") || !strings.Contains(s.verified(left), secret) {
		t.Errorf("left:\n%s", left)
	}
}
