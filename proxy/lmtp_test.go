package proxy

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/internal/nexthop"
)

func TestLMTP(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: &engine{}, LMTP: true, Next: to(hop)})
	got := talk(t, address, "LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
	if strings.Count(got, "OK: queued") != 2 || len(hop.Messages()) != 1 {
		t.Errorf("one answer for each recipient: %s", got)
	}
	if got := talk(t, address, "EHLO x\r\nQUIT\r\n"); !strings.Contains(got, "500") {
		t.Errorf("EHLO at an LMTP server: %s", got)
	}
}

// TestEachRecipientIsAnswered: who has got the message hears 250, who was refused the
// refusal, whether they share a copy or not (RFC 2033 §4.2).
func TestEachRecipientIsAnswered(t *testing.T) {
	apart := func(env gateway.Envelope) (*gateway.Outcome, error) {
		o := &gateway.Outcome{Disposition: gateway.Accept}
		for _, to := range env.To {
			o.Deliveries = append(o.Deliveries, gateway.Delivery{To: []string{to}})
		}
		return o, nil
	}
	for _, k := range []struct {
		fault   nexthop.Fault
		out     func(gateway.Envelope) (*gateway.Outcome, error)
		answers string // to r1, r0, r2, r1 again
	}{
		{nexthop.Fault{}, apart, "250 250 250 250"},
		{nexthop.Fault{}, nil, "250 250 250 250"},
		{nexthop.Fault{Step: "dot", What: "550", To: "r1@"}, apart, "550 250 250 550"},
		{nexthop.Fault{Step: "dot", What: "450", To: "r1@"}, apart, "450 250 250 450"},
		{nexthop.Fault{Step: "dot", What: "cut", To: "r1@"}, apart, "451 250 250 451"},
		{nexthop.Fault{Step: "DATA", What: "550", To: "r1@"}, apart, "550 250 250 550"},
		{nexthop.Fault{Step: "RCPT", What: "450", To: "r1@"}, apart, "450 250 250 450"},
		{nexthop.Fault{Step: "RCPT", What: "550", To: "r1@"}, nil, "550 250 250 550"},
		{nexthop.Fault{Step: "RCPT", What: "450", To: "r1@"}, nil, "450 250 250 450"},
		{nexthop.Fault{Step: "RCPT", What: "421 closing"}, nil, "451 451 451 451"},
		{nexthop.Fault{Step: "dot", What: "550"}, nil, "550 550 550 550"},
		{nexthop.Fault{Step: "connect", What: "cut"}, apart, "451 451 451 451"},
	} {
		hop := newNextHop(t, k.fault)
		address, _ := serve(t, &Server{Processor: &engine{out: k.out}, LMTP: true, Next: to(hop)})
		got := talk(t, address, "LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<r1@d.example>\r\nRCPT TO:<r0@d.example>\r\nRCPT TO:<r2@d.example>\r\nRCPT TO:<\"r1\"@d.example>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n")
		var said []string
		for _, m := range regexp.MustCompile(`(?m)^(\d{3}) [\d.]+ <r(\d)@d\.example>`).FindAllStringSubmatch(got, -1) {
			said = append(said, m[1])
		}
		taken := map[string]int{}
		for _, m := range hop.Messages() {
			for _, r := range m.Rcpt {
				taken[r]++
			}
		}
		want := map[string]int{}
		for i, code := range strings.Fields(k.answers)[:3] {
			if code == "250" {
				want[fmt.Sprintf("RCPT TO:<r%d@d.example>", []int{1, 0, 2}[i])] = 1
			}
		}
		if strings.Join(said, " ") != k.answers || fmt.Sprint(taken) != fmt.Sprint(want) || !strings.Contains(got, "221 2.0.0") {
			t.Errorf("%+v: want %s, got %v, taken %v: %s", k.fault, k.answers, said, taken, got)
		}
	}
}

// TestAnswersWithoutDelivery: a refusal before it is everybody's.
func TestAnswersWithoutDelivery(t *testing.T) {
	for want, out := range map[string]func(gateway.Envelope) (*gateway.Outcome, error){
		"550 5.7.1": func(gateway.Envelope) (*gateway.Outcome, error) {
			return &gateway.Outcome{Disposition: gateway.Reject, Reply: gateway.Reply{Code: 550, Enhanced: "5.7.1", Text: "no"}}, nil
		},
		"451 4.3.0": func(gateway.Envelope) (*gateway.Outcome, error) { panic("a fault of ours") },
		"451 4.4.1": func(gateway.Envelope) (*gateway.Outcome, error) { // a copy for one of two
			return &gateway.Outcome{Disposition: gateway.Accept, Deliveries: []gateway.Delivery{{To: []string{"c@d.example"}}}}, nil
		},
	} {
		hop := newNextHop(t, nexthop.Fault{})
		address, _ := serve(t, &Server{Processor: &engine{out: out}, LMTP: true, Next: to(hop)})
		got := talk(t, address, "LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@d.example>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
		if strings.Count(got, "\r\n"+want) != 2 || len(hop.Messages()) != 0 || !strings.Contains(got, "221 2.0.0") {
			t.Errorf("want %s, %d sent: %s", want, len(hop.Messages()), got)
		}
	}
}

// TestNoAnswerBeforeTheEnd: a message that is refused is read to its end first.
func TestNoAnswerBeforeTheEnd(t *testing.T) {
	address, _ := serve(t, &Server{Processor: &engine{}, LMTP: true, Next: to(newNextHop(t, nexthop.Fault{})), MaxSize: 10})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, strings.Replace(envelope, "EHLO", "LHLO", 1)+strings.Repeat("w\r\n", 100000))
	c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	if got, _ := io.ReadAll(c); !strings.Contains(string(got), "354 ") || strings.Contains(string(got), "552") {
		t.Errorf("%s", got)
	}
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(c, ".\r\nQUIT\r\n")
	if got, _ := io.ReadAll(c); !strings.HasPrefix(string(got), "552 5.3.4 <c@d.example>") {
		t.Errorf("%s", got)
	}
}
