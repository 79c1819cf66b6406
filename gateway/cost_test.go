package gateway

// This file shows what the most expensive mails cost, from the mail's octets to its
// headers. Where it can, the mail is openssl's: our own writer refuses to make it.

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/trust"
	"sealgate/trust/fetch"
	"sealgate/trust/revocation"
)

// cost runs the mail through the gateway and prints what it took of the processor.
func (h *house) cost(name, mail, want string, most time.Duration, mostMiB uint64) {
	h.t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := cpuTime(h.t)
	got := h.process(inboundTo("support@firma.example"), mail)
	took := cpuTime(h.t) - start
	runtime.ReadMemStats(&after)
	turned := (after.TotalAlloc - before.TotalAlloc) >> 20
	status, reason := h.header(got.text[0], "X-SMIME-Signature"), h.header(got.text[0], "X-SMIME-Cause")
	h.t.Logf("%s (%d KiB): %s in %v, %d MiB allocated (%s)", name, len(mail)>>10, strings.TrimSpace(status), took.Round(time.Millisecond), turned, strings.TrimSpace(reason))
	if want == "unchecked" && !strings.Contains(reason, "more than") {
		h.t.Errorf("%s: the reason does not say which bound: %s", name, reason)
	}
	if strings.TrimSpace(status) != want || took > most || turned > mostMiB {
		h.t.Errorf("%s: %s in %v, %d MiB; want %s within %v, %d MiB", name, status, took, turned, want, most, mostMiB)
	}
}

// opensslSigned is a mail signed by openssl with these signers and extra certificates.
func (h *house) opensslSigned(signers []*testpki.Cert, extra []*x509.Certificate, more ...string) string {
	h.t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		h.t.Skip("openssl is not installed")
	}
	dir := h.t.TempDir()
	args := []string{"cms", "-sign", "-in", filepath.Join(dir, "entity"), "-binary", "-md", "sha256"}
	args = append(args, more...)
	if err := os.WriteFile(filepath.Join(dir, "entity"), []byte(plainText), 0o600); err != nil {
		h.t.Fatal(err)
	}
	for i, c := range signers {
		both, _, err := c.WriteFiles(dir, fmt.Sprint(i))
		if err != nil {
			h.t.Fatal(err)
		}
		args = append(args, "-signer", both)
	}
	if len(extra) > 0 {
		var all bytes.Buffer
		for _, c := range extra {
			pem.Encode(&all, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
		}
		if err := os.WriteFile(filepath.Join(dir, "extra"), all.Bytes(), 0o600); err != nil {
			h.t.Fatal(err)
		}
		args = append(args, "-certfile", filepath.Join(dir, "extra"))
	}
	var fault bytes.Buffer
	cmd := exec.Command("openssl", args...)
	cmd.Stderr = &fault
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("openssl: %v %s", err, fault.Bytes())
	}
	mail := strings.ReplaceAll(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n", "\r\n")
	return fromAnna + strings.TrimPrefix(mail, "MIME-Version: 1.0\r\n")
}

// sameName are n authorities called Sub, each with a key of its own.
func (h *house) sameName(n int) (list []*x509.Certificate) {
	for range n {
		list = append(list, h.pki.Issue(testpki.Options{Name: "Sub", CA: true}).Certificate)
	}
	return list
}

// TestMailCosts: 5,000 certificates, as many as are read, 100 signers, as many as
// are read with a full bag, a chain of 60.
func TestMailCosts(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processor time, which the race detector and other packages' tests make longer")
	}
	h := newHouse(t)
	sub := h.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	anna := h.pki.Under(sub, testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	others := h.sameName(5000)
	h.cost("5,000 certificates", h.opensslSigned([]*testpki.Cert{anna}, others), "unchecked", 5*time.Second, 64)
	h.cost("64 certificates", h.opensslSigned([]*testpki.Cert{anna}, append(others[:62:62], sub.Certificate)), "valid", 2*time.Second, 64)
	var signers []*testpki.Cert // openssl takes none twice
	for range 100 {
		signers = append(signers, h.pki.Under(sub, testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}))
	}
	h.cost("100 signers", h.opensslSigned(signers, nil), "unchecked", 2*time.Second, 64)
	sixteen := signers[:16]
	h.cost("16 signers, 48 authorities of one name, none the right one", h.opensslSigned(sixteen, others[:48]), "untrusted", 5*time.Second, 128)
	h.cost("16 signers, 48 authorities of one name, the last the right one", h.opensslSigned(sixteen, append(others[:47:47], sub.Certificate)), "valid", 5*time.Second, 128)
	by := h.pki.Root
	for i := range 60 {
		by = h.pki.Under(by, testpki.Options{Name: fmt.Sprintf("Sub %d", i), CA: true})
	}
	h.cost("a chain of 60", h.signed(h.pki.Under(by, testpki.Options{Addresses: []string{"anna@kunde.example"}}), fromAnna, plainText), "untrusted", 2*time.Second, 64)
}

// TestMailWithLargeCRL: the first mail pays for a list of 11 MB, the second nothing.
func TestMailWithLargeCRL(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processor time, which the race detector and other packages' tests make longer")
	}
	var list []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(list) }))
	t.Cleanup(s.Close)
	sources := revocation.New(revocation.Options{Fetch: fetch.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})})
	t.Cleanup(sources.Close)
	h := newHouse(t, func(o *Options) { o.Limits.LookUps = 8 * time.Second })
	check, err := trust.New(trust.Options{Roots: []*x509.Certificate{h.pki.Root.Certificate}, Revocation: trust.Hard, Sources: sources})
	if err != nil {
		t.Fatal(err)
	}
	h.o.Trust = check
	if h.g, err = New(h.o); err != nil {
		t.Fatal(err)
	}
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	for i := range int64(270_000) {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(i<<40 + 12345), RevocationTime: time.Now(), ReasonCode: 1})
	}
	if list, err = x509.CreateRevocationList(rand.Reader, template, h.pki.Root.Certificate, h.pki.Root.Key); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		anna := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, CRL: []string{s.URL + "/crl"}})
		h.cost(fmt.Sprintf("a CRL of %d MB, mail %d", len(list)/1_000_000, i+1), h.signed(anna, fromAnna, plainText), "valid", []time.Duration{8 * time.Second, time.Second}[i], 128)
	}
}

// late is a context whose end is near, and not yet there.
type late struct{ context.Context }

func (late) Deadline() (time.Time, bool) { return time.Now(), true }

// TestTooLongToOpen: a mail that takes longer to open than a message may is delivered
// as it came and says so; when it was the client that went away, it is our fault.
func TestTooLongToOpen(t *testing.T) {
	h := newHouse(t)
	mail := h.signed(h.anna, fromAnna, plainText)
	msg := h.file(mail)
	defer msg.Close()
	out, err := h.g.Process(late{t.Context()}, toSupport, msg)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	text := apply(t, h.entity(mail), out.Deliveries[0])
	_, body, _ := strings.Cut(mail, "\r\n\r\n")
	if h.header(text, "X-SMIME-Signature") != "malformed" || !strings.Contains(h.header(text, "X-SMIME-Cause"), "time") || !strings.HasSuffix(text, body) {
		t.Errorf("%+v\n%s", out, text)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if out, err := h.g.Process(gone, toSupport, msg); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", out, err)
	}
	over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if out, err := h.g.Process(over, toSupport, msg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v, %v", out, err)
	}
}

// recorder keeps what trust is asked.
type recorder struct {
	verdict.Trust
	asked []trust.Request
}

func (r *recorder) Check(ctx context.Context, q trust.Request) trust.Result {
	r.asked = append(r.asked, q)
	return r.Trust.Check(ctx, q)
}

// TestNothingIsFetchedForChangedText: what lay in CBC may hold the mail's text where
// a certificate has a URL; what lay under a MAC, or was not encrypted, may not.
func TestNothingIsFetchedForChangedText(t *testing.T) {
	for cipher, want := range map[string]bool{"": false, "aes-256-cbc": true, "aes-256-gcm": false} {
		var r recorder
		h := newHouse(t, func(o *Options) { r.Trust = o.Trust; o.Trust = &r })
		announced := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
		mail := h.signed(h.anna, fromAnna, plainText, func(s *cms.Signer) { s.EncryptionCertificate = announced.Certificate })
		if cipher != "" {
			e, err := smime.Encrypt(context.Background(), h.entity(strings.TrimPrefix(mail, fromAnna)), smime.EncryptOptions{Cipher: cipher, Recipients: []cms.Recipient{{Certificate: h.support.Certificate}}, Spool: h.o.Spool})
			if err != nil {
				t.Fatal(err)
			}
			mail = h.whole(fromAnna, e)
		}
		got := h.process(inboundTo("support@firma.example"), mail)
		if s := strings.TrimSpace(h.header(got.text[0], "X-SMIME-Signature")); s != "valid" {
			t.Errorf("%q: %s", cipher, s)
		}
		for _, c := range []*testpki.Cert{h.anna, announced} { // later they are asked about as what is stored
			first := slices.IndexFunc(r.asked, func(q trust.Request) bool { return q.Certificate.Equal(c.Certificate) })
			if first < 0 || r.asked[first].NoFetch != want {
				t.Errorf("%q: asked as number %d of %+v", cipher, first, r.asked)
			}
		}
	}
}
