//go:build mtas

package e2e

// This file is Sendmail with sealgate as its milter, as docs/mta.md sets it up.

import (
	"strings"
	"testing"
)

// sendmailRest is what a Sendmail has besides: all mail goes to the sink.
const sendmailRest = `divert(-1)dnl
define(` + "`_CF_DIR_', `/usr/share/sendmail/cf/'" + `)dnl
include(` + "`/usr/share/sendmail/cf/m4/cf.m4'" + `)dnl
OSTYPE(` + "`debian'" + `)dnl
DOMAIN(` + "`debian-mta'" + `)dnl
define(` + "`confDOMAIN_NAME', `mail.firma.example'" + `)dnl
define(` + "`confTO_IDENT', `0s'" + `)dnl
define(` + "`confSERVICE_SWITCH_FILE', `/etc/mail/service.switch-nodns'" + `)dnl
define(` + "`confBIND_OPTS', `-DNSRCH'" + `)dnl
define(` + "`SMART_HOST', `relay:[127.0.0.1]'" + `)dnl
define(` + "`RELAY_MAILER_ARGS', `TCP $h SINK'" + `)dnl
FEATURE(` + "`accept_unresolvable_domains'" + `)dnl
FEATURE(` + "`nocanonify'" + `)dnl
BLOCK
MAILER(` + "`local'" + `)dnl
MAILER(` + "`smtp'" + `)dnl
`

// startSendmail starts it with the block of docs/mta.md.
func startSendmail(s *site) *otherMTA {
	s.t.Helper()
	r := newRoom(s.t, s.dir, "sendmail", "smmta", "smmsp")
	text := strings.NewReplacer("BLOCK\n", must(s.t, s.blocks("Sendmail"), "sendmail.mc"), "SINK", portOf(s.sink.Address)).Replace(sendmailRest)
	text = strings.NewReplacer("Port=25,", "Addr=127.0.0.1, Port="+portOf(s.inbound)+",",
		"Port=587,", "Addr=127.0.0.1, Port="+portOf(s.outbound)+",", "10026", portOf(s.doors["re"]),
		"8891@", portOf(s.doors["in"])+"@", "8892@", portOf(s.doors["out"])+"@").Replace(text)
	source := s.write("sendmail.mc", []byte(text))
	r.shell(`mkdir -p /var/spool/mqueue /var/lib/sendmail/host_status /run/sendmail/mta /etc/mail
		echo mail.firma.example >/etc/mail/local-host-names
		touch /etc/mail/aliases
		m4 $1 >/etc/mail/sendmail.cf`, source)
	sendmail := "/usr/libexec/sendmail/sendmail"
	said := r.daemon(sendmail, "-bD", "-q1h")
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Log(said.String())
		}
	})
	s.waitFor(s.inbound, s.outbound, s.doors["re"])
	return &otherMTA{
		room:    r,
		mailq:   func() string { return r.run(sendmail, "-bp") },
		flush:   func() { r.run(sendmail, "-q") },
		log:     said.String,
		answers: true,
		splits:  s.transport == viaBoth,
	}
}

func TestMTASendmail(t *testing.T) {
	t.Parallel()
	s := newGateway(t, viaMilter)
	s.behind(startSendmail(s))
}

func TestMTASendmailReinject(t *testing.T) {
	t.Parallel()
	s := newGateway(t, viaBoth)
	s.behind(startSendmail(s))
}
