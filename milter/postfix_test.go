package milter

// This file asks a real Postfix what it tells a milter, and what it makes of our
// edits.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/internal/postfixtest"
	"sealgate/spool"
)

// realPostfix is a private Postfix with the engine behind it, on IPv4 and IPv6.
func realPostfix(t *testing.T, e *engine) (v4, v6 string, sink *postfixtest.Sink) {
	t.Helper()
	if testing.Short() {
		t.Skip("a Postfix takes seconds")
	}
	t.Parallel()
	sink, err := postfixtest.NewSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 on this machine: ", err)
	}
	l.Close()
	if v4, err = postfixtest.FreePort(); err != nil {
		t.Fatal(err)
	}
	v6 = l.Addr().String()
	milters := " inet n - n - - smtpd -o smtpd_milters=inet:" + serve(t, &Server{Processor: e})
	p, err := postfixtest.Start(postfixtest.Config{
		Dir: t.TempDir() + "/postfix", NextHop: sink.Address, Master: []string{v4 + milters, v6 + milters},
		Main: map[string]string{"inet_interfaces": "127.0.0.1, [::1]", "inet_protocols": "all", "mynetworks": "127.0.0.0/8 [::1]/128"},
	})
	if errors.Is(err, postfixtest.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop() })
	return v4, v6, sink
}

// submit speaks raw SMTP: net/smtp would mend what we want to send.
func submit(t *testing.T, address, from, to, text string) error {
	t.Helper()
	c, err := textproto.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.ReadResponse(220)
	for _, step := range []struct {
		line string
		want int
	}{{"EHLO client.example", 250}, {"MAIL FROM:" + from, 250}, {"RCPT TO:" + to, 250}, {"DATA", 354}, {text + "\r\n.", 250}} {
		c.PrintfLine("%s", step.line)
		if _, _, err := c.ReadResponse(step.want); err != nil {
			return fmt.Errorf("%.60q: %w", step.line, err)
		}
	}
	return nil
}

// TestWhatPostfixTells: the engine reads what Postfix delivers, odd as it may be.
func TestWhatPostfixTells(t *testing.T) {
	e := &engine{}
	v4, v6, sink := realPostfix(t, e)
	long := strings.Repeat("x", 900)
	for i, text := range []string{
		"Subject: MARK\r\nX-Empty:\r\nX-Blank: \r\nX-Tab:\ta\r\n\tfolded by tab\r\n folded by blank\r\nX-None:nothing before\r\nx-CASE: y\r\n\r\nbody\r\n",
		"Subject: MARK\r\nX-Space : before the colon\r\nX-Fold:\r\n  first line empty\r\nX-White: a\r\n \r\n b\r\n\r\nbody\r\n",
		"Subject: MARK\r\nX-8bit: gr\xfc\xdfe gr\xc3\xbc\xc3\x9fe\r\n\r\nb\xf6dy\r\n",
		"Subject: MARK\r\n\r\n",
		"Subject: MARK",
		"Subject: MARK\r\nno field at all\r\nX-After: x\r\n\r\nbody\r\n",
		"no field, and the MARK in the body\r\n",
		"Subject: MARK\r\n\r\nbare CR \r in the middle, and dots\r\n..\r\n..x\r\n \r\n\r\n\r\n",
		"Subject: MARK\r\nX-CR: a\rX-Hidden: b\r\n\r\nx\r\n",
		"Subject: MARK\r\nX-Long: " + strings.Repeat(long+"\r\n ", 100) + "end\r\n\r\n" + long + "\r\n",
		"Subject: MARK\r\n" + strings.Repeat("X-Many: x\r\n", 3000) + "\r\nbody\r\n",
	} {
		mark, address := fmt.Sprintf("mark-%d.", i), []string{v4, v6}[i%2]
		if err := submit(t, address, "<anna@kunde.example>", "<b@firma.example>", strings.TrimSuffix(strings.Replace(text, "MARK", mark, 1), "\r\n")); err != nil {
			t.Fatal(err)
		}
		m, ok := sink.Wait(mark, 15*time.Second)
		if !ok || len(e.texts) != i+1 {
			t.Fatalf("message %d: %d came", i, len(e.texts))
		}
		if got := withoutTrace(m.Text); got != e.texts[i] && got+"\r\n" != e.texts[i] { // a mail without a body has no line before it
			t.Errorf("message %d: the engine read\n%.2000q, delivered was\n%.2000q", i, e.texts[i], got)
		}
		if want := []string{"127.0.0.1", "::1"}[i%2]; e.envs[i].Client != netip.MustParseAddr(want) {
			t.Errorf("message %d: client %v, want %s", i, e.envs[i].Client, want)
		}
	}
}

// withoutTrace takes off what Postfix adds and milters do not see.
func withoutTrace(text string) string {
	i := strings.Index("\n"+text, "\nReceived:")
	if i < 0 {
		return text
	}
	head, rest := text[:i], text[i:]
	for first := true; first || strings.HasPrefix(rest, "\t") || strings.HasPrefix(rest, " "); first = false {
		_, rest, _ = strings.Cut(rest, "\r\n")
	}
	return head + rest
}

// TestAddressesAsPostfixTellsThem: Postfix hands them over raw. What it reads
// otherwise than we do is refused, or a rule for the recipient would not match.
func TestAddressesAsPostfixTellsThem(t *testing.T) {
	e := &engine{}
	v4, _, sink := realPostfix(t, e)
	for i, k := range [][2]string{
		{`<"a b"@firma.example>`, `"a b"@firma.example`},
		{`<"x> NOTIFY=NEVER "@firma.example>`, `"x> NOTIFY=NEVER "@firma.example`},
		{`<"plain"@firma.example>`, `"plain"@firma.example`},
		{`<a..b@firma.example>`, `a..b@firma.example`},
		{`<@one.example,@two.example:c@firma.example>`, `c@firma.example`},
		{`<"x@y"@firma.example>`, `"x@y"@firma.example`},
		{`c@firma.example`, `c@firma.example`},
		{`<c@firma.example.>`, `c@firma.example.`},
		{`< c@firma.example >`, `c@firma.example`},
		{`<<c@firma.example>>`, `c@firma.example`},
		{`<c @firma.example>`, ""},
		{`(x)c@firma.example`, ""},
		{`<c(hris)@firma.example>`, ""},
		{`<\c@firma.example>`, ""},
		{`<chris:c@firma.example;>`, ""},
		{`<c@(x)firma.example>`, ""},
		{`<c%firma.example>`, ""},
		{`<firma.example!c>`, ""},
	} {
		mark := fmt.Sprintf("mark-%d.", i)
		for _, sender := range []bool{true, false} {
			from, to := k[0], "<x@firma.example>"
			if !sender {
				from, to = to, from
			}
			err := submit(t, v4, from, to, "Subject: "+mark+"\r\n\r\nx")
			if k[1] == "" {
				if err == nil || !strings.Contains(err.Error(), "501 5.1.") && !strings.Contains(err.Error(), `501 "5.1.`) {
					t.Errorf("%s is not refused: %v", k[0], err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", k[0], err)
			} else if env := e.envs[len(e.envs)-1]; (env.To[0] == k[1]) == sender || (env.From == k[1]) != sender {
				t.Errorf("%s: from %s, to %s", k[0], env.From, env.To)
			}
		}
		if k[1] != "" && len(sink.WaitFor(mark, 2, 15*time.Second)) != 2 {
			t.Errorf("%s did not arrive", k[0])
		}
	}
}

// TestEditsAsPostfixMakesThem: names and numbers mean the field that we mean.
func TestEditsAsPostfixMakesThem(t *testing.T) {
	received := []string{"X-A: 1", "Subject: MARK", "x-a: 2", "X-A:3", "Message-Id: <1@b.example>", "Date: Tue, 24 Nov 2026 14:25:05 +0000", "From: a@b.example"}
	edits := [][]gateway.HeaderEdit{
		{{Op: gateway.DeleteField, Index: 0, Name: "X-A"}, {Op: gateway.DeleteField, Index: 3, Name: "X-A"}, {Op: gateway.InsertField, Index: 0, Name: "X-Top", Value: " t"}},
		{{Op: gateway.InsertField, Index: 0, Name: "X-Top", Value: " a"}, {Op: gateway.InsertField, Index: 0, Name: "X-Next", Value: " b\r\n\tc"}},
		{{Op: gateway.ReplaceField, Index: 2, Name: "x-a", Value: " new"}, {Op: gateway.DeleteField, Index: 0, Name: "X-A"}, {Op: gateway.AppendField, Name: "X-End", Value: " " + strings.Repeat("y", 900)}},
		{{Op: gateway.DeleteField, Index: 2, Name: "x-a"}, {Op: gateway.InsertField, Index: 3, Name: "X-Middle", Value: " m"}, {Op: gateway.InsertField, Index: 7, Name: "X-Last", Value: " l"}},
	}
	n := 0
	e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
		return &gateway.Outcome{Deliveries: []gateway.Delivery{{To: env.To, Edits: edits[n]}}}, nil
	}}
	v4, _, sink := realPostfix(t, e)
	for ; n < len(edits); n++ {
		mark := fmt.Sprintf("mark-%d.", n)
		text := strings.Replace(strings.Join(received, "\r\n"), "MARK", mark, 1)
		submit(t, v4, "<a@b.example>", "<c@d.example>", text+"\r\n\r\nx")
		m, ok := sink.Wait(mark, 15*time.Second)
		if !ok {
			t.Fatal("did not arrive")
		}
		want := strings.Join(plain(strings.Split(text, "\r\n"), edits[n]), "\r\n") + "\r\n\r\nx\r\n"
		if got := withoutTrace(m.Text); got != want {
			t.Errorf("%+v:\ngot  %q\nwant %q", edits[n], got, want)
		}
	}
}

// TestNewBodyOfAMailWithoutOne: it must not become part of the header.
func TestNewBodyOfAMailWithoutOne(t *testing.T) {
	e := &engine{}
	v4, _, sink := realPostfix(t, e)
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	e.do = func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
		body := sp.Create()
		fmt.Fprint(body, "New: body\r\n")
		edit := gateway.HeaderEdit{Op: gateway.AppendField, Name: "X-End", Value: " x"}
		return &gateway.Outcome{
			Deliveries: []gateway.Delivery{{To: env.To, Body: body.NewReader(), Edits: []gateway.HeaderEdit{edit}}},
			Owned:      gateway.Owned{body},
		}, nil
	}
	for i, text := range []string{"Subject: MARK", "Subject: MARK\r\n", "Subject: MARK\r\nno field\r\n"} {
		mark := fmt.Sprintf("mark-%d.", i)
		submit(t, v4, "<a@b.example>", "<c@d.example>", strings.Replace(text, "MARK", mark, 1))
		if m, ok := sink.Wait(mark, 15*time.Second); !ok || !strings.HasSuffix(m.Text, "\r\nX-End: x\r\n\r\nNew: body\r\n") {
			t.Errorf("%q: %q", text, m.Text)
		}
	}
}
