package ownkeys

// This file tests what is said of keys, with a clock that is set.

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/internal/testpki"
	"sealgate/keyring"
	"sealgate/trust"
	"sealgate/trust/revocation"
)

const support = "support@firma.example"

// services are authorities' hosts: what lies at each URL; any other one is dead.
type services map[string][]byte

func (s services) Get(_ context.Context, url string, _ int64) ([]byte, error) {
	if data, ok := s[url]; ok {
		return data, nil
	}
	return nil, errors.New("no such host")
}

func (s services) Post(context.Context, string, string, []byte, int64) ([]byte, error) {
	return nil, errors.New("no such host")
}

// sourcesOf asks the services.
func sourcesOf(t *testing.T, f revocation.Fetcher) *revocation.Sources {
	t.Helper()
	sources := revocation.New(revocation.Options{Fetch: f, Parse: certstore.ReadCertificates})
	t.Cleanup(sources.Close)
	return sources
}

// checkerOf trusts the root.
func checkerOf(t *testing.T, pki *testpki.PKI, sources trust.Sources) *trust.Checker {
	t.Helper()
	c, err := trust.New(trust.Options{
		Roots: []*x509.Certificate{pki.Root.Certificate}, Revocation: trust.Soft, Sources: sources,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mailboxOf(certs ...*testpki.Cert) *keyring.Mailbox {
	box := &keyring.Mailbox{Addresses: []string{support}}
	for _, c := range certs {
		box.Credentials = append(box.Credentials, &keyring.Credential{
			Certificate: c.Certificate, Key: c.Key, Path: "support.pem",
		})
	}
	return box
}

// judgedAt completes and judges as a gateway would at the time.
func judgedAt(t *testing.T, pki *testpki.PKI, f revocation.Fetcher, at time.Time, box *keyring.Mailbox) []*Key {
	t.Helper()
	sources := sourcesOf(t, f)
	checker := checkerOf(t, pki, sources)
	clock := func() time.Time { return at }
	keys := Keys([]*keyring.Mailbox{box})
	completer := &Completer{Authorities: sources, Known: []*x509.Certificate{pki.Root.Certificate}, Now: clock}
	completer.Complete(context.Background(), keys)
	judge := &Judge{Checker: checker, Now: clock}
	return judge.Judge(context.Background(), []*keyring.Mailbox{box}, keys)
}

// found are the findings of keys, one a line.
func found(keys []*Key) string {
	var lines []string
	for _, k := range keys {
		for _, f := range k.Findings {
			lines = append(lines, fmt.Sprintf("%s %s: %s; %s", f.Level, f.Rule, f.Cause, f.Remedy))
		}
	}
	return strings.Join(lines, "\n")
}

// TestJudgedAsAReceiver: each thing that a receiver would refuse is said of our own key
// first, with what to do.
func TestJudgedAsAReceiver(t *testing.T) {
	now := time.Now()
	pki := testpki.New(t)
	other := testpki.New(t)
	web := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	mine := []string{support}
	revoked := pki.Issue(testpki.Options{Addresses: mine, CRL: []string{"http://ca.example/list"}})
	hosts := services{"http://ca.example/list": listOf(t, pki.Root, revoked)}
	for name, c := range map[string]struct {
		cert *testpki.Cert
		want string // "" is nothing at all
	}{
		"good":          {pki.Issue(testpki.Options{Addresses: mine, Key: "rsa-2048"}), ""},
		"other address": {pki.Issue(testpki.Options{Addresses: []string{"x@firma.example"}}), "warning address: "},
		"no address":    {pki.Issue(testpki.Options{Name: "Support"}), "failure address: "},
		"expired": {
			pki.Issue(testpki.Options{Addresses: mine, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.Add(-time.Minute)}),
			"failure validity: the certificate expired on ",
		},
		"not yet valid": {
			pki.Issue(testpki.Options{Addresses: mine, NotBefore: now.AddDate(0, 0, 1)}),
			"failure validity: the certificate is not valid before ",
		},
		"for a web server": {pki.Issue(testpki.Options{Addresses: mine, EKU: web}), "failure usage: "},
		"for nothing": {
			pki.Issue(testpki.Options{Addresses: mine, Usage: x509.KeyUsageCRLSign}),
			"failure usage: the certificate's key usage allows neither",
		},
		"weak":    {pki.Issue(testpki.Options{Addresses: mine, Key: "rsa-1024"}), "failure key: weak key: RSA key of 1024 bits"},
		"revoked": {revoked, "failure revocation: the certificate was revoked on "},
		"nobody says": {
			pki.Issue(testpki.Options{Addresses: mine, CRL: []string{"http://dead.example/list"}}),
			"warning revocation: ",
		},
		"untrusted":   {other.Issue(testpki.Options{Addresses: mine}), "warning chain: the certificate of the authority"},
		"self-signed": {selfSigned(t), "warning trust: "},
		"cannot sign": {
			pki.Issue(testpki.Options{Addresses: mine, Usage: x509.KeyUsageKeyAgreement}),
			"failure missing: the mailbox has no key that signs as " + support,
		},
		"cannot decrypt": {
			pki.Issue(testpki.Options{Addresses: mine, Usage: x509.KeyUsageDigitalSignature}),
			"warning missing: nobody can encrypt to " + support,
		},
	} {
		keys := judgedAt(t, pki, hosts, now, mailboxOf(c.cert))
		got := found(keys)
		if !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: %s", name, got)
		}
		for _, k := range keys {
			for _, f := range k.Findings {
				if f.Cause == "" || f.Remedy == "" {
					t.Errorf("%s: cause or remedy is missing: %+v", name, f)
				}
			}
		}
	}
}

// selfSigned is a certificate for support that nobody vouches for.
func selfSigned(t *testing.T) *testpki.Cert {
	t.Helper()
	c, err := testpki.NewRoot(testpki.Options{
		Addresses: []string{support}, Usage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// listOf is a list of revocation with one entry.
func listOf(t *testing.T, by, revoked *testpki.Cert) []byte {
	t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{
			SerialNumber: revoked.Certificate.SerialNumber, RevocationTime: time.Now().Add(-time.Hour),
		}},
	}, by.Certificate, by.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestNoKeyAtAll: a mailbox may have none, which is said; one that has keys and an address
// that none of them is for fails.
func TestNoKeyAtAll(t *testing.T) {
	pki := testpki.New(t)
	keys := judgedAt(t, pki, services{}, time.Now(), mailboxOf())
	if len(keys) != 1 || keys[0].Credential != nil || keys[0].Failed() || !strings.HasPrefix(found(keys), "note missing: ") {
		t.Errorf("%s", found(keys))
	}
	box := mailboxOf(pki.Issue(testpki.Options{Addresses: []string{support}}))
	box.Addresses = append(box.Addresses, "sales@firma.example")
	keys = judgedAt(t, pki, services{}, time.Now(), box)
	if got := found(keys); !keys[1].Failed() || !strings.Contains(got, "no key that signs as sales@firma.example;") {
		t.Errorf("%s", got)
	}
}

// TestThresholds: the end is told of at 30, 14, 7 and 1 days, not a second before.
func TestThresholds(t *testing.T) {
	pki := testpki.New(t)
	end := time.Now().AddDate(0, 0, 90).Truncate(time.Second)
	box := mailboxOf(pki.Issue(testpki.Options{Addresses: []string{support}, NotAfter: end}))
	before := ""
	for _, days := range []int{30, 14, 7, 1} {
		threshold := end.AddDate(0, 0, -days)
		if got := found(judgedAt(t, pki, services{}, threshold.Add(-time.Second), box)); got != before {
			t.Errorf("a second before %d days: %q, not %q", days, got, before)
		}
		before = found(judgedAt(t, pki, services{}, threshold, box))
		if !strings.Contains(before, fmt.Sprintf("within %s;", inDays(days))) {
			t.Errorf("at %d days: %q", days, before)
		}
	}
	if got := found(judgedAt(t, pki, services{}, end, box)); got != before {
		t.Errorf("in the last second: %q", got)
	}
	if got := found(judgedAt(t, pki, services{}, end.Add(time.Second), box)); !strings.Contains(got, "failure validity: the certificate expired") {
		t.Errorf("after the end: %q", got)
	}
}

// TestToldOnce: each threshold is logged once, whatever number of days the gateway runs,
// and what comes back is told again.
func TestToldOnce(t *testing.T) {
	pki := testpki.New(t)
	end := time.Now().AddDate(0, 0, 90)
	box := mailboxOf(pki.Issue(testpki.Options{Addresses: []string{support}, NotAfter: end}))
	var out bytes.Buffer
	log := &Log{Log: slog.New(slog.NewTextHandler(&out, nil))}
	for day := range 95 {
		log.Tell(judgedAt(t, pki, services{}, time.Now().AddDate(0, 0, day), box))
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	for i, want := range []string{"within 30 days", "within 14 days", "within 7 days", "within 1 day;", "expired on"} {
		want = strings.TrimSuffix(want, ";")
		if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], "level=WARN") ||
			!strings.Contains(lines[i], "remedy=") {
			t.Errorf("%d: %s", i, lines[i])
		}
	}
	log.Tell(nil)
	log.Tell(judgedAt(t, pki, services{}, end.Add(time.Hour), box))
	if n := strings.Count(out.String(), "expired on"); n != 2 {
		t.Errorf("told %d times", n)
	}
}

// TestRollover: an old key beside the new one, and a new one beside the old, are notes;
// without the other one they are failures.
func TestRollover(t *testing.T) {
	now := time.Now()
	pki := testpki.New(t)
	mine := []string{support}
	current := pki.Issue(testpki.Options{Addresses: mine})
	signer := pki.Issue(testpki.Options{Addresses: mine, Usage: x509.KeyUsageDigitalSignature})
	for name, other := range map[string]*testpki.Cert{
		"old":  pki.Issue(testpki.Options{Addresses: mine, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(0, 0, -1)}),
		"next": pki.Issue(testpki.Options{Addresses: mine, NotBefore: now.AddDate(0, 0, 1)}),
	} {
		keys := judgedAt(t, pki, services{}, now, mailboxOf(current, other))
		if got := found(keys); !strings.HasPrefix(got, "note validity: ") || slices.ContainsFunc(keys, (*Key).Failed) {
			t.Errorf("%s: %s", name, got)
		}
		keys = judgedAt(t, pki, services{}, now, mailboxOf(signer, other))
		if got := found(keys); !strings.HasPrefix(got, "failure validity: ") {
			t.Errorf("%s, and nobody can encrypt to us: %s", name, got)
		}
	}
}

// TestKeyOfADomain: what it names and who issued it is between us and partners; its days are told.
func TestKeyOfADomain(t *testing.T) {
	pki := testpki.New(t)
	box := mailboxOf(testpki.New(t).Issue(testpki.Options{Addresses: []string{"gateway@firma.example"}}))
	box.Addresses = []string{"@firma.example"}
	if keys := judgedAt(t, pki, services{}, time.Now(), box); found(keys) != "" {
		t.Errorf("%s", found(keys))
	}
	keys := judgedAt(t, pki, services{}, time.Now().AddDate(0, 0, 80), box)
	if got := found(keys); !strings.HasPrefix(got, "warning expiry: ") {
		t.Errorf("%s", got)
	}
}
