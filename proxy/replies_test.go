package proxy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"sealgate/internal/nexthop"
)

// TestRepliesOfTheNextHop: what it says is passed on so that a client can read it,
// by the proxy line by line, by the milter in one line.
func TestRepliesOfTheNextHop(t *testing.T) {
	for said, want := range map[string]string{
		"550 5.7.1 no": "550 5.7.1 %sno",
		"550 no":       "550 5.0.0 %sno",
		"550-5.7.1 first\r\n550-5.7.1 second\r\n550 5.7.1 third": "550-5.7.1 %sfirst\r\n550-5.7.1 second\r\n550 5.7.1 third",
		"550-first\r\n550-5.7.1 second\r\n550 5.7.2 third":       "550-5.7.1 %sfirst\r\n550-5.7.1 second\r\n550 5.7.1 third",
		"550-first\r\n550 second":                                "550-5.0.0 %sfirst\r\n550 5.0.0 second",
		"550 4.7.1 wrong class":                                  "550 5.0.0 %swrong class",
		"450 4.2.0 gr\xc3\xbc\xc3\x9fe \x1b[31m\x80\x7f a\rb":    "450 4.2.0 %sgr??e ?[31m?? a?b",
		"421 4.3.2 closing":                                      "451 4.3.2 %sclosing",
		"421 closing":                                            "451 4.0.0 %sclosing",
	} {
		for step, who := range map[string]string{"MAIL": "", "RCPT": "<c@d.example>: ", "dot": "<c@d.example>: "} {
			hop := newNextHop(t, nexthop.Fault{Step: step, What: said})
			address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop)})
			got := talk(t, address, envelope+"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
			if !strings.Contains(got, "\r\n"+fmt.Sprintf(want, who)+"\r\n221") {
				t.Errorf("%q at %s: %s", said, step, got)
			}
			tr, copies := recipients(1)
			r := Reply(to(hop).Deliver(context.Background(), tr, file(t, mail), copies))
			flat := strings.NewReplacer("\r\n"+want[:3]+"-"+r.Enhanced+" ", " / ", "\r\n"+want[:3]+" "+r.Enhanced+" ", " / ").Replace(fmt.Sprintf(want, strings.ReplaceAll(who, "c@d", "r0@b")))
			if full := fmt.Sprint(r.Code, " ", r.Enhanced, " ", r.Text); strings.Replace(flat, "-", " ", 1) != full {
				t.Errorf("%q at %s: the milter says %q, want %q", said, step, full, flat)
			}
		}
	}
}

// TestAnswersArePrintable: also those that say again what the client said.
func TestAnswersArePrintable(t *testing.T) {
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(newNextHop(t, nexthop.Fault{}))})
	if got := talk(t, address, "EHLO \x1b[31m\xfc\r\nQUIT\r\n"); !strings.Contains(got, "Hello ?[31m?\r\n") {
		t.Errorf("%q", got)
	}
}

// TestRefusalsInOneLine: of several copies' refusals each is one part of a line.
func TestRefusalsInOneLine(t *testing.T) {
	r := Reply(partly([]failure{
		{[]string{"a"}, &smtp.SMTPError{Code: 550, Message: "<a>: first\n5.7.1 second"}},
		{[]string{"b"}, &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 2}, Message: "<b>: no"}},
	}, []string{"c"}))
	if want := "<a>: first / second; <b>: no (the other recipients have got the message)"; r.Text != want {
		t.Errorf("got %q, want %q", r.Text, want)
	}
}

// TestForGoodBeforeForNow: while nothing has been sent, what its sender can do
// something about is told first.
func TestForGoodBeforeForNow(t *testing.T) {
	now, good, fault := &smtp.SMTPError{Code: 450}, &smtp.SMTPError{Code: 550}, errors.New("cut")
	for _, k := range []struct {
		errs []error
		want error
	}{{nil, nil}, {[]error{now, good}, good}, {[]error{fault, now, good}, good}, {[]error{good, fault}, good}, {[]error{now, fault}, now}} {
		if got := worst(k.errs); got != k.want {
			t.Errorf("%v: got %v, want %v", k.errs, got, k.want)
		}
	}
}
