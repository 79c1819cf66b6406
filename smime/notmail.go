package smime

// This file knows what is signed and is no mail: receipts, time stamps and whatever else CMS
// carries.

import (
	"encoding/asn1"
	"fmt"

	"sealgate/smime/cms"
)

var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEncryptedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
)

// knownContents are the content types that are seen in mail beside id-data (RFC 8551
// §2.4.1), with what they are for people.
var knownContents = []struct {
	id   asn1.ObjectIdentifier
	name string
}{
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 1}, "a receipt (RFC 2634)"},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}, "a time stamp (RFC 3161)"},
	{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 12, 2}, "a request for certificates (RFC 5272)"},
	{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 12, 3}, "an authority's answer (RFC 5272)"},
	{asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 4}, "the digest of a program (Authenticode)"},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, "another signature, without MIME between"},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}, "encrypted content, without MIME between"},
}

// notMail is what sd signs if that is no mail, else nil. It stays as it came: nothing
// of it can be shown as a text.
func notMail(sd *cms.SignedData) error {
	if sd.EContentType.Equal(oidData) {
		return nil
	}
	for _, k := range knownContents {
		if k.id.Equal(sd.EContentType) {
			return fmt.Errorf("smime: what is signed is %s, no mail", k.name)
		}
	}
	return fmt.Errorf("smime: what is signed is of type %v, no mail", sd.EContentType)
}
