package main

// This file takes exports of other gateways apart.

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/config"
	"sealgate/internal/testpki"
	"sealgate/keyring"
)

// exported is an export of two people, one of whom has an old key, the other two certificates of one
// key, and of a domain.
func exported(t *testing.T, dir string) (archive []byte) {
	t.Helper()
	pki := testpki.New(t)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(name string, content []byte) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
	}
	sales := testpki.Options{Addresses: []string{"sales@firma.example"}, Key: "rsa-2048"}
	before := pki.Issue(sales)
	sales.ReuseKeyFrom = before
	issue := func(address string) *testpki.Cert {
		return pki.Issue(testpki.Options{Addresses: []string{address}, Key: "rsa-2048"})
	}
	for name, c := range map[string]*testpki.Cert{
		"old.p12": issue("support@firma.example"), "new.pfx": issue("support@firma.example"),
		"sales.p12": before, "renewed.p12": pki.Issue(sales),
		"domain.p12": issue("domain-confidentiality-authority@firma.example"),
	} {
		p12, err := c.P12("export")
		if err != nil {
			t.Fatal(err)
		}
		put(name, p12)
	}
	put("readme.txt", []byte("no key"))
	put("../outside.p12", []byte("no key"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "password"), []byte("export\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestKeyUnpack: each key is in a file of its own, and the tables that were written are a
// configuration.
func TestKeyUnpack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "export.zip")
	if err := os.WriteFile(source, exported(t, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(dir, "keys")
	if err := os.Mkdir(into, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // another run finds the same
		u, err := newUnpacking(into, filepath.Join(dir, "password"))
		if err != nil {
			t.Fatal(err)
		}
		if err := u.run([]string{source}); err != nil {
			t.Fatal(err)
		}
		if u.keys != 5 || u.leftOut != 2 || len(u.owners) != 3 {
			t.Errorf("%d keys, %d left out, %d owners", u.keys, u.leftOut, len(u.owners))
		}
		var tables strings.Builder
		for _, o := range u.owners {
			tables.WriteString(o.table())
		}
		cfg, err := config.Parse("[[listener]]\nprotocol = \"milter\"\naddress = \"unix:in.sock\"\ndirection = \"inbound\"\n"+tables.String(), dir)
		if err != nil {
			t.Fatalf("%v\n%s", err, tables.String())
		}
		keys := map[string]int{}
		for _, m := range cfg.Mailbox {
			for _, path := range m.Keys {
				if _, err := keyring.Load(path, nil); err != nil {
					t.Error(err)
				}
			}
			keys[strings.Join(m.Addresses, " ")] = len(m.Keys)
		}
		if keys["support@firma.example"] != 2 || keys["sales@firma.example"] != 2 || keys["@firma.example"] != 1 {
			t.Errorf("%v", keys)
		}
	}
	files, err := os.ReadDir(into)
	if err != nil || len(files) != 5 {
		t.Errorf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", f.Name(), info.Mode())
		}
	}
}

// TestKeyUnpackOfNothing: a wrong password, an encrypted archive, a bomb and a folder without keys
// write nothing.
func TestKeyUnpackOfNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	archive := exported(t, dir)
	encrypted := bytes.ReplaceAll(archive, []byte("PK\x01\x02\x14\x00\x14\x00\x08"), []byte("PK\x01\x02\x14\x00\x14\x00\x09"))
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.Create("bomb.p12")
	if err != nil {
		t.Fatal(err)
	}
	w.Write(make([]byte, maxBundle+1))
	z.Close()
	for name, content := range map[string][]byte{
		"encrypted.zip": encrypted, "cut.zip": archive[:len(archive)/2], "bomb.zip": bomb.Bytes(), "text.p12": []byte("no key"),
	} {
		into := t.TempDir()
		source := filepath.Join(dir, name)
		if err := os.WriteFile(source, content, 0o600); err != nil {
			t.Fatal(err)
		}
		u, err := newUnpacking(into, filepath.Join(dir, "password"))
		if err != nil {
			t.Fatal(err)
		}
		if err := u.run([]string{source}); err == nil || u.leftOut == 0 {
			t.Errorf("%s: %v, %d left out", name, err, u.leftOut)
		}
		if files, _ := os.ReadDir(into); len(files) != 0 {
			t.Errorf("%s: %d files", name, len(files))
		}
	}
	if _, err := newUnpacking(filepath.Join(dir, "none"), ""); err == nil {
		t.Error("no folder")
	}
}

// TestOwnersShareAnAddress: certificates that share an address are one mailbox's, in any order.
func TestOwnersShareAnAddress(t *testing.T) {
	t.Parallel()
	var list owners
	list.find([]string{"a@firma.example"}).add("1")
	list.find([]string{"b@firma.example"}).add("2")
	list.find([]string{"b@firma.example", "a@firma.example"}).add("3")
	list.find(nil).add("4")
	list.find(nil).add("5")
	if len(list) != 2 || strings.Join(list[0].addresses, " ") != "a@firma.example b@firma.example" || len(list[0].paths) != 3 {
		t.Errorf("%+v", list[0])
	}
	if table := list[1].table(); !strings.HasPrefix(table, "# ") || strings.Contains(table, "\n[[") {
		t.Errorf("%q", table)
	}
}
