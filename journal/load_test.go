//go:build load

package journal

// This file measures what the journal costs: the rate of mail with and without it, the disk, and the
// time of a question, with 100,000 records.

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/testpki"
	"sealgate/keyring"
	"sealgate/spool"
	"sealgate/trust"
)

const (
	loadRecords = 100_000
	loadPeople  = 5_000
	loadRounds  = 20
	loadBlock   = 400 // mails in a block
	loadWorkers = 2

	// mostCost is what a record may delay the next mail when both cores are busy: Postfix delivers
	// some 350 a second, 2.9 ms each.
	mostCost = 300 * time.Microsecond
)

// loadEntry is one of many mails.
func loadEntry(n int) *gateway.Entry {
	e := entry(fmt.Sprintf("4Zx%08d", n))
	e.From = []string{fmt.Sprintf("c%d@kunde%d.example", rand.IntN(loadPeople), n%97)}
	e.EnvelopeFrom = e.From[0]
	e.Signers[0].Address = e.From[0]
	e.Signers[0].Fingerprint = strings.Repeat("0123456789abcdef", 4)
	e.Layers = []string{"signed-data SHA-256", "enveloped-data AES-256-CBC"}
	e.OpenedBy = []string{strings.Repeat("fedcba9876543210", 4)}
	return e
}

// TestLoadJournal prints and bounds it all.
func TestLoadJournal(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	j := openJournal(t, s)
	w := j.Start(slog.New(slog.DiscardHandler))
	defer w.Close(10 * time.Second)
	observe := w.Observer(Full, DefaultKeep)
	before := sizeOf(t, dir)
	begun := time.Now()
	for n := range loadRecords {
		observe(loadEntry(n))
		if n%(maxQueued/2) == 0 {
			w.Flush(context.Background())
		}
	}
	w.Flush(context.Background())
	t.Logf("%d records written in %v, %d lost", loadRecords, time.Since(begun), w.lost.Load())
	octets := sizeOf(t, dir) - before
	t.Logf("on disk: %.1f MB, %d octets a record", float64(octets)/1e6, octets/loadRecords)
	loadQuestions(t, j)
	loadRate(t, s, observe, w)
	if w.lost.Load() != 0 {
		t.Errorf("%d records are lost", w.lost.Load())
	}
}

// sizeOf is what the files of a folder have.
func sizeOf(t *testing.T, dir string) (octets int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(d.Name(), ".vlog") || strings.HasSuffix(d.Name(), ".mem") {
			return err // those are mapped at their full size from the start
		}
		info, err := d.Info()
		if err == nil {
			octets += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

func loadQuestions(t *testing.T, j *Journal) {
	for name, question := range map[string]func(n int) Question{
		"address":     func(int) Question { return Question{Address: loadEntry(rand.IntN(loadRecords)).From[0]} },
		"mailbox":     func(int) Question { return Question{Address: "support@firma.example"} },
		"Message-ID":  func(int) Question { return Question{MessageID: loadEntry(rand.IntN(loadRecords)).MessageID} },
		"queue id":    func(int) Question { return Question{QueueID: loadEntry(rand.IntN(loadRecords)).QueueID} },
		"verdict":     func(int) Question { return Question{Verdict: "mismatch"} },
		"no verdict":  func(int) Question { return Question{Verdict: "rejected"} },
		"the newest":  func(int) Question { return Question{} },
		"two of them": func(n int) Question { return Question{Address: loadEntry(n).From[0], Verdict: "accepted"} },
		"none of two": func(int) Question { return Question{Address: "support@firma.example", Verdict: "rejected"} },
	} {
		var took []time.Duration
		found := 0
		for n := range 200 {
			q := question(n)
			q.Most = 100
			begun := time.Now()
			records, err := j.Find(t.Context(), q)
			took = append(took, time.Since(begun))
			if err != nil {
				t.Fatal(err)
			}
			found += len(records)
		}
		slices.Sort(took)
		t.Logf("by %s: median %v, p99 %v (%d records)", name, took[100], took[198], found)
		if took[198] > 50*time.Millisecond {
			t.Errorf("by %s: p99 %v", name, took[198])
		}
	}
}

// loadRate sends blocks of mail by an engine with the journal and by one without it in turns.
func loadRate(t *testing.T, s *certstore.Badger, observe func(*gateway.Entry), w *Writer) {
	pki := testpki.New(t)
	support := pki.Issue(testpki.Options{Addresses: []string{"support@firma.example"}, Key: "rsa-2048"})
	ring := keyring.NewRing([]*keyring.Mailbox{{
		Addresses:   support.Certificate.EmailAddresses,
		Credentials: []*keyring.Credential{{Certificate: support.Certificate, Key: support.Key}},
	}})
	check, err := trust.New(trust.Options{Roots: []*x509.Certificate{pki.Root.Certificate}, Revocation: trust.Off})
	if err != nil {
		t.Fatal(err)
	}
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	engine := func(observe func(*gateway.Entry)) *gateway.Gateway {
		g, err := gateway.New(gateway.Options{
			AuthservID: "gw.example", Language: gateway.English, Ring: ring, Trust: check, Store: s, Spool: sp,
			Log: slog.New(slog.DiscardHandler), Observe: observe,
			Inbound: gateway.DefaultInbound(), Outbound: gateway.DefaultOutbound(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	with := engine(observe)
	without := engine(nil)
	var on, off time.Duration
	for round := range loadRounds {
		block := []func(){
			func() {
				took := sendBlock(t, with, sp, round)
				begun := time.Now()
				w.Flush(context.Background())
				took += time.Since(begun)
				on += took
			},
			func() { off += sendBlock(t, without, sp, round) },
		}
		if round%2 == 1 {
			slices.Reverse(block)
		}
		block[0]()
		block[1]()
	}
	mails := float64(loadRounds * loadBlock)
	t.Logf("signed mail of 10 KiB: %.0f a second with the journal, %.0f without, ratio %.3f",
		mails/on.Seconds(), mails/off.Seconds(), off.Seconds()/on.Seconds())
	cost := (on - off) / (loadRounds * loadBlock)
	t.Logf("a record costs %v of two busy cores", cost)
	if cost > mostCost {
		t.Errorf("more than %v", mostCost)
	}
}

// sendBlock sends a block of mail, as fast as the engine takes it.
func sendBlock(t *testing.T, g *gateway.Gateway, sp *spool.Spool, round int) time.Duration {
	begun := time.Now()
	var all sync.WaitGroup
	for worker := range loadWorkers {
		all.Go(func() {
			for n := range loadBlock / loadWorkers {
				to := fmt.Sprintf("c%d@kunde.example", n)
				mail := "From: support@firma.example\r\nTo: " + to + "\r\nMessage-ID: <" +
					fmt.Sprint(round, ".", worker, ".", n) + "@firma.example>\r\nX-SMIME-Sign: yes\r\n\r\n" +
					strings.Repeat("the quick brown fox jumps over the lazy dog and then over it once again....\r\n", 133)
				f := sp.Create()
				if _, err := io.WriteString(f, mail); err != nil {
					t.Error(err)
				}
				out, err := g.Process(t.Context(), gateway.Envelope{
					Direction: gateway.Outbound, From: "support@firma.example", To: []string{to}, QueueID: fmt.Sprint(n), MayOrder: true,
				}, f)
				if err != nil || out.Disposition != gateway.Accept {
					t.Errorf("%+v, %v", out, err)
					return
				}
				out.Close()
				f.Close()
			}
		})
	}
	all.Wait()
	return time.Since(begun)
}
