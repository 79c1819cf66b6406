package main

// This file kills store rekey and store restore at any moment.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"sealgate/certstore"
)

// killConfig has a place for the key's file.
const killConfig = `[server]
hostname = "gw.firma.example"
data_dir = "data"
[[listener]]
protocol = "milter"
address = "unix:in.sock"
direction = "inbound"
[[mailbox]]
addresses = ["support@firma.example"]
[trust]
system_roots = true
[store]
key_file = %q
`

// killed is a folder with a store in it, and the two keys that it may have.
type killed struct {
	dir  string
	keys map[string][]byte // by the name of the configuration
}

func (k *killed) options(config string) certstore.BadgerOptions {
	return certstore.BadgerOptions{Dir: filepath.Join(k.dir, "data", "store"), Key: k.keys[config]}
}

func newKilled(t *testing.T) *killed {
	t.Helper()
	dir := t.TempDir()
	k := &killed{dir, map[string][]byte{"plain.toml": nil, "key.toml": bytes.Repeat([]byte("k"), 32)}}
	for name, text := range map[string]string{
		"key": string(k.keys["key.toml"]), "plain.toml": fmt.Sprintf(killConfig, ""), "key.toml": fmt.Sprintf(killConfig, "key"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	return k
}

// put adds n blocked certificates.
func (k *killed) put(t *testing.T, name string, n int) {
	t.Helper()
	s, err := certstore.OpenBadger(k.options("plain.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		tbs, err := asn1.Marshal([]string{fmt.Sprint(name, i)})
		if err != nil {
			t.Fatal(err)
		}
		der, err := asn1.Marshal([]asn1.RawValue{{FullBytes: tbs}})
		if err != nil {
			t.Fatal(err)
		}
		r := &certstore.Record{
			DER: der, Identity: sha256.Sum256(tbs), Fingerprint: sha256.Sum256(der),
			Addresses: []string{"anna@kunde.example"}, State: certstore.Blocked, Source: certstore.Imported,
		}
		if err := s.Put(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// run runs a command, and kills it after a while; 0 is never.
func (k *killed) run(t *testing.T, after time.Duration, args ...string) time.Duration {
	t.Helper()
	var out bytes.Buffer
	c := exec.Command("sealgate", append([]string{"store"}, args...)...)
	c.Dir = k.dir
	c.Stdout, c.Stderr = &out, &out
	begun := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		time.AfterFunc(after, func() { c.Process.Kill() })
	}
	if err := c.Wait(); err != nil && after == 0 {
		t.Fatalf("%v: %v: %s", args, err, &out)
	}
	return time.Since(begun)
}

// blocked counts the blocked certificates of the store, which one of the two keys opens.
func (k *killed) blocked(t *testing.T) (n int, config string) {
	t.Helper()
	for config = range k.keys {
		s, err := certstore.OpenBadger(k.options(config))
		if errors.Is(err, certstore.ErrKey) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		list, _, err := s.List(context.Background(), "", 1000)
		if err = errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if r.State == certstore.Blocked {
				n++
			}
		}
		return n, config
	}
	t.Fatal("neither key opens the store")
	return 0, ""
}

// kills is how many moments each command is killed at, from its start to its end.
const kills = 12

// TestRekeyKilledAnywhere: after kill -9 the store has the old key or the new one, and all
// that it had; another rekey does what was to be done.
func TestRekeyKilledAnywhere(t *testing.T) {
	skipShort(t)
	t.Parallel()
	k := newKilled(t)
	k.put(t, "c", 200)
	long := k.run(t, 0, "rekey", "--config", "key.toml")
	have := "key.toml"
	seen := map[bool]int{}
	for i := range kills {
		want := "plain.toml"
		args := []string{"rekey", "--old-key-file", "key", "--config", want}
		if have == want {
			want = "key.toml"
			args = []string{"rekey", "--config", want}
		}
		k.run(t, long*time.Duration(i+1)/kills, args...)
		n, config := k.blocked(t)
		if n != 200 {
			t.Fatalf("kill %d: %d of 200 blocks are left", i, n)
		}
		seen[config == want]++
		have = config
	}
	t.Logf("%d killed before the exchange, %d after it", seen[false], seen[true])
	if have == "plain.toml" {
		k.run(t, 0, "rekey", "--config", "key.toml")
	}
	k.blocked(t)
	if list, err := os.ReadDir(filepath.Join(k.dir, "data")); err != nil || len(list) != 1 {
		t.Errorf("left are %v, %v", list, err)
	}
}

// TestRestoreKilledAnywhere: after kill -9 the store is the one that was there, or the
// one of the backup, whole; the other one is not lost either.
func TestRestoreKilledAnywhere(t *testing.T) {
	skipShort(t)
	t.Parallel()
	k := newKilled(t)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(k.dir, "identity"), []byte(identity.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	k.put(t, "c", 100)
	k.run(t, 0, "backup", "--config", "plain.toml", "--recipient", identity.Recipient().String(), "store.age")
	k.put(t, "d", 50)
	restore := []string{"restore", "--config", "plain.toml", "--identity", "identity", "--aside", "store.age"}
	long := k.run(t, 0, restore...)
	for i := range kills {
		k.put(t, "d", 50)
		k.run(t, long*time.Duration(i+1)/kills, restore...)
		switch n, _ := k.blocked(t); n {
		case 100, 150:
		default:
			t.Fatalf("kill %d: %d blocks, neither 100 nor 150", i, n)
		}
	}
	k.run(t, 0, restore...)
	if n, _ := k.blocked(t); n != 100 {
		t.Errorf("%d blocks", n)
	}
}
