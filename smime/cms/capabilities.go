// SMIMECapabilities (RFC 8551 §2.5.2): what a sender says that it can read.

package cms

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// Capability is one algorithm, the most preferred first in a list.
type Capability struct {
	OID        asn1.ObjectIdentifier
	Parameters []byte // DER, nil when absent
}

// Bounds of what is read from a message: Outlook sends 10 entries, nobody 100.
const (
	maxCapabilities     = 100
	maxCapabilitiesSize = 16 << 10 // bytes
)

var errCapabilities = errors.New("cms: malformed SMIMECapabilities")

// ParseCapabilities reads the DER of SMIMECapabilities.
func ParseCapabilities(der []byte) ([]Capability, error) {
	if len(der) > maxCapabilitiesSize {
		return nil, fmt.Errorf("%w: more than %d bytes", errCapabilities, maxCapabilitiesSize)
	}
	var list []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &list); err != nil || len(rest) > 0 {
		return nil, errCapabilities
	}
	if len(list) > maxCapabilities {
		return nil, fmt.Errorf("%w: more than %d entries", errCapabilities, maxCapabilities)
	}
	capabilities := make([]Capability, 0, len(list))
	for _, entry := range list {
		c, err := parseCapability(entry)
		if err != nil {
			return nil, err
		}
		capabilities = append(capabilities, c)
	}
	return capabilities, nil
}

// parseCapability reads SEQUENCE { OBJECT IDENTIFIER, ANY OPTIONAL }.
func parseCapability(entry asn1.RawValue) (c Capability, err error) {
	if entry.Class != asn1.ClassUniversal || entry.Tag != asn1.TagSequence || !entry.IsCompound {
		return c, errCapabilities
	}
	rest, err := asn1.Unmarshal(entry.Bytes, &c.OID)
	if err != nil {
		return c, errCapabilities
	}
	if len(rest) > 0 {
		var parameters asn1.RawValue
		if more, err := asn1.Unmarshal(rest, &parameters); err != nil || len(more) > 0 {
			return c, errCapabilities
		}
		c.Parameters = slices.Clone(rest)
	}
	return c, nil
}

// MarshalCapabilities is the inverse of ParseCapabilities.
func MarshalCapabilities(list []Capability) ([]byte, error) {
	var entries [][]byte
	for _, c := range list {
		id, err := asn1.Marshal(c.OID)
		if err != nil {
			return nil, fmt.Errorf("%w: bad object identifier %v", errCapabilities, c.OID)
		}
		entries = append(entries, der(cbasn1.SEQUENCE, id, c.Parameters))
	}
	return der(cbasn1.SEQUENCE, entries...), nil
}

// OwnCapabilities returns what this package can read and wants to get.
func OwnCapabilities() []Capability {
	var list []Capability
	for _, id := range []asn1.ObjectIdentifier{
		oid.AES256GCM, oid.AES192GCM, oid.AES128GCM, oid.ChaCha20Poly1305,
		oid.AES256CBC, oid.AES192CBC, oid.AES128CBC,
	} {
		list = append(list, Capability{OID: id})
	}
	return append(list,
		Capability{OID: oid.RSAESOAEP, Parameters: oaepParameters(crypto.SHA256)},
		Capability{OID: oid.RSAEncryption},
		Capability{OID: oid.StdDHSHA256KDF, Parameters: derAlgorithm(oid.AES256Wrap)},
		Capability{OID: oid.StdDHSHA384KDF, Parameters: derAlgorithm(oid.AES256Wrap)},
		Capability{OID: oid.StdDHSHA512KDF, Parameters: derAlgorithm(oid.AES256Wrap)},
	)
}

// capabilityNames are the algorithms that HasCapability knows.
var capabilityNames = map[string]asn1.ObjectIdentifier{
	"aes-256-cbc": oid.AES256CBC, "aes-192-cbc": oid.AES192CBC, "aes-128-cbc": oid.AES128CBC,
	"aes-256-gcm": oid.AES256GCM, "aes-192-gcm": oid.AES192GCM, "aes-128-gcm": oid.AES128GCM,
	"chacha20-poly1305": oid.ChaCha20Poly1305,
	"rsa-pkcs1":         oid.RSAEncryption, "rsa-oaep": oid.RSAESOAEP,
	"ecdh-sha-256": oid.StdDHSHA256KDF, "ecdh-sha-384": oid.StdDHSHA384KDF, "ecdh-sha-512": oid.StdDHSHA512KDF,
}

// HasCapability tells if the list names an algorithm, by the names that
// EncryptOptions.Cipher and RecipientInfo.KeyManagement have.
func HasCapability(list []Capability, name string) bool {
	return slices.ContainsFunc(list, func(c Capability) bool {
		id, ok := capabilityNames[name]
		return ok && id.Equal(c.OID)
	})
}
