// Tests of RC2 against the vectors of RFC 2268 §5.

package rc2

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestRFC2268(t *testing.T) {
	for _, v := range []struct {
		bits               int
		key, plain, cipher string
	}{
		{63, "0000000000000000", "0000000000000000", "ebb773f993278eff"},
		{64, "ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"},
		{64, "3000000000000000", "1000000000000001", "30649edf9be7d2c2"},
		{64, "88", "0000000000000000", "61a8a244adacccf0"},
		{64, "88bca90e90875a", "0000000000000000", "6ccf4308974c267f"},
		{64, "88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "1a807d272bbe5db1"},
		{128, "88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "2269552ab0f85ca6"},
		{129, "88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e", "0000000000000000", "5b78d3a43dfff1f1"},
	} {
		key, _ := hex.DecodeString(v.key)
		plain, _ := hex.DecodeString(v.plain)
		want, _ := hex.DecodeString(v.cipher)
		c, err := New(key, v.bits)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, BlockSize)
		if c.Encrypt(got, plain); !bytes.Equal(got, want) {
			t.Errorf("%s/%d encrypts to %x", v.key, v.bits, got)
		}
		if c.Decrypt(got, want); !bytes.Equal(got, plain) {
			t.Errorf("%s/%d decrypts to %x", v.key, v.bits, got)
		}
	}
}

func TestBounds(t *testing.T) {
	for _, v := range []struct {
		key, bits int
		ok        bool
	}{{0, 64, false}, {1, 1, true}, {128, 1024, true}, {129, 1024, false}, {16, 0, false}, {16, 1025, false}} {
		if _, err := New(make([]byte, v.key), v.bits); (err == nil) != v.ok {
			t.Errorf("key of %d bytes, %d bits: %v", v.key, v.bits, err)
		}
	}
	for version, want := range map[int]int{160: 40, 120: 64, 58: 128, 256: 256, 1024: 1024, 255: 0, 1025: 0, 0: 0, -1: 0} {
		if got, ok := EffectiveBits(version); got != want || ok != (want != 0) {
			t.Errorf("version %d: %d, %v", version, got, ok)
		}
	}
}
