package gateway

// This file sends mails that unfold to very much, alone and many at once, beside
// ordinary mail.

import (
	"context"
	"strings"
	"sync"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/spool"
)

// withSpool is a house whose spool holds so much.
func withSpool(t *testing.T, limit int64) *house {
	t.Helper()
	sp, err := spool.New(spool.Options{Dir: t.TempDir(), Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return newHouse(t, func(o *Options) {
		o.Spool = sp
		o.On = Actions{"unauthenticated": TextMail}
	})
}

// TestHandOverHasOnlyItsShare: what opening takes within the share of one message, and
// writing it anew beyond it, goes on as it came, whatever it was wrapped in.
func TestHandOverHasOnlyItsShare(t *testing.T) {
	const limit = 16 << 20
	binary := "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
	for size, fits := range map[int]bool{1 << 20: true, limit/messageShare - 1<<20: false} {
		h := withSpool(t, limit)
		content := binary + strings.Repeat("\x00", size) // base64 makes a third more of it
		for name, c := range map[string]struct{ mail, want string }{
			"compressed":                {fromAnna + compressed(t, content), "malformed"},
			"signed":                    {fromAnna + h.bundle(content, []*testpki.Cert{h.anna}, nil), "malformed"},
			"compressed, and encrypted": {h.sealed(fromAnna, compressed(t, content), h.support), "none"},
		} {
			got := h.process(toSupport, c.mail)
			_, body, _ := strings.Cut(c.mail, "\r\n\r\n")
			asItCame := strings.HasSuffix(got.text[0], body)
			signature := h.header(got.text[0], "X-SMIME-Signature")
			if asItCame == fits || !fits && signature != c.want {
				t.Errorf("%s, %d octets: as it came %v, signature %s", name, size, asItCame, signature)
			}
		}
		if used := h.o.Spool.Used(); used != 0 {
			t.Errorf("%d octets are left in the spool", used)
		}
	}
}

// messageShare is the part of the spool that one message may take.
const messageShare = 4

// bombs are mails that unfold to more than is allowed, and to just as much as is.
func bombs(h *house) []string {
	text := "Content-Type: text/plain\r\n\r\n"
	octets := 300 << 20
	if testing.Short() {
		octets = 32 << 20 // beyond the bound, too: the race detector compresses no more in a second
	}
	beyond := fromAnna + compressed(h.t, text+strings.Repeat("0", octets))
	within := fill(340<<10, "X-%d: "+wide) + fromAnna + compressed(h.t, text+strings.Repeat("0\r\n", 2<<20))
	return []string{beyond, within}
}

// TestBombsBesideOrdinaryMail: 16 bombs at once, which would fill the spool together,
// take turns; nobody's mail is put off, neither theirs nor that of others. Four do for the
// race detector.
func TestBombsBesideOrdinaryMail(t *testing.T) {
	h := withSpool(t, 64<<20)
	ordinary := h.sealed(fromAnna, h.signed(h.anna, "", plainText), h.support)
	var group sync.WaitGroup
	send := func(mail, want string) {
		msg := h.file(mail)
		defer msg.Close()
		out, err := h.g.Process(context.Background(), toSupport, msg)
		if err != nil {
			t.Error(err)
			return
		}
		defer out.Close()
		for _, e := range out.Deliveries[0].Edits {
			if e.Name == "X-SMIME-Signature" && strings.TrimSpace(e.Value) != want {
				t.Errorf("%s, want %s", e.Value, want)
			}
		}
	}
	mails := bombs(h)
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		group.Go(func() { send(mails[0], "malformed") })
		group.Go(func() { send(mails[1], "none") })
	}
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	for n := 0; ; n++ {
		select {
		case <-done:
			t.Logf("%d ordinary mails beside them", n)
			if n == 0 {
				t.Error("none: this test tests nothing")
			}
			return
		default:
			send(ordinary, "valid")
		}
	}
}
