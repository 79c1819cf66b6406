package main

// This file runs testdata/script: the commands as an admin or a script types them.

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"sealgate/internal/testpki"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sealgate": main})
}

// skipShort is for tests that start dozens of processes, one after the other: make check,
// which asks for short tests and has the race detector in each process, would wait minutes
// for them.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts dozens of processes: not in a short run")
	}
}

func TestScripts(t *testing.T) {
	skipShort(t)
	files, err := fixtures()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:      "testdata/script",
		Deadline: time.Now().Add(9 * time.Minute),
		Setup: func(e *testscript.Env) error {
			for name, data := range files {
				if err := os.WriteFile(filepath.Join(e.WorkDir, name), data, 0o600); err != nil {
					return err
				}
			}
			e.Setenv("RECIPIENT", string(files["backup.recipient"]))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "crlf": crlf, "mode": mode, "ls": ls, "serve": serveInBackground, "signal": signalGateway, "await": await, "ended": ended,
		},
	})
}

// fixtures are the files that every script finds in its folder.
var fixtures = sync.OnceValues(func() (map[string][]byte, error) {
	files := map[string][]byte{"secret": []byte("secret\n"), "wrong": []byte("wrong\n")}
	root, err := testpki.NewRoot(testpki.Options{Name: "Script CA"})
	if err != nil {
		return nil, err
	}
	stranger, err := testpki.NewRoot(testpki.Options{Name: "Unknown CA"})
	if err != nil {
		return nil, err
	}
	files["root.crt"] = root.CertPEM()
	long := time.Now().Add(-48 * time.Hour)
	for name, k := range map[string]struct {
		by *testpki.Cert
		o  testpki.Options
	}{
		"anna":    {root, testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}},
		"bob":     {root, testpki.Options{Addresses: []string{"bob@firma.example"}}},
		"expired": {root, testpki.Options{Addresses: []string{"anna@kunde.example"}, NotBefore: long, NotAfter: long.Add(24 * time.Hour)}},
		"weak":    {root, testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-1024"}},
		"escape":  {root, testpki.Options{Name: "evil\x1b[2J\u202e", Addresses: []string{"anna@kunde.example"}}},
		"web":     {root, testpki.Options{Addresses: []string{"anna@kunde.example"}, EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}},
		"signer":  {root, testpki.Options{Addresses: []string{"anna@kunde.example"}, Usage: x509.KeyUsageDigitalSignature}},
		"mallory": {stranger, testpki.Options{Addresses: []string{"anna@kunde.example"}}},
	} {
		c, err := k.by.Issue(k.o)
		if err != nil {
			return nil, err
		}
		if err := addFiles(files, name, c); err != nil {
			return nil, err
		}
	}
	if err := addTolerated(files, root); err != nil {
		return nil, err
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	files["backup.identity"] = []byte(identity.String() + "\n")
	files["backup.recipient"] = []byte(identity.Recipient().String())
	return files, addChain(files, root)
})

// addTolerated adds a certificate that crypto/x509 refuses, and a file of roots with one
// that nobody reads.
func addTolerated(files map[string][]byte, root *testpki.Cert) error {
	id := asn1.ObjectIdentifier{2, 5, 4, 10}
	name := pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: id, Value: "a@b"}}}
	c, err := root.Issue(testpki.Options{DN: &name, Addresses: []string{"anna@kunde.example"}})
	if err != nil {
		return err
	}
	c, err = c.WithOctets("\x0c\x03a@b", "\x13\x03a@b")
	if err != nil {
		return err
	}
	unreadable := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{0x30, 3, 2, 1, 7}})
	files["roots-one-unreadable.crt"] = append(unreadable, root.CertPEM()...)
	return addFiles(files, "tolerated", c)
}

// addChain adds a certificate and the authority between it and the root, each alone.
func addChain(files map[string][]byte, root *testpki.Cert) error {
	between, err := root.Issue(testpki.Options{Name: "Between CA", CA: true})
	if err != nil {
		return err
	}
	lone, err := between.Issue(testpki.Options{Addresses: []string{"lone@kunde.example"}})
	if err != nil {
		return err
	}
	files["between.crt"] = between.CertPEM()
	files["lone.crt"] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lone.Certificate.Raw})
	return nil
}

// addFiles adds NAME.pem, .key, .crt, .der, .p12 (password "secret") and .open.p12
// (empty password).
func addFiles(files map[string][]byte, name string, c *testpki.Cert) error {
	key, err := c.KeyPEM()
	if err != nil {
		return err
	}
	locked, err := c.P12("secret")
	if err != nil {
		return err
	}
	open, err := c.P12("")
	if err != nil {
		return err
	}
	files[name+".key"], files[name+".crt"], files[name+".der"] = key, c.CertPEM(), c.Certificate.Raw
	files[name+".pem"] = append(bytes.Clone(key), c.CertPEM()...)
	files[name+".p12"], files[name+".open.p12"] = locked, open
	return nil
}

// code runs a command that must end with the exit code given: code N PROGRAM ARG...
func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// crlf writes FILE with CRLF to FILE.crlf.
func crlf(ts *testscript.TestScript, _ bool, args []string) {
	text := bytes.ReplaceAll([]byte(ts.ReadFile(args[0])), []byte("\r\n"), []byte("\n"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".crlf"), bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), 0o600))
}

// mode compares the permission bits: mode 0600 FILE.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := info.Mode().Perm(); got != os.FileMode(want) {
		ts.Fatalf("%s has mode %04o, want %04o", args[1], got, want)
	}
}

// ls counts the entries of a folder, hidden ones too: ls DIR N.
func ls(ts *testscript.TestScript, _ bool, args []string) {
	list, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if strconv.Itoa(len(list)) != args[1] {
		ts.Fatalf("%s has %d entries, want %s: %v", args[0], len(list), args[1], list)
	}
}
