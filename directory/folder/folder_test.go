package folder_test

// This file fills a folder and asks it.

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/directory/folder"
	"sealgate/internal/testpki"
)

const anna = "anna@bank.example"

// TestFolder: what is in it is found, with the authorities beside it; what comes, changes or
// goes is noticed; a file that nobody can read harms no other, and is named.
func TestFolder(t *testing.T) {
	pki := testpki.New(t)
	between := pki.Issue(testpki.Options{Name: "Between", CA: true})
	first := pki.Under(between, testpki.Options{Addresses: []string{anna}})
	second := pki.Under(between, testpki.Options{Addresses: []string{anna}})
	dir := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	var log strings.Builder
	f := folder.New(dir, func() time.Time { return now }, slog.New(slog.NewTextHandler(&log, nil)))
	finds := func(want ...*testpki.Cert) {
		t.Helper()
		now = now.Add(10 * time.Second)
		found, err := f.Search(t.Context(), anna)
		if err != nil || len(found) != len(want) {
			t.Fatalf("%d certificates, %v; want %d", len(found), err, len(want))
		}
		for i := range want {
			if !found[i].Equal(want[i].Certificate) || found[i].Vouched {
				t.Errorf("certificate %d is %s", i, found[i].Subject)
			}
		}
	}
	finds()
	write("authority.der", between.Certificate.Raw)
	write("anna.der", first.Certificate.Raw)
	write("broken.pem", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	write(".being-written", second.Certificate.Raw)
	finds(first, between)
	if !strings.Contains(log.String(), "broken.pem") {
		t.Errorf("the log does not name the file that cannot be read: %s", &log)
	}
	write("anna.der", second.Certificate.Raw)
	finds(second, between)
	write("anna.der", []byte("half written"))
	finds(second, between)
	if err := os.Remove(filepath.Join(dir, "anna.der")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, ".being-written"), filepath.Join(dir, "anna.der")); err != nil {
		t.Fatal(err)
	}
	finds(second, between)
	if err := os.Remove(filepath.Join(dir, "anna.der")); err != nil {
		t.Fatal(err)
	}
	finds()
	if n := strings.Count(log.String(), "broken.pem"); n != 1 {
		t.Errorf("named %d times", n)
	}
}

// TestNoFolder: one that is not there has not said "none".
func TestNoFolder(t *testing.T) {
	f := folder.New(filepath.Join(t.TempDir(), "none"), time.Now, slog.New(slog.DiscardHandler))
	if _, err := f.Search(t.Context(), anna); err == nil {
		t.Error("it answers")
	}
	if f.Probe(t.Context()) == nil {
		t.Error("check says nothing")
	}
}
