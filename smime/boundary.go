package smime

// This file makes boundaries of multiparts (RFC 2046 §5.1.1).

import (
	"crypto/rand"
	"encoding/hex"
)

// newBoundary is a boundary that cannot stand in the content: 16 random octets,
// and "=_", which neither base64 nor quoted-printable contain.
func newBoundary() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return "=_" + hex.EncodeToString(b[:])
}
