//go:build postgres

package expiry

// This file has gateways that are processes of their own and share a PostgreSQL.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sealgate/certstore/postgres"
	"sealgate/internal/ownkeys"
	"sealgate/internal/postgrestest"
	"sealgate/internal/testpki"
	"sealgate/keyring"
)

// What a process of this test is told.
const (
	gatewayURL  = "SEALGATE_TEST_GATEWAY" // its database; it is a gateway at all
	gatewayDir  = "SEALGATE_TEST_DIR"     // where the key lies and the mails go
	gatewayTime = "SEALGATE_TEST_TIME"    // what its clock shows
	gatewayDies = "SEALGATE_TEST_DIES"    // it is killed once the next hop has answered 250
)

// TestProcessesOnPostgreSQL: of gateways that look at the same moment one tells; when that is killed
// between the 250 and its record one of the others tells once more, and nobody ever again.
func TestProcessesOnPostgreSQL(t *testing.T) {
	if os.Getenv(gatewayURL) != "" {
		oneRound(t)
		return
	}
	server := postgrestest.ForTest(t, "fsync=off")
	key, err := keyring.EncodePEM(boxOf(t, testpki.New(t), support, start.Add(10*day)).Credentials[0])
	if err != nil {
		t.Fatal(err)
	}
	for dying := range 4 {
		t.Run(fmt.Sprint(dying, " of 3 are killed"), func(t *testing.T) {
			schema := fmt.Sprint("s", dying)
			if err := server.Exec("CREATE SCHEMA " + schema); err != nil {
				t.Fatal(err)
			}
			c := &cluster{url: server.URL() + "&search_path=" + schema, dir: t.TempDir()}
			if err := os.WriteFile(filepath.Join(c.dir, "key"), key, 0o600); err != nil {
				t.Fatal(err)
			}
			killed := c.round(t, start, 3, dying)
			if n := c.sent(t); n != 1 || killed > 1 || killed == 0 && dying == 3 {
				t.Fatalf("%d mails at first, %d killed", n, killed)
			}
			c.round(t, start.Add(time.Second), 3, 0)
			if n := c.sent(t); n != 1 {
				t.Errorf("%d mails while the claim holds", n)
			}
			for _, later := range []time.Duration{failedTime, 2 * failedTime, day} {
				c.round(t, start.Add(later), 3, 0)
				if n := c.sent(t); n != 1+killed {
					t.Errorf("%d mails after %v, %d killed", n, later, killed)
				}
			}
		})
	}
}

// cluster is a database, and a folder for what its gateways send.
type cluster struct{ url, dir string }

// round lets processes do a round at one moment, some of which are killed should they tell, and returns
// how many were.
func (c *cluster) round(t *testing.T, now time.Time, gateways, dying int) (killed int) {
	t.Helper()
	var all []*exec.Cmd
	var begin []io.Closer
	for i := range gateways {
		p := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessesOnPostgreSQL$")
		p.Env = append(os.Environ(), gatewayURL+"="+c.url, gatewayDir+"="+c.dir, gatewayTime+"="+now.Format(time.RFC3339))
		if i < dying {
			p.Env = append(p.Env, gatewayDies+"=yes")
		}
		p.Stderr = os.Stderr
		wait, err := p.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		ready, err := p.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := ready.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
		begin = append(begin, wait)
	}
	for _, wait := range begin {
		wait.Close()
	}
	for _, p := range all {
		err := p.Wait()
		status, _ := p.ProcessState.Sys().(syscall.WaitStatus)
		switch {
		case status.Signaled() && status.Signal() == syscall.SIGKILL:
			killed++
		case err != nil:
			t.Fatal(err)
		}
	}
	return killed
}

// sent is how many mails the next hop has taken.
func (c *cluster) sent(t *testing.T) int {
	t.Helper()
	mails, err := filepath.Glob(filepath.Join(c.dir, "mail*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(mails)
}

// oneRound is a gateway: it opens the store, says that it is ready, and begins when its input ends.
func oneRound(t *testing.T) {
	dir := os.Getenv(gatewayDir)
	store, err := postgres.Open(t.Context(), postgres.Options{URL: os.Getenv(gatewayURL)})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	pem, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := keyring.Read(pem, nil)
	if err != nil {
		t.Fatal(err)
	}
	box := &keyring.Mailbox{Addresses: []string{support}, Credentials: file.Credentials}
	s := siteOf(t, store, ownkeys.Keys([]*keyring.Mailbox{box}))
	s.now, err = time.Parse(time.RFC3339, os.Getenv(gatewayTime))
	if err != nil {
		t.Fatal(err)
	}
	s.HandOver = func(_ context.Context, _ string, mail []byte) error {
		f, err := os.CreateTemp(dir, "mail")
		if err != nil {
			return err
		}
		_, err = f.Write(mail)
		if os.Getenv(gatewayDies) != "" {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return errors.Join(err, f.Close())
	}
	fmt.Print("+")
	_, _ = io.ReadAll(os.Stdin)
	if err := s.Round(t.Context()); err != nil && !errors.Is(err, ErrClaimed) {
		t.Fatal(err)
	}
}
