package e2e

// This file puts opendkim around the gateway: verifying before it inbound,
// signing after it outbound.

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// dkim is two private opendkims: one signs for both domains, one verifies.
type dkim struct {
	s                *site
	signer, verifier string // ports
	verify           string // configuration file of the verifier
}

// prepare writes keys and configuration and starts both.
func (d *dkim) prepare(s *site) {
	s.t.Helper()
	d.s, d.signer, d.verifier = s, s.doors["after"], s.doors["before"]
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		s.t.Fatal(err)
	}
	keyFile := s.write("dkim.pem", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	var keys, table, signing string
	for _, domain := range []string{"kunde.example", "firma.example"} {
		name := "sel._domainkey." + domain
		keys += name + " v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public) + "\n"
		table += domain + " " + domain + ":sel:" + keyFile + "\n"
		signing += domain + " " + domain + "\n"
	}
	common := "Syslog no\nUserID root\nRequireSafeKeys no\nAuthservID gw.firma.example\nBackground no\nTestPublicKeys " + s.write("dkim.keys", []byte(keys)) + "\n"
	loopback := s.write("dkim.hosts", []byte("127.0.0.1\n"))
	nobody := s.write("dkim.nobody", []byte("192.0.2.1\n"))
	sign := s.write("sign.conf", []byte(common+"Mode s\nInternalHosts "+loopback+"\nKeyTable "+s.write("dkim.table", []byte(table))+"\nSigningTable "+s.write("dkim.signing", []byte(signing))+"\nSocket "+socket(d.signer)+"\n"))
	d.verify = s.write("verify.conf", []byte(common+"Mode v\nInternalHosts "+nobody+"\nExternalIgnoreList "+nobody+"\nSocket "+socket(d.verifier)+"\n"))
	for _, conf := range []string{sign, d.verify} {
		cmd := exec.Command("/usr/sbin/opendkim", "-f", "-x", conf)
		cmd.Stdout, cmd.Stderr = s.log, s.log
		if err := cmd.Start(); err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	}
	s.waitFor(d.signer, d.verifier)
}

// socket writes host:port as opendkim does.
func socket(address string) string {
	host, port, _ := strings.Cut(address, ":")
	return "inet:" + port + "@" + host
}

// holds lets opendkim verify a message as a receiver would.
func (d *dkim) holds(text string) error {
	d.s.t.Helper()
	file := d.s.write(fmt.Sprintf("far-%d.eml", time.Now().UnixNano()), []byte(text))
	out, err := exec.Command("/usr/sbin/opendkim", "-x", d.verify, "-vv", "-t", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "succeeded") {
		return fmt.Errorf("%v %s", err, out)
	}
	return nil
}

// TestDKIM: inbound, opendkim before us sees the original and its results stay;
// outbound, its signature after us holds at the far end, on split copies too.
func TestDKIM(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/sbin/opendkim"); err != nil {
		t.Skip("opendkim is not installed: ", err)
	}
	var d dkim
	var customer string
	s := newSite(t, viaBoth, siteOptions{section: "DKIM", master: func(s *site) []string {
		d.prepare(s)
		customer = s.port()
		return []string{customer + " inet n - n - - smtpd\n  -o smtpd_milters=inet:" + d.signer}
	}})
	s.person("bob", "bob@kunde.example", "rsa-2048")
	s.learn("anna", "anna@kunde.example")
	s.learn("bob", "bob@kunde.example")

	s.accepted(s.send(customer, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("dkim-in"), s.signed("anna", textEntity))))
	text := s.arrival("Subject: dkim-in").Text
	if err := d.holds(text); err != nil {
		t.Fatalf("the customer's DKIM signature: %v", err)
	}
	forged := "Authentication-Results: gw.firma.example; smime=pass body.smime-identifier=ceo@bank.example\nX-SMIME-Status: forged\n"
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, forged+strings.Replace(text, "Subject: dkim-in", "X-Mark: came-in\nSubject: dkim-in", 1)))
	got := s.arrival("X-Mark: came-in").Text
	if !strings.Contains(strings.Join(strings.Fields(got), " "), "Authentication-Results: gw.firma.example; dkim=pass") {
		t.Errorf("opendkim's result is gone:\n%s", got)
	}
	if strings.Contains(got, "forged") || strings.Contains(got, "ceo@bank") || field(t, got, "X-SMIME-Signature") != "valid" {
		t.Errorf("forged fields, or the verdict:\n%s", got)
	}

	both := "X-SMIME-Sign: yes\n" + encryptOrder
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket("dkim-one", "anna@kunde.example", both)))
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example", "bob@kunde.example"}, ticket("dkim-two", "anna@kunde.example", both)))
	list := append(s.sink.WaitFor("Subject: dkim-one", 1, 30*time.Second), s.sink.WaitFor("Subject: dkim-two", 2, 30*time.Second)...)
	if len(list) != 3 {
		t.Fatalf("%d copies", len(list))
	}
	for _, m := range list {
		if strings.Contains(m.Text, secret) || !strings.Contains(m.Text, "DKIM-Signature:") {
			t.Errorf("the copy for %v:\n%s", m.To, m.Text)
		}
		if err := d.holds(m.Text); err != nil {
			t.Errorf("the copy for %v at the far end: %v", m.To, err)
		}
	}
}
