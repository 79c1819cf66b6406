// Package directorytest starts directories of certificates for tests: OpenLDAP's slapd, and a
// validating resolver with zones that it signs itself.
package directorytest

// This file is slapd.

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// Base is the DN under which people stand, Reader who may always read, with Password.
const (
	Base     = "dc=bank,dc=example"
	Reader   = "cn=reader," + Base
	Password = "secret"
)

// Person is one entry of a directory.
type Person struct {
	Name string
	Mail string
	More string // lines of LDIF
}

// LDAP runs a slapd with people in it, and returns its URL. Its certificate is of pki, for
// localhost. More are lines of its configuration. The test is skipped where there is no slapd.
func LDAP(t *testing.T, pki *testpki.PKI, scheme string, people []Person, more ...string) (url string) {
	t.Helper()
	const slapd = "/usr/sbin/slapd"
	if _, err := os.Stat(slapd); err != nil {
		t.Skip("slapd is not installed: apt-get install slapd")
	}
	p := &place{t: t, dir: t.TempDir(), pki: pki}
	config := p.write("slapd.conf", p.slapdConf(more))
	p.run(slapd, "-T", "add", "-f", config, "-l", p.write("people.ldif", ldif(people)))
	address := freeAddress(t)
	p.start(address, slapd, "-d", "0", "-f", config, "-h", scheme+"://"+address)
	return scheme + "://" + strings.Replace(address, "127.0.0.1", "localhost", 1)
}

func (p *place) slapdConf(more []string) string {
	p.t.Helper()
	cert, key := p.localhost()
	lines := []string{
		"include /etc/ldap/schema/core.schema",
		"include /etc/ldap/schema/cosine.schema",
		"include /etc/ldap/schema/inetorgperson.schema",
		"modulepath /usr/lib/ldap",
		"moduleload back_mdb",
		"TLSCertificateFile " + cert,
		"TLSCertificateKeyFile " + key,
		"database mdb",
		"suffix " + Base,
		"rootdn " + Reader,
		"rootpw " + Password,
		"directory " + p.dir,
	}
	return strings.Join(append(lines, more...), "\n") + "\n"
}

// ldif is the content of the directory (RFC 2849).
func ldif(people []Person) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nobjectClass: dcObject\nobjectClass: organization\no: Bank\ndc: bank\n\n", Base)
	for _, p := range people {
		fmt.Fprintf(&b, "dn: cn=%s,%s\nobjectClass: inetOrgPerson\n", p.Name, Base)
		fmt.Fprintf(&b, "sn: %s\nmail: %s\n%s\n", p.Name, p.Mail, p.More)
	}
	return b.String()
}

// place is the folder of a server.
type place struct {
	t   *testing.T
	dir string
	pki *testpki.PKI
}

// start runs a server until the test ends, and waits until it can be reached.
func (p *place) start(address, name string, args ...string) {
	p.t.Helper()
	c := exec.Command(name, args...)
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
	}
	p.t.Fatalf("%s does not answer", name)
}

// localhost is the certificate of a server, and its key.
func (p *place) localhost() (cert, key string) {
	p.t.Helper()
	san, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte("localhost")}})
	if err != nil {
		p.t.Fatal(err)
	}
	c := p.pki.Issue(testpki.Options{
		Name:  "localhost",
		EKU:   []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		Extra: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: san}},
	})
	pem, err := c.KeyPEM()
	if err != nil {
		p.t.Fatal(err)
	}
	return p.write("server.pem", string(c.CertPEM())), p.write("server.key", string(pem))
}

func (p *place) path(name string) string { return filepath.Join(p.dir, name) }

func (p *place) write(name, content string) string {
	p.t.Helper()
	if err := os.WriteFile(p.path(name), []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return p.path(name)
}

func (p *place) run(name string, args ...string) string {
	p.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
