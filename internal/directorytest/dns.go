package directorytest

// This file is a validating resolver, unbound, with zones of its own.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"sealgate/internal/testpki"
)

// The zones that the resolver knows: one is signed, in one the signatures are wrong, one has
// none. All hold the same records.
const (
	Signed = "signed.example"
	Bogus  = "bogus.example"
	Plain  = "plain.example"
)

// Resolver is one that runs until the test ends.
type Resolver struct {
	TCP string // 127.0.0.1:port
	TLS string // the same by TLS, with a certificate for localhost
}

// SMIMEAName is where the records of a local part stand (RFC 8162 §3).
func SMIMEAName(local, zone string) string {
	sum := sha256.Sum256([]byte(local))
	return hex.EncodeToString(sum[:])[:56] + "._smimecert." + zone + "."
}

// DNS runs a resolver whose zones hold records by local part; "ZONE" in one becomes the
// zone's name. The test is skipped where the programs are not.
func DNS(t *testing.T, pki *testpki.PKI, records map[string][]string) *Resolver {
	t.Helper()
	for _, program := range []string{"unbound", "dnssec-signzone", "dnssec-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: apt-get install unbound bind9-utils", program)
		}
	}
	p := &place{t: t, dir: t.TempDir(), pki: pki}
	r := &Resolver{TCP: freeAddress(t), TLS: freeAddress(t)}
	var anchors []string
	for _, zone := range []string{Signed, Bogus} {
		anchors = append(anchors, p.sign(zone, records))
	}
	p.spoil(Bogus)
	p.write(Plain+".signed", zoneFile(Plain, records))
	p.start(r.TLS, "unbound", "-d", "-c", p.write("unbound.conf", p.unboundConf(r, anchors)))
	return r
}

func zoneFile(zone string, records map[string][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$TTL 60\n@ IN SOA ns.%[1]s. admin.%[1]s. 1 60 60 60 60\n@ IN NS ns.%[1]s.\nns IN A 127.0.0.1\n", zone)
	for local, list := range records {
		for _, record := range list {
			fmt.Fprintf(&b, "%s IN %s\n", SMIMEAName(local, zone), strings.ReplaceAll(record, "ZONE", zone))
		}
	}
	return b.String()
}

// sign makes keys and a signed zone, and returns the line that lets the resolver trust it.
func (p *place) sign(zone string, records map[string][]string) string {
	p.t.Helper()
	file := p.write(zone, zoneFile(zone, records))
	key := strings.TrimSpace(p.run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-K", p.dir, zone))
	p.run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-K", p.dir, zone)
	p.run("dnssec-signzone", "-q", "-S", "-z", "-o", zone, "-K", p.dir, "-d", p.dir, "-f", file+".signed", file)
	data, err := os.ReadFile(p.path(key + ".key"))
	if err != nil {
		p.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return "trust-anchor: \"" + lines[len(lines)-1] + "\""
}

// spoilt is the first octets of a certificate in a signed zone.
var spoilt = regexp.MustCompile(`(SMIMEA\s+[0-3] 0 0 \(\s+30)82`)

// spoil changes a certificate behind its signature.
func (p *place) spoil(zone string) {
	p.t.Helper()
	data, err := os.ReadFile(p.path(zone + ".signed"))
	if err != nil || !spoilt.Match(data) {
		p.t.Fatalf("nothing to spoil: %v", err)
	}
	p.write(zone+".signed", spoilt.ReplaceAllString(string(data), "${1}83"))
}

func (p *place) unboundConf(r *Resolver, anchors []string) string {
	p.t.Helper()
	cert, key := p.localhost()
	at := func(address string) string { return strings.Replace(address, ":", "@", 1) }
	lines := []string{
		"server:",
		"directory: \"" + p.dir + "\"",
		"chroot: \"\"",
		"username: \"\"",
		"pidfile: \"\"",
		"use-syslog: no",
		"do-daemonize: no",
		"interface: " + at(r.TCP),
		"interface: " + at(r.TLS),
		"tls-port: " + r.TLS[strings.LastIndexByte(r.TLS, ':')+1:],
		"tls-service-pem: " + cert,
		"tls-service-key: " + key,
		"module-config: \"validator iterator\"",
	}
	lines = append(lines, anchors...)
	lines = append(lines, "remote-control:", "control-enable: no")
	for _, zone := range []string{Signed, Bogus, Plain} {
		lines = append(
			lines,
			"auth-zone:",
			"name: \""+zone+"\"",
			"zonefile: \""+p.path(zone+".signed")+"\"",
			"for-downstream: no",
			"for-upstream: yes",
			"fallback-enabled: no",
		)
	}
	return strings.Join(lines, "\n") + "\n"
}
