//go:build mtas

package e2e

// This file is OpenSMTPD before sealgate, as docs/mta.md sets it up.

import (
	"strings"
	"testing"
)

// startOpenSMTPD starts it with the block of docs/mta.md: all mail that sealgate has seen
// goes to the sink.
func startOpenSMTPD(s *site) *otherMTA {
	s.t.Helper()
	r := newRoom(s.t, s.dir, "opensmtpd", "opensmtpd", "opensmtpq")
	text := strings.NewReplacer("0.0.0.0 port 25 ", "127.0.0.1 port "+portOf(s.inbound)+" ",
		"0.0.0.0 port 587 ", "127.0.0.1 port "+portOf(s.outbound)+" ", "10026", portOf(s.doors["re"]),
		"10025", portOf(s.doors["smtp-in"]), "10027", portOf(s.doors["smtp-out"])).Replace(must(s.t, s.blocks("OpenSMTPD"), "smtpd.conf"))
	text = "action \"onward\" relay host \"smtp+notls://" + s.sink.Address + "\"\n" + text
	config := s.write("smtpd.conf", []byte(text))
	r.shell(`mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
		echo mail.firma.example >/etc/mailname
		chmod 711 /var/lib/opensmtpd/empty /var/spool/smtpd
		chgrp opensmtpq /usr/sbin/smtpctl
		chmod g+s /usr/sbin/smtpctl
		cp $1 /etc/smtpd.conf
		chmod 644 /etc/smtpd.conf`, config)
	said := r.daemon("/usr/sbin/smtpd", "-d")
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Log(tail(said.String()))
		}
	})
	s.waitFor(s.inbound, s.outbound, s.doors["re"])
	return &otherMTA{
		room:   r,
		mailq:  func() string { return r.run("/usr/sbin/smtpctl", "show", "queue") },
		flush:  func() { r.run("/usr/sbin/smtpctl", "schedule", "all") },
		log:    said.String,
		splits: true,
		keeps:  true,
	}
}

func TestMTAOpenSMTPD(t *testing.T) {
	t.Parallel()
	s := newGateway(t, "opensmtpd")
	s.behind(startOpenSMTPD(s))
}
