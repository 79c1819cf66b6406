package e2e

// This file plays the stranger who sends a recorded ciphertext again, altered or not,
// and reads every answer and every notice that he gets.

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/internal/efail"
	"sealgate/internal/postfixtest"
)

// telling is an entity of which every word can be found again.
const telling = "Subject: very secret subject\nFrom: Anna <anna@kunde.example>\nHP-Outer: Subject: [...]\nHP-Outer: From: Anna <anna@kunde.example>\n" +
	"Content-Type: text/csv; charset=utf-8; name=\"very-secret-name.csv\"; hp=\"cipher\"\nContent-Description: very secret description\nContent-Secret: very secret\n" +
	"Content-Disposition: attachment; filename=\"very-secret-name.csv\"\n\n" + secret + "\n"

// paddings are a sealed entity that opens, and one with a bad padding, each under a key
// of its own.
func (s *site) paddings(entity string) map[string]string {
	s.t.Helper()
	seal := func() string { return s.sealed(entity, []string{"support"}, "-aes-256-cbc", "-outform", "DER") }
	good := seal()
	bad := []byte(seal())
	bad[len(bad)-17] ^= 0x80 // in the block before the last: the last octet of the plaintext becomes more than 16
	return map[string]string{"good": efail.Entity([]byte(good)), "bad": efail.Entity(bad)}
}

// noticeSites are the transports, each with and without enable_original_recipient (in
// turns, unless every site is asked for);
// Postfix offers DSN to strangers everywhere, also where docs/postfix.md takes it off.
func noticeSites() map[string]func(t *testing.T) *site {
	all := map[string]func(t *testing.T) *site{}
	for i, transport := range append(slices.Clone(transports), "LMTP") {
		for k, original := range []string{"yes", "no"} {
			if !everySite && i%2 != k {
				continue
			}
			all[transport+"-"+original] = func(t *testing.T) *site {
				dir := t.TempDir()
				virtual := postfixtest.WriteMap(dir, "virtual", map[string]string{
					"support+alias@firma.example":   "ticket+one@helpdesk.local, ticket+two@helpdesk.local",
					"support+renamed@firma.example": "ticket+renamed@helpdesk.local",
				})
				slow := postfixtest.WriteMap(dir, "transport", map[string]string{"support+delay@firma.example": "smtp:[127.0.0.1]:1"})
				o := siteOptions{mailbox: "recipient_delimiter = \"+\"", lmtp: transport == "LMTP", main: map[string]string{
					"enable_original_recipient": original, "smtpd_discard_ehlo_keywords": "",
					"virtual_alias_maps": virtual, "virtual_alias_domains": "", "transport_maps": slow, "delay_warning_time": "1s", "smtp_discard_ehlo_keywords": "dsn",
				}}
				if transport == "LMTP" {
					transport = viaFilter
				}
				s := newSite(t, transport, o)
				s.sink.Refuse("support+refused@firma.example")
				return s
			}
		}
	}
	return all
}

// TestNoticesTellNothing: of success, of delay, of an alias that was expanded, of failure;
// whatever is to be returned, and whatever became of the mail: no notice that leaves the
// house holds a word of the plaintext, a name, or a verdict.
func TestNoticesTellNothing(t *testing.T) {
	t.Parallel()
	sites := noticeSites()
	for _, name := range slices.Sorted(maps.Keys(sites)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sites[name](t)
			sent := 0
			for padding, entity := range s.paddings(telling) {
				for _, ret := range []string{"", " RET=FULL", " RET=HDRS"} {
					for _, to := range []string{"ok", "alias", "renamed", "delay", "refused"} {
						for _, notify := range []string{"", " NOTIFY=SUCCESS,DELAY,FAILURE"} {
							if ret == "" && notify != "" || to == "renamed" && ret == " RET=HDRS" {
								continue
							}
							sent++
							s.ask(fmt.Sprintf("%s-%s-%d", padding, to, sent), ret, "support+"+to+"@firma.example", notify, entity)
						}
					}
				}
			}
			s.noticed(sent)
		})
	}
}

// ask sends a mail as a stranger with the arguments of RFC 3461.
func (s *site) ask(mark, ret, to, notify, entity string) {
	s.t.Helper()
	c := s.dial(s.inbound)
	defer c.close()
	c.cmd("EHLO stranger.example")
	orcpt := ""
	if notify != "" {
		orcpt = " ORCPT=rfc822;" + strings.ReplaceAll(to, "+", "+2B")
	}
	for _, line := range []string{"MAIL FROM:<stranger@evil.example>" + ret, "RCPT TO:<" + to + ">" + notify + orcpt} {
		if got := c.cmd(line); got.code != 250 {
			s.t.Fatalf("%s: %+v", line, got)
		}
	}
	c.cmd("DATA")
	header := strings.Replace(headerOf(mark), "Subject: "+mark, "Subject: [...]\nX-Mark: "+mark, 1)
	s.accepted(c.data(withHeader(header, entity)))
}

// tells finds what a notice must not hold: the text, names and fields of what was
// decrypted, our fields, and their words.
var tells = regexp.MustCompile(`(?i)secret|x-smime|decrypt|text/csv|smime=`)

// noticed waits until as many mails have been dealt with, and reads all notices.
func (s *site) noticed(sent int) {
	s.t.Helper()
	inside, outside := map[string]int{}, 0
	quiet := 0
	for end := time.Now().Add(60 * time.Second); quiet < 8 && time.Now().Before(end); {
		before := len(s.sink.Mails())
		time.Sleep(time.Second)
		if quiet++; len(s.sink.Mails()) != before || s.notYet(sent) {
			quiet = 0
		}
	}
	for _, m := range s.sink.Mails() {
		if m.From != "" {
			continue
		}
		for _, to := range m.To {
			if strings.HasSuffix(to, "@firma.example") {
				inside[to]++
				continue
			}
			outside++
			if found := tells.FindString(m.Text); found != "" {
				s.t.Errorf("a notice to %s holds %q:\n%s", to, found, m.Text)
			}
		}
	}
	if inside["postmaster@firma.example"] < 4 {
		s.t.Errorf("notices in the house: %v, %d outside: those of failure and delay are missing", inside, outside)
	}
	s.tickets()
}

// notYet reports whether mail that can be delivered is still missing: all but what is
// refused and what is delayed.
func (s *site) notYet(sent int) bool {
	arrived := map[string]bool{}
	for _, m := range s.sink.Mails() {
		if mark := markOf(m); mark != "" && m.From != "" {
			arrived[mark] = true
		}
	}
	return len(arrived) < sent*3/6
}

func markOf(m postfixtest.Mail) string {
	_, mark, _ := strings.Cut(m.Text, "\r\nX-Mark: ")
	mark, _, _ = strings.Cut(mark, "\r\n")
	return mark
}

// tickets: what was delivered is opened where it can be, and comes from the house.
func (s *site) tickets() {
	s.t.Helper()
	opened := 0
	for _, m := range s.sink.Mails() {
		if markOf(m) == "" || m.From == "" {
			continue
		}
		if m.From != "postmaster@firma.example" || !strings.Contains(m.Text, "X-SMIME-Sender: <stranger@evil.example>") {
			s.t.Errorf("a ticket from <%s>:\n%s", m.From, m.Text)
		}
		if strings.Contains(m.Text, "Subject: very secret subject") && strings.Contains(m.Text, "filename=\"very-secret-name.csv\"") {
			opened++
		}
	}
	if opened == 0 {
		s.t.Error("nothing was opened")
	}
}

// TestAnswersTellNothing: with every entry of [on] at each action, no answer to a mail
// with good padding differs from that to one with bad padding, whatever stands inside.
func TestAnswersTellNothing(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{viaMilter, viaBoth, viaProxy, viaFilter} {
		for _, action := range []string{"text", "quarantine", "reject", "tempfail"} {
			if !everySite && action != "reject" && transport != viaMilter {
				continue
			}
			t.Run(transport+" "+action, func(t *testing.T) {
				t.Parallel()
				on := "[on]\n"
				for _, cause := range []string{"bad_signature", "untrusted", "mismatch", "partial", "unauthenticated", "undecryptable", "malformed"} {
					on += cause + " = \"" + action + "\"\n"
				}
				s := newSite(t, transport, siteOptions{config: on})
				s.person("bob", "bob@kunde.example", "rsa-2048")
				answers := map[string][]string{}
				for name, inside := range map[string]string{
					"plain": htmlEntity, "broken": strings.Replace(s.signed("anna", textEntity), "very secret", "very forged", 1), "mismatch": s.signed("bob", textEntity),
					"malformed": "Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQ==\n", "sealed again": s.sealed(textEntity, []string{"anna"}),
				} {
					for padding, entity := range s.paddings(inside) {
						got := s.send(s.inbound, "stranger@evil.example", []string{"support@firma.example"}, withHeader(headerOf("answer"), entity))
						said := fmt.Sprint(got.code, " ", queueID.ReplaceAllString(got.text, "queued as ID"))
						answers[said] = append(answers[said], padding+" "+name)
					}
				}
				if len(answers) != 1 {
					t.Errorf("%d different answers: %v", len(answers), answers)
				}
				for said := range answers {
					if !strings.HasPrefix(said, "250 ") {
						t.Errorf("refused: %s", said)
					}
				}
			})
		}
	}
}

// queueID is the end of Postfix's 250.
var queueID = regexp.MustCompile(`queued as \S+`)

// TestBouncesGoInNoCircle: where bounces go to a mailbox that is served, they have no
// sender, and encrypted ones get none.
func TestBouncesGoInNoCircle(t *testing.T) {
	for _, transport := range []string{viaMilter, viaProxy} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport, siteOptions{mailbox: "recipient_delimiter = \"+\"", config: "[inbound]\nbounce_to = \"support@firma.example\"\n"})
			s.sink.Refuse("support+refused@firma.example")
			entity := s.sealed(textEntity, []string{"support"})
			for _, from := range []string{"anna@kunde.example", ""} {
				s.accepted(s.send(s.inbound, from, []string{"support+refused@firma.example"}, withHeader(headerOf("refused"), entity)))
				s.accepted(s.send(s.inbound, from, []string{"support@firma.example"}, withHeader(headerOf("taken"), entity)))
			}
			senders := map[string]int{}
			for _, m := range s.sink.WaitFor("Subject: taken", 2, 30*time.Second) {
				senders[m.From]++
			}
			if senders["support@firma.example"] != 1 || senders[""] != 1 {
				t.Errorf("senders of the tickets: %v", senders)
			}
			bounce := s.arrival("Undelivered Mail Returned to Sender")
			if strings.Join(bounce.To, "") != "support@firma.example" || bounce.From != "" {
				t.Errorf("a bounce from <%s> to %v", bounce.From, bounce.To)
			}
			time.Sleep(3 * time.Second) // longer than the queue waits
			if n := len(s.sink.WaitFor("Returned to Sender", 1, 0)); n != 1 {
				t.Errorf("%d bounces", n)
			}
		})
	}
}
