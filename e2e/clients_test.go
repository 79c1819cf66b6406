package e2e

// This file lets other people's clients in, and looks at the ESMTP arguments
// that must reach the far end.

import (
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOtherClients: swaks and smtp-source, over every transport.
func TestOtherClients(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"swaks", "smtp-source"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool, " is not installed")
		}
	}
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport, siteOptions{config: "[[rule]]\nrecipient = \"@kunde.example\"\nencrypt = \"yes\"\n"})
			s.learn("anna", "anna@kunde.example")
			s.swaks()
			s.smtpSource()
		})
	}
}

func (s *site) swaks() {
	s.t.Helper()
	host, port, _ := net.SplitHostPort(s.outbound)
	out, err := exec.Command("swaks", "--server", host, "--port", port, "--from", "support@firma.example", "--to", "anna@kunde.example",
		"--header", "Subject: by swaks", "--add-header", "X-SMIME-Encrypt: yes", "--body", secret).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%v %s", err, out)
	}
	s.sealedArrival("by swaks")
}

// manyMails and manySessions are what smtp-source sends.
const (
	manyMails    = 40
	manySessions = 8
)

func (s *site) smtpSource() {
	s.t.Helper()
	out, err := exec.Command("smtp-source", "-s", fmt.Sprint(manySessions), "-m", fmt.Sprint(manyMails), "-l", "5000", "-S", "by smtp-source",
		"-f", "support@firma.example", "-t", "anna@kunde.example", s.outbound).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%v %s", err, out)
	}
	list := s.sink.WaitFor("Subject: by smtp-source", manyMails, time.Minute)
	if len(list) != manyMails {
		s.t.Fatalf("%d mails of %d arrived", len(list), manyMails)
	}
	for _, m := range list {
		if !strings.Contains(m.Text, "smime-type=enveloped-data") || strings.Contains(m.Text, "La de da") {
			s.t.Fatalf("not encrypted:\n%s", m.Text)
		}
	}
}

// TestArguments: RET, ENVID, SMTPUTF8, NOTIFY and ORCPT reach the far end with
// every copy, by every way.
func TestArguments(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			arguments(newSite(t, transport))
		})
	}
}

func arguments(s *site) {
	s.customers("anna", "bob")
	c := s.dial(s.outbound)
	defer c.close()
	c.cmd("EHLO client.example")
	to := []string{"anna@kunde.example"}
	if s.transport != viaMilter { // a second copy, so that the client delivers them
		to = append(to, "bob@kunde.example")
	}
	lines := []string{"MAIL FROM:<support@firma.example> SMTPUTF8 RET=FULL ENVID=id+2B1"}
	for _, r := range to {
		lines = append(lines, "RCPT TO:<"+r+"> NOTIFY=FAILURE,DELAY ORCPT=rfc822;first+2B"+r)
	}
	for _, line := range lines {
		if got := c.cmd(line); got.code != 250 {
			s.t.Fatalf("%s: %+v", line, got)
		}
	}
	c.cmd("DATA")
	s.accepted(c.data(ticket("arguments grüße", "anna@kunde.example", encryptOrder)))
	for _, m := range s.copies("arguments", len(to)) {
		o, r := m.Options, m.Rcpt[0]
		if !o.UTF8 || o.Return != "FULL" || o.EnvelopeID != "id+1" {
			s.t.Errorf("MAIL of the copy for %v: %+v", m.To, o)
		}
		if len(r.Notify) != 2 || !slices.Contains(r.Notify, "FAILURE") || !slices.Contains(r.Notify, "DELAY") || r.OriginalRecipient != "first+"+m.To[0] {
			s.t.Errorf("RCPT of the copy for %v: %+v", m.To, r)
		}
	}
}

// TestArgumentsOfSendmail: Postfix does not tell a milter what sendmail(1) says of DSNs. A
// mail that stays one keeps it, copies do not, as docs/postfix.md says.
func TestArgumentsOfSendmail(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaBoth)
	s.customers("anna", "bob")
	for n, to := range map[int][]string{1: {"anna@kunde.example"}, 2: {"anna@kunde.example", "bob@kunde.example"}} {
		mark := fmt.Sprintf("by sendmail %d", n)
		cmd := exec.Command("/usr/sbin/sendmail", append([]string{"-C", s.postfix.ConfigDir(), "-i", "-f", "support@firma.example", "-R", "hdrs", "-V", "mine", "-N", "delay"}, to...)...)
		cmd.Stdin = strings.NewReader(ticket(mark, "anna@kunde.example", encryptOrder))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		for _, m := range s.copies(mark, n) {
			if kept := m.Options.Return == "HDRS" && m.Options.EnvelopeID == "mine" && len(m.Rcpt[0].Notify) == 1; kept != (n == 1) {
				t.Errorf("%d copies: MAIL %+v, RCPT %+v", n, m.Options, m.Rcpt)
			}
		}
	}
}

// TestDecryptedKeepsItsArguments: RET=HDRS takes the place of the sender's RET, its
// bounces go into the house, and nothing else is lost. DSN is offered here, which
// docs/postfix.md takes off for strangers.
func TestDecryptedKeepsItsArguments(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport, siteOptions{main: map[string]string{"smtpd_discard_ehlo_keywords": ""}})
			c := s.dial(s.inbound)
			defer c.close()
			c.cmd("EHLO client.example")
			c.cmd("MAIL FROM:<anna@kunde.example> RET=FULL ENVID=mine")
			c.cmd("RCPT TO:<support@firma.example> NOTIFY=FAILURE")
			c.cmd("DATA")
			s.accepted(c.data(withHeader(headerOf("opened"), s.sealed(textEntity, []string{"support"}))))
			m := s.arrival("Subject: opened")
			if m.From != "postmaster@firma.example" || m.Options.Return != "HDRS" || m.Options.EnvelopeID != "mine" || len(m.Rcpt[0].Notify) != 1 {
				t.Errorf("from %q, MAIL %+v, RCPT %+v", m.From, m.Options, m.Rcpt)
			}
		})
	}
}
