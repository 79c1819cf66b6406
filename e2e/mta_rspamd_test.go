//go:build mtas

package e2e

// This file is what rspamd makes of signed mail before and behind sealgate.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// rspamdAlone leaves out what asks others (the network, Redis, a learnt corpus), and what is
// slow to start: hyperscan compiles all public suffixes for half a minute.
const rspamdAlone = `cd /etc/rspamd
mkdir -p local.d override.d /run/rspamd /var/lib/rspamd /var/log/rspamd
chown _rspamd /run/rspamd /var/lib/rspamd /var/log/rspamd
for module in arc asn bimi dkim dmarc fuzzy_check greylist mx_check neural phishing ratelimit rbl replies spf surbl; do
	echo 'enabled = false;' >override.d/$module.conf
done
for worker in controller fuzzy proxy; do
	echo 'enabled = false;' >override.d/worker-$worker.inc
done
echo "bind_socket = \"127.0.0.1:$1\"; count = 1;" >override.d/worker-normal.inc
echo 'type = "console"; level = "warning";' >override.d/logging.inc
echo 'dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }
	disable_hyperscan = true;
	url_tld = "/etc/rspamd/suffixes";' >override.d/options.inc
echo example >suffixes
`

// rspamd answers for a mail.
type rspamd struct {
	s       *site
	address string
}

// startRspamd has Debian's configuration and the named files with blocks of docs/mta.md.
func startRspamd(s *site, names ...string) *rspamd {
	s.t.Helper()
	dir := s.t.TempDir()
	r := newRoom(s.t, dir, "rspamd", "_rspamd")
	server := &rspamd{s: s, address: s.port()}
	r.shell(rspamdAlone, portOf(server.address))
	for _, name := range names {
		file, _, _ := strings.Cut(name, ",")
		r.shell(`echo "$2" >/etc/rspamd/$1`, file, must(s.t, s.blocks("rspamd"), name))
	}
	said := r.daemon("rspamd", "--no-fork", "--user", "_rspamd", "--group", "_rspamd")
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Log(tail(said.String()))
		}
	})
	s.waitFor(server.address)
	return server
}

// scores are those of the symbols that S/MIME brings.
func (r *rspamd) scores(mail string) string {
	r.s.t.Helper()
	client := &http.Client{Timeout: time.Minute}
	answer, err := client.Post("http://"+r.address+"/checkv2", "message/rfc822", strings.NewReader(mail))
	if err != nil {
		r.s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var found struct {
		Symbols map[string]struct{ Score float64 }
	}
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		r.s.t.Fatal(err)
	}
	if len(found.Symbols) == 0 {
		r.s.t.Fatal("rspamd found nothing at all")
	}
	list := []string{}
	for _, name := range []string{"SIGNED_SMIME", "SEALGATE_VALID", "SEALGATE_INVALID"} {
		if symbol, ok := found.Symbols[name]; ok {
			list = append(list, fmt.Sprintf("%s %+g", name, symbol.Score))
		}
	}
	return strings.Join(list, ", ")
}

// TestMTARspamd: by itself rspamd rewards whatever looks like a signature; with the lines of
// docs/mta.md only what sealgate found valid.
func TestMTARspamd(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	const noScore = "local.d/mime_types_group.conf"
	stock := startRspamd(s)
	before := startRspamd(s, noScore)
	behind := startRspamd(s, noScore, "local.d/regexp.conf, behind sealgate only")
	signed := s.signed("anna", textEntity)
	nonsense := "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=b\n\n--b\n" + textEntity +
		"\n--b\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nTm9uc2Vuc2U=\n--b--\n"
	for i, k := range []struct {
		name, entity, header                         string
		stockBefore, stockBehind, setBefore, setBack string
	}{
		{"not signed", textEntity, "", "", "", "", ""},
		{"not signed, with our fields", textEntity, "X-SMIME-Signature: valid\n", "", "", "", ""},
		{"valid", signed, "", "SIGNED_SMIME -2", "", "SIGNED_SMIME +0", "SEALGATE_VALID -2"},
		{"changed", strings.Replace(signed, "very secret", "very forged", 1), "", "SIGNED_SMIME -2", "", "SIGNED_SMIME +0", "SEALGATE_INVALID +2"},
		{"a p7s of nonsense", nonsense, "", "SIGNED_SMIME -2", "SIGNED_SMIME -2", "SIGNED_SMIME +0", "SIGNED_SMIME +0, SEALGATE_INVALID +2"},
	} {
		mark := fmt.Sprintf("rspamd-%d", i)
		mail := withHeader(headerOf(mark)+k.header, k.entity)
		s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, mail))
		text := s.arrival("Subject: " + mark).Text
		for _, look := range []struct{ where, got, want string }{
			{"stock, before", stock.scores(crlf(mail)), k.stockBefore},
			{"stock, behind", stock.scores(text), k.stockBehind},
			{"set, before", before.scores(crlf(mail)), k.setBefore},
			{"set, behind", behind.scores(text), k.setBack},
		} {
			if look.got != look.want {
				t.Errorf("%s, %s: %q, want %q (%s)", k.name, look.where, look.got, look.want, field(t, text, "X-SMIME-Signature"))
			}
		}
	}
}
