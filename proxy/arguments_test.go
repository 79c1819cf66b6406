package proxy

import (
	"errors"
	"fmt"
	"testing"

	"github.com/emersion/go-smtp"
)

func TestArguments(t *testing.T) {
	m, err := MailArguments([]string{"SIZE=100", "BODY=8BITMIME", "ret=hdrs", "ENVID=a+2Bb", "SMTPUTF8"})
	if err != nil || m.Return != smtp.DSNReturnHeaders || m.EnvelopeID != "a+b" || !m.UTF8 {
		t.Errorf("%+v %v", m, err)
	}
	r, err := RcptArguments([]string{"NOTIFY=SUCCESS,failure", "ORCPT=rfc822;a+2Bb@c.example"})
	if err != nil || len(r.Notify) != 2 || r.Notify[1] != smtp.DSNNotifyFailure || r.OriginalRecipient != "a+b@c.example" {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := RcptArguments([]string{`ORCPT=utf-8;m\x{FC}ller@c.example`}); err != nil || r.OriginalRecipientType != smtp.DSNAddressTypeUTF8 || r.OriginalRecipient != `m\x{FC}ller@c.example` {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := RcptArguments([]string{"ORCPT=x400;/C=de/", "NOTIFY=NEVER"}); err != nil || r.OriginalRecipient != "" || len(r.Notify) != 1 {
		t.Errorf("what go-smtp cannot write: %+v %v", r, err)
	}
	for _, bad := range []string{"RET=ALL", "ENVID=a+2", "ENVID=+zz", "ENVID=a+00", "ENVID=a\x01", "MT-PRIORITY=3"} {
		if _, err := MailArguments([]string{bad}); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	for _, bad := range []string{"ORCPT=x", "ORCPT=rfc822;a+0A", "BY=120;R"} {
		if _, err := RcptArguments([]string{bad}); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestReply(t *testing.T) {
	for want, err := range map[string]error{
		"{0  }":          nil,
		"{550 5.7.1 no}": fmt.Errorf("x: %w", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "no"}),
		"{450 4.0.0 no}": &smtp.SMTPError{Code: 450, EnhancedCode: smtp.NoEnhancedCode, Message: "no"},
		"{451 4.4.1 next hop did not take the message, try again later}": errors.New("cut"),
	} {
		if got := fmt.Sprint(Reply(err)); got != want {
			t.Errorf("%v: got %s, want %s", err, got, want)
		}
	}
}
