package main

// This file lets the gateway deliver what it cannot open, and opens it later.

import (
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/nexthop"
)

// TestTicketOpensLater: a mail for a mailbox without a key becomes a ticket that
// explains; decrypt opens that very ticket when the key is there.
func TestTicketOpensLater(t *testing.T) {
	files, err := fixtures()
	if err != nil {
		t.Fatal(err)
	}
	hop, err := nexthop.New(nexthop.Fault{})
	if err != nil {
		t.Fatal(err)
	}
	defer hop.Close()
	dir := t.TempDir()
	for _, name := range []string{"bob.pem", "bob.crt", "anna.pem"} {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const plain = "From: anna@kunde.example\nTo: bob@firma.example\nSubject: Frage\nDate: Tue, 24 Nov 2026 12:00:00 +0000\nMIME-Version: 1.0\nContent-Type: text/plain\n\nGuten Tag\n"
	_, socket := proxyGateway(t, hop.Address, "", "[[mailbox]]\naddresses = [\"bob@firma.example\"]\n")
	send(t, socket, sealgate(t, dir, plain, "encrypt", "--to", "bob.crt", "-"))
	got := hop.Messages()
	if len(got) != 1 || !strings.Contains(got[0].Data, "could not be decrypted here") || !strings.Contains(got[0].Data, "X-SMIME-Encryption: undecryptable") {
		t.Fatalf("%+v", got)
	}
	opened := sealgate(t, dir, got[0].Data, "decrypt", "--key", "bob.pem", "-")
	if !strings.Contains(opened, "Guten Tag") || !strings.Contains(opened, "Subject: Frage") || strings.Contains(opened, "could not be") || strings.Contains(opened, "X-SMIME") {
		t.Errorf("%s", opened)
	}
}

// sealgate runs the program in dir with the input given; it must end with 0.
func sealgate(t *testing.T, dir, input string, args ...string) string {
	t.Helper()
	c := exec.Command("sealgate", args...)
	c.Dir, c.Stdin = dir, strings.NewReader(input)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return string(out)
}

func send(t *testing.T, socket, text string) {
	t.Helper()
	raw, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.NewClient(raw, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail("anna@kunde.example"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("bob@firma.example"); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
