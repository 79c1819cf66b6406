package pbe

// This file names digests and pseudorandom functions.

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/asn1"
	"hash"
)

// digests by what names them: alone, in the MAC of PKCS#12, and as HMAC, in PBKDF2 and
// PBMAC1 (RFC 8018 §B.1.2, RFC 9688 §3 for SHA-3).
var digests = []struct {
	plain, hmac string
	new         func() hash.Hash
}{
	{"1.2.840.113549.2.5", "1.2.840.113549.2.6", md5.New},
	{"1.3.14.3.2.26", "1.2.840.113549.2.7", sha1.New},
	{"2.16.840.1.101.3.4.2.4", "1.2.840.113549.2.8", sha256.New224},
	{"2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9", sha256.New},
	{"2.16.840.1.101.3.4.2.2", "1.2.840.113549.2.10", sha512.New384},
	{"2.16.840.1.101.3.4.2.3", "1.2.840.113549.2.11", sha512.New},
	{"2.16.840.1.101.3.4.2.5", "1.2.840.113549.2.12", sha512.New512_224},
	{"2.16.840.1.101.3.4.2.6", "1.2.840.113549.2.13", sha512.New512_256},
	{"2.16.840.1.101.3.4.2.7", "2.16.840.1.101.3.4.2.13", func() hash.Hash { return sha3.New224() }},
	{"2.16.840.1.101.3.4.2.8", "2.16.840.1.101.3.4.2.14", func() hash.Hash { return sha3.New256() }},
	{"2.16.840.1.101.3.4.2.9", "2.16.840.1.101.3.4.2.15", func() hash.Hash { return sha3.New384() }},
	{"2.16.840.1.101.3.4.2.10", "2.16.840.1.101.3.4.2.16", func() hash.Hash { return sha3.New512() }},
}

// digestNamed is nil for an unknown digest.
func digestNamed(id asn1.ObjectIdentifier) func() hash.Hash {
	for _, d := range digests {
		if d.plain == id.String() {
			return d.new
		}
	}
	return nil
}

// hmacNamed is the digest of an HMAC, nil for an unknown one.
func hmacNamed(id asn1.ObjectIdentifier) func() hash.Hash {
	for _, d := range digests {
		if d.hmac == id.String() {
			return d.new
		}
	}
	return nil
}
