// Tests of the key derivation against NIST's and Wycheproof's vectors.

package kdf

import (
	"bytes"
	"crypto"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/hex"
	"strings"
	"testing"

	"sealgate/internal/wycheproof"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSharedInfo compares with the encoding written out by hand: AES-128 key
// wrap without parameters, with and without user keying material.
func TestSharedInfo(t *testing.T) {
	wrap := unhex(t, "300b0609608648016503040105")
	got, err := SharedInfo(wrap, nil, 16)
	if want := unhex(t, "3015300b0609608648016503040105a206040400000080"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("without ukm: %x, %v", got, err)
	}
	got, err = SharedInfo(wrap, []byte{1, 2, 3}, 32)
	if want := unhex(t, "301c300b0609608648016503040105a0050403010203a206040400000100"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("with ukm: %x, %v", got, err)
	}
}

func TestHKDFWycheproof(t *testing.T) {
	type vector struct {
		wycheproof.Case
		IKM, Salt, Info, OKM wycheproof.Hex
		Size                 int
	}
	for name, h := range map[string]crypto.Hash{"sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512} {
		for _, g := range wycheproof.Load[struct{}, vector](t, "hkdf_"+name+"_test.json") {
			for _, v := range g.Tests {
				if v.Size > maxLength && v.Result == "valid" {
					continue // no key is that long; errLength is tested in TestLengths
				}
				out, err := HKDF(h, v.IKM, v.Salt, v.Info, v.Size)
				v.Check(t, err == nil && bytes.Equal(out, v.OKM))
			}
		}
	}
}

func TestLengths(t *testing.T) {
	for _, n := range []int{0, 1, maxLength, maxLength + 1} {
		ok := n >= 1 && n <= maxLength
		a, err := X963(crypto.SHA256, []byte("z"), nil, n)
		if (err == nil) != ok || ok && len(a) != n {
			t.Errorf("X963 of %d bytes: %d, %v", n, len(a), err)
		}
		b, err := HKDF(crypto.SHA256, []byte("z"), nil, nil, n)
		if (err == nil) != ok || ok && len(b) != n {
			t.Errorf("HKDF of %d bytes: %d, %v", n, len(b), err)
		}
	}
}

// TestX963 runs vectors of NIST's CAVS "ANS X9.63-2001 KDF" file.
func TestX963(t *testing.T) {
	for _, v := range []struct {
		hash         crypto.Hash
		z, info, key string
	}{
		{crypto.SHA256, "96c05619d56c328ab95fe84b18264b08725b85e33fd34f08", "", "443024c3dae66b95e6f5670601558f71"},
		{
			crypto.SHA256, "22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d", "75eef81aa3041e33b80971203d2c0c52",
			"c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e52a13d9c7c6fc878c50c5ea0bc7b00e0da2447cfd874f6cf92f30d0097111485500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21",
		},
	} {
		want := unhex(t, strings.TrimSpace(v.key))
		got, err := X963(v.hash, unhex(t, v.z), unhex(t, v.info), len(want))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("z=%s: got %x, %v", v.z, got, err)
		}
	}
}
