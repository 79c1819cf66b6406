// Package corpus reads the messages in ../shared/corpus, which others made, with
// what is right for each. It is for tests only; nothing of it is part of the
// repository.
package corpus

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Row is one line of manifest.tsv.
type Row struct {
	Path, Kind, Expected, Container, Layers, Disputed, From, Signer string
	DecryptKey, TrustAnchor                                         string
	PlaintextSHA256, Weak, Notes                                    string
	At                                                              time.Time // when certificates are judged

	dir string
}

// Load reads the manifest; without the corpus the test is skipped, saying so.
func Load(t testing.TB) []Row {
	t.Helper()
	dir, ok := find()
	if !ok {
		t.Skip("the corpus is not here: ../shared/corpus beside the repository")
	}
	data, err := os.ReadFile(filepath.Join(dir, "manifest.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	names := strings.Split(lines[0], "\t")
	var rows []Row
	for _, line := range lines[1:] {
		col := make(map[string]string)
		for i, v := range strings.Split(line, "\t") {
			if v != "-" {
				col[names[i]] = v
			}
		}
		r := Row{
			Path:            col["path"],
			Kind:            col["kind"],
			Expected:        col["expected"],
			Container:       col["container"],
			Layers:          col["layers"],
			Disputed:        col["disputed"],
			From:            col["from"],
			Signer:          col["signer"],
			DecryptKey:      col["decrypt_key"],
			TrustAnchor:     col["trust_anchor"],
			PlaintextSHA256: col["plaintext_sha256"],
			Weak:            col["weak_algs"],
			Notes:           col["notes"],
			dir:             dir,
		}
		if s, err := strconv.ParseInt(col["verify_time_epoch"], 10, 64); err == nil {
			r.At = time.Unix(s, 0)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		t.Fatal("the manifest is empty")
	}
	return rows
}

// find looks beside the repository, wherever in it the test runs.
func find() (string, bool) {
	dir, err := os.Getwd()
	for err == nil {
		path := filepath.Join(dir, "..", "shared", "corpus")
		if _, err := os.Stat(filepath.Join(path, "manifest.tsv")); err == nil {
			return path, true
		}
		if up := filepath.Dir(dir); up != dir {
			dir = up
			continue
		}
		break
	}
	return "", false
}

// Raw is the file as it stands.
func (r Row) Raw(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir, r.Path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Message is the row as a message; bare CMS is put into an
// application/pkcs7-mime entity. Line ends are as in the file.
func (r Row) Message(t testing.TB) []byte {
	t.Helper()
	raw := r.Raw(t)
	if r.Container == "MIME" {
		return raw
	}
	if strings.HasPrefix(r.Container, "PEM") {
		block, _ := pem.Decode(raw)
		if block == nil {
			t.Fatalf("%s: not PEM", r.Path)
			return nil
		}
		raw = block.Bytes
	}
	if r.Path == "rfc4134/4.3.bin" { // the one valid detached signature without its content, which is in RFC 4134 §4.3
		return []byte("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n" +
			"--b\r\nThis is some sample content.\r\n--b\r\nContent-Type: " +
			"application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			base64.StdEncoding.EncodeToString(raw) + "\r\n--b--\r\n")
	}
	head := "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	if r.From != "" {
		head = "From: " + r.From + "\r\n" + head
	}
	return []byte(head + base64.StdEncoding.EncodeToString(raw) + "\r\n")
}

// Key returns the certificate and key to decrypt with; nil, nil when the row has
// none that mail uses.
func (r Row) Key(t testing.TB) (*x509.Certificate, crypto.PrivateKey) {
	t.Helper()
	if r.DecryptKey == "" || strings.HasPrefix(r.DecryptKey, "secretkey:") {
		return nil, nil
	}
	var certs []*x509.Certificate
	var key crypto.PrivateKey
	for _, b := range blocks(t, filepath.Join(r.dir, r.DecryptKey)) {
		switch b.Type {
		case "CERTIFICATE":
			if c, err := x509.ParseCertificate(b.Bytes); err == nil {
				certs = append(certs, c)
			}
		case "PRIVATE KEY":
			k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
			if err != nil {
				t.Fatalf("%s: %v", r.DecryptKey, err)
			}
			key = k
		case "RSA PRIVATE KEY":
			k, err := x509.ParsePKCS1PrivateKey(b.Bytes)
			if err != nil {
				t.Fatalf("%s: %v", r.DecryptKey, err)
			}
			key = k
		}
	}
	if len(certs) == 0 {
		certs = r.folderCertificates(t)
	}
	public := key.(crypto.Signer).Public().(interface{ Equal(crypto.PublicKey) bool })
	for _, c := range certs {
		if public.Equal(c.PublicKey) {
			return c, key
		}
	}
	t.Fatalf("%s: no certificate of this key", r.DecryptKey)
	return nil, nil
}

// folderCertificates are all certificates beside the row, for keys without one.
func (r Row) folderCertificates(t testing.TB) (certs []*x509.Certificate) {
	t.Helper()
	source, _, _ := strings.Cut(r.Path, "/")
	err := filepath.WalkDir(filepath.Join(r.dir, source), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, b := range blocks(t, path) {
			if c, err := x509.ParseCertificate(b.Bytes); err == nil {
				certs = append(certs, c)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return certs
}

// Anchors are the certificates to be trusted for the row.
func (r Row) Anchors(t testing.TB) (certs []*x509.Certificate) {
	t.Helper()
	if r.TrustAnchor == "" {
		return nil
	}
	for _, b := range blocks(t, filepath.Join(r.dir, r.TrustAnchor)) {
		if c, err := x509.ParseCertificate(b.Bytes); err == nil {
			certs = append(certs, c)
		}
	}
	return certs
}

// blocks are the PEM blocks of a file; a file without any is one block of DER.
func blocks(t testing.TB, path string) (all []*pem.Block) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		return []*pem.Block{{Type: "CERTIFICATE", Bytes: data}}
	}
	for {
		var b *pem.Block
		b, data = pem.Decode(data)
		if b == nil {
			return all
		}
		all = append(all, b)
	}
}
