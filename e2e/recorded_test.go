package e2e

// This file sends a recorded ciphertext again, altered and as it was, and what mail
// servers honestly do with one mail beside it.

import (
	"fmt"
	"strings"
	"testing"

	"sealgate/internal/efail"
)

// recorded is a mail that came encrypted, and that somebody has a copy of.
type recorded struct {
	*site
	sealed *efail.Sealed
	sent   int
}

func (s *site) recorded(to ...string) *recorded {
	s.t.Helper()
	sealed, err := efail.Parse([]byte(s.sealed(textEntity, to, "-aes-256-cbc", "-outform", "DER")), crlf(textEntity))
	if err != nil {
		s.t.Fatal(err)
	}
	return &recorded{site: s, sealed: sealed}
}

// original is the entity as it was sent.
func (r *recorded) original() string {
	r.t.Helper()
	der, err := r.sealed.Original()
	if err != nil {
		r.t.Fatal(err)
	}
	return efail.Entity(der)
}

// again sends an entity under a header and returns what the ticket and the answer say.
func (r *recorded) again(from, to, header, entity string) string {
	r.t.Helper()
	r.sent++
	mark := fmt.Sprintf("recorded-%04d.", r.sent)
	answer := r.send(r.inbound, from, []string{to}, withHeader("X-Mark: "+mark+"\n"+header, entity))
	if answer.code != 250 {
		return fmt.Sprint(answer)
	}
	text := r.arrival(mark).Text
	encryption, reason := field(r.t, text, "X-SMIME-Encryption"), field(r.t, text, "X-SMIME-Reason")
	if shows(text, secret) != (encryption == "decrypted") {
		r.t.Errorf("%s, and the secret can be read: %v", encryption, shows(text, secret))
	}
	if encryption == "decrypted" {
		return encryption // that CBC is not authenticated is said elsewhere
	}
	return encryption + ": " + reason
}

const (
	saysAltered = "undecryptable: It is an altered copy of an earlier encrypted message. If the sender did write to you, ask for the message newly encrypted."
	saysResent  = "undecryptable: The same encrypted message came before, with another sender or other recipients. If the sender did write to you, ask for the message newly encrypted."
)

// TestRecordedCiphertext: after the first delivery a padding oracle is answered the same
// way whatever it asks, a stranger has nothing decrypted for him, and honest mail is
// opened as before, also after a crash.
func TestRecordedCiphertext(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{viaMilter, viaBoth, viaProxy} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport)
			r := s.recorded("support", "sales")
			header := headerOf("recorded")
			if got := r.again("anna@kunde.example", toSupport, header, r.original()); got != "decrypted" {
				t.Fatal(got)
			}
			r.oracle()
			r.strangers(header)
			s.kill()
			r.oracle()
			r.honest(header)
		})
	}
}

// oracle asks for the paddings of blocks: of one, some values of an octet; with the tag
// "long" all values for several, some thousand copies. One value of each is right; a
// gateway that remembers nothing would tell which.
func (r *recorded) oracle() {
	r.t.Helper()
	step := 8
	blocks := 1
	if everySite {
		step = 1
		blocks = 4
	}
	seen := map[string]int{}
	for n := 2; n < min(2+blocks, r.sealed.Blocks()); n++ {
		for guess := 0; guess < 256; guess += step {
			der, err := r.sealed.Ask(n, byte(guess))
			if err != nil {
				r.t.Fatal(err)
			}
			seen[r.again("eve@evil.example", toSupport, headerOf("question"), efail.Entity(der))]++
		}
	}
	exchanged, err := r.sealed.Prefix("Content-A: 12345")
	if err != nil {
		r.t.Fatal(err)
	}
	seen[r.again("eve@evil.example", toSupport, headerOf("question"), efail.Entity(exchanged))]++
	if len(seen) != 1 || seen[saysAltered] == 0 {
		r.t.Errorf("outcomes: %v", seen)
	}
}

// strangers want the text in an answer to themselves.
func (r *recorded) strangers(header string) {
	r.t.Helper()
	for name, theirs := range map[string]string{
		"From":     strings.Replace(header, "anna@kunde.example", "eve@evil.example", 1),
		"Reply-To": "Reply-To: eve@evil.example\n" + header,
		"Sender":   "Sender: eve@evil.example\n" + header,
	} {
		if got := r.again("eve@evil.example", toSupport, theirs, r.original()); got != saysResent {
			r.t.Errorf("%s of a stranger: %s", name, got)
		}
	}
	inside := strings.ReplaceAll(r.original(), "\n", "\r\n")
	wrapped := r.site.sealed(inside, []string{"support"}, "-aes-256-cbc")
	fromEve := strings.Replace(header, "anna@kunde.example", "eve@evil.example", 1)
	if got := r.again("eve@evil.example", toSupport, fromEve, wrapped); got != saysResent {
		r.t.Errorf("in an encrypted mail of a stranger's own: %s", got)
	}
}

// honest is what servers do with a mail that they have delivered, or think they have not.
func (r *recorded) honest(header string) {
	r.t.Helper()
	withoutID := strings.Replace(header, "Message-ID: <recorded@kunde.example>\n", "", 1)
	if withoutID == header {
		r.t.Fatal("no Message-ID to leave out")
	}
	list := "Sender: list-bounces@lists.example\nReply-To: list@lists.example\n"
	around := nested("mixed", strings.TrimSuffix(r.original(), "\n"), "Content-Type: text/plain\n\n_____\nlist@lists.example\n")
	for _, c := range []struct{ name, from, to, header, entity, want string }{
		{"retried without Message-ID", "anna@kunde.example", toSupport, withoutID, r.original(), "decrypted"},
		{"to the other mailbox, on its own", "anna@kunde.example", toSales, header, r.original(), "decrypted"},
		{"forwarded with SRS", "SRS0=a=b=kunde.example=anna@fwd.example", toSupport, header, r.original(), "decrypted"},
		{"sent again by a person", "anna@kunde.example", toSupport, strings.Replace(header, "<recorded@", "<again@", 1), r.original(), "decrypted"},
		{
			"encrypted anew by another", "bob@other.example", toSupport, strings.Replace(header, "anna@kunde", "bob@other", 1),
			r.recorded("support").original(), "decrypted",
		},
		{
			"through a list that adds a footer", "list-bounces@lists.example", toSupport, header, around,
			"partial: The text beside it could have been added by a stranger to get at what the encrypted part says; " +
				"mailing lists and mail servers add such text, too. " +
				"Ask the sender to send the whole message once more, directly to this address.",
		},
		{"through Mailman, after the direct one", "list-bounces@lists.example", toSupport, list + header, r.original(), saysResent},
	} {
		if got := r.again(c.from, c.to, c.header, c.entity); got != c.want {
			r.t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
