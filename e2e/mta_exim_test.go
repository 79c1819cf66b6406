//go:build mtas

package e2e

// This file is Exim before sealgate, as docs/mta.md sets it up.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// eximRest is what an Exim has besides: all mail that sealgate has seen goes to the sink.
const eximRest = `primary_hostname = mail.firma.example
spool_directory = DIR/exim/spool
log_file_path = DIR/exim/log/%slog
hostlist relay_from_hosts = 127.0.0.1
acl_smtp_rcpt = acl_check_rcpt
keep_environment =
MAIN
begin acl
acl_check_rcpt:
ACL
  accept hosts = +relay_from_hosts
  deny
begin routers
ROUTERS
onward:
  driver = manualroute
  transport = onward
  route_data = 127.0.0.1::SINK
  self = send
begin transports
TRANSPORTS
onward:
  driver = smtp
  allow_localhost
  hosts_try_chunking =
begin retry
* * F,2h,1s
`

// startExim starts it with the blocks of docs/mta.md.
func startExim(s *site, cutThrough bool) *otherMTA {
	s.t.Helper()
	r := newRoom(s.t, s.dir, "exim", "Debian-exim")
	blocks := s.blocks("Exim")
	mainSection := must(s.t, blocks, "main section")
	acl := ""
	if cutThrough {
		mainSection += must(s.t, blocks, "main section, for cut-through")
		acl = must(s.t, blocks, "acl_check_rcpt, first, for cut-through")
	}
	text := strings.NewReplacer("MAIN\n", mainSection, "ACL\n", acl,
		"ROUTERS\n", must(s.t, blocks, "routers, before all others"), "TRANSPORTS\n", must(s.t, blocks, "transports"),
		"DIR", s.dir, "SINK", portOf(s.sink.Address)).Replace(eximRest)
	text = strings.NewReplacer("0.0.0.0.25 ", "127.0.0.1."+portOf(s.inbound)+" ", "0.0.0.0.587 ", "127.0.0.1."+portOf(s.outbound)+" ",
		"{25}", "{"+portOf(s.inbound)+"}", "10026", portOf(s.doors["re"]),
		"10025", portOf(s.doors["smtp-in"]), "10027", portOf(s.doors["smtp-out"])).Replace(text)
	s.write("exim.conf", []byte(text))
	config := filepath.Join(s.dir, "exim.conf")
	r.shell(`mkdir -p $1/exim/spool $1/exim/log /etc/exim4
		chown -R Debian-exim: $1/exim
		cp $2 /etc/exim4/exim4.conf`, s.dir, config)
	said := r.daemon("/usr/sbin/exim4", "-bdf", "-q1h")
	s.waitFor(s.inbound, s.outbound, s.doors["re"])
	return &otherMTA{
		room:  r,
		mailq: func() string { return r.run("/usr/sbin/exim4", "-bp") },
		flush: func() { r.run("/usr/sbin/exim4", "-qff") },
		log: func() string {
			text, _ := os.ReadFile(filepath.Join(s.dir, "exim/log/mainlog")) // none when nothing came
			return said.String() + string(text)
		},
		answers: cutThrough,
		splits:  true,
		keeps:   !cutThrough,
	}
}

func TestMTAExim(t *testing.T) {
	t.Parallel()
	s := newGateway(t, "exim")
	s.behind(startExim(s, false))
}

func TestMTAEximCutThrough(t *testing.T) {
	t.Parallel()
	s := newGateway(t, "exim, cut-through")
	s.behind(startExim(s, true))
}
