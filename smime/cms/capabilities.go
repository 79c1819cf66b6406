package cms

// This file reads and writes SMIMECapabilities (RFC 8551 §2.5.2): what a sender says that it can
// read.

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

// OwnCapabilities returns what this package can read and wants to get: of the tables of
// algorithms what is written too, in their order.
func OwnCapabilities() []Capability {
	var list []Capability
	for _, c := range cipherSpecs {
		if !c.weak {
			list = append(list, Capability{OID: c.id})
		}
	}
	list = append(list,
		Capability{OID: oid.RSAESOAEP, Parameters: oaepParameters(crypto.SHA256)},
		Capability{OID: oid.RSAEncryption},
	)
	for _, a := range keyAgreements {
		if a.advertised {
			list = append(list, Capability{OID: a.ids[0], Parameters: derAlgorithm(oid.AES256Wrap)})
		}
	}
	return list
}

// HasCapability reports whether the list names an algorithm, by the names that
// EncryptOptions.Cipher and RecipientInfo.KeyManagement have.
func HasCapability(list []Capability, name string) bool {
	id := capabilityID(name)
	return id != nil && slices.ContainsFunc(list, func(c Capability) bool { return id.Equal(c.OID) })
}

// capabilityID is nil for a name that no table has.
func capabilityID(name string) asn1.ObjectIdentifier {
	for _, c := range cipherSpecs {
		if c.name == name {
			return c.id
		}
	}
	for _, t := range keyTransports {
		if t.name == name {
			return t.id
		}
	}
	if a := findAgreement(func(a *keyAgreement) bool { return a.name == name }); a != nil {
		return a.ids[0]
	}
	return nil
}
