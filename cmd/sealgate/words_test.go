package main

// This file judges testdata/words: real kinds of mail that were once refused or misread,
// and the word that is right for each.

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestWordsOfVerdicts(t *testing.T) {
	const folder = "testdata/words"
	for _, k := range []struct {
		file, root string
		signature  string
		reason     string // a part of it; "": there is none
	}{
		{"m05-nss-certs-only.eml", "m-root.pem", "none", ""},                   // an empty content, no signer (RFC 8551 §3.8)
		{"m07-101-addresses.eml", "m-root.pem", "valid", ""},                   // the last of 101 addresses is that in From
		{"m10-rsa-512.eml", "m-root.pem", "weak", "RSA key of 512 bits"},       // anybody can sign with it, and is still readable
		{"m11-digestalgorithms-empty.eml", "m-root.pem", "unchecked", "§5.1"},  // a reader may fail, and others read it
		{"d5-from-unquoted-comma.eml", "root.pem", "mismatch", "From is not "}, // "Meier, Anna <…>"
		{"c13-eku-empty.eml", "root.pem", "untrusted", "for e-mail"},           // present and empty (RFC 5280 §4.2.1.12): openssl and NSS refuse it
		{"c14-ku-zero.eml", "root.pem", "untrusted", "usage"},                  // no bit (RFC 5280 §4.2.1.3)
	} {
		roots := []string{filepath.Join(folder, k.root)}
		o := verifying{offline: offline{roots: roots, noSystemRoots: true, at: "2026-11-28T20:00:00Z"}}
		j, err := o.judgeFile(t.Context(), filepath.Join(folder, k.file), nil)
		if err != nil {
			t.Fatalf("%s: %v", k.file, err)
		}
		got := j.report
		if got.Signature != k.signature || !strings.Contains(got.Reason, k.reason) || k.reason == "" && got.Reason != "" {
			t.Errorf("%s: %s (%s), want %s (%s)", k.file, got.Signature, got.Reason, k.signature, k.reason)
		}
	}
}
