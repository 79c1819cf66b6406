// Package pkcs12 reads PKCS#12 files (RFC 7292) as NSS, Java, OpenSSL, GnuTLS, GnuPG and
// Windows write them: in BER, with any number of safes and keys, and with or without MAC.
package pkcs12

// This file takes a file apart, and opens it with a password.

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"sealgate/internal/ber"
	"sealgate/internal/pbe"
)

// Bounds of one file.
const (
	MaxSize   = 1 << 20 // octets
	maxSafes  = 64      // every tool writes two or three
	maxBags   = 1000    // keys, certificates and others
	maxNested = 4       // SafeContents in a SafeContents (RFC 7292 §4.2.6)
)

// The causes why a file is not read.
var (
	// ErrNotPKCS12 says that it is something else.
	ErrNotPKCS12 = errors.New("pkcs12: no PKCS#12 file")
	// ErrPassword says that the password is wrong.
	ErrPassword = errors.New("pkcs12: wrong password")
	// ErrTwoPasswords says that the MAC fits and the encryption does not.
	ErrTwoPasswords = errors.New("pkcs12: this password fits the file's MAC, but its content is encrypted with " +
		"another one or damaged; export it anew with one password")
	// ErrChanged says that the encryption fits and the MAC does not.
	ErrChanged = errors.New("pkcs12: the password is right, but the MAC does not fit: " +
		"the file was changed or damaged after it was written, or has a second password for it; export it anew")
)

// Contents are what a file holds.
type Contents struct {
	Keys         [][]byte // PrivateKeyInfo (RFC 5958), DER
	Certificates [][]byte // X.509, DER
	LeftOut      []string // what else there was, in words
}

// file is a file that was taken apart and not yet opened.
type file struct {
	content []byte // what the MAC is over: the AuthenticatedSafe
	safes   []safe
	mac     *pbe.MAC
}

// safe is one part of the file, encrypted or not.
type safe struct {
	algorithm *pkix.AlgorithmIdentifier
	data      []byte
}

// Names of content types (RFC 5652 §4, §5, §6, §8).
var (
	idData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	idSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	idEnvelopedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	idEncryptedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
)

// contentInfo is RFC 5652 §3.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"optional"` // [0] EXPLICIT
}

// pfx is RFC 7292 §4.
type pfx struct {
	Version int
	Safe    contentInfo
	MAC     struct {
		Digest struct {
			Algorithm pkix.AlgorithmIdentifier
			Digest    []byte
		}
		Salt       []byte
		Iterations int `asn1:"optional,default:1"`
	} `asn1:"optional"`
}

// encryptedData is RFC 5652 §8.
type encryptedData struct {
	Version int
	Info    struct {
		Type      asn1.ObjectIdentifier
		Algorithm pkix.AlgorithmIdentifier
		Content   asn1.RawValue `asn1:"optional"` // [0] IMPLICIT OCTET STRING
	}
	Attributes asn1.RawValue `asn1:"optional"`
}

// damaged says in which part the encoding is wrong.
func damaged(part string) error {
	return fmt.Errorf("pkcs12: damaged or cut off (%s); take the file anew", part)
}

// toDER is one value in DER. Line ends and zero octets after it mean nothing.
func toDER(data []byte) ([]byte, error) {
	_, end, err := ber.NewReader(bytes.NewReader(data), int64(len(data))).Skip()
	if err != nil {
		return nil, err
	}
	if len(bytes.Trim(data[end:], "\x00\r\n")) > 0 {
		return nil, errors.New("pkcs12: octets after the end")
	}
	return ber.DER(data[:end])
}

// unmarshal reads all of der.
func unmarshal(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}

// parse takes a file apart. What no password could open is an error here already.
func parse(data []byte) (*file, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("pkcs12: %d octets are too many, at most %d are read", len(data), MaxSize)
	}
	if !Is(data) {
		return nil, ErrNotPKCS12
	}
	der, err := toDER(data)
	if err != nil {
		return nil, damaged("the outermost structure")
	}
	var p pfx
	if !unmarshal(der, &p) {
		return nil, damaged("the outermost structure")
	}
	f := &file{}
	switch {
	case p.Safe.Type.Equal(idSignedData):
		return nil, errors.New("pkcs12: the file is signed instead of protected by a password (RFC 7292 §3.1); " +
			"export it with a password")
	case !p.Safe.Type.Equal(idData), !unmarshal(p.Safe.Content.Bytes, &f.content):
		return nil, damaged("the authenticated safe")
	}
	if p.MAC.Digest.Algorithm.Algorithm != nil {
		f.mac = &pbe.MAC{
			Algorithm:  p.MAC.Digest.Algorithm,
			Digest:     p.MAC.Digest.Digest,
			Salt:       p.MAC.Salt,
			Iterations: p.MAC.Iterations,
		}
		if err := f.mac.Check(); err != nil {
			return nil, explained(err, "its MAC")
		}
	}
	return f, f.readSafes()
}

// Is reports whether data looks like a PFX: a SEQUENCE whose first value is version 3,
// also one that was cut off.
func Is(data []byte) bool {
	if len(data) < 2 || data[0] != 0x30 {
		return false
	}
	body := 2
	if data[1] > 0x80 {
		body += int(data[1] & 0x7f)
	}
	return body <= len(data) && bytes.HasPrefix(data[body:], []byte{2, 1, 3})
}

func (f *file) readSafes() error {
	der, err := toDER(f.content)
	if err != nil {
		return damaged("the list of safes")
	}
	var list []contentInfo
	if !unmarshal(der, &list) || len(list) > maxSafes {
		return damaged("the list of safes")
	}
	for i, info := range list {
		s, err := readSafe(info)
		if err != nil {
			return explained(err, fmt.Sprintf("its safe %d of %d", i+1, len(list)))
		}
		f.safes = append(f.safes, *s)
	}
	return nil
}

func readSafe(info contentInfo) (*safe, error) {
	s := &safe{}
	switch {
	case info.Type.Equal(idData):
		if !unmarshal(info.Content.Bytes, &s.data) {
			return nil, pbe.ErrDamaged
		}
		return s, nil
	case info.Type.Equal(idEnvelopedData):
		return nil, &pbe.UnsupportedError{What: "encryption for a public key instead of with a password (RFC 7292 §3.1)"}
	case !info.Type.Equal(idEncryptedData):
		return nil, &pbe.UnsupportedError{What: "content type " + info.Type.String()}
	}
	var e encryptedData
	if !unmarshal(info.Content.Bytes, &e) {
		return nil, pbe.ErrDamaged
	}
	s.algorithm = &e.Info.Algorithm
	s.data = implicitOctets(e.Info.Content)
	if err := pbe.CheckScheme(*s.algorithm); err != nil {
		return nil, err
	}
	return s, nil
}

// implicitOctets joins the segments of a string whose tag hides that it is one.
func implicitOctets(v asn1.RawValue) []byte {
	if !v.IsCompound {
		return v.Bytes
	}
	var out []byte
	for rest := v.Bytes; len(rest) > 0; {
		var segment []byte
		var err error
		rest, err = asn1.Unmarshal(rest, &segment)
		if err != nil {
			return nil
		}
		out = append(out, segment...)
	}
	return out
}

// explained turns pbe's causes into sentences about the file.
func explained(err error, part string) error {
	var unsupported *pbe.UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		return fmt.Errorf("pkcs12: %s uses what is not read here: %s; convert it: "+
			"openssl pkcs12 -in OLD.p12 -nodes -out NEW.pem", part, unsupported.What)
	case errors.Is(err, pbe.ErrTooMuch):
		return fmt.Errorf("pkcs12: %s asks for more work than any program writes (iterations or salt); export it anew", part)
	case errors.Is(err, pbe.ErrDamaged):
		return damaged(part)
	}
	return err
}

// open returns what is in the file, for work at most. The empty password opens files
// without any.
func (f *file) open(password []byte, work int) (*Contents, error) {
	o := pbe.NewOpener(password, work)
	var macErr error
	if f.mac != nil {
		macErr = o.Verify(f.mac, f.content)
		if macErr != nil && !errors.Is(macErr, pbe.ErrPassword) {
			return nil, explained(macErr, "its MAC")
		}
	}
	c := &collector{opener: o}
	err := c.safes(f.safes)
	switch {
	case errors.Is(err, pbe.ErrPassword) && f.mac != nil && macErr == nil:
		return nil, ErrTwoPasswords
	case errors.Is(err, pbe.ErrPassword):
		return nil, ErrPassword
	case macErr != nil && err == nil && c.decrypted:
		return nil, ErrChanged
	case macErr != nil:
		return nil, ErrPassword
	case err != nil:
		return nil, err
	}
	return &c.found, nil
}

// Read opens a file, with no password if that opens it, else with the one that ask gives.
func Read(data []byte, ask func() ([]byte, error)) (*Contents, error) {
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	if contents, err := f.withoutPassword(); !errors.Is(err, ErrPassword) {
		return contents, err
	}
	password, err := ask()
	if err != nil {
		return nil, err
	}
	return f.open(password, pbe.MaxWork)
}

// withoutPassword opens a file that has none, or an empty one. A MAC tells at once.
func (f *file) withoutPassword() (*Contents, error) {
	if f.mac != nil && errors.Is(pbe.NewOpener(nil, pbe.MaxWork).Verify(f.mac, f.content), pbe.ErrPassword) {
		return nil, ErrPassword
	}
	contents, err := f.open(nil, pbe.MaxWork)
	if errors.Is(err, ErrTwoPasswords) {
		return nil, ErrPassword
	}
	return contents, err
}
