// Our messages that other programs have read, as a mould: what we write today
// has the same structure. New keys, IVs and signatures differ in their bytes only.

package cms

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/ber"
)

// shape lists tags, and the contents of all that is not random: strings of
// octets and bits are random, of lengths that may vary with signatures.
func shape(t *testing.T, der []byte) string {
	t.Helper()
	var b strings.Builder
	var walk func(der []byte, depth int)
	walk = func(der []byte, depth int) {
		for len(der) > 0 {
			var v asn1.RawValue
			rest, err := asn1.Unmarshal(der, &v)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%*s%d/%d", depth, "", v.Class, v.Tag)
			switch random := v.Tag == asn1.TagOctetString || v.Tag == asn1.TagBitString || v.Class == asn1.ClassContextSpecific; {
			case v.IsCompound:
				b.WriteString("\n")
				walk(v.Bytes, depth+1)
			case random:
				b.WriteString(" …\n")
			default:
				fmt.Fprintf(&b, " %x\n", v.Bytes)
			}
			der = rest
		}
	}
	if again, err := ber.DER(der); err != nil || !bytes.Equal(again, der) {
		t.Fatalf("not DER: %v", err)
	}
	walk(der, 0)
	return b.String()
}

// TestShape writes each recorded message of ours again.
func TestShape(t *testing.T) {
	files, err := filepath.Glob("testdata/interop/ours/*.der")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d messages, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".der")
		if name == "certs-only" {
			continue // go.mozilla.org/pkcs7 writes it, for certstore
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := shape(t, writeNamed(t, strings.Split(name, "_"))), shape(t, old); got != want {
				t.Errorf("we write\n%s\nwhat was read elsewhere is\n%s", got, want)
			}
		})
	}
}

// writeNamed writes the message that the words of a recorded one's name describe.
func writeNamed(t *testing.T, words []string) []byte {
	t.Helper()
	switch words[0] {
	case "sign":
		d := findDigest(func(d *digest) bool { return d.name == words[3] })
		s := signCase{words[2], d.hash, words[1] == "rsa-pss"}.signer(t)
		s.Capabilities = OwnCapabilities()
		return signBytes(t, []byte(recordedText), words[4] == "detached", s)
	case "encrypt":
		r := recipientCase{key: words[2]}
		for _, w := range words[3:] {
			switch {
			case w == "ski":
				r.ski = true
			case strings.HasPrefix(w, "kdf-"):
				r.kdf = strings.TrimPrefix(w, "kdf-")
			case strings.HasPrefix(w, "rsa-oaep-"):
				r.oaep, r.hash = true, map[string]crypto.Hash{"sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512}[strings.TrimPrefix(w, "rsa-oaep-")]
			}
		}
		return encryptBytes(t, []byte(recordedText), words[1], r.recipient(t))
	}
	t.Fatalf("%q is no message of ours", words)
	return nil
}
