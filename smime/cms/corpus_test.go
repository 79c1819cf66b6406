// The bare CMS messages of the shared corpus: what its manifest says of each.

package cms

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const corpus = "../../../shared/corpus"

// corpusRows reads manifest.tsv, each row by the names of its columns.
func corpusRows(t *testing.T) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, "manifest.tsv"))
	if err != nil {
		t.Skipf("the shared corpus is not here: %v", err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	var names []string
	for line := range strings.Lines(string(data)) {
		values := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if names == nil {
			names = values
			continue
		}
		row := map[string]string{}
		for i, name := range names {
			row[name] = values[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func corpusFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpus, path))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCorpus looks at the rows that are CMS without MIME around.
func TestCorpus(t *testing.T) {
	seen := 0
	for _, row := range corpusRows(t) {
		if row["container"] == "MIME" {
			continue
		}
		seen++
		t.Run(row["path"], func(t *testing.T) {
			data := corpusFile(t, row["path"])
			if strings.HasPrefix(row["container"], "PEM") {
				block, _ := pem.Decode(data)
				if block == nil {
					t.Fatal("no PEM")
				}
				data = block.Bytes
			}
			checkCorpusRow(t, row, data)
		})
	}
	if seen < 50 {
		t.Errorf("only %d rows", seen)
	}
}

func checkCorpusRow(t *testing.T, row map[string]string, data []byte) {
	info, err := Parse(bytes.NewReader(data), int64(len(data)))
	var malformed *Error
	if err != nil && !errors.As(err, &malformed) {
		t.Fatalf("an error without layer and offset: %v", err)
	}
	switch row["expected"] {
	case "decrypts":
		if err != nil {
			t.Fatal(err)
		}
		checkCorpusDecrypts(t, row, info)
	case "undecryptable":
		if err == nil && info.Enveloped != nil {
			if _, err := info.Enveloped.Decrypt(context.Background(), DecryptOptions{Spool: newSpool(t)}); err == nil {
				t.Error("it decrypts")
			}
		}
	case "valid":
		if err != nil {
			t.Fatal(err)
		}
		if info.Signed.Content == nil {
			return // its content is another file
		}
		for _, s := range corpusSignatures(t, info) {
			if s.Err != nil {
				t.Errorf("%s: %v", s.SID, s.Err)
			}
		}
	case "invalid":
		if err != nil || info.Signed == nil || info.Signed.Content == nil || strings.Contains(row["layers"], ":ok/chain=fail") {
			return // nothing that could be valid, or valid CMS of somebody untrusted
		}
		for _, s := range corpusSignatures(t, info) {
			if s.Err == nil && row["disputed"] == "-" {
				t.Errorf("%s verifies", s.SID)
			}
		}
	case "certs-only":
		if err != nil || len(info.Signed.SignerInfos) != 0 || len(info.Signed.Certificates) == 0 {
			t.Errorf("no bundle: %v", err)
		}
	case "malformed":
		if err == nil && row["disputed"] == "-" {
			t.Error("it parses")
		}
	default:
		t.Errorf("the manifest expects %q", row["expected"])
	}
}

func corpusSignatures(t *testing.T, info *ContentInfo) []Signature {
	t.Helper()
	v := info.Signed.Verifier()
	content, err := io.ReadAll(io.TeeReader(info.Signed.Content.NewReader(), v))
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(context.Background(), bytes.NewReader(content), int64(len(content)))
}

func checkCorpusDecrypts(t *testing.T, row map[string]string, info *ContentInfo) {
	if info.Compressed != nil {
		if err := info.Compressed.Decompress(io.Discard, 1<<20); err != nil {
			t.Error(err)
		}
		return
	}
	if strings.HasPrefix(row["decrypt_key"], "secretkey:") {
		return // a key-encryption key, which mail does not use
	}
	key := corpusKey(t, row["decrypt_key"], info.Enveloped)
	p, err := info.Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: key, Spool: newSpool(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.File.Close()
	h := sha256.New()
	io.Copy(h, p.File.NewReader())
	if got := hex.EncodeToString(h.Sum(nil)); row["plaintext_sha256"] != "-" && got != row["plaintext_sha256"] {
		t.Errorf("other plaintext of %d bytes", p.File.Size())
	}
}

// corpusKey makes a DecryptionKey whose certificate, if the file has none, is
// named as the message's first recipient.
func corpusKey(t *testing.T, path string, e *EnvelopedData) []DecryptionKey {
	t.Helper()
	var k DecryptionKey
	for rest := corpusFile(t, path); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err == nil && k.Certificate == nil {
				k.Certificate = c
			}
		default:
			if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				k.Key = key
			} else if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
				k.Key = key
			}
		}
	}
	if k.Key == nil {
		t.Fatalf("%s: no key", path)
	}
	var keys []DecryptionKey
	for _, r := range e.Recipients {
		c := k.Certificate
		if c == nil {
			c = &x509.Certificate{RawIssuer: r.Issuer, SerialNumber: r.Serial, SubjectKeyId: r.SKI}
		}
		keys = append(keys, DecryptionKey{c, k.Key})
	}
	return keys
}
