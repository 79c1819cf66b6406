package e2e

// This file sends hostile mail and looks at every copy that comes of it: what each
// recipient is told, and that nobody gets text that is not his.

import (
	"encoding/base64"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAttacksOnCMS: what is wrong with signed and encrypted data by mail, all through
// one Postfix.
func TestAttacksOnCMS(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaBoth)
	s.attacked(t, attacksByOtherSigners(s), attacksAroundCiphertext(s), attacksOnSigners(s), attacksOnAttributes(s), attacksBySize(s), attacksByDepth(s), attacksByAnotherKey(s), attacksByExfiltration(s))
}

// hostile is one mail of an attacker's.
type hostile struct {
	name   string
	header string // instead of that of an honest mail of anna's
	entity string // LF or CRLF; a whole message where raw
	raw    bool
	to     []string // nil is support alone
	want   string   // X-SMIME-Signature/X-SMIME-Encryption of every copy
	says   string   // must stand in X-SMIME-Cause
	reader string   // who may read the secret; his copy is none/decrypted, if want is not of one decrypted
	shown  []string // must be shown in every copy
	never  []string // must not be shown in any copy
}

const (
	toSupport = "support@firma.example"
	toSales   = "sales@firma.example"
	toBoss    = "boss@firma.example" // whom the gateway does not serve
)

// payEntity is what an attacker wants to be believed.
const payEntity = "Content-Type: text/plain\n\nplease pay to this account\n"

// fromEve is the header of an attacker who hides nothing.
func fromEve() string {
	return strings.ReplaceAll(headerOf("MARK"), "Anna <anna@kunde.example>", "eve@evil.example")
}

// attacked sends them one after the other; nobody may get a copy who was not asked
// for, and nobody two.
func (s *site) attacked(t *testing.T, lists ...[]hostile) {
	due := map[string]int{}
	for i, h := range slices.Concat(lists...) {
		if h.to == nil {
			h.to = []string{toSupport}
		}
		mark := fmt.Sprintf("hostile-%03d", i)
		for _, to := range h.to {
			due[mark+to]++
		}
		t.Run(h.name, func(t *testing.T) { s.attack(t, mark, h) })
	}
	for _, m := range s.sink.Mails() {
		for _, to := range m.To {
			mark := field(t, m.Text, "X-Hostile")
			if due[mark+to]--; due[mark+to] < 0 {
				t.Errorf("%s got %s", to, mark)
			}
		}
	}
}

func (s *site) attack(t *testing.T, mark string, h hostile) {
	t.Helper()
	header := "X-Hostile: " + mark + "\n"
	switch {
	case h.raw:
	case h.header == "":
		header += headerOf(mark)
	default:
		header += strings.ReplaceAll(h.header, "MARK", mark)
	}
	if got := s.send(s.inbound, "eve@evil.example", h.to, withHeader(header, h.entity)); got.code != 250 {
		t.Fatalf("not accepted: %d %s", got.code, got.text)
	}
	got, end := map[string]bool{}, time.Now().Add(30*time.Second)
	for len(got) < len(h.to) {
		if time.Now().After(end) {
			t.Fatalf("only %v got it; queue:\n%s", got, s.postfix.Queue())
		}
		for _, m := range s.sink.WaitFor("X-Hostile: "+mark+"\r\n", len(got)+1, time.Second) {
			for _, to := range m.To {
				if !got[to] {
					got[to] = true
					h.judged(t, to, m.Text)
				}
			}
		}
	}
}

// judged compares one copy with what its recipient should get.
func (h hostile) judged(t *testing.T, to, text string) {
	t.Helper()
	want := h.want
	if to == h.reader && !strings.HasSuffix(want, "/decrypted") {
		want = "none/decrypted"
	}
	served := to != toBoss
	if !served {
		want = "/"
	}
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: not a mail: %v\n%s", to, err, text)
	}
	for _, name := range []string{"X-Smime-Signature", "X-Smime-Encryption", "X-Smime-Status"} {
		if n := len(m.Header[name]); served != (n == 1) || n > 1 {
			t.Errorf("%s: %d fields %s", to, n, name)
		}
	}
	if got := m.Header.Get("X-SMIME-Signature") + "/" + m.Header.Get("X-SMIME-Encryption"); got != want {
		t.Errorf("%s: %s, want %s (%s)", to, got, want, m.Header.Get("X-SMIME-Reason"))
	}
	if pass := strings.Contains(m.Header.Get("Authentication-Results"), "smime=pass"); pass != strings.HasPrefix(want, "valid/") {
		t.Errorf("%s: %s", to, m.Header.Get("Authentication-Results"))
	}
	if reason := m.Header.Get("X-SMIME-Cause"); served && to != h.reader && !strings.Contains(reason, h.says) {
		t.Errorf("%s: the cause does not say %q: %q", to, h.says, reason)
	}
	if readable := shows(text, secret); readable != (to == h.reader) {
		t.Errorf("%s: can read the secret: %v\n%s", to, readable, text[:min(len(text), 1500)])
	}
	for _, words := range slices.Concat(h.shown, h.never) {
		if shows(text, words) == slices.Contains(h.never, words) {
			t.Errorf("%s: is shown %q: %v\n%s", to, words, shows(text, words), text[:min(len(text), 1500)])
		}
	}
}

var (
	base64Lines = regexp.MustCompile(`(?m)(?:^[A-Za-z0-9+/]{4,}={0,2}\r?\n)+`)
	hexPairs    = regexp.MustCompile(`=[0-9A-F]{2}`)
)

// shows tells whether words can be read in a mail, in whatever part and transfer
// encoding they stand, also where no header says so.
func shows(text, words string) bool {
	soft := strings.ReplaceAll(text, "=\r\n", "")
	soft = hexPairs.ReplaceAllStringFunc(soft, func(p string) string {
		var b byte
		fmt.Sscanf(p, "=%02X", &b)
		return string([]byte{b})
	})
	if strings.Contains(text, words) || strings.Contains(soft, words) {
		return true
	}
	for _, b := range base64Lines.FindAllString(text, -1) {
		if plain := decoded(b); len(plain) > 0 && shows(string(plain), words) {
			return true
		}
	}
	return false
}

// decoded is what lines of base64 stand for, as far as they are such.
func decoded(lines string) []byte {
	plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(lines), ""))
	if err != nil {
		return nil
	}
	return plain
}

// TestShows: the tests above would notice.
func TestShows(t *testing.T) {
	for _, text := range []string{secret, "x\r\n" + lines64([]byte("a "+secret)), strings.ReplaceAll(secret, "secret", "se=\r\ncr=65t"), lines64([]byte("Content-Transfer-Encoding: base64\r\n\r\n" + lines64([]byte(secret))))} {
		if !shows(text, secret) {
			t.Errorf("%q", text)
		}
	}
	if shows("another text\r\n"+lines64([]byte("and more of it")), secret) {
		t.Error("anything")
	}
}
