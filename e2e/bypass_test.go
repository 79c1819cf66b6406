package e2e

// This file tries every way around the gateway that we know of.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sealgate/internal/postfixtest"
)

const encryptOrder = "X-SMIME-Encrypt: yes\n"

func (s *site) out(mark, to, more string) reply {
	s.t.Helper()
	return s.send(s.outbound, "support@firma.example", []string{to}, ticket(mark, to, more))
}

// sealedArrival is a mail that must have left encrypted.
func (s *site) sealedArrival(mark string) string {
	s.t.Helper()
	text := s.arrival("Subject: " + mark).Text
	s.check(mark, text, false, true)
	return text
}

func TestOrderFromClientThatMayNot(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	for _, order := range []string{encryptOrder, "X-SMIME-Sign: yes\n", "X-SMIME-Sign: no\n"} {
		got := s.send(s.stranger, "support@firma.example", []string{"x@kunde.example"}, ticket("stranger", "x@kunde.example", order))
		if got.code != 550 || !strings.Contains(got.text, "not allowed to order") {
			t.Errorf("%q: %+v", order, got)
		}
	}
	got := s.send(s.inbound, "support@firma.example", []string{"support@firma.example"}, ticket("wrong door", "support@firma.example", encryptOrder))
	if got.code != 550 || !strings.Contains(got.text, "not allowed to order") {
		t.Errorf("inbound, in our name: %+v", got)
	}
}

func TestWrongEmptyDoubledOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	for _, order := range []string{"X-SMIME-Encrypt: 1\n", "X-SMIME-Encrypt:\n", "X-SMIME-Encrypt: \n", "X-SMIME-Encrypt: yes\nX-SMIME-Encrypt: no\n", "X-SMIME-Encryption: yes\n", "X-SMIMEEncrypt: yes\n", "X_SMIME_Encrypt: yes\n"} {
		if got := s.out("wrong", "anna@kunde.example", order); got.code != 550 || !strings.Contains(got.text, "unknown order") {
			t.Errorf("%q: %+v", order, got)
		}
	}
	s.accepted(s.out("twice", "anna@kunde.example", encryptOrder+"x-smime-encrypt: YES\n"))
	s.sealedArrival("twice")
}

func TestRuleAndHeader(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter, siteOptions{config: "[[rule]]\nrecipient = \"@kunde.example\"\nencrypt = \"yes\"\n"})
	s.learn("anna", "anna@kunde.example")
	s.accepted(s.out("header no", "anna@kunde.example", "X-SMIME-Encrypt: no\n"))
	s.sealedArrival("header no")
	if got := s.out("unknown", "bob@kunde.example", "X-SMIME-Encrypt: if-possible\n"); got.code != 550 || !strings.Contains(got.text, "bob@kunde.example") {
		t.Errorf("%+v", got)
	}
}

func TestOrderInAnyFoldingAndCase(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	for i, order := range []string{"x-smime-encrypt: yes\n", "X-SMIME-ENCRYPT:YES\n", "X-SMIME-Encrypt:\n yes\n", "X-SMIME-Encrypt:\n\t  yes  \n", "X-SMIME-Encrypt : yes\n"} {
		mark := fmt.Sprintf("folded-%d", i)
		s.accepted(s.out(mark, "anna@kunde.example", order))
		s.sealedArrival(mark)
	}
}

func TestSendmail(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	if err := s.postfix.Sendmail("support@firma.example", []string{"anna@kunde.example"}, ticket("by sendmail", "anna@kunde.example", encryptOrder)); err != nil {
		t.Fatal(err)
	}
	s.sealedArrival("by sendmail")
	if err := s.postfix.Sendmail("support@firma.example", []string{"bob@kunde.example"}, ticket("no way", "bob@kunde.example", encryptOrder)); err != nil {
		t.Fatal(err)
	}
	bounce := s.arrival("Undelivered Mail Returned to Sender")
	if !strings.Contains(strings.Join(strings.Fields(bounce.Text), " "), "no usable certificate for bob@kunde.example") {
		t.Errorf("the bounce does not say why:\n%s", bounce.Text)
	}
	for _, m := range s.sink.Mails() {
		if strings.Join(m.To, "") == "bob@kunde.example" {
			t.Error("it was sent all the same")
		}
	}
}

// checkPostfix runs sealgate check --postfix on the private Postfix.
func (s *site) checkPostfix() string {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := exec.Command(path, "check", "--config", filepath.Join(s.dir, "config.toml"), "--postfix", "--postfix-config", s.postfix.ConfigDir()).CombinedOutput()
	if err == nil {
		return "no fault\n" + string(out)
	}
	return string(out)
}

func TestSubmissionWithItsOwnMilters(t *testing.T) {
	t.Parallel()
	var submission, login string
	s := newSite(t, viaMilter, siteOptions{master: func(s *site) []string {
		submission, login = s.port(), s.port()
		return []string{submission + " inet n - n - - smtpd\n  -o smtpd_milters=", login + " inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n  -o smtpd_milters=inet:" + s.doors["in"]}
	}})
	got := s.checkPostfix()
	for _, want := range []string{"FAULT " + submission + "/inet: mail that enters here does not pass sealgate", "FAULT " + login + "/inet: passes sealgate only inbound"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\n%s", want, got)
		}
	}
}

func TestAliasThatLeadsOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	virtual := postfixtest.WriteMap(dir, "virtual", map[string]string{"support@firma.example": "ticket@helpdesk.local, partner@outside.example"})
	s := newSite(t, viaMilter, siteOptions{main: map[string]string{"virtual_alias_maps": virtual, "virtual_alias_domains": "firma.example"}})
	if got := s.checkPostfix(); !strings.Contains(got, "support@firma.example: an alias leads to partner@outside.example") {
		t.Errorf("%s", got)
	}
}

// TestTwicePassed: a content_filter loop that brings the mail back to our milter
// neither opens nor wraps it again.
func TestTwicePassed(t *testing.T) {
	t.Parallel()
	var first string
	s := newSite(t, viaMilter, siteOptions{master: func(s *site) []string {
		first = s.port()
		second := s.port()
		milter := " inet n - n - - smtpd\n  -o smtpd_milters=inet:" + s.doors["out"]
		return []string{first + milter + "\n  -o content_filter=loop:" + second, second + milter + "\n  -o content_filter=", "loop unix - - n - 10 smtp"}
	}})
	s.learn("anna", "anna@kunde.example")
	for mark, order := range map[string]string{"loop-both": "X-SMIME-Sign: yes\n" + encryptOrder, "loop-sign": "X-SMIME-Sign: yes\n"} {
		s.accepted(s.send(first, "support@firma.example", []string{"anna@kunde.example"}, ticket(mark, "anna@kunde.example", order)))
		s.check(mark, s.arrival("Subject: "+mark).Text, true, mark == "loop-both")
	}
	if got := s.checkPostfix(); strings.Contains(got, "no fault") {
		t.Errorf("check --postfix finds nothing:\n%s", got)
	}
}

// TestBounceOfDecryptedTicket: the DSN goes into the house, and does not carry the text.
func TestBounceOfDecryptedTicket(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport, siteOptions{mailbox: "recipient_delimiter = \"+\""})
			s.sink.Refuse("support+refused@firma.example")
			mail := withHeader(headerOf("bounces"), s.sealed(textEntity, []string{"support"}))
			s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support+refused@firma.example"}, mail))
			dsn := s.arrival("Undelivered Mail Returned to Sender")
			if strings.Contains(dsn.Text, secret) || strings.Join(dsn.To, "") != "postmaster@firma.example" {
				t.Errorf("to %v:\n%s", dsn.To, dsn.Text)
			}
		})
	}
}

func TestReplyWithoutOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("question"), s.sealed(s.signed("anna", textEntity), []string{"support"}))))
	s.arrival("Subject: question")
	for mark, more := range map[string]string{"answer": "", "auto-answer": "Auto-Submitted: auto-replied\n"} {
		s.accepted(s.out(mark, "anna@kunde.example", "In-Reply-To: <question@kunde.example>\n"+more))
		s.sealedArrival(mark)
	}
}

func TestLabelledEncryptedThatIsNot(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	labelled := strings.Replace(ticket("labelled", "anna@kunde.example", encryptOrder), "Content-Type: text/plain", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", 1)
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, labelled))
	if text := s.arrival("Subject: labelled").Text; strings.Contains(text, secret) || !strings.Contains(s.opened(text, "anna"), secret) {
		t.Errorf("%s", text)
	}
}

// TestFullDiskKeepsTheMail: a store that cannot write means 451.
func TestFullDiskKeepsTheMail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=100m"); err != nil {
		t.Skip("no tmpfs can be mounted here: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := newSite(t, viaMilter, siteOptions{config: fmt.Sprintf("[store]\ndir = %q\n", filepath.Join(dir, "store"))})
	fill, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = fill.Write(make([]byte, 64<<10))
	}
	fill.Close()
	got := s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("full"), s.signed("anna", textEntity)))
	if got.code != 451 || !strings.Contains(got.text, "4.3.0") {
		t.Errorf("%+v", got)
	}
	if err := os.Remove(filepath.Join(dir, "fill")); err != nil {
		t.Fatal(err)
	}
	s.learn("anna", "anna@kunde.example") // and it goes on when there is room
}

// TestRottenStore: a store that cannot be read is none that knows nobody: the
// gateway says what to do and does not start, and Postfix keeps the mail.
func TestRottenStore(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.customers("anna", "bob", "carl", "dora") // more than one block of a table
	s.gateway.Process.Signal(syscall.SIGTERM)
	s.gateway.Wait()
	tables, err := filepath.Glob(filepath.Join(s.dir, "data/store/*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables in the store: %v", err)
	}
	for _, path := range tables {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[len(text)/10] ^= 0x40 // the first block is read when it is wanted, the last at the start
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "serve", "--config", filepath.Join(s.dir, "config.toml")).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "is damaged: sealgate store restore") {
		t.Errorf("%v %s", err, out)
	}
	if got := s.answerWithoutGateway(); got.code != 451 {
		t.Errorf("%+v", got)
	}
}
