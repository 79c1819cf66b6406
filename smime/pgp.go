package smime

// This file recognises messages of OpenPGP, which are neither opened nor checked here, so
// that people can be told what they have.

import (
	"bytes"
	"strings"
)

// PGP is what a message shows of OpenPGP.
type PGP int

// What can be seen without opening it.
const (
	NoPGP PGP = iota
	PGPSigned
	PGPEncrypted
)

// OpenPGP tells an OpenPGP message by its type (RFC 3156 §4, §5), or by the line that its
// text begins with (RFC 9580 §6.2, §7). This is for people: AlreadyEncrypted says what
// may be relied on.
func (e *Entity) OpenPGP() PGP {
	media, params := e.ContentType()
	switch {
	case media == "multipart/encrypted" && strings.EqualFold(params["protocol"], "application/pgp-encrypted"):
		return PGPEncrypted
	case media == "multipart/signed" && strings.EqualFold(params["protocol"], "application/pgp-signature"):
		return PGPSigned
	case media != "text/plain":
		return NoPGP
	}
	head := bytes.TrimLeft(e.head(), "\r\n \t")
	switch {
	case bytes.HasPrefix(head, []byte(armorBegin)):
		return PGPEncrypted
	case bytes.HasPrefix(head, []byte("-----BEGIN PGP SIGNED MESSAGE-----")):
		return PGPSigned
	}
	return NoPGP
}
