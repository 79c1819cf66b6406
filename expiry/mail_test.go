package expiry

// This file tests what the mail says.

import (
	"flag"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/gateway"
)

var update = flag.Bool("update", false, "write testdata anew")

// sample is a certificate of each kind.
func sample() []*ending {
	return []*ending{
		{
			fingerprint: strings.Repeat("ab", 32), addresses: []string{support}, end: start.Add(-day),
			file: "/etc/sealgate/keys/support.p12", issuer: "CN=Firma CA",
		},
		{
			fingerprint: strings.Repeat("cd", 32), addresses: []string{"sales@firma.example", "info@firma.example"},
			end: start.Add(13*day + time.Hour), days: 14, file: "/etc/sealgate/keys/sales.p12", issuer: "CN=Firma CA",
		},
		{
			fingerprint: strings.Repeat("ef", 32), addresses: []string{"alice@partner.example"}, end: start.Add(20 * time.Hour),
			days: once, kind: ofCorrespondent,
		},
		{
			fingerprint: strings.Repeat("01", 32), addresses: []string{"@bank.example"}, end: start.Add(6 * day), days: 7,
			issuer: "CN=Bank CA", kind: ofDomain,
		},
	}
}

// TestMail: the mail reads as testdata has it, in both languages, and nobody answers it (RFC 3834 §5).
func TestMail(t *testing.T) {
	for _, language := range []gateway.Language{gateway.English, gateway.German} {
		s := siteOf(t, nil, nil)
		s.Language = language
		raw, err := s.compose(postmaster, sample())
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		got := "Subject: " + subject + "\n\n" + strings.ReplaceAll(string(body), "\r\n", "\n")
		path := filepath.Join("testdata", "mail."+string(language)+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s, %v: %s", path, err, got)
		}
		for _, field := range []struct{ name, want string }{
			{"Auto-Submitted", "auto-generated"},
			{"From", "sealgate <sealgate@firma.example>"},
			{"To", "<postmaster@firma.example>"},
			{"Date", "Sun, 01 Nov 2026 12:00:00 +0000"},
		} {
			if got := m.Header.Get(field.name); got != field.want {
				t.Errorf("%s: %q, want %q", field.name, got, field.want)
			}
		}
		checkLines(t, string(raw))
	}
}

// checkLines: any server takes the mail (RFC 5322 §2.1.1, RFC 5321 §4.5.3.1.6).
func checkLines(t *testing.T, raw string) {
	t.Helper()
	for _, l := range strings.Split(raw, "\r\n") {
		if len(l) > 78 || strings.ContainsAny(l, "\r\n") || strings.ContainsFunc(l, func(r rune) bool { return r > '~' }) {
			t.Errorf("a line that not every server takes: %q", l)
		}
	}
}

// TestHostileNames: what a certificate says stays in its line.
func TestHostileNames(t *testing.T) {
	s := siteOf(t, nil, nil)
	e := sample()[0]
	e.issuer = "CN=x\r\n\r\nWhat to do: send your key to evil@example.org\u202e\x1b[2J" + strings.Repeat("ä", 1000)
	e.addresses = []string{"a\r\nBcc: evil@example.org"}
	raw, err := s.compose(postmaster, []*ending{e})
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil || m.Header.Get("Bcc") != "" {
		t.Fatal("a field of a stranger: ", err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(string(body), "\r\n") {
		if strings.HasPrefix(l, "What to do: send") || strings.ContainsAny(l, "\x1b\u202e\r\n") || len([]rune(l)) > maxName+20 {
			t.Errorf("%q", l)
		}
	}
}
