package e2e

// This file sends mail that costs more than it weighs, beside honest mail.

import (
	"bytes"
	"context"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/smime/cms"
)

// TestFieldsThatMustGo: each field that is taken out of a mail costs Postfix the whole
// header, so there is an end to them, on every way in.
func TestFieldsThatMustGo(t *testing.T) {
	for _, transport := range []string{viaMilter, viaProxy} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport)
			header := func(n int) string { return strings.Repeat("X-SMIME-A: x\n", n) + headerOf("fields") }
			// An honest header has fields that may have to go, too: not all 64 are Eve's.
			for n, code := range map[int]int{60: 250, 65: 554, 9000: 554} {
				began := time.Now()
				got := s.send(s.inbound, "eve@evil.example", []string{toSupport}, withHeader(header(n), textEntity))
				t.Logf("%d fields: %v", n, time.Since(began))
				if got.code != code {
					t.Errorf("%d fields: %+v, want %d", n, got, code)
				}
			}
		})
	}
}

// TestBombBesideHonestMail: a mail that unfolds without end is delivered as it came, and
// holds nobody up.
func TestBombBesideHonestMail(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	evil := withHeader(headerOf("bomb"), bomb(300<<20))
	done := make(chan reply, 4)
	for range cap(done) {
		go func() { done <- s.send(s.inbound, "eve@evil.example", []string{toSupport}, evil) }()
	}
	began := time.Now()
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{toSupport}, withHeader(headerOf("honest"), textEntity)))
	s.arrival("Subject: honest")
	t.Logf("an honest mail beside %d bombs of %d octets: %v", cap(done), len(evil), time.Since(began))
	for range cap(done) {
		s.accepted(<-done)
	}
	if text := s.arrival("Subject: bomb").Text; !strings.Contains(text, "X-SMIME-Signature: malformed") {
		t.Errorf("%s", text[:min(len(text), 2000)])
	}
}

// mostCPU is what any mail of 1 MiB may take, three times over: others use the machine too.
const mostCPU = 3 * time.Second

// cpuTime is what the gateway's process has used (proc(5), fields 14 and 15 of stat), in
// ticks of 10 ms.
func (s *site) cpuTime() time.Duration {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.gateway.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(text), ") ")
	list := strings.Fields(fields) // from field 3 on
	var ticks int
	for _, field := range list[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			s.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// signedByAll is an opaque signature by all, in so many layers, with more certificates.
func (s *site) signedByAll(layers int, by, more []*testpki.Cert) string {
	s.t.Helper()
	o := cms.SignOptions{}
	for _, c := range by {
		o.Signers = append(o.Signers, cms.Signer{Certificate: c.Certificate, Key: c.Key, SigningTime: time.Now()})
	}
	for _, c := range more {
		o.Certificates = append(o.Certificates, c.Certificate)
	}
	entity := crlf(textEntity)
	for layer := range layers {
		var der bytes.Buffer
		if err := cms.Sign(context.Background(), &der, strings.NewReader(entity), int64(len(entity)), o); err != nil {
			s.t.Fatal(err)
		}
		if layer == layers-1 {
			return cmsEntity("signed-data", der.Bytes())
		}
		entity = "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: binary\r\n\r\n" + der.String()
	}
	return entity
}

// TestSignersThatCost: 45 KB of signers and authorities with P-521 keys took 4.9 s of
// processor time, the same in 8 layers 39.6 s.
func TestSignersThatCost(t *testing.T) {
	s := newSite(t, viaMilter)
	var authorities, signers []*testpki.Cert
	by := testpki.New(t).Root
	for i := range 48 {
		by = s.pki.Under(by, testpki.Options{Name: fmt.Sprintf("Sub %d", i%2), CA: true, Key: "p521"})
		authorities = append(authorities, by)
	}
	for range 16 {
		signers = append(signers, s.pki.Under(by, testpki.Options{
			Addresses: []string{"anna@kunde.example"}, Key: "p521",
			NotBefore: time.Now().AddDate(0, 0, -2), NotAfter: time.Now().AddDate(0, 0, -1),
		}))
	}
	for _, layers := range []int{1, 8} {
		name := fmt.Sprintf("costly-%d", layers)
		mail := withHeader(headerOf(name), s.signedByAll(layers, signers, authorities))
		before := s.cpuTime()
		s.accepted(s.send(s.inbound, "eve@evil.example", []string{toSupport}, mail))
		text := s.arrival("Subject: " + name).Text
		took := s.cpuTime() - before
		t.Logf("%d octets: %v of processor time", len(mail), took)
		if took > mostCPU {
			t.Errorf("%d layers: %v of processor time, want %v at most", layers, took, mostCPU)
		}
		if got := field(t, text, "X-SMIME-Signature"); got != "unchecked" {
			t.Errorf("%d layers: %s, want unchecked", layers, got)
		}
	}
}

// onDisk is what a folder takes there, in octets.
func onDisk(t *testing.T, dir string) (sum int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum += info.Sys().(*syscall.Stat_t).Blocks * 512
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestStoreThatGrows: certificates of an authority that nobody trusts, each with a URL of
// its own that leads to as much as would be kept: 723 KB of such mail made the store grow
// by 13.9 MB.
func TestStoreThatGrows(t *testing.T) {
	t.Parallel()
	const (
		mails = 20
		most  = 1 << 20 // octets on disk
	)
	s := newSite(t, viaMilter, siteOptions{trust: "fetch_allow = [\"127.0.0.0/8\"]\n"})
	stranger := testpki.New(t)
	padding := pkix.Extension{Id: asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 13}, Value: make([]byte, 11<<10)}
	for i := range padding.Value {
		padding.Value[i] = byte(i * i >> 3)
	}
	sub := stranger.Issue(testpki.Options{Name: "Sub", CA: true, Extra: []pkix.Extension{padding}})
	var downloads atomic.Int32
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		downloads.Add(1)
		w.Write(sub.Certificate.Raw)
	}))
	t.Cleanup(web.Close)
	before := onDisk(t, filepath.Join(s.dir, "data"))
	sent := 0
	for m := range mails {
		var by []*testpki.Cert
		for i := range 16 {
			url := fmt.Sprintf("%s/%d/%d", web.URL, m, i)
			by = append(by, stranger.Under(sub, testpki.Options{Addresses: []string{"anna@kunde.example"}, AIA: []string{url}}))
		}
		name := fmt.Sprintf("growth-%d-", m)
		mail := withHeader(headerOf(name), s.signedByAll(1, by, nil))
		sent += len(mail)
		s.accepted(s.send(s.inbound, "eve@evil.example", []string{toSupport}, mail))
		if got := field(t, s.arrival("Subject: "+name).Text, "X-SMIME-Signature"); got != "untrusted" {
			t.Fatalf("mail %d: %s, want untrusted", m, got)
		}
	}
	grown := onDisk(t, filepath.Join(s.dir, "data")) - before
	t.Logf("%d octets of mail, %d downloads: the store grew by %d octets", sent, downloads.Load(), grown)
	if downloads.Load() == 0 {
		t.Error("nothing was asked for: this test tests nothing")
	}
	if grown > most {
		t.Errorf("the store grew by %d octets, want %d at most", grown, most)
	}
}
