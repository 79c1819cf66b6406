package main

// This file backs the store up while mail passes.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"filippo.io/age"

	"sealgate/certstore"
	"sealgate/internal/nexthop"
	"sealgate/internal/testpki"
	"sealgate/spool"
)

const liveConfig = `[server]
hostname = "gw.firma.example"
data_dir = %q
[[listener]]
protocol = "smtp"
address = "unix:in.sock"
direction = "inbound"
next_hop = %q
[[mailbox]]
addresses = ["support@firma.example"]
[trust]
system_roots = false
roots = ["root.crt"]
`

// live is a gateway that passes mail on, and a folder for a second one.
type live struct {
	dir  string
	mail []string // signed, each by another customer
}

func (l *live) run(t *testing.T, args ...string) string {
	t.Helper()
	c := exec.Command("sealgate", args...)
	c.Dir = l.dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
	return string(out)
}

func newLive(t *testing.T, nextHop string, customers int) *live {
	t.Helper()
	l := &live{dir: t.TempDir()}
	pki := testpki.New(t)
	pki.Root.WriteFiles(l.dir, "root")
	for name, text := range map[string]string{
		"c.toml":     fmt.Sprintf(liveConfig, "data", nextHop),
		"other.toml": fmt.Sprintf(liveConfig, "other", nextHop),
	} {
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{"data", "other"} {
		if err := os.Mkdir(filepath.Join(l.dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	signer := &site{t: t, spool: sp}
	for n := range customers {
		from := fmt.Sprintf("c%d@kunde.example", n)
		customer := pki.Issue(testpki.Options{Addresses: []string{from}})
		header := fmt.Sprintf("From: %s\r\nTo: support@firma.example\r\nMessage-ID: <%d@kunde.example>\r\nSubject: Frage\r\n", from, n)
		l.mail = append(l.mail, header+signer.signed(customer, "Content-Type: text/plain\r\n\r\nText\r\n"))
	}
	return l
}

// send sends one mail, and returns when the gateway has taken it.
func (l *live) send(n int) error {
	conn, err := net.Dial("unix", filepath.Join(l.dir, "in.sock"))
	if err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, "gw.firma.example")
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Mail(fmt.Sprintf("c%d@kunde.example", n)); err != nil {
		return err
	}
	if err := c.Rcpt("support@firma.example"); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(l.mail[n])); err != nil {
		return err
	}
	return w.Close()
}

// TestBackupWhileMailPasses: whatever a mail that was taken before had brought is in the
// backup, mail goes on, and another gateway's store has it after a restore.
func TestBackupWhileMailPasses(t *testing.T) {
	t.Parallel()
	hop, err := nexthop.New(nexthop.Fault{})
	if err != nil {
		t.Fatal(err)
	}
	defer hop.Close()
	const customers = 24
	l := newLive(t, hop.Address, customers)
	g, err := startGateway(l.dir, os.Environ(), "serve", "--config", "c.toml")
	if err != nil {
		t.Fatal(err)
	}
	defer g.stop()
	if !g.logged("listening") {
		t.Fatal(g.log.String())
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.dir, "identity"), []byte(identity.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	const before = customers / 3
	for n := range before {
		if err := l.send(n); err != nil {
			t.Fatal(err)
		}
	}
	l.run(t, "cert", "--config", "c.toml", "block", "c0@kunde.example")
	var mail sync.WaitGroup
	mail.Go(func() {
		for n := before; n < customers; n++ {
			if err := l.send(n); err != nil {
				t.Error(err)
			}
		}
	})
	l.run(t, "store", "backup", "--config", "c.toml", "--recipient", identity.Recipient().String(), "store.age")
	mail.Wait()
	if got := len(hop.Messages()); got != customers {
		t.Errorf("%d mails were delivered, not %d", got, customers)
	}
	l.run(t, "store", "restore", "--config", "other.toml", "--identity", "identity", "store.age")
	restored := l.run(t, "cert", "--config", "other.toml", "list")
	all := l.run(t, "cert", "--config", "c.toml", "list")
	for n := range before {
		state := "active "
		if n == 0 {
			state = "blocked"
		}
		if !strings.Contains(restored, fmt.Sprintf("%s  harvested", state)) ||
			!strings.Contains(restored, fmt.Sprintf("  c%d@kunde.example", n)) {
			t.Errorf("c%d is not in the backup: %s", n, restored)
		}
	}
	for line := range strings.Lines(restored) {
		if !strings.Contains(all, line) {
			t.Errorf("%q is in no gateway", line)
		}
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestBackupOntoAFullDisk: that is said, and not that the backup is damaged.
func TestBackupOntoAFullDisk(t *testing.T) {
	snapshot := checked(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "sealgate store backup 1\n")
		return err
	})
	_, err := snapshot(context.Background(), fullDisk{})
	if !errors.Is(err, syscall.ENOSPC) || errors.Is(err, certstore.ErrBackup) {
		t.Errorf("%v", err)
	}
}
