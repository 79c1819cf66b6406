package dn

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
)

// TestString reads what a certificate holds: values escaped, unknown attributes as
// they were.
func TestString(t *testing.T) {
	oid := func(n ...int) asn1.ObjectIdentifier { return n }
	for _, k := range []struct {
		names []pkix.AttributeTypeAndValue
		want  string
	}{
		{[]pkix.AttributeTypeAndValue{{Type: commonName, Value: "Anna"}}, "CN=Anna"},
		{[]pkix.AttributeTypeAndValue{{Type: commonName, Value: "Anna"}, {Type: oid(1, 2, 840, 113549, 1, 9, 1), Value: "anna@kunde.example"}}, "CN=Anna,emailAddress=anna@kunde.example"},
		{[]pkix.AttributeTypeAndValue{{Type: commonName, Value: "a"}, {Type: oid(2, 5, 4, 42), Value: `x,CN=b"`}, {Type: oid(2, 5, 4, 4), Value: "y"}}, `CN=a,SN=y,GN=x\,CN=b\"`},
		{[]pkix.AttributeTypeAndValue{{Type: oid(1, 2, 3), Value: "x"}}, "1.2.3=#130178"},
	} {
		var n pkix.Name
		n.FillFromRDNSequence(&pkix.RDNSequence{k.names[:1]})
		for _, a := range k.names[1:] {
			n.FillFromRDNSequence(&pkix.RDNSequence{{a}})
		}
		if got := String(n); got != k.want {
			t.Errorf("%q, want %q", got, k.want)
		}
	}
}
