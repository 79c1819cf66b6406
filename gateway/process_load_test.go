//go:build load

package gateway

// This file measures the one entrance with large mail, as the adapters use it: the message is
// spooled, and the finished body is read to its end.

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	largeMail = 25 << 20
	rounds    = 9
)

// TestLoadProcess prints the median of what 25 MiB take, in and out.
func TestLoadProcess(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	text := "Content-Type: text/plain\r\n\r\n" + strings.Repeat("the quick brown fox jumps over the lazy dog and then over it once again....\r\n", largeMail/77)
	in := h.sealed(fromAnna, h.whole("", h.entity(h.signed(h.anna, "", text))), h.support)
	out := fromSupport("anna@kunde.example", "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n") + text
	for _, k := range []struct {
		name string
		env  Envelope
		mail string
	}{{"inbound, decrypted and verified", toSupport, in}, {"outbound, signed and encrypted", outboundTo("anna@kunde.example"), out}} {
		var took []time.Duration
		for range rounds {
			took = append(took, h.through(k.env, k.mail))
		}
		slices.Sort(took)
		t.Logf("%s: median %v, from %v to %v", k.name, took[rounds/2], took[0], took[rounds-1])
	}
}

// through takes one mail from the spool to its last octet.
func (h *house) through(env Envelope, mail string) time.Duration {
	h.t.Helper()
	msg := h.file(mail)
	defer msg.Close()
	start := time.Now()
	out, err := h.g.Process(h.t.Context(), env, msg)
	if err != nil {
		h.t.Fatal(err)
	}
	defer out.Close()
	if out.Disposition != Accept || len(out.Deliveries) != 1 {
		h.t.Fatalf("%+v", out)
	}
	body := out.Deliveries[0].Body
	n, err := io.Copy(io.Discard, io.NewSectionReader(body, 0, body.Size()))
	if err != nil || n < largeMail*9/10 {
		h.t.Fatal(fmt.Errorf("%d octets: %w", n, err))
	}
	return time.Since(start)
}
