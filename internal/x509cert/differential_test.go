//go:build interop

package x509cert_test

// This file reads all certificates that lie in some folders, in whatever file, with openssl
// and with us.

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/x509cert"
)

var folders = flag.String("certificates", "../../../shared/corpus:/usr/share/ca-certificates", "folders with certificates, as PATH has them")

// base64Lines is base64 that is long enough for a certificate.
var base64Lines = regexp.MustCompile(`(?:[A-Za-z0-9+/=]{16,}[ \t\r\n]*){4,}`)

// looksLike reports whether der begins with what has the frame of a certificate (RFC 5280
// §4.1), and returns it. No reader of certificates is asked.
func looksLike(der []byte) ([]byte, bool) {
	in := cryptobyte.String(der)
	var whole, body, tbs, algorithm, signature cryptobyte.String
	if !in.ReadASN1Element(&whole, asn1.SEQUENCE) {
		return nil, false
	}
	body = whole
	if !body.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1(&tbs, asn1.SEQUENCE) ||
		!body.ReadASN1(&algorithm, asn1.SEQUENCE) || !body.ReadASN1(&signature, asn1.BIT_STRING) || !body.Empty() {
		return nil, false
	}
	version := asn1.Tag(0).Constructed().ContextSpecific()
	var serial, field cryptobyte.String
	if !tbs.SkipOptionalASN1(version) || !tbs.ReadASN1(&serial, asn1.INTEGER) {
		return nil, false
	}
	for range 5 { // signature, issuer, validity, subject, subjectPublicKeyInfo
		if !tbs.ReadASN1(&field, asn1.SEQUENCE) {
			return nil, false
		}
	}
	return whole, true
}

// found is a certificate, and a file that has it.
type found struct {
	der  []byte
	path string
	n    int // how often it was found
}

// collection is what was found, by SHA-256.
type collection map[[32]byte]found

// add finds what looks like a certificate anywhere in data.
func (all collection) add(data []byte, path string) {
	for at := 0; ; at++ {
		next := bytes.Index(data[at:], []byte{0x30, 0x82})
		if next < 0 {
			return
		}
		at += next
		if der, ok := looksLike(data[at:]); ok {
			sum := sha256.Sum256(der)
			all[sum] = found{bytes.Clone(der), path, all[sum].n + 1}
		}
	}
}

// addText finds certificates in base64, also behind a few letters that are no base64.
func (all collection) addText(text []byte, path string) {
	line := string(bytes.Join(bytes.Fields(text), nil))
	for at := range min(len(line), 64) {
		if strings.HasPrefix(line[at:], "MI") {
			der, _ := base64.StdEncoding.DecodeString(line[at : at+(len(line)-at)/4*4]) // as far as it goes
			all.add(der, path)
		}
	}
}

// collect finds the certificates of all files below the folders, in DER and in base64.
func collect(t *testing.T) collection {
	t.Helper()
	all := collection{}
	for _, folder := range filepath.SplitList(*folders) {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			all.add(data, path)
			for _, text := range base64Lines.FindAll(data, -1) {
				all.addText(text, path)
			}
			return nil
		})
		if err != nil {
			t.Logf("%s: %v", folder, err)
		}
	}
	return all
}

// opensslReads reports whether openssl reads a certificate and its key.
func opensslReads(der []byte) bool {
	cmd := exec.Command("openssl", "x509", "-inform", "DER", "-noout", "-text", "-pubkey")
	cmd.Stdin = bytes.NewReader(der)
	return cmd.Run() == nil
}

// reasons are what crypto/x509 says of certificates that openssl reads and that are refused
// here all the same, and the words of docs/keys.md about them.
var reasons = map[string]string{
	"certificate contains duplicate extension":             "an extension that stands there twice",
	"inner and outer signature algorithm identifiers":      "two different algorithms of one signature",
	"malformed GeneralizedTime":                            "a time that is none, or is written in another way than RFC 5280 has it",
	"malformed UTCTime":                                    "a time that is none, or is written in another way than RFC 5280 has it",
	"RSA modulus is not a positive number":                 "an RSA modulus that is negative",
	"RSA key missing NULL parameters":                      "an RSA modulus that is negative", // too
	"invalid RSA modulus":                                  "an RSA modulus that is not in DER",
	"IP constraint contained invalid mask":                 "a name constraint that cannot be read",
	"SAN dNSName is malformed":                             "an alternative name that cannot be read, and none that can",
	"cannot parse IP address":                              "an alternative name that cannot be read, and none that can",
	"empty name constraints extension":                     "a name constraint that cannot be read",
	"invalid CRL distribution point":                       "distribution points named relative to the issuer of the list",
	"invalid version":                                      "a version that does not exist",
	"malformed version":                                    "a version that does not exist",
	"invalid basic constraints":                            "basic constraints, key usage or a subject key identifier that are not what their names say",
	"invalid key usage":                                    "basic constraints, key usage or a subject key identifier that are not what their names say",
	"invalid subject key identifier":                       "basic constraints, key usage or a subject key identifier that are not what their names say",
	"authority info access incorrectly marked critical":    "a critical extension that must not be critical, or cannot be read",
	"subject key identifier incorrectly marked critical":   "a critical extension that must not be critical, or cannot be read",
	"authority key identifier incorrectly marked critical": "a critical extension that must not be critical, or cannot be read",
	"invalid certificate policies":                         "a critical extension that must not be critical, or cannot be read",
	"malformed extension OID field":                        "a critical extension that must not be critical, or cannot be read",
}

// reasonFor is what docs/keys.md says of an error; "" is nothing.
func reasonFor(err error) string {
	for words, reason := range reasons {
		if strings.Contains(err.Error(), words) {
			return reason
		}
	}
	return ""
}

// refused counts what openssl reads and we do not, by reason.
type refused struct {
	sync.Mutex
	verdicts map[string]int
	reasons  map[string]int
}

func (r *refused) judge(t *testing.T, c found) {
	theirs := opensslReads(c.der)
	_, strict := x509.ParseCertificate(c.der)
	_, err := x509cert.Parse(c.der)
	r.Lock()
	defer r.Unlock()
	r.verdicts[fmt.Sprintf("openssl %v, we %v, crypto/x509 %v", theirs, err == nil, strict == nil)]++
	if !theirs || err == nil {
		return
	}
	reason := reasonFor(err)
	if reason == "" {
		t.Errorf("%s: %v: openssl reads it", c.path, err)
	}
	r.reasons[reason]++
}

// TestAgainstOpenssl: what openssl reads and we refuse has a reason in docs/keys.md.
func TestAgainstOpenssl(t *testing.T) {
	docs, err := os.ReadFile("../../docs/keys.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(docs)), " ")
	for _, reason := range reasons {
		if !strings.Contains(text, reason) {
			t.Errorf("docs/keys.md does not say %q", reason)
		}
	}
	all := collect(t)
	if len(all) == 0 {
		t.Skip("no certificates")
	}
	r := &refused{verdicts: map[string]int{}, reasons: map[string]int{}}
	work := make(chan found)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for c := range work {
				r.judge(t, c)
			}
		})
	}
	for _, c := range all {
		work <- c
	}
	close(work)
	workers.Wait()
	places := 0
	for _, c := range all {
		places += c.n
	}
	t.Logf("%d certificates in %d places", len(all), places)
	for _, verdict := range slices.Sorted(maps.Keys(r.verdicts)) {
		t.Logf("%6d %s", r.verdicts[verdict], verdict)
	}
	for _, reason := range slices.Sorted(maps.Keys(r.reasons)) {
		t.Logf("%6d refused: %s", r.reasons[reason], reason)
	}
}
