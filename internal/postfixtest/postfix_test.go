package postfixtest

import (
	"errors"
	"net/smtp"
	"strings"
	"testing"
	"time"
)

func TestMailGoesThrough(t *testing.T) {
	sink, err := NewSink()
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(Config{Dir: t.TempDir() + "/postfix", NextHop: sink.Address, Master: []string{port + " inet n - n - - smtpd"}})
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	if err := smtp.SendMail(port, nil, "a@b.example", []string{"c@d.example"}, []byte("Subject: first\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := p.Sendmail("a@b.example", []string{"c@d.example"}, "Subject: second\n\nx\n"); err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"Subject: first", "Subject: second"} {
		m, ok := sink.Wait(mark, 15*time.Second)
		if !ok || m.From != "a@b.example" || strings.Join(m.To, "") != "c@d.example" {
			t.Errorf("%s: %+v\n%s", mark, m, p.Log())
		}
	}
}
