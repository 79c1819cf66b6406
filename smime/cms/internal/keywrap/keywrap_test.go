// Tests of the key wraps against the vectors of RFC 3394, RFC 3217 and Wycheproof.

package keywrap

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
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

// TestRFC3394 runs the vectors of RFC 3394 §4.
func TestRFC3394(t *testing.T) {
	const k = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
	const d = "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"
	for _, v := range []struct {
		kek, key int
		want     string
	}{
		{16, 16, "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
		{24, 16, "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D"},
		{32, 16, "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"},
		{24, 24, "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2"},
		{32, 24, "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1"},
		{32, 32, "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
	} {
		block, err := aes.NewCipher(unhex(t, k)[:v.kek])
		if err != nil {
			t.Fatal(err)
		}
		key := unhex(t, d)[:v.key]
		got, err := Wrap(block, key)
		if err != nil || !bytes.Equal(got, unhex(t, v.want)) {
			t.Errorf("%d/%d: wrapped %x, %v", v.kek, v.key, got, err)
		}
		back, err := Unwrap(block, got)
		if err != nil || !bytes.Equal(back, key) {
			t.Errorf("%d/%d: unwrapped %x, %v", v.kek, v.key, back, err)
		}
	}
}

func TestSizes(t *testing.T) {
	block, _ := aes.NewCipher(make([]byte, 16))
	for _, n := range []int{0, 8, 15, 17, maxKey + 8} {
		if _, err := Wrap(block, make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes was wrapped", n)
		}
		if _, err := Unwrap(block, make([]byte, n)); err == nil {
			t.Errorf("%d bytes were unwrapped", n)
		}
	}
	w, err := Wrap(block, make([]byte, maxKey))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unwrap(block, w); err != nil {
		t.Error(err)
	}
}

func TestWycheproof(t *testing.T) {
	type vector struct {
		wycheproof.Case
		Key, Msg, CT wycheproof.Hex
	}
	for _, g := range wycheproof.Load[struct{}, vector](t, "aes_wrap_test.json") {
		for _, v := range g.Tests {
			block, err := aes.NewCipher(v.Key)
			if err != nil {
				t.Fatal(err)
			}
			key, err := Unwrap(block, v.CT)
			v.Check(t, err == nil && bytes.Equal(key, v.Msg))
			if v.Result == "valid" {
				again, err := Wrap(block, v.Msg)
				v.Check(t, err == nil && bytes.Equal(again, v.CT))
			}
		}
	}
}

// TestRFC3217 runs the example of RFC 3217 §3.3, and each change of a byte of it.
func TestRFC3217(t *testing.T) {
	key := unhex(t, "2923bf85e06dd6ae529149f1f1bae9eab3a7da3d860d3e98")
	kek := unhex(t, "255e0d1c07b646dfb3134cc843ba8aa71f025b7c0838251f")
	wrapped := unhex(t, "690107618ef092b3b48ca1796b234ae9fa33ebb4159604037db5d6a84eb3aac2768c632775a467d4")
	got, err := UnwrapTripleDES(kek, wrapped)
	if err != nil || !bytes.Equal(got, key) {
		t.Fatalf("%x, %v", got, err)
	}
	for i := range wrapped {
		bad := bytes.Clone(wrapped)
		bad[i] ^= 1
		if _, err := UnwrapTripleDES(kek, bad); err != ErrUnwrap {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	if _, err := UnwrapTripleDES(kek, wrapped[:32]); err != ErrUnwrap {
		t.Errorf("cut short: %v", err)
	}
}
