package e2e

// This file tests that neither plaintext nor a private key stands in the log or on disk:
// after a run, and in the unlinked files of the spool while mail goes through.

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// plainMark stands all over the mails that must not be found.
const plainMark = "nobody must find this sentence on the disk"

// TestNothingInClear lets large mails through, both ways, and looks everywhere.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	block, key := s.key("support")
	marks := append(keyMarks(block, key), plainMark, secret, "very secret text")
	for _, written := range []string{fmt.Sprint(key), fmt.Sprintf("%+v", key), fmt.Sprintf("%x", key.D), fmt.Sprintf("%X", key.Primes[1]), string(block.Bytes), string(pem.EncodeToMemory(block)), base64.StdEncoding.EncodeToString(block.Bytes)} {
		if found(marks, written) == "" {
			t.Fatalf("the marks do not find %.60q", written)
		}
	}
	large := strings.Repeat(plainMark+"\n", 150_000) // 6 MB, far beyond the spool's memory
	seen := s.watchSpool(marks)
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("large"), s.sealed("Content-Type: text/plain\n\n"+large, []string{"support"}))))
	s.arrival("Subject: large")
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket("leaves", "anna@kunde.example", "X-SMIME-Sign: yes\nX-SMIME-Encrypt: yes\n")+large))
	s.arrival("Subject: leaves")
	if n := seen(); n < 3 {
		t.Errorf("only %d spool files were seen", n)
	}
	s.look(marks, "the log", s.log.String())
	files := 0
	for _, dir := range []string{"data", "spool"} {
		err := filepath.WalkDir(filepath.Join(s.dir, dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			files++
			s.look(marks, path, string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 3 {
		t.Errorf("only %d files were searched", files)
	}
}

// keyMarks are pieces of an RSA key as programs write them: numbers in decimal and hex,
// octets, and the lines of its PEM.
func keyMarks(block *pem.Block, k *rsa.PrivateKey) (marks []string) {
	for _, n := range append([]*big.Int{k.D}, k.Primes...) {
		octets := n.Bytes()
		marks = append(marks, n.String()[:40], fmt.Sprintf("%x", n)[:40], fmt.Sprintf("%X", n)[:40], fmt.Sprintf("%x", octets)[:40], string(octets[:24]), base64.StdEncoding.EncodeToString(octets)[:32])
	}
	lines := strings.Split(string(pem.EncodeToMemory(block)), "\n")
	for _, line := range lines[8 : len(lines)-3] { // the first ones hold the public modulus
		marks = append(marks, line[:48])
	}
	return marks
}

// key is the private key in a mailbox's file.
func (s *site) key(name string) (*pem.Block, *rsa.PrivateKey) {
	s.t.Helper()
	text, err := os.ReadFile(s.keys[name])
	if err != nil {
		s.t.Fatal(err)
	}
	block, rest := pem.Decode(text)
	for block != nil && block.Type != "PRIVATE KEY" {
		block, rest = pem.Decode(rest)
	}
	if block == nil {
		s.t.Fatal("no private key in ", s.keys[name])
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		s.t.Fatal(err)
	}
	return block, k.(*rsa.PrivateKey)
}

func found(marks []string, text string) string {
	for _, m := range marks {
		if strings.Contains(text, m) {
			return m
		}
	}
	return ""
}

func (s *site) look(marks []string, where, text string) {
	if m := found(marks, text); m != "" {
		s.t.Errorf("%q stands in %s", m, where)
	}
}

// watchSpool reads every unlinked file that the gateway has open, again and again, until
// the answer is asked for: how many it has seen.
func (s *site) watchSpool(marks []string) func() int {
	var wait sync.WaitGroup
	stop, seen := make(chan struct{}), map[string]bool{}
	dir := fmt.Sprintf("/proc/%d/fd/", s.gateway.Process.Pid)
	wait.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			list, _ := os.ReadDir(dir)
			for _, e := range list {
				to, err := os.Readlink(dir + e.Name())
				if err != nil || !strings.HasPrefix(to, filepath.Join(s.dir, "spool")) {
					continue
				}
				if text := head(dir + e.Name()); text != "" {
					seen[to] = true
					s.look(marks, "the spool file "+to, text)
				}
			}
		}
	})
	return func() int {
		close(stop)
		wait.Wait()
		return len(seen)
	}
}

// head is the first megabyte of a file, "" when it is gone.
func head(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, 1<<20))
	return string(text)
}
