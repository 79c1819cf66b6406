package main

// This file runs the shared cases of key files and certificates as their README says.

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const sharedCases = "../../../shared/cases"

// sharedCase is one row of the README's table.
type sharedCase struct{ kind, file, command, right string }

func readCases(t *testing.T) (list []sharedCase) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(sharedCases, "README.md"))
	if os.IsNotExist(err) {
		t.Skip("../shared/cases is not there")
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 || !strings.ContainsAny(strings.TrimSpace(cells[1]), "ABF") || len(strings.TrimSpace(cells[1])) != 1 {
			continue
		}
		list = append(list, sharedCase{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])})
	}
	if len(list) < 18 {
		t.Fatalf("%d rows", len(list))
	}
	return list
}

// copyCases gives the test a folder of its own: password files must be private.
func copyCases(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files, err := os.ReadDir(sharedCases)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(sharedCases, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name()), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestSharedCases: every key file of kinds A and B is read, and every certificate of kind F.
func TestSharedCases(t *testing.T) {
	cases := readCases(t)
	dir := copyCases(t)
	message := "From: support@firma.example\r\n\r\nGuten Tag\r\n"
	if err := os.WriteFile(filepath.Join(dir, "plain.eml"), []byte(message), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, k := range cases {
		args := strings.Fields(k.command)
		want := "support@firma.example"
		if k.kind == "F" {
			args = []string{"encrypt", "--to", k.file, "--out", "out.eml", "plain.eml"}
			want = ""
		}
		c := exec.Command("sealgate", args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v %s; right is: %s", k.command, err, out, k.right)
		}
		if strings.Contains(k.right, "two certificates") && !strings.Contains(string(out), "anna@kunde.example") {
			t.Errorf("%s: %s", k.command, out)
		}
		os.Remove(filepath.Join(dir, "out.pem"))
	}
}

// TestSharedRenewals: a key identifier made another way, and certificates renewed with the
// same key.
func TestSharedRenewals(t *testing.T) {
	readCases(t)
	dir := copyCases(t)
	for message, key := range map[string]string{
		"m01-ski-of-spki.eml": "m01-key.pem", "m02-renewed-certificate.eml": "m02-renewed-key.pem", "d4-encrypted-to-old-certificate.eml": "d4-renewed-same-key.pem",
	} {
		c := exec.Command("sealgate", "decrypt", "--key", key, "--out", "out.eml", message)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", message, err, out)
		}
	}
}
