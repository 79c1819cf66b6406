package proxy

// This file is what is announced, and what becomes of a message that the next hop
// cannot take all the same.

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sealgate/internal/nexthop"
)

// announced is what a server says to EHLO.
func announced(t *testing.T, address string) string {
	t.Helper()
	return strings.ReplaceAll(talk(t, address, "EHLO x\r\nQUIT\r\n"), "250 ", "250-")
}

// TestAnnouncesWhatTheNextHopOffers, and of its own no more than that.
func TestAnnouncesWhatTheNextHopOffers(t *testing.T) {
	for _, plain := range []bool{true, false} {
		hop := newNextHop(t, nexthop.Fault{})
		hop.Plain = plain
		address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop)})
		got := announced(t, address)
		for word, want := range map[string]bool{
			"PIPELINING": true, "ENHANCEDSTATUSCODES": true, "SIZE 100000000": true, "BINARYMIME": false, "CHUNKING": false,
			"SMTPUTF8": !plain, "DSN": !plain, "8BITMIME": !plain,
		} {
			if strings.Contains(got, "250-"+word+"\r\n") != want {
				t.Errorf("a plain next hop: %v, %s: %s", plain, word, got)
			}
		}
	}
}

// TestAnnouncedSize is the smaller of ours and the next hop's (RFC 1870 §4).
func TestAnnouncedSize(t *testing.T) {
	for _, k := range []struct {
		ours   int64
		theirs string
		want   int64
	}{{0, "", 0}, {0, "0", 0}, {10, "", 10}, {10, "0", 10}, {10, "20", 10}, {20, "10", 10}, {0, "10", 10}, {10, "x", 10}, {10, "-1", 10}, {10, "10", 10}} {
		if got := smaller(k.ours, k.theirs); got != k.want {
			t.Errorf("%d, %q: got %d, want %d", k.ours, k.theirs, got, k.want)
		}
	}
	hop := newNextHop(t, nexthop.Fault{})
	address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop), MaxSize: 1000})
	if got := announced(t, address); !strings.Contains(got, "250-SIZE 1000\r\n") {
		t.Errorf("%s", got)
	}
}

// waking is a next hop that does not answer at first, and counts the questions.
type waking struct {
	*Client
	mu    sync.Mutex
	asked int
	awake chan struct{} // closed: it answers
}

func (w *waking) Offers(ctx context.Context, extensions ...string) (map[string]string, error) {
	w.mu.Lock()
	w.asked++
	w.mu.Unlock()
	select {
	case <-w.awake:
		time.Sleep(50 * time.Millisecond)
		return w.Client.Offers(ctx, extensions...)
	default:
		return nil, errors.New("down")
	}
}

// TestNextHopThatIsDown is not taken for one that offers everything, and is asked
// until it has answered.
func TestNextHopThatIsDown(t *testing.T) {
	w := &waking{Client: to(newNextHop(t, nexthop.Fault{})), awake: make(chan struct{})}
	address, _ := serve(t, &Server{Processor: &engine{}, Next: w, MaxSize: 1000})
	if got := announced(t, address); strings.Contains(got, "DSN") || strings.Contains(got, "SMTPUTF8") || strings.Contains(got, "8BITMIME") || !strings.Contains(got, "250-SIZE 1000\r\n") {
		t.Errorf("down: %s", got)
	}
	close(w.awake)
	for range 3 {
		if got := announced(t, address); !strings.Contains(got, "DSN") || !strings.Contains(got, "SMTPUTF8") || !strings.Contains(got, "8BITMIME") {
			t.Errorf("awake: %s", got)
		}
	}
	if w.asked != 3 {
		t.Errorf("asked %d times: at the start, while down, and once more", w.asked)
	}
}

// TestManySessionsAskOnce: those that begin while a question is under way wait for
// its answer.
func TestManySessionsAskOnce(t *testing.T) {
	w := &waking{Client: to(newNextHop(t, nexthop.Fault{})), awake: make(chan struct{})}
	close(w.awake)
	s := &Server{Next: w, Log: slog.New(slog.DiscardHandler)}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, ok := s.offers()["DSN"]; !ok {
				t.Error("no answer")
			}
		})
	}
	if all.Wait(); w.asked != 1 {
		t.Errorf("asked %d times", w.asked)
	}
}

// TestEightBit: it does not go to a next hop that has not said that it takes it.
func TestEightBit(t *testing.T) {
	for _, plain := range []bool{true, false} {
		hop := newNextHop(t, nexthop.Fault{})
		hop.Plain = plain
		address, _ := serve(t, &Server{Processor: &engine{}, Next: to(hop)})
		for text, eight := range map[string]bool{"\x7f~": false, "gr\xfc\xdfe": true, "grüße": true, "\x80": true} {
			hop.Reset(nexthop.Fault{})
			got := talk(t, address, strings.Replace(envelope, "b.example>", "b.example> BODY=8BITMIME", 1)+"Subject: x\r\n\r\n"+text+"\r\n.\r\nQUIT\r\n")
			if taken := !plain || !eight; strings.Contains(got, "554 5.6.3") == taken || (len(hop.Messages()) == 1) != taken {
				t.Errorf("%q, plain %v: %s", text, plain, got)
			}
		}
	}
}

// TestNoSMTPUTF8: an envelope that needs it is not sent without.
func TestNoSMTPUTF8(t *testing.T) {
	hop := newNextHop(t, nexthop.Fault{})
	hop.Plain = true
	tr, copies := recipients(1)
	tr.Options = &smtp.MailOptions{UTF8: true}
	if r := Reply(to(hop).Deliver(context.Background(), tr, file(t, mail), copies)); r.Code != 550 || r.Enhanced != "5.6.7" || len(hop.Messages()) != 0 {
		t.Errorf("%+v", r)
	}
}
