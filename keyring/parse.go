package keyring

// This file reads what admins paste or were sent, and says in plain words what is
// wrong with it.

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"

	"sealgate/internal/charset"
)

// Password gives the password of a key when it is needed; nil means that there
// is none.
type Password func() ([]byte, error)

// maxFile bounds the octets of a key file.
const maxFile = 1 << 20

// The faults that callers tell apart.
var (
	ErrPassword = errors.New("keyring: wrong password")
	ErrNoKey    = errors.New("keyring: there is a certificate but no private key; paste the block that begins " +
		"with BEGIN PRIVATE KEY along with it")
	ErrNoCert = errors.New("keyring: there is a private key but no certificate; paste the block that begins " +
		"with BEGIN CERTIFICATE along with it")
	ErrEmpty = errors.New("keyring: neither PEM blocks nor a PKCS#12 file")
)

// File is what a key file holds.
type File struct {
	Credentials []*Credential
	LeftOut     []string // what stood beside them, in words
}

// pemBegin is found also where one of the hyphens was lost.
var pemBegin = []byte("--BEGIN ")

// Read reads PEM (certificates, keys and bundles in any order) or PKCS#12, also in
// base64 or UTF-16. Each key with its certificate is one Credential. Nothing secret
// stands in an error. The password is asked for once at most.
func Read(data []byte, password Password) (*File, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("keyring: %d octets are too many for a key file", len(data))
	}
	if password != nil {
		password = sync.OnceValues(password)
	}
	c := &collection{password: password}
	if err := c.read(data); err != nil {
		return nil, err
	}
	list, err := c.pair()
	if err != nil {
		return nil, err
	}
	return &File{Credentials: list, LeftOut: c.leftOut}, nil
}

func (c *collection) read(data []byte) error {
	if isDER(data) {
		return c.der(data)
	}
	text := charset.Text(data)
	if bytes.Contains(text, pemBegin) {
		return c.pem(text)
	}
	if der := charset.Base64(text); isDER(der) {
		return c.der(der)
	}
	return notAKeyFile(data)
}

// isDER tells a SEQUENCE from text that begins with the digit 0: by a long length, or by
// one that fits, as a P-256 key has it.
func isDER(data []byte) bool {
	if len(data) < 2 || data[0] != 0x30 {
		return false
	}
	return data[1] >= 0x80 || int(data[1]) == len(data)-2
}

// pem reads all blocks of a text.
func (c *collection) pem(text []byte) error {
	begun := bytes.Count(text, pemBegin)
	n := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		n++
		if err := c.block(block, n); err != nil {
			return fmt.Errorf("%w (block %d)", err, n)
		}
	}
	if n != begun {
		return fmt.Errorf("keyring: %d blocks begin with BEGIN, but only %d can be read: paste each whole, from "+
			"-----BEGIN to -----END with all five hyphens, in lines of its own without blanks before them", begun, n)
	}
	return nil
}

func (c *collection) block(block *pem.Block, n int) error {
	where := fmt.Sprintf("block %d, ", n)
	switch block.Type {
	case "CERTIFICATE", "X509 CERTIFICATE":
		c.certificate(block.Bytes, where)
	case "TRUSTED CERTIFICATE":
		c.certificate(withoutTrust(block.Bytes), where)
	case "PKCS7", "PKCS #7 SIGNED DATA", "CMS":
		c.bundle(block.Bytes, where)
	case "PKCS12":
		return c.pkcs12(block.Bytes)
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return c.key(block, where)
	case "ENCRYPTED PRIVATE KEY":
		return c.encryptedKey(block.Bytes, where)
	default:
		const other = "%q is neither a certificate nor a private key of a mailbox%s"
		c.leaveOut(where, fmt.Sprintf(other, block.Type, hint(block.Type)))
	}
	return nil
}

// hint says what to do with a block that is often pasted by mistake.
func hint(kind string) string {
	switch {
	case strings.HasSuffix(kind, "CERTIFICATE REQUEST"):
		return "; paste the certificate that the CA sent back for this request"
	case strings.HasSuffix(kind, "PUBLIC KEY"):
		return "; the certificate has it already, the private key is needed"
	case strings.HasPrefix(kind, "OPENSSH"), strings.HasPrefix(kind, "PGP"):
		return "; SSH and OpenPGP keys have no certificate that S/MIME could use"
	}
	return ""
}
