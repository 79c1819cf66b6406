package main

// This file runs real kinds of key files, certificates and mail through the commands: as
// they are made here (casesmade_test.go), and as they lie in ../shared/cases.

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sharedCases = "../../../shared/cases"

// caseRow is one kind of input: what is run on it in its folder, and what has to come out.
type caseRow struct {
	kind, file, command string
	says                []string // by the command
	run                 func(t *testing.T, dir string)
}

// keyImportCase, verifyCase and certImportCase are the rows that are one command.
func keyImportCase(kind, file, password string, addresses ...string) caseRow {
	return caseRow{
		kind: kind, file: file, says: addresses,
		command: "key import --out out.pem --password-file " + password + " " + file,
	}
}

func verifyCase(kind, file, options string, says ...string) caseRow {
	return caseRow{kind: kind, file: file, says: says, command: "verify --no-system-roots --roots " + options + " " + file}
}

func certImportCase(file string) caseRow {
	return caseRow{kind: "F", file: file, command: "cert import " + file, run: func(t *testing.T, dir string) { importAndEncrypt(t, dir, file) }}
}

const (
	saysValid     = "signature:  valid"
	saysUntrusted = "signature:  untrusted"
	saysDecrypted = "encryption: decrypted"
	ours          = "support@firma.example"
)

// caseRows are kinds A (PKCS#12), B (keys in PEM), C (certificates), D (incoming mail) and
// F (certificates to import) of ../shared/cases.
var caseRows = []caseRow{
	keyImportCase("A", "a1-nss-thunderbird-ber.p12", "pw", ours),
	keyImportCase("A", "a3-no-mac.p12", "pw", ours),
	keyImportCase("A", "a4-mac-sha384.p12", "pw", ours),
	keyImportCase("A", "a5-pbes2-3des.p12", "pw", ours),
	keyImportCase("A", "a6-java-two-keys.p12", "pwj", ours, "anna@kunde.example"),
	keyImportCase("A", "a9-modern.p12", "pw-bom", ours),
	keyImportCase("A", "a9-modern.p12", "pw-utf16", ours),

	keyImportCase("B", "b1-pkcs8-hmacWithSHA384.pem", "pw", ours),
	keyImportCase("B", "b1-pkcs8-hmacWithSHA512.pem", "pw", ours),
	keyImportCase("B", "b2-pkcs1-dek-info-aes.pem", "pw", ours),
	keyImportCase("B", "b4-public-key-too.pem", "pw", ours),
	keyImportCase("B", "b7-bom-twice.pem", "pw", ours),
	keyImportCase("B", "b8-rsassa-pss-key.pem", "pw", ours),

	verifyCase("C", "c1-printable-at.eml", "root.pem", saysValid),
	verifyCase("C", "c2-printable-emailaddress.eml", "root.pem", saysValid),
	verifyCase("C", "c4-printable-umlaut.eml", "root.pem", saysValid),
	verifyCase("C", "c6-negative-serial.eml", "root.pem", saysValid),
	verifyCase("C", "c8-san-latin1-beside.eml", "root.pem", saysValid),
	verifyCase("C", "c10-name-constraint-at-domain.eml", "root.pem", saysValid),
	verifyCase("C", "c11-pss-certificate-salt222.eml", "root.pem", saysValid),
	verifyCase("C", "c11-pss-certificate-salt32-mgf1-sha1.eml", "root.pem", saysValid),
	verifyCase("C", "c12-brainpool.eml", "root.pem", saysValid),
	verifyCase("C", "c13-eku-empty.eml", "root.pem", saysUntrusted),
	verifyCase("C", "c14-ku-zero.eml", "root.pem", saysUntrusted),
	verifyCase("C", "c15-good.eml", "c15-roots-one-unreadable.pem", saysValid),
	{kind: "C", file: "c16-expired-crl-that-lists-424243.crl", run: revokedByOldList},

	verifyCase("D", "d1-footer-after-base64.eml", "root.pem --key support.pem", saysValid, saysDecrypted, "was left out"),
	verifyCase("D", "d3-encrypted-beside-footer.eml", "root.pem --key support.pem", "encryption: partial"),
	{kind: "D", file: "d3-encrypted-beside-footer.eml", run: partlyEncrypted},
	verifyCase("D", "d4-encrypted-to-old-certificate.eml", "root.pem --key d4-renewed-same-key.pem", saysDecrypted),
	verifyCase("D", "d5-from-unquoted-comma.eml", "root.pem", "signature:  mismatch", "From is not exactly one address that can be read"),
	{kind: "D", file: "d6-signer-without-certificate.eml", run: signerWithoutCertificate},
	{kind: "D", file: "d7-two-certificates-no-preference.eml", run: twoCertificates},
	verifyCase("D", "m01-ski-of-spki.eml", "m-root.pem --key m01-key.pem", saysDecrypted),
	verifyCase("D", "m02-renewed-certificate.eml", "m-root.pem --key m02-renewed-key.pem", saysDecrypted),
	verifyCase("D", "m03-x25519.eml", "m-root.pem --key m03-x25519-key.pem", saysDecrypted),
	verifyCase("D", "m07-101-addresses.eml", "m-root.pem", saysValid),

	certImportCase("f1-bom.pem"),
	certImportCase("f2-base64-only.cer"),
	certImportCase("f4-outlook-contact.vcf"),
	certImportCase("f5-directory.ldif"),
	certImportCase("f6-certs-only.eml"),
}

// runCases runs all rows in a folder.
func runCases(t *testing.T, dir string) {
	for _, row := range caseRows {
		t.Run(row.file, func(t *testing.T) {
			if row.run != nil {
				row.run(t, dir)
				return
			}
			out := runIn(dir, strings.Fields(row.command)...)
			for _, text := range row.says {
				if !strings.Contains(out, text) {
					t.Errorf("sealgate %s: it does not say %q:\n%s", row.command, text, out)
				}
			}
			os.Remove(filepath.Join(dir, "out.pem"))
		})
	}
}

// runIn runs the program in a folder. Its output says what became of it.
func runIn(dir string, args ...string) string {
	c := exec.Command("sealgate", args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		return string(out) + err.Error() + "\n"
	}
	return string(out)
}

// importAndEncrypt gives a file of certificates to a store, and encrypts for it.
func importAndEncrypt(t *testing.T, dir, file string) {
	t.Helper()
	data := t.TempDir()
	config := filepath.Join(data, "c.toml")
	writeFile(t, data, "c.toml", "[server]\ndata_dir = \""+data+"\"\n")
	if out := runIn(dir, "cert", "--config", config, "import", file); !strings.Contains(out, " imported") || !strings.Contains(out, " 0 left out") {
		t.Errorf("import: %s", out)
	}
	writeFile(t, data, "plain.eml", "From: support@firma.example\r\n\r\nGuten Tag\r\n")
	if out := runIn(dir, "encrypt", "--to", file, filepath.Join(data, "plain.eml")); !strings.Contains(out, "enveloped-data") {
		t.Errorf("encrypt: %s", out)
	}
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCases: every kind, made here.
func TestCases(t *testing.T) {
	skipShort(t)
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	runCases(t, makeCases(t))
}

// TestSharedCases: the very files.
func TestSharedCases(t *testing.T) {
	skipShort(t)
	runCases(t, copyCases(t))
}

// rowsForOneLine are more than one for one line there: d3, verified and in the gateway.
const rowsForOneLine = 1

// TestSharedTable: each row of the README's table has one here that runs the same and wants
// the same.
func TestSharedTable(t *testing.T) {
	copyCases(t)
	data, err := os.ReadFile(filepath.Join(sharedCases, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 || !slices.Contains([]string{"A", "B", "C", "D", "F"}, strings.TrimSpace(cells[1])) {
			continue
		}
		kind := strings.TrimSpace(cells[1])
		file := strings.TrimSpace(cells[2])
		command := strings.TrimSpace(cells[3])
		right := strings.TrimSpace(cells[4])
		rows++
		found := false
		for _, row := range caseRows {
			if row.kind != kind || row.file != file || row.command != "" && !strings.HasPrefix(command, row.command) {
				continue
			}
			found = true
			if len(row.says) > 0 && !strings.Contains(right, row.says[0][strings.LastIndexByte(row.says[0], ' ')+1:]) {
				t.Errorf("%s: %q is wanted here, %q there", file, row.says, right)
			}
		}
		if !found {
			t.Errorf("no row for %s: %s", file, command)
		}
	}
	if rows != len(caseRows)-rowsForOneLine {
		t.Errorf("%d rows there, %d here", rows, len(caseRows)-rowsForOneLine)
	}
}

// copyCases gives the test a folder of its own: password files must be private.
func copyCases(t *testing.T) string {
	t.Helper()
	files, err := os.ReadDir(sharedCases)
	if os.IsNotExist(err) {
		t.Skip("../shared/cases is not there")
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(sharedCases, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, dir, f.Name(), string(data))
	}
	return dir
}
