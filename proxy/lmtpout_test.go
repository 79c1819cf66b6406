package proxy

// This file tests next hops that speak LMTP.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"sealgate/gateway"
	"sealgate/internal/nexthop"
	"sealgate/spool"
)

// newLMTPHop is a next hop that speaks LMTP, and a client that delivers to it.
func newLMTPHop(t *testing.T, f nexthop.Fault) (*nexthop.NextHop, *Client) {
	t.Helper()
	hop := newNextHop(t, f)
	hop.LMTP = true
	client := to(hop)
	client.LMTP = true
	return hop, client
}

// copiesTo are copies of one mail, each to the recipients of one word.
func copiesTo(all ...string) (t Transaction, copies []gateway.Delivery) {
	t.From = "a@b.example"
	for _, group := range all {
		var to []string
		for _, name := range strings.Fields(group) {
			to = append(to, name+"@d.example")
			t.Recipients = append(t.Recipients, Recipient{Address: name + "@d.example"})
		}
		copies = append(copies, gateway.Delivery{To: to})
	}
	return t, copies
}

// taken counts how often each recipient has got a message.
func taken(hop *nexthop.NextHop) map[string]int {
	n := map[string]int{}
	for _, m := range hop.Messages() {
		for _, r := range m.Rcpt {
			n[strings.TrimSuffix(strings.TrimPrefix(r, "RCPT TO:<"), "@d.example>")]++
		}
	}
	return n
}

func message(t *testing.T, text string) *spool.File {
	t.Helper()
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	f := sp.Create()
	t.Cleanup(func() { f.Close() })
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	return f
}

const oneMail = "Received: by first\r\nFrom: a@b.example\r\nMessage-ID: <1@b.example>\r\nSubject: x\r\n\r\ntext\r\n"

// TestOneAnswerForAll: an SMTP client hears one answer. Nobody is lost, and nobody gets the
// mail twice: those who have it are left out when it is tried again.
func TestOneAnswerForAll(t *testing.T) {
	for name, k := range map[string]struct {
		copies []string
		fault  nexthop.Fault
		code   int // first
		word   string
		got    map[string]int // after it
		then   nexthop.Fault
		code2  int
		word2  string
		got2   map[string]int // at the second attempt
	}{
		"all taken":             {[]string{"r1 r2"}, nexthop.Fault{}, 0, "", map[string]int{"r1": 1, "r2": 1}, nexthop.Fault{}, 0, "", map[string]int{"r1": 1, "r2": 1}},
		"one for now":           {[]string{"r1 r2"}, nexthop.Fault{Step: "dot", What: "450", To: "r2"}, 450, "<r2@d.example>", map[string]int{"r1": 1}, nexthop.Fault{}, 0, "", map[string]int{"r2": 1}},
		"the first for now":     {[]string{"r1 r2"}, nexthop.Fault{Step: "dot", What: "450", To: "r1"}, 450, "<r1@d.example>", map[string]int{"r2": 1}, nexthop.Fault{}, 0, "", map[string]int{"r1": 1}},
		"one for good":          {[]string{"r1 r2"}, nexthop.Fault{Step: "dot", What: "550", To: "r2"}, 550, "<r2@d.example>: said so at dot" + gotIt, map[string]int{"r1": 1}, nexthop.Fault{}, 0, "", map[string]int{"r1": 1, "r2": 1}},
		"all for good":          {[]string{"r1 r2"}, nexthop.Fault{Step: "dot", What: "550"}, 550, "<r1@d.example>", map[string]int{}, nexthop.Fault{}, 0, "", map[string]int{"r1": 1, "r2": 1}},
		"an answer cut":         {[]string{"r1 r2 r3"}, nexthop.Fault{Step: "dot", What: "cut", To: "r2"}, 451, "", map[string]int{"r1": 1}, nexthop.Fault{}, 0, "", map[string]int{"r2": 1, "r3": 1}},
		"for now, then good":    {[]string{"r1 r2"}, nexthop.Fault{Step: "dot", What: "450", To: "r2"}, 450, "", map[string]int{"r1": 1}, nexthop.Fault{Step: "dot", What: "550", To: "r2"}, 550, "said so at dot" + gotIt, map[string]int{}},
		"then refused at RCPT":  {[]string{"r1 r2"}, nexthop.Fault{Step: "dot", What: "450", To: "r2"}, 450, "", map[string]int{"r1": 1}, nexthop.Fault{Step: "RCPT", What: "550", To: "r2"}, 550, gotIt, map[string]int{}},
		"one at RCPT":           {[]string{"r1 r2"}, nexthop.Fault{Step: "RCPT", What: "550", To: "r2"}, 550, "<r2@d.example>", map[string]int{}, nexthop.Fault{}, 0, "", map[string]int{"r1": 1, "r2": 1}},
		"several copies":        {[]string{"r1 r2", "r3", "r4"}, nexthop.Fault{Step: "dot", What: "450", To: "r3"}, 450, "<r3@d.example>", map[string]int{"r1": 1, "r2": 1, "r4": 1}, nexthop.Fault{}, 0, "", map[string]int{"r3": 1}},
		"first copy in part":    {[]string{"r1 r2", "r3"}, nexthop.Fault{Step: "dot", What: "450", To: "r1"}, 450, "<r1@d.example>", map[string]int{"r2": 1, "r3": 1}, nexthop.Fault{}, 0, "", map[string]int{"r1": 1}},
		"first copy not at all": {[]string{"r1", "r2"}, nexthop.Fault{Step: "dot", What: "450", To: "r1"}, 450, "<r1@d.example>", map[string]int{}, nexthop.Fault{}, 0, "", map[string]int{"r1": 1, "r2": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			hop, client := newLMTPHop(t, k.fault)
			tr, copies := copiesTo(k.copies...)
			r := Reply(client.Deliver(context.Background(), tr, message(t, oneMail), copies))
			if r.Code != k.code || !strings.Contains(r.Text, k.word) {
				t.Errorf("first: %+v, want %d %s", r, k.code, k.word)
			}
			if got := taken(hop); !maps.Equal(got, k.got) {
				t.Errorf("first: %v, want %v", got, k.got)
			}
			if err := hop.Reset(k.then); err != nil {
				t.Fatal(err)
			}
			again := strings.Replace(oneMail, "by first", "by second", 1)
			r = Reply(client.Deliver(context.Background(), tr, message(t, again), copies))
			if r.Code != k.code2 || !strings.Contains(r.Text, k.word2) {
				t.Errorf("then: %+v, want %d %s", r, k.code2, k.word2)
			}
			if got := taken(hop); !maps.Equal(got, k.got2) {
				t.Errorf("then: %v, want %v", got, k.got2)
			}
		})
	}
}

// TestAnotherMailIsNotHandedOver: what is left out is one mail to one recipient from one
// sender, not another that resembles it, nor the same once it is done with.
func TestAnotherMailIsNotHandedOver(t *testing.T) {
	for name, change := range map[string]func(tr *Transaction, text *string){
		"another text":       func(_ *Transaction, text *string) { *text = strings.Replace(*text, "text", "words", 1) },
		"another Message-ID": func(_ *Transaction, text *string) { *text = strings.Replace(*text, "<1@", "<2@", 1) },
		"without Message-ID": func(_ *Transaction, text *string) { *text = strings.Replace(*text, "Message-ID", "X-ID", 1) },
		"another sender":     func(tr *Transaction, _ *string) { tr.From = "other@b.example" },
	} {
		hop, client := newLMTPHop(t, nexthop.Fault{Step: "dot", What: "450", To: "r2"})
		tr, copies := copiesTo("r1 r2")
		if r := Reply(client.Deliver(context.Background(), tr, message(t, oneMail), copies)); r.Code != 450 {
			t.Fatalf("%+v", r)
		}
		if err := hop.Reset(nexthop.Fault{}); err != nil {
			t.Fatal(err)
		}
		text := oneMail
		change(&tr, &text)
		if r := Reply(client.Deliver(context.Background(), tr, message(t, text), copies)); r.Code != 0 || taken(hop)["r1"] != 1 {
			t.Errorf("%s: %+v %v", name, r, taken(hop))
		}
	}
}

// TestHandedIsBounded: what does not fit is not remembered, and comes twice.
func TestHandedIsBounded(t *testing.T) {
	var h handed
	mail := identityOf("a@b.example", message(t, oneMail))
	var all []string
	for i := range maxHanded + 1 {
		all = append(all, fmt.Sprintf("r%d@d.example", i))
	}
	h.add(mail, all)
	left, some := h.without(mail, []gateway.Delivery{{To: all}})
	if len(h.seen) != maxHanded || !some || len(left) != 1 || !slices.Equal(left[0].To, all[maxHanded:]) {
		t.Errorf("%d are remembered, %v are left", len(h.seen), left)
	}
}

// TestEachByLMTP: where the client speaks LMTP too, each recipient has the next hop's own
// answer (RFC 2033 §4.2).
func TestEachByLMTP(t *testing.T) {
	for what, k := range map[string]struct {
		fault nexthop.Fault
		want  string
		got   map[string]int
	}{
		"for good":         {nexthop.Fault{Step: "dot", What: "550", To: "r2"}, "250 550 250", map[string]int{"r1": 1, "r3": 1}},
		"for now":          {nexthop.Fault{Step: "dot", What: "450", To: "r2"}, "250 450 250", map[string]int{"r1": 1, "r3": 1}},
		"cut":              {nexthop.Fault{Step: "dot", What: "cut", To: "r2"}, "250 451 451", map[string]int{"r1": 1}},
		"no 5xx of others": {nexthop.Fault{Step: "dot", What: "354 what", To: "r1"}, "451 250 250", map[string]int{"r2": 1, "r3": 1}},
		"at RCPT":          {nexthop.Fault{Step: "RCPT", What: "550", To: "r2"}, "250 550 250", map[string]int{"r1": 1, "r3": 1}},
	} {
		hop, client := newLMTPHop(t, k.fault)
		address, _ := serve(t, &Server{Processor: &engine{}, LMTP: true, Next: client})
		answers := talk(t, address, "LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<r1@d.example>\r\nRCPT TO:<r2@d.example>\r\nRCPT TO:<r3@d.example>\r\nDATA\r\n"+oneMail+".\r\nQUIT\r\n")
		var said []string
		_, behind, _ := strings.Cut(answers, "354 ")
		for _, line := range strings.Split(behind, "\r\n") {
			if strings.Contains(line, "<r") {
				said = append(said, line[:3])
			}
		}
		if got := strings.Join(said, " "); got != k.want {
			t.Errorf("%s: %s, want %s:\n%s", what, got, k.want, answers)
		}
		if got := taken(hop); !maps.Equal(got, k.got) {
			t.Errorf("%s: %v, want %v", what, got, k.got)
		}
	}
}

// TestOtherProtocol: a next hop that does not know our greeting is a clear fault, before
// anything is sent. An SMTP server that knows HELO is no LMTP server.
func TestOtherProtocol(t *testing.T) {
	for _, speaks := range []bool{true, false} {
		hop, client := newLMTPHop(t, nexthop.Fault{})
		hop.LMTP = speaks
		client.LMTP = !speaks
		if _, err := client.Offers(context.Background(), "SIZE"); !errors.Is(err, ErrOtherProtocol) {
			t.Errorf("the next hop speaks LMTP: %t; %v", speaks, err)
		}
		tr, copies := copiesTo("r1 r2")
		if r := Reply(client.Deliver(context.Background(), tr, message(t, oneMail), copies)); r.Code != 451 || len(hop.Messages()) != 0 {
			t.Errorf("the next hop speaks LMTP: %t; %+v", speaks, r)
		}
	}
}
