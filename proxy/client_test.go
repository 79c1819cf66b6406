package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/gateway"
	"sealgate/internal/nexthop"
	"sealgate/spool"
)

func file(t *testing.T, text string) *spool.File {
	t.Helper()
	s, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	f := s.Create()
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

const mail = "From: a@firma.example\r\nX-SMIME-Sign: yes\r\nSubject: x\r\n\r\nfirst\r\n.dot\r\n..two\r\n"

func recipients(n int) (t Transaction, copies []gateway.Delivery) {
	t.From = "a@firma.example"
	for i := range n {
		to := fmt.Sprintf("r%d@b.example", i)
		t.Recipients = append(t.Recipients, Recipient{Address: to})
		copies = append(copies, gateway.Delivery{To: []string{to}, Edits: []gateway.HeaderEdit{{Op: gateway.DeleteField, Index: 1}}})
	}
	return t, copies
}

// TestFaultsOfTheNextHop injects a fault at each step, with one and with three
// copies: nothing is lost (whenever Deliver reports success every copy was
// taken), and nothing is sent when the fault was known before the first final
// dot.
func TestFaultsOfTheNextHop(t *testing.T) {
	for _, step := range nexthop.Steps {
		for _, what := range nexthop.Kinds(step) {
			for _, n := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s/%s/%d", step, what, n), func(t *testing.T) {
					t.Parallel()
					faultCase(t, nexthop.Fault{Step: step, What: what, Conn: n}, n)
				})
			}
		}
	}
}

// long is more than the sockets between us and the next hop hold.
var long = mail + strings.Repeat("a line of the message, one of very many\r\n", 1<<18)

// faultCase lets the last connection of n fail.
func faultCase(t *testing.T, f nexthop.Fault, n int) {
	hop := newNextHop(t, f)
	tr, copies := recipients(n)
	patience, text := 20*time.Second, mail
	if f.What == "hang" || f.What == "late" {
		patience = time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if f.Step == "content" {
		text = long
	}
	err := to(hop).Deliver(ctx, tr, file(t, text), copies)
	taken := hop.Messages()
	if slow := f.What == "late"; slow != (err == nil) || slow && len(taken) != n {
		t.Fatalf("%d of %d copies taken: %v", len(taken), n, err)
	} else if slow {
		return
	}
	if before := f.Step != "dot" && f.Step != "answer"; before && len(taken) > 0 {
		t.Errorf("%d copies went out before the fault at %s was known", len(taken), f.Step)
	}
	var reply *smtp.SMTPError
	if atHome := f.Step == "banner" || f.Step == "EHLO"; atHome && errors.As(err, &reply) {
		t.Errorf("the next hop's own trouble is told as an answer to the mail: %v", err)
	} else if code := f.What; !atHome && (code == "450" || code == "550") {
		if !errors.As(err, &reply) || fmt.Sprint(reply.Code) != code {
			t.Errorf("the next hop said %s, the sender hears %v", code, err)
		}
		if f.Step == "dot" && n > 1 && strings.Contains(reply.Message, "the other recipients have got") != (code == "550" && len(taken) == n-1) {
			t.Errorf("%d copies taken, the sender hears %s", len(taken), reply.Message)
		}
		if f.Step == "RCPT" && !strings.Contains(reply.Message, "@b.example>") {
			t.Errorf("the reply does not name the recipient: %s", reply.Message)
		}
	}
	for _, m := range taken {
		if n := len(slices.DeleteFunc(slices.Clone(taken), func(o nexthop.Message) bool { return o.Rcpt[0] != m.Rcpt[0] })); n > 1 {
			t.Errorf("%s got it %d times", m.Rcpt[0], n)
		}
	}
}

// TestSlowNextHop: an answer to a final dot is waited for beyond the message's own
// time, for every copy, and for all but the first at once: who gave up would send the
// first ones again and the last ones never.
func TestSlowNextHop(t *testing.T) {
	t.Parallel()
	hop := newNextHop(t, nexthop.Fault{Step: "answer", What: "late"})
	tr, copies := recipients(5)
	ctx, cancel := context.WithTimeout(context.Background(), nexthop.LateTime/4)
	defer cancel()
	start := time.Now()
	if err := to(hop).Deliver(ctx, tr, file(t, mail), copies); err != nil {
		t.Error(err)
	}
	if n, took := len(hop.Messages()), time.Since(start); n != 5 || took > 3*nexthop.LateTime {
		t.Errorf("%d copies of 5 in %v", n, took)
	}
}

// TestPatienceEnds: a next hop that never answers the dot does not hold a mail for ever.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	hop := newNextHop(t, nexthop.Fault{Step: "dot", What: "hang"})
	c := to(hop)
	c.Patience = 300 * time.Millisecond
	tr, copies := recipients(2)
	start := time.Now()
	if err := c.Deliver(context.Background(), tr, file(t, mail), copies); err == nil || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// TestNoTimeForTheDot: when the message's time ends before the first final dot,
// nothing is sent.
func TestNoTimeForTheDot(t *testing.T) {
	t.Parallel()
	hop := newNextHop(t, nexthop.Fault{})
	hop.Think = time.Second
	tr, copies := recipients(2)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if err := to(hop).Deliver(ctx, tr, file(t, mail), copies); err == nil || len(hop.Messages()) != 0 {
		t.Errorf("%v, %d copies taken", err, len(hop.Messages()))
	}
}

// TestCutBeforeTheDot: a message small enough to wait in a buffer gives no fault while
// it is written; that the next hop has gone is seen before the first dot all the same.
func TestCutBeforeTheDot(t *testing.T) {
	t.Parallel()
	hop := newNextHop(t, nexthop.Fault{Step: "content", What: "early", To: "r1@"})
	hop.Think = 300 * time.Millisecond
	tr, copies := recipients(2)
	if err := to(hop).Deliver(context.Background(), tr, file(t, mail), copies); err == nil || len(hop.Messages()) != 0 {
		t.Errorf("%v, %d copies taken", err, len(hop.Messages()))
	}
}

// TestSomeRefused: who of many is refused is said, and a fault that may pass counts
// more than a refusal: only then is the mail tried again.
func TestSomeRefused(t *testing.T) {
	no := func(code int, to string) error {
		return &smtp.SMTPError{Code: code, Message: "<" + to + ">: no"}
	}
	var many []error
	for range 40 {
		many = append(many, no(550, "somebody@b.example"))
	}
	for _, k := range []struct {
		errs []error
		want string
	}{
		{nil, ""},
		{[]error{no(550, "a"), no(554, "b")}, "<a>: no; <b>: no (the other recipients have got the message)"},
		{[]error{no(550, "a"), no(450, "b")}, "<b>: no"},
		{many, "... (the other recipients have got the message)"},
	} {
		var failed []failure
		for _, err := range k.errs {
			failed = append(failed, failure{[]string{"somebody@b.example"}, err})
		}
		var got string
		var reply *smtp.SMTPError
		if errors.As(partly(failed, []string{"c"}), &reply) {
			got = reply.Message
		}
		if !strings.HasSuffix(got, k.want) || (got == "") != (k.want == "") || len(got) > 400 {
			t.Errorf("%q, want %q", got, k.want)
		}
	}
}

func TestCopiesArriveAsTheyShould(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	tr, copies := recipients(3)
	tr.Options = &smtp.MailOptions{Return: smtp.DSNReturnFull, EnvelopeID: "id+1", UTF8: true, Size: 5}
	tr.Recipients[1].Options = &smtp.RcptOptions{Notify: []smtp.DSNNotify{smtp.DSNNotifyFailure}, OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: "orig@b.example"}
	tr.Recipients[2].Options = &smtp.RcptOptions{Notify: []smtp.DSNNotify{smtp.DSNNotifySuccess, smtp.DSNNotifyDelayed}, OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: "other@b.example"}
	copies[2].CameEncrypted = true
	copies[2].Sender = "postmaster@firma.example"
	copies[2].Body = file(t, "secret\r\n.\r\n").NewReader()
	copies[2].Edits = append(copies[2].Edits, gateway.HeaderEdit{Op: gateway.InsertField, Name: "X-Top", Value: " 1"}, gateway.HeaderEdit{Op: gateway.AppendField, Name: "X-End", Value: " a\r\n b"},
		gateway.HeaderEdit{Op: gateway.ReplaceField, Index: 2, Name: "Subject", Value: " y"})
	if err := to(hop).Deliver(context.Background(), tr, file(t, mail), copies); err != nil {
		t.Fatal(err)
	}
	got := map[string]nexthop.Message{}
	for _, m := range hop.Messages() {
		got[m.Rcpt[0][:20]] = m
	}
	plain := "From: a@firma.example\r\nSubject: x\r\n\r\nfirst\r\n.dot\r\n..two\r\n"
	for i, want := range []string{plain, plain, "X-Top: 1\r\nFrom: a@firma.example\r\nSubject: y\r\nX-End: a\r\n b\r\n\r\nsecret\r\n.\r\n"} {
		m := got[fmt.Sprintf("RCPT TO:<r%d@b.exampl", i)[:20]]
		if m.Data != want {
			t.Errorf("copy %d: got %q, want %q", i, m.Data, want)
		}
		if !strings.Contains(m.Mail, "SMTPUTF8") || !strings.Contains(m.Mail, "ENVID=id+2B1") || !strings.Contains(m.Mail, fmt.Sprintf("SIZE=%d ", len(want))) || strings.Contains(m.Mail, "RET=HDRS") != (i == 2) || strings.Contains(m.Mail, "FROM:<postmaster@firma.example>") != (i == 2) {
			t.Errorf("copy %d: %s", i, m.Mail)
		}
	}
	if m := got["RCPT TO:<r1@b.example"[:20]]; !strings.Contains(m.Rcpt[0], "NOTIFY=FAILURE ORCPT=RFC822;orig@b.example") {
		t.Errorf("arguments lost: %s", m.Rcpt[0])
	}
	if m := got["RCPT TO:<r2@b.example"[:20]]; !strings.Contains(m.Rcpt[0], "NOTIFY=FAILURE ORCPT=RFC822;other@b.example") {
		t.Errorf("the copy that came encrypted: %s", m.Rcpt[0])
	}
}

// TestNoticesOfWhatCameEncrypted: nobody is told of success or delay; a failure the
// house hears of, unless the sender wanted that nobody does.
func TestNoticesOfWhatCameEncrypted(t *testing.T) {
	type list = []smtp.DSNNotify
	for _, k := range []struct{ asked, want list }{
		{nil, nil},
		{list{smtp.DSNNotifyNever}, list{smtp.DSNNotifyNever}},
		{list{smtp.DSNNotifyFailure}, list{smtp.DSNNotifyFailure}},
		{list{smtp.DSNNotifySuccess}, list{smtp.DSNNotifyFailure}},
		{list{smtp.DSNNotifyDelayed, smtp.DSNNotifySuccess, smtp.DSNNotifyFailure}, list{smtp.DSNNotifyFailure}},
	} {
		r := Recipient{"a@b.example", &smtp.RcptOptions{Notify: k.asked, OriginalRecipient: "x"}}
		for _, came := range []bool{true, false} {
			want := k.want
			if !came {
				want = k.asked
			}
			l := &leg{copy: gateway.Delivery{CameEncrypted: came}}
			if got := l.rcptOptions(r); !slices.Equal(got.Notify, want) || got.OriginalRecipient != "x" {
				t.Errorf("%v, came encrypted %v: %v", k.asked, came, got.Notify)
			}
		}
		if !slices.Equal(r.Options.Notify, k.asked) {
			t.Errorf("the session's own arguments were changed: %v", r.Options.Notify)
		}
	}
}

// TestOwnConnections: the client's connections are known while they are open, and only
// then.
func TestOwnConnections(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	var own Own
	l := &leg{client: &Client{Address: hop.Address, Own: &own}}
	if err := l.connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.conn.LocalAddr().String())
	if !own.Has(at) || own.Has(netip.AddrPortFrom(at.Addr(), at.Port()+1)) {
		t.Error("the open connection is not known, or another is")
	}
	if l.close(); own.Has(at) {
		t.Error("it is known after its end")
	}
}

func TestTooManyCopies(t *testing.T) {
	tr, copies := recipients(maxCopies + 1)
	var reply *smtp.SMTPError
	if err := (&Client{Address: "127.0.0.1:1"}).Deliver(context.Background(), tr, file(t, mail), copies); !errors.As(err, &reply) || reply.Code != 554 {
		t.Errorf("%v", err)
	}
}
