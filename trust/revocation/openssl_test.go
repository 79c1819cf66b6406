package revocation

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/trust"
)

// opensslCA is a CA in openssl's files: index, CRL and responder are openssl's.
type opensslCA struct {
	t    *testing.T
	dir  string
	pki  *testpki.PKI
	rows []byte
}

func (a *opensslCA) file(name string, data []byte) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

func (a *opensslCA) openssl(args ...string) {
	a.t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = a.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		a.t.Fatalf("openssl %v: %v %s", args, err, out)
	}
}

// row adds a certificate to the index as valid or revoked.
func (a *opensslCA) row(c *testpki.Cert, revoked bool) {
	date := func(t time.Time) string { return t.UTC().Format("060102150405Z") }
	state, since := "V", ""
	if revoked {
		state, since = "R", date(time.Now().Add(-time.Hour))+",keyCompromise"
	}
	serial := fmt.Sprintf("%X", c.Certificate.SerialNumber)
	if len(serial)%2 == 1 {
		serial = "0" + serial
	}
	a.rows = fmt.Appendf(a.rows, "%s\t%s\t%s\t%s\tunknown\t/CN=%s\n", state, date(c.Certificate.NotAfter), since, serial, serial)
}

// TestOpensslServices: CRL and OCSP responder are openssl's own, with a delegated
// responder certificate and with the authority's key.
func TestOpensslServices(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	var crlFile string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, crlFile) }))
	defer web.Close()
	a := &opensslCA{t: t, dir: t.TempDir(), pki: testpki.New(t)}
	issue := func(revoked, known bool, by string) *testpki.Cert {
		o := testpki.Options{Addresses: anna}
		if by == "ocsp" {
			o.OCSP = []string{fmt.Sprintf("http://127.0.0.1:%d/", port)}
		} else {
			o.CRL = []string{web.URL + "/ca.crl"}
		}
		c := a.pki.Issue(o)
		if known {
			a.row(c, revoked)
		}
		return c
	}
	people := map[string]*testpki.Cert{}
	for _, by := range []string{"ocsp", "crl"} {
		people[by+" good"], people[by+" revoked"], people[by+" unknown"] = issue(false, true, by), issue(true, true, by), issue(false, false, by)
	}
	both, cert, err := a.pki.Root.WriteFiles(a.dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	responder, _, err := a.pki.Issue(testpki.Options{Name: "Responder", EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}).WriteFiles(a.dir, "responder")
	if err != nil {
		t.Fatal(err)
	}
	a.file("index.txt", a.rows)
	a.file("crlnumber", []byte("01\n"))
	conf := a.file("ca.conf", []byte("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nunique_subject=no\ncrlnumber=crlnumber\ndefault_md=sha256\ndefault_crl_days=1\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n"))
	a.openssl("ca", "-config", conf, "-gencrl", "-cert", cert, "-keyfile", both, "-out", "list.pem")
	a.openssl("crl", "-in", "list.pem", "-outform", "DER", "-out", "list.der")
	for _, name := range []string{"list.pem", "list.der"} {
		for _, signer := range []string{responder, both} {
			crlFile = filepath.Join(a.dir, name)
			stop := a.respond(port, cert, signer)
			a.ask(people)
			stop()
		}
	}
}

// respond runs openssl ocsp until stop.
func (a *opensslCA) respond(port int, ca, signer string) (stop func()) {
	a.t.Helper()
	cmd := exec.Command("openssl", "ocsp", "-index", "index.txt", "-CA", ca, "-rsigner", signer, "-rkey", signer, "-port", fmt.Sprint(port), "-nmin", "60")
	cmd.Dir = a.dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "ACCEPT") {
	}
	go func() {
		for lines.Scan() { // so that it never waits for a reader
		}
	}()
	return func() { cmd.Process.Kill(); cmd.Wait() }
}

func (a *opensslCA) ask(people map[string]*testpki.Cert) {
	a.t.Helper()
	s := &services{t: a.t, pki: a.pki}
	c := s.checker(trust.Hard, nil)
	for name, want := range map[string]trust.Revocation{"ocsp good": trust.RevocationGood, "ocsp revoked": trust.RevocationRevoked, "ocsp unknown": trust.RevocationUnknown, "crl good": trust.RevocationGood, "crl revoked": trust.RevocationRevoked, "crl unknown": trust.RevocationGood} {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		res := c.Check(ctx, trust.Request{Certificate: people[name].Certificate, Address: anna[0], Purpose: trust.Sign, At: time.Now().Add(time.Second)})
		cancel()
		if res.Revocation != want {
			a.t.Errorf("%s: %+v", name, res)
		}
	}
}
