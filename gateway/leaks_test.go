package gateway

// This file is what every path gives back, the failing ones too, and what may not
// change between the header and the end of a message.

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"sealgate/keyring"
	"sealgate/spool"
)

// TestNothingIsLeftInTheSpool after hundreds of good, broken and cut messages, with
// a spool that is full at any moment and deadlines that pass at any moment; nor is a
// file left open.
func TestNothingIsLeftInTheSpool(t *testing.T) {
	sp, err := spool.New(spool.Options{Dir: t.TempDir(), Memory: 2 << 10, Limit: 400 << 10})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(o *Options) { o.Spool = sp })
	h.knows(h.anna)
	inner := h.signed(h.anna, "", plainText)
	order := "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n"
	type sample struct {
		env  Envelope
		text string
	}
	in, out := inboundTo("support@firma.example", "sales@firma.example", "x@firma.example"), outboundTo("anna@kunde.example", "sales@firma.example")
	in.CanSplit, out.CanSplit = true, true
	samples := []sample{
		{in, h.signed(h.anna, fromAnna, plainText)},
		{in, h.sealed(fromAnna, inner, h.support)},
		{in, h.signed(h.anna, fromAnna, h.sealed("", inner, h.support, h.sales))},
		{in, h.sealed(fromAnna, plainText, h.anna)},
		{out, fromSupport("anna@kunde.example", order) + plainText},
		{out, fromSupport("anna@kunde.example, sales@firma.example", order) + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n" + inner + "\r\n--b--\r\n"},
	}
	files := openFiles(t)
	r := rand.New(rand.NewPCG(5, 6))
	ended := map[string]int{}
	for range 250 {
		s := samples[r.IntN(len(samples))]
		text := []byte(s.text)
		for range r.IntN(3) {
			text[r.IntN(len(text))] ^= 1 << r.IntN(8)
		}
		if r.IntN(4) == 0 {
			text = text[:r.IntN(len(text))]
		}
		ended[h.squeezed(r, s.env, string(text))]++
		if n := sp.Used(); n != 0 {
			t.Fatalf("%d octets are left after %q", n, text)
		}
	}
	if ended["accepted"] == 0 || ended["refused"] == 0 || ended["failed"] == 0 {
		t.Errorf("the cases are one-sided: %v", ended)
	}
	if n := openFiles(t); n > files+3 { // the store opens some of its own
		t.Errorf("%d files are open, %d were before", n, files)
	}
}

// squeezed processes a message with little room and little time.
func (h *house) squeezed(r *rand.Rand, env Envelope, text string) string {
	msg, filler := h.file(text), h.file("")
	defer msg.Close()
	defer filler.Close()
	if r.IntN(2) == 0 {
		filler.Write(make([]byte, r.IntN(400<<10-len(text))))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(2))*time.Minute+time.Duration(r.IntN(5))*time.Millisecond)
	defer cancel()
	out, err := h.g.Process(ctx, env, msg)
	if err != nil {
		return "failed"
	}
	defer out.Close()
	if out.Disposition == Accept {
		return "accepted"
	}
	return "refused"
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc: open files cannot be counted")
	}
	return len(list)
}

// TestBodySkippedBeforeAReload: mail for nobody we served, whose body the adapter
// skipped, is kept with its sender when a reload begins to serve its recipient.
func TestBodySkippedBeforeAReload(t *testing.T) {
	h := newHouse(t)
	env := inboundTo("new@firma.example")
	env.HeaderOnly = !h.g.NeedsBody(env)
	msg := h.file(fromAnna + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n")
	defer msg.Close()
	if out, err := h.g.Process(context.Background(), env, msg); !env.HeaderOnly || err != nil || out.Deliveries[0].Body != nil {
		t.Fatalf("for nobody we serve: %v, %+v", err, out)
	}
	o := h.o
	o.Ring = keyring.NewRing(append(h.ring, &keyring.Mailbox{Addresses: []string{"new@firma.example"}}))
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := g.Process(context.Background(), env, msg); err == nil {
		t.Errorf("what was not read was judged: %+v", out)
	}
}
