package proxy

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/nexthop"
	"sealgate/internal/testpki"
)

// TestStartTLSAndAuth: logins are offered under TLS only, and who logs in may
// order on an outbound listener.
func TestStartTLSAndAuth(t *testing.T) {
	cert := testpki.New(t).Issue(testpki.Options{Name: "gw.example"})
	e := &engine{}
	s := &Server{
		Processor: e, Next: to(newNextHop(t, nexthop.Fault{})), Direction: gateway.Outbound,
		TLS:   &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Certificate.Raw}, PrivateKey: cert.Key}}},
		Login: func(user, password string) bool { return user == "agent" && password == "right" },
	}
	address, _ := serve(t, s)
	if got := talk(t, address, "EHLO x\r\nAUTH PLAIN AGFnZW50AHJpZ2h0\r\nQUIT\r\n"); !strings.Contains(got, "STARTTLS") || strings.Contains(got, "250-AUTH") || strings.Contains(got, "235") {
		t.Errorf("in clear: %s", got)
	}
	for password, good := range map[string]bool{"right": true, "wrong": false} {
		c, err := smtp.DialStartTLS(address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Auth(sasl.NewPlainClient("", "agent", password)); (err == nil) != good {
			t.Errorf("%s: %v", password, err)
		}
		if good {
			if err := c.SendMail("a@b.example", []string{"c@d.example"}, strings.NewReader("Subject: x\r\n\r\nx\r\n")); err != nil {
				t.Error(err)
			}
			if e.env.User != "agent" || !e.env.MayOrder {
				t.Errorf("%+v", e.env)
			}
		}
		c.Close()
	}
}

// TestOtherMechanisms: a PLAIN response is none to CRAM-MD5, whoever gives it.
func TestOtherMechanisms(t *testing.T) {
	s := &Server{Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{})), TLS: tlsConfig(t), Login: func(string, string) bool { return true }}
	address, _ := serve(t, s)
	for mechanism, code := range map[string]string{"CRAM-MD5": "504 5.7.4", "LOGIN": "504 5.7.4", "X": "504 5.7.4", "plain": "235 2.0.0"} {
		if got := talkTLS(t, address, "EHLO x\r\nAUTH "+mechanism+" AGFnZW50AHJpZ2h0\r\nQUIT\r\n"); !strings.Contains(got, "\r\n"+code) {
			t.Errorf("%s: %s", mechanism, got)
		}
	}
	if got := talk(t, address, "EHLO x\r\nAUTH PLAIN AGFnZW50AHJpZ2h0\r\nQUIT\r\n"); !strings.Contains(got, "523 5.7.10") {
		t.Errorf("in clear: %s", got)
	}
}
