// Tests of SMIMECapabilities.

package cms

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"testing"

	"sealgate/smime/cms/internal/oid"
)

func TestCapabilitiesRoundTrip(t *testing.T) {
	der, err := MarshalCapabilities(OwnCapabilities())
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseCapabilities(der)
	if err != nil {
		t.Fatal(err)
	}
	again, err := MarshalCapabilities(list)
	if err != nil || !bytes.Equal(again, der) {
		t.Errorf("%x, %v", again, err)
	}
	for _, name := range append(Ciphers(), "rsa-oaep", "rsa-pkcs1", "ecdh-sha-256", "ecdh-sha-384", "ecdh-sha-512") {
		if !HasCapability(list, name) {
			t.Errorf("our own list lacks %s", name)
		}
	}
	if HasCapability(list, "des-ede3-cbc") || HasCapability(nil, "aes-256-gcm") {
		t.Error("a capability that is not there")
	}
}

// TestParseCapabilities reads the RC2 example values of RFC 8551 appendix A and
// what is no list at all.
func TestParseCapabilities(t *testing.T) {
	for in, entries := range map[string]int{
		"3000":                                    0,
		"300f300d06082a864886f70d030202013a":      1,
		"301a300d06082a864886f70d030202013a":      -1,
		"300f300d06082a864886f70d0302020180ff":    -1,
		"300d060b2a864886f70d01090f0102":          -1,
		"3011300f06082a864886f70d030202013a0500":  -1,
		"":                                        -1,
		"3080300b0609608648016503040102" + "0000": -1,
		"300d300b0609608648016503040102":          1,
		"301a300b0609608648016503040102300b060960864801650304012a": 2,
		"30043002060030": -1,
		"300430020600":   -1,
		"3004310206002a": -1,
	} {
		der, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(in, err)
		}
		list, err := ParseCapabilities(der)
		if got := len(list); err != nil && entries >= 0 || err == nil && got != entries {
			t.Errorf("%s: %d entries, %v; want %d", in, got, err, entries)
		}
	}
}

func TestCapabilitiesBounds(t *testing.T) {
	list := make([]Capability, maxCapabilities+1)
	for i := range list {
		list[i].OID = oid.AES128CBC
	}
	for n, ok := range map[int]bool{maxCapabilities: true, maxCapabilities + 1: false} {
		der, err := MarshalCapabilities(list[:n])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCapabilities(der); (err == nil) != ok {
			t.Errorf("%d entries: %v", n, err)
		}
	}
	for extra, ok := range map[int]bool{0: true, 1: false} {
		one := []Capability{{OID: oid.AES128CBC}}
		short, _ := MarshalCapabilities(one)
		pad := maxCapabilitiesSize - len(short) - 10 + extra // 6 more length bytes, and the octet string's header
		one[0].Parameters = derOctets(make([]byte, pad+2))
		der, err := MarshalCapabilities(one)
		if err != nil || len(der) != maxCapabilitiesSize+extra {
			t.Fatalf("the test makes %d bytes, %v", len(der), err)
		}
		if _, err := ParseCapabilities(der); (err == nil) != ok {
			t.Errorf("%d bytes: %v", len(der), err)
		}
	}
	if _, err := MarshalCapabilities([]Capability{{OID: asn1.ObjectIdentifier{9, 9}}}); err == nil {
		t.Error("a bad object identifier was encoded")
	}
}
