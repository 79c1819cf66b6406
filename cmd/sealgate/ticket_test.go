package main

// This file lets the gateway deliver what it cannot open, and opens it later.

import (
	"context"
	"errors"
	"io"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/nexthop"
	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
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
	if len(got) != 1 || !strings.Contains(got[0].Data, "could not be opened here") || !strings.Contains(got[0].Data, "X-SMIME-Encryption: undecryptable") {
		t.Fatalf("%+v", got)
	}
	opened := sealgate(t, dir, got[0].Data, "decrypt", "--key", "bob.pem", "-")
	if !strings.Contains(opened, "Guten Tag") || !strings.Contains(opened, "Subject: Frage") || strings.Contains(opened, "could not be") || strings.Contains(opened, "X-SMIME") {
		t.Errorf("%s", opened)
	}
}

// TestKeptClosedOpensForAdmin: a mail that came before with another address to answer to stays
// closed, explain says why, of the very ticket, and decrypt opens that for the admin.
func TestKeptClosedOpensForAdmin(t *testing.T) {
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
	for _, name := range []string{"bob.pem", "bob.crt"} {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const plain = "From: anna@kunde.example\nTo: bob@firma.example\nSubject: Frage\nMIME-Version: 1.0\n" +
		"Content-Type: text/plain\n\nGuten Tag\n"
	_, socket := proxyGateway(t, hop.Address, "", "[[mailbox]]\naddresses = [\"bob@firma.example\"]\n"+
		"keys = [\""+filepath.Join(dir, "bob.pem")+"\"]\n")
	mail := sealgate(t, dir, plain, "encrypt", "--to", "bob.crt", "-")
	send(t, socket, mail)
	send(t, socket, "Reply-To: eve@evil.example\r\n"+mail)
	got := hop.Messages()
	if len(got) != 2 || !strings.Contains(got[0].Data, "Guten Tag") || strings.Contains(got[1].Data, "Guten Tag") {
		t.Fatalf("%+v", got)
	}
	config := filepath.Join(filepath.Dir(socket), "c.toml")
	drawing := sealgate(t, dir, got[1].Data, "explain", "--config", config, "-")
	readable := sealgate(t, dir, got[0].Data, "explain", "--config", config, "-")
	if !strings.Contains(readable, "it has passed a gateway, which said X-SMIME-Signature: none, X-SMIME-Encryption: decrypted") {
		t.Errorf("of a mail that was opened:\n%s", readable)
	}
	for _, part := range []string{"a ticket of a mail that could not be opened", "kept closed: the same ciphertext came before"} {
		if !strings.Contains(drawing, part) {
			t.Errorf("%q is not said:\n%s", part, drawing)
		}
	}
	opened := sealgate(t, dir, got[1].Data, "decrypt", "--key", "bob.pem", "-")
	if !strings.Contains(opened, "Guten Tag") || !strings.Contains(opened, "Reply-To: eve@evil.example") {
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

// TestDecryptProtectedSubject: a signed mail with a protected header that was sent on
// under another Subject; with a broken signature nobody vouches for the one inside.
func TestDecryptProtectedSubject(t *testing.T) {
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	anna := testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "p256"})
	const inner = "From: anna@kunde.example\r\nSubject: Rechnung\r\nContent-Type: text/plain; hp=clear\r\n\r\nGuten Tag\r\n"
	e, err := smime.ParseEntity(strings.NewReader(inner), int64(len(inner)))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := smime.Sign(context.Background(), e, smime.SignOptions{Signer: cms.Signer{Certificate: anna.Certificate, Key: anna.Key}, Spool: sp, Unprepared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer signed.Close()
	entity, err := io.ReadAll(signed.Section())
	if err != nil {
		t.Fatal(err)
	}
	good := "From: anna@kunde.example\r\nSubject: forged\r\nSubject: twice\r\n" + string(entity)
	for text, want := range map[string]string{good: "Rechnung", strings.Replace(good, "Guten", "Boesen", 1): "forged twice"} {
		f := sp.Create()
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
		m, err := smime.Open(context.Background(), f, f.Size(), smime.OpenOptions{Spool: sp})
		if err != nil {
			t.Fatal(err)
		}
		d := decrypted{m}
		var got []string
		for _, f := range d.fields() {
			if f.Name == "Subject" {
				got = append(got, f.Value())
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q, want %s", got, want)
		}
		if err := errors.Join(d.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
