//go:build load

package postgres

// This file imports a million certificates into both drivers, and looks them up.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
	"sealgate/internal/certadmin"
	"sealgate/internal/postgrestest"
)

// The size of what is measured. A certificate with a key of 2048 bits has some 1,100 octets.
const (
	million     = 1_000_000
	certificate = 1100
	lookUps     = 20_000
	searches    = 1000
)

// The environment of the process that looks up: its memory is the store's alone.
const (
	millionDir = "SEALGATE_TEST_MILLION_DIR"
	millionURL = "SEALGATE_TEST_MILLION_URL"
)

// numbered is a record of its number: what an authority signs is drawn, so that it does not compress.
func numbered(n int) *certstore.Record {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(n))
	body := make([]byte, certificate)
	_, _ = rand.NewChaCha8(seed).Read(body)
	return storetest.Record(string(body), fmt.Sprintf("person%d@firma%d.example", n, n%5000))
}

// backupOfMany writes a backup of so many records.
func backupOfMany(w io.Writer, n int) error {
	type row struct {
		id    [32]byte
		value []byte
	}
	rows := make([]row, n)
	for i := range rows {
		r := numbered(i)
		value, err := certstore.EncodeRecord(r)
		if err != nil {
			return err
		}
		rows[i] = row{r.Identity, value}
	}
	slices.SortFunc(rows, func(a, b row) int { return bytes.Compare(a.id[:], b.id[:]) })
	out := certstore.NewBackupWriter(w)
	for i := range rows {
		key := append([]byte{certstore.KindRecord}, rows[i].id[:]...)
		if err := out.Write(&certstore.Entry{Key: key, Value: rows[i].value}); err != nil {
			return err
		}
	}
	secret := make([]byte, 32)
	if err := out.Write(&certstore.Entry{Key: []byte{certstore.KindSecret}, Value: secret}); err != nil {
		return err
	}
	if err := out.Write(certstore.VersionEntry()); err != nil {
		return err
	}
	return out.Close()
}

// TestLoadMillion measures import, start, look-ups, memory and disk of both drivers (docs/scale.md).
func TestLoadMillion(t *testing.T) {
	ctx := context.Background()
	if dir, url := os.Getenv(millionDir), os.Getenv(millionURL); dir+url != "" {
		lookUpMany(t, dir, url)
		return
	}
	file := filepath.Join(t.TempDir(), "backup")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := backupOfMany(f, million); err != nil {
		t.Fatal(err)
	}
	f.Close()
	dir := filepath.Join(t.TempDir(), "store")
	imported(t, file, "badger", func(in io.Reader) error {
		_, err := certstore.RestoreBadger(ctx, certstore.BadgerOptions{Dir: dir}, in)
		return err
	})
	t.Logf("badger: %d MiB on disk", sizeOf(dir)>>20)
	apart(t, millionDir+"="+dir)

	own := postgrestest.ForTest(t, "shared_buffers=256MB", "max_wal_size=4GB") // and it syncs
	before := own.Size()
	url := own.URL()
	imported(t, file, "postgres", func(in io.Reader) error {
		_, err := Restore(ctx, Options{URL: url}, in)
		return err
	})
	if err := own.Exec("VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	t.Logf("postgres: %d MiB on disk", (own.Size()-before)>>20)
	apart(t, millionURL+"="+url)
}

func imported(t *testing.T, file, driver string, do func(io.Reader) error) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	began := time.Now()
	if err := do(bufio.NewReaderSize(f, 1<<20)); err != nil {
		t.Fatal(driver, err)
	}
	took := time.Since(began)
	t.Logf("%s: %d certificates in %v, %.0f a second", driver, million, took.Round(time.Second), million/took.Seconds())
}

// apart looks up in a process of its own.
func apart(t *testing.T, environment string) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestLoadMillion$", "-test.v")
	c.Env = append(os.Environ(), child+"=yes", environment)
	out, err := c.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "_test.go") {
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func lookUpMany(t *testing.T, dir, url string) {
	ctx := context.Background()
	began := time.Now()
	var s certstore.Store
	var err error
	if url != "" {
		s, err = Open(ctx, Options{URL: url})
	} else {
		s, err = certstore.OpenBadger(certstore.BadgerOptions{Dir: dir, Patience: time.Minute})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	started := time.Since(began)
	if _, err := s.ByAddress(ctx, "nobody@firma.example"); err != nil {
		t.Fatal(err)
	}
	answered := time.Since(began)
	var took []time.Duration
	for range lookUps {
		n := rand.IntN(million)
		address := fmt.Sprintf("person%d@firma%d.example", n, n%5000)
		began := time.Now()
		list, err := s.ByAddress(ctx, address)
		took = append(took, time.Since(began))
		if err != nil || len(list) != 1 {
			t.Fatal(address, list, err)
		}
	}
	slices.Sort(took)
	t.Logf("start %v, first answer after %v, look-up p50 %v, p99 %v, %s", started.Round(time.Millisecond),
		answered.Round(time.Millisecond),
		took[lookUps/2].Round(time.Microsecond), took[lookUps*99/100].Round(time.Microsecond), memory(t))
	searchMany(t, s)
	began = time.Now()
	n := 0
	for cursor := ""; ; {
		page, next, err := s.List(ctx, cursor, 1000)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page)
		cursor = next
		if next == "" {
			break
		}
	}
	t.Logf("reading all %d in pages of 1,000: %v, %s", n, time.Since(began).Round(time.Millisecond),
		memory(t))
}

// searchMany asks as the admin's page does: by address, by fingerprint, and for all of a domain, which
// no index knows.
func searchMany(t *testing.T, s certstore.Store) {
	t.Helper()
	ask := func(q certadmin.Query) (*certadmin.Page, time.Duration) {
		began := time.Now()
		page, err := certadmin.Ask(context.Background(), s, q, began, nil)
		if err != nil {
			t.Fatal(q, err)
		}
		return page, time.Since(began)
	}
	var byAddress, byFingerprint []time.Duration
	for range searches {
		r := numbered(rand.IntN(million))
		for search, times := range map[string]*[]time.Duration{
			r.Addresses[0]: &byAddress, hex.EncodeToString(r.Fingerprint[:]): &byFingerprint,
		} {
			page, took := ask(certadmin.Query{Search: search, Most: certadmin.MaxPage})
			if len(page.Certificates) != 1 {
				t.Fatalf("%s: %d certificates", search, len(page.Certificates))
			}
			*times = append(*times, took)
		}
	}
	slices.Sort(byAddress)
	slices.Sort(byFingerprint)
	found := 0
	var pages []time.Duration
	for q := (certadmin.Query{Search: "@firma17.example", Most: certadmin.MaxPage}); ; {
		page, took := ask(q)
		found += len(page.Certificates)
		pages = append(pages, took)
		q.Cursor = page.Next
		if q.Cursor == "" {
			break
		}
	}
	if found != million/5000 {
		t.Errorf("found %d of a domain, want %d", found, million/5000)
	}
	var all time.Duration
	for _, took := range pages {
		all += took
	}
	t.Logf("page's search p99: address %v, fingerprint %v; a domain's %d: %d pages of at most %v, %v in all",
		byAddress[searches*99/100].Round(time.Microsecond), byFingerprint[searches*99/100].Round(time.Microsecond),
		found, len(pages), slices.Max(pages).Round(time.Millisecond), all.Round(time.Millisecond))
}

// memory is what this process has of its own now, and what lies in it of files that it maps, in MiB. The
// latter is the cache of the system, which takes it away where somebody needs it.
func memory(t *testing.T) string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	var mib []int
	for _, name := range []string{"RssAnon:", "RssFile:"} {
		_, rest, _ := strings.Cut(string(status), name)
		kib, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			t.Fatal(err)
		}
		mib = append(mib, kib>>10)
	}
	return fmt.Sprintf("memory %d MiB, and %d MiB of mapped files", mib[0], mib[1])
}

func sizeOf(dir string) (octets int64) {
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			octets += info.Size()
		}
		return nil
	})
	return octets
}
