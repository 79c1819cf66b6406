// Package dn writes distinguished names for people.
package dn

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
)

// names are attributes that crypto/x509/pkix writes as numbers and hex, and that
// mail certificates have (RFC 4519, RFC 5280 §4.1.2.4, PKCS #9).
var names = map[string]string{
	"1.2.840.113549.1.9.1":       "emailAddress",
	"0.9.2342.19200300.100.1.1":  "UID",
	"0.9.2342.19200300.100.1.25": "DC",
	"2.5.4.4":                    "SN",
	"2.5.4.12":                   "title",
	"2.5.4.42":                   "GN",
	"2.5.4.65":                   "pseudonym",
	"2.5.4.97":                   "organizationIdentifier",
}

var commonName = asn1.ObjectIdentifier{2, 5, 4, 3}

// String is the name as RFC 4514 writes it, the last attribute first. Values are
// the certificate's: hostile text, escaped as RFC 4514 §2.4 says and no further.
func String(n pkix.Name) string {
	s := n.String()
	for _, a := range n.Names {
		name, known := names[a.Type.String()]
		if _, text := a.Value.(string); !known || !text {
			continue
		}
		hex := pkix.RDNSequence{{a}}.String()
		a.Type = commonName // whose text pkix escapes
		value := strings.TrimPrefix(pkix.RDNSequence{{a}}.String(), "CN=")
		s = strings.Replace(s, hex, name+"="+value, 1)
	}
	return s
}
