// Package kdf derives key-encryption keys from an ECDH shared secret in CMS:
// the X9.63 function (RFC 5753 §7.2, SEC 1 §3.6.1), HKDF (RFC 8418 §2.2), and the
// ECC-CMS-SharedInfo that both are bound to.
package kdf

import (
	"crypto"
	"crypto/hkdf"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"hash"
)

// maxLength bounds the derived key in bytes. The longest key is 32.
const maxLength = 1024

var errLength = errors.New("kdf: a derived key has 1 to 1024 bytes")

// X963 derives n bytes from the shared secret z with the ANSI X9.63 function.
func X963(h crypto.Hash, z, sharedInfo []byte, n int) ([]byte, error) {
	if n < 1 || n > maxLength {
		return nil, errLength
	}
	var out []byte
	d := h.New()
	for counter := uint32(1); len(out) < n; counter++ {
		d.Reset()
		d.Write(z)
		d.Write(binary.BigEndian.AppendUint32(nil, counter))
		d.Write(sharedInfo)
		out = d.Sum(out)
	}
	return out[:n], nil
}

// HKDF derives n bytes from the shared secret z with RFC 5869. Its salt is the user keying
// material (nil: none), and the shared info, which has the same material once more, is its
// info (RFC 8418 §2.2: salt = ukm; BouncyCastle 1.86 alone left it out).
func HKDF(h crypto.Hash, z, ukm, sharedInfo []byte, n int) ([]byte, error) {
	if n < 1 || n > maxLength {
		return nil, errLength
	}
	return hkdf.Key(func() hash.Hash { return h.New() }, z, ukm, string(sharedInfo), n)
}

// SharedInfo returns the DER of ECC-CMS-SharedInfo (RFC 5753 §7.2):
//
//	ECC-CMS-SharedInfo ::= SEQUENCE {
//	  keyInfo         AlgorithmIdentifier,
//	  entityUInfo [0] EXPLICIT OCTET STRING OPTIONAL,
//	  suppPubInfo [2] EXPLICIT OCTET STRING }
//
// wrapAlgorithm is the DER of the key wrap's AlgorithmIdentifier exactly as it
// stands in the message, ukm the user keying material (nil: none), keyLength the
// length in bytes of the key-encryption key.
func SharedInfo(wrapAlgorithm, ukm []byte, keyLength int) ([]byte, error) {
	info := struct {
		KeyInfo     asn1.RawValue
		EntityUInfo []byte `asn1:"optional,explicit,tag:0,omitempty"`
		SuppPubInfo []byte `asn1:"explicit,tag:2"`
	}{
		KeyInfo:     asn1.RawValue{FullBytes: wrapAlgorithm},
		EntityUInfo: ukm,
		SuppPubInfo: binary.BigEndian.AppendUint32(nil, uint32(keyLength)*8),
	}
	return asn1.Marshal(info)
}
