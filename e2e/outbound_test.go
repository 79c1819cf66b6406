package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/internal/postfixtest"
	"sealgate/internal/testpki"
)

// ticket is a mail of the helpdesk's.
func ticket(mark, to, more string) string {
	return fmt.Sprintf("From: support@firma.example\nTo: %s\nSubject: %s\nDate: %s\nMIME-Version: 1.0\n%sContent-Type: text/plain\n\n%s\n", to, mark, time.Now().Format(time.RFC1123Z), more, secret)
}

// learn lets the gateway harvest a person's certificate from a signed mail.
func (s *site) learn(who, address string) {
	s.t.Helper()
	header := strings.ReplaceAll(headerOf("learn-"+who), "Anna <anna@kunde.example>", address)
	s.accepted(s.send(s.inbound, address, []string{"support@firma.example"}, withHeader(header, s.signed(who, textEntity))))
	if m := s.arrival("Subject: learn-" + who); field(s.t, m.Text, "X-SMIME-Signature") != "valid" {
		s.t.Fatalf("%s's mail is not valid:\n%s", who, m.Text)
	}
}

func TestOutbound(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			outbound(newSite(t, transport))
		})
	}
}

func outbound(s *site) {
	s.learn("anna", "anna@kunde.example")
	for i, k := range []struct {
		name, order       string
		signed, encrypted bool
	}{
		{"neither", "", false, false},
		{"sign", "X-SMIME-Sign: yes\n", true, false},
		{"encrypt", "X-SMIME-Encrypt: yes\n", false, true},
		{"both", "X-SMIME-Sign: yes\nX-SMIME-Encrypt: yes\n", true, true},
		{"folded, any case", "x-smime-sign:\n  YES\nX-Smime-ENCRYPT:   Yes\n", true, true},
		{"if possible", "X-SMIME-Encrypt: if-possible\n", false, true},
		{"explicit no", "X-SMIME-Sign: no\nX-SMIME-Encrypt: no\n", false, false},
	} {
		mark := fmt.Sprintf("out-%d", i)
		s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket(mark, "anna@kunde.example", k.order+"Bcc: hidden@kunde.example\n")))
		text := s.arrival("Subject: " + mark).Text
		if low := strings.ToLower(text); strings.Contains(low, "\nx-smime-") || strings.Contains(low, "\nbcc:") {
			s.t.Errorf("%s: order or Bcc left:\n%s", k.name, text)
		}
		s.check(k.name, text, k.signed, k.encrypted)
	}
}

// check lets openssl open and verify what left.
func (s *site) check(name, text string, signed, encrypted bool) {
	s.t.Helper()
	if strings.Contains(text, secret) == encrypted {
		s.t.Fatalf("%s: in clear %v\n%s", name, !encrypted, text)
	}
	if encrypted {
		inner := s.opened(text, "anna")
		if self := s.opened(text, "support"); self == "" || self != inner {
			s.t.Errorf("%s: the mailbox cannot read its own mail", name)
		}
		text = inner
	}
	if signed {
		text = s.verified(text)
	}
	if !strings.Contains(text, secret) {
		s.t.Errorf("%s: signed %v, encrypted %v: openssl shows %q", name, signed, encrypted, text)
	}
}

// TestNSSOpensIt: cmsutil decrypts and verifies what we make, and we read what
// it makes.
func TestNSSOpensIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	n := s.nss("anna")
	n.add("support")
	s.learn("anna", "anna@kunde.example")
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket("nss", "anna@kunde.example", "X-SMIME-Sign: yes\nX-SMIME-Encrypt: yes\n")))
	der := s.openssl(s.arrival("Subject: nss").Text, "cms", "-cmsout", "-outform", "DER")
	inner := n.run([]byte(der), "cmsutil", "-D", "-d", n.db, "-p", "")
	signature, content := s.detached(string(inner))
	n.run(nil, "cmsutil", "-D", "-d", n.db, "-u", "4", "-i", s.write("nss.p7s", []byte(signature)), "-c", s.write("nss.txt", []byte(content)))

	envelope := n.run([]byte(crlf(textEntity)), "cmsutil", "-E", "-d", n.db, "-r", "support")
	signedOpaque := n.run([]byte(crlf(textEntity)), "cmsutil", "-S", "-d", n.db, "-N", "anna", "-G", "-P")
	for mark, k := range map[string]struct {
		der       []byte
		kind      string
		signature string
		encrypted string
	}{"nss-sealed": {envelope, "enveloped-data", "none", "decrypted"}, "nss-signed": {signedOpaque, "signed-data", "valid", "none"}} {
		entity := "Content-Type: application/pkcs7-mime; smime-type=" + k.kind + "; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n" + s.openssl(string(k.der), "base64")
		s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf(mark), entity)))
		text := s.arrival("Subject: " + mark).Text
		if got := field(t, text, "X-SMIME-Signature") + "/" + field(t, text, "X-SMIME-Encryption"); got != k.signature+"/"+k.encrypted || !strings.Contains(text, secret) {
			t.Errorf("%s: %s\n%s", mark, got, text)
		}
	}
}

// detached takes a multipart/signed apart.
func (s *site) detached(text string) (signature, content string) {
	s.t.Helper()
	text = crlf(text)
	_, rest, _ := strings.Cut(text, "boundary=\"")
	boundary, rest, _ := strings.Cut(rest, "\"")
	parts := strings.Split(rest, "\r\n--"+boundary)
	if len(parts) < 3 {
		s.t.Fatalf("not a multipart/signed:\n%s", text)
	}
	_, b64, _ := strings.Cut(parts[2], "\r\n\r\n")
	return s.openssl(b64, "base64", "-d"), strings.TrimPrefix(parts[1], "\r\n")
}

// TestRefusals: what cannot be done is refused, and nothing is sent.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	for name, k := range map[string]struct {
		order string
		code  int
		text  string
	}{
		"no certificate":  {"X-SMIME-Encrypt: yes\n", 550, "stranger@kunde.example"},
		"unknown value":   {"X-SMIME-Encrypt: maybe\n", 550, "unknown order"},
		"empty value":     {"X-SMIME-Encrypt:\n", 550, "unknown order"},
		"contradiction":   {"X-SMIME-Sign: yes\nX-SMIME-Sign: no\n", 550, "unknown order"},
		"status as order": {"X-SMIME-Encryption: yes\n", 550, "unknown order"},
	} {
		got := s.send(s.outbound, "support@firma.example", []string{"stranger@kunde.example"}, ticket("refused", "stranger@kunde.example", k.order))
		if got.code != k.code || !strings.Contains(got.text, k.text) || !strings.Contains(got.text, "5.7.1") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	time.Sleep(500 * time.Millisecond)
	if m := s.sink.Mails(); len(m) != 0 {
		t.Errorf("%d mails were sent", len(m))
	}
}

// TestHarvestSurvives: the certificate of a valid mail is in the store before
// the mail is delivered, also after a kill -9 at that moment; that of others is not.
// (That the engine waits for the store is gateway's TestHarvestComesFirst.)
func TestHarvestSurvives(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.person("bob", "bob@kunde.example", "rsa-2048")
	mismatch := strings.Replace(headerOf("mismatch"), "anna@kunde.example", "carl@kunde.example", 1)
	s.accepted(s.send(s.inbound, "carl@kunde.example", []string{"support@firma.example"}, withHeader(mismatch, s.signed("bob", textEntity))))
	s.arrival("Subject: mismatch")
	broken := strings.Replace(s.signed("bob", textEntity), "very secret", "very forged", 1)
	s.accepted(s.send(s.inbound, "bob@kunde.example", []string{"support@firma.example"}, withHeader(strings.Replace(headerOf("broken"), "anna@", "bob@", 1), broken)))
	s.arrival("Subject: broken")
	s.keys["erik"], s.certs["erik"] = s.files(testpki.New(t).Issue(testpki.Options{Addresses: []string{"erik@kunde.example"}, Key: "rsa-2048"}), "erik")
	s.accepted(s.send(s.inbound, "erik@kunde.example", []string{"support@firma.example"}, withHeader(strings.Replace(headerOf("untrusted"), "anna@", "erik@", 1), s.signed("erik", textEntity))))
	if m := s.arrival("Subject: untrusted"); field(t, m.Text, "X-SMIME-Signature") != "untrusted" {
		t.Errorf("%s", m.Text)
	}
	known := make(chan string, 1)
	s.sink.Before(func(m postfixtest.Mail) {
		if strings.Contains(m.Text, "Subject: learn-anna") {
			known <- s.known("anna@kunde.example")
			s.gateway.Process.Kill()
		}
	})
	s.learn("anna", "anna@kunde.example")
	if list := <-known; !strings.Contains(list, "active   harvested") {
		t.Errorf("when the mail was delivered, the store had %q", list)
	}
	s.kill()
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket("after-kill", "anna@kunde.example", "X-SMIME-Encrypt: yes\n")))
	s.check("after kill -9", s.arrival("Subject: after-kill").Text, false, true)
	for _, who := range []string{"bob", "carl", "erik"} {
		if got := s.send(s.outbound, "support@firma.example", []string{who + "@kunde.example"}, ticket("x", who+"@kunde.example", "X-SMIME-Encrypt: yes\n")); got.code != 550 {
			t.Errorf("%s's certificate was stored: %+v", who, got)
		}
	}
}

// known is what the running gateway's store has of an address.
func (s *site) known(address string) string {
	path, err := binary()
	if err != nil {
		return err.Error()
	}
	out, _ := exec.Command(path, "cert", "--config", filepath.Join(s.dir, "config.toml"), "list", address).CombinedOutput()
	return string(out)
}

// TestDownIsTempfail: Postfix keeps the mail when the gateway is not there.
func TestDownIsTempfail(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.gateway.Process.Kill()
	s.gateway.Wait()
	if got := s.answerWithoutGateway(); got.code != 451 {
		t.Errorf("%+v", got)
	}
}

// answerWithoutGateway is the first refusal that a client hears.
func (s *site) answerWithoutGateway() reply {
	s.t.Helper()
	c := s.dial(s.outbound)
	defer c.close()
	c.cmd("EHLO x")
	got := c.cmd("MAIL FROM:<support@firma.example>")
	for _, line := range []string{"RCPT TO:<anna@kunde.example>", "DATA"} {
		if got.code < 400 {
			got = c.cmd(line)
		}
	}
	return got
}

// TestAttachmentsAreIdentical: binary attachments of any kind come out as they
// went in.
func TestAttachmentsAreIdentical(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	var attachment strings.Builder
	for i := range 50000 {
		attachment.WriteByte(byte(i * i >> 3))
	}
	b64 := s.openssl(attachment.String(), "base64")
	entity := "Content-Type: multipart/mixed; boundary=\"bb\"\n\n--bb\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße, " + secret + "\n--bb\nContent-Type: application/octet-stream; name=\"x.bin\"\nContent-Disposition: attachment; filename=\"x.bin\"\nContent-Transfer-Encoding: base64\n\n" + b64 + "--bb--\n"
	sealed := s.sealed(s.signed("anna", entity), []string{"support"}, "-aes-256-cbc")
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("attached"), sealed)))
	text := s.arrival("Subject: attached").Text
	if field(t, text, "X-SMIME-Signature") != "valid" || !strings.Contains(text, "Grüße") {
		t.Errorf("%s", text[:2000])
	}
	_, part, _ := strings.Cut(text, "x.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	part, _, _ = strings.Cut(part, "--bb--")
	if got := s.openssl(part, "base64", "-d"); got != attachment.String() {
		t.Errorf("%d octets came out, %d went in, equal %v", len(got), attachment.Len(), got == attachment.String())
	}
}
