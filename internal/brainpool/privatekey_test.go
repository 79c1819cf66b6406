// Tests of private keys: Wycheproof's vectors of key agreement, and openssl both ways.

package brainpool

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/wycheproof"
)

// TestWycheproofECDH agrees with public keys of all kinds of malice.
func TestWycheproofECDH(t *testing.T) {
	type vector struct {
		wycheproof.Case
		Public  wycheproof.Hex
		Private string
		Shared  wycheproof.Hex
	}
	for file, c := range map[string]elliptic.Curve{
		"ecdh_brainpoolP256r1_test.json": P256r1(),
		"ecdh_brainpoolP384r1_test.json": P384r1(),
		"ecdh_brainpoolP512r1_test.json": P512r1(),
	} {
		t.Run(file, func(t *testing.T) {
			skipLonger(t, c)
			t.Parallel()
			for _, g := range wycheproof.Load[struct{}, vector](t, file) {
				for _, v := range g.Tests {
					scalar, ok := new(big.Int).SetString(v.Private, 16)
					if !ok {
						t.Fatalf("%d: no private key", v.ID)
					}
					key, err := c.(*curve).newPrivateKey(scalar.Bytes())
					if err != nil {
						t.Fatalf("%d: %v", v.ID, err)
					}
					var shared []byte
					peer, err := ParsePublicKey(v.Public)
					if err == nil {
						shared, err = key.ECDH(peer)
					}
					v.Check(t, err == nil && bytes.Equal(shared, v.Shared))
				}
			}
		})
	}
}

// TestPeerElsewhere: a secret is shared on the own curve only, and with a point of it only.
func TestPeerElsewhere(t *testing.T) {
	key, err := GenerateKey(P256r1())
	if err != nil {
		t.Fatal(err)
	}
	longer, err := GenerateKey(P384r1())
	if err != nil {
		t.Fatal(err)
	}
	nist, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	beside := &ecdsa.PublicKey{Curve: P256r1(), X: key.public.X, Y: new(big.Int).Add(key.public.Y, big.NewInt(1))}
	nowhere := &ecdsa.PublicKey{Curve: P256r1(), X: new(big.Int), Y: new(big.Int)}
	for name, peer := range map[string]*ecdsa.PublicKey{
		"on P384r1": longer.public, "on NIST's": &nist.PublicKey, "beside the curve": beside, "at infinity": nowhere,
	} {
		if _, err := key.ECDH(peer); err == nil {
			t.Errorf("a secret is shared with a key %s", name)
		}
	}
	if _, err := GenerateKey(elliptic.P256()); !errors.Is(err, ErrOtherCurve) {
		t.Errorf("a key on NIST's curve: %v", err)
	}
}

// openssl runs openssl in a folder.
func openssl(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %v: %v %s", args, err, out)
	}
	return out
}

// write puts a file into a folder.
func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// block reads the one PEM block of a type from a file.
func block(t *testing.T, dir, name, kind string) []byte {
	t.Helper()
	rest, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	for {
		var b *pem.Block
		b, rest = pem.Decode(rest)
		if b == nil {
			t.Fatalf("no %s in %s", kind, name)
		}
		if b.Type == kind {
			return b.Bytes
		}
	}
}

// TestKeysOfOpenssl: its keys are read in each form and sign what it verifies, and ours are
// read by it.
func TestKeysOfOpenssl(t *testing.T) {
	for _, c := range []elliptic.Curve{P256r1(), P384r1(), P512r1()} {
		name := c.Params().Name
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			openssl(t, dir, "ecparam", "-name", name, "-genkey", "-out", "sec1.pem")
			openssl(t, dir, "pkcs8", "-topk8", "-nocrypt", "-in", "sec1.pem", "-out", "pkcs8.pem")
			openssl(t, dir, "pkey", "-in", "sec1.pem", "-pubout", "-out", "public.pem")
			public, err := ParsePublicKey(block(t, dir, "public.pem", "PUBLIC KEY"))
			if err != nil {
				t.Fatal(err)
			}
			for file, kind := range map[string]string{"sec1.pem": "EC PRIVATE KEY", "pkcs8.pem": "PRIVATE KEY"} {
				key, err := ParsePrivateKey(block(t, dir, file, kind))
				if err != nil || !public.Equal(key.Public()) {
					t.Fatalf("%s: %v", file, err)
				}
				checkWithOpenssl(t, dir, key)
			}
			own, err := GenerateKey(c)
			if err != nil {
				t.Fatal(err)
			}
			der, err := MarshalPrivateKey(own)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "own.der", der)
			if out := openssl(t, dir, "pkey", "-inform", "DER", "-in", "own.der", "-check", "-noout"); !strings.Contains(string(out), "is valid") {
				t.Errorf("openssl says of our key: %s", out)
			}
			if back, err := ParsePrivateKey(der); err != nil || !own.public.Equal(back.Public()) {
				t.Errorf("our key comes back otherwise: %v", err)
			}
		})
	}
}

// checkWithOpenssl signs with the key of public.pem, also a digest that is longer than the
// shortest curve.
func checkWithOpenssl(t *testing.T, dir string, key *PrivateKey) {
	t.Helper()
	text := []byte("something to sign")
	write(t, dir, "text", text)
	short := sha256.Sum256(text)
	long := sha512.Sum512(text)
	for name, sum := range map[string][]byte{"-sha256": short[:], "-sha512": long[:]} {
		signature, err := key.Sign(nil, sum, crypto.Hash(0))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "signature", signature)
		openssl(t, dir, "dgst", name, "-verify", "public.pem", "-signature", "signature", "text")
	}
}

// TestNoncesDiffer: no two signatures share one, which would give the key away.
func TestNoncesDiffer(t *testing.T) {
	key, err := GenerateKey(P256r1())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("one text"))
	seen := map[string]bool{}
	for range 20 {
		der, err := key.Sign(nil, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		var s signature
		if _, err := asn1.Unmarshal(der, &s); err != nil || !ecdsa.VerifyASN1(key.public, sum[:], der) {
			t.Fatalf("a bad signature: %v", err)
		}
		if seen[s.R.String()] {
			t.Fatal("two signatures with one nonce")
		}
		seen[s.R.String()] = true
	}
}

// TestDamagedKeys: scalars out of bounds, curves that contradict each other, and other
// curves make no key.
func TestDamagedKeys(t *testing.T) {
	c := P256r1().(*curve)
	marshal := func(v any) []byte {
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	name := func(id asn1.ObjectIdentifier) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: marshal(id)}
	}
	sec1 := func(scalar []byte) []byte {
		return marshal(ecPrivateKey{Version: ecVersion, Key: scalar, Curve: name(c.id)})
	}
	around := algorithm{ID: idECPublicKey, Parameters: asn1.RawValue{FullBytes: marshal(c.id)}}
	size := c.size()
	below := new(big.Int).Sub(c.params.N, big.NewInt(1)).Bytes()
	for _, good := range [][]byte{{1}, below, append([]byte{0}, below...)} {
		if _, err := ParsePrivateKey(sec1(good)); err != nil {
			t.Errorf("the scalar %x: %v", good, err)
		}
	}
	for what, der := range map[string][]byte{
		"0":             sec1(make([]byte, size)),
		"nothing":       sec1(nil),
		"the order":     sec1(c.params.N.Bytes()),
		"too long":      sec1(bytes.Repeat([]byte{1}, size+1)),
		"two curves":    marshal(privateKeyInfo{Algorithm: around, Key: marshal(ecPrivateKey{Version: ecVersion, Key: []byte{1}, Curve: name(p384r1.id)})}),
		"cut off":       marshal(privateKeyInfo{Algorithm: around, Key: []byte{0x30, 5}}),
		"other version": marshal(privateKeyInfo{Algorithm: around, Key: marshal(ecPrivateKey{Version: 2, Key: []byte{1}})}),
	} {
		if _, err := ParsePrivateKey(der); !errors.Is(err, errMalformed) {
			t.Errorf("a key with %s: %v", what, err)
		}
	}
	other := asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7} // P-256
	for what, der := range map[string][]byte{
		"on NIST's curve":  marshal(ecPrivateKey{Version: ecVersion, Key: []byte{1}, Curve: name(other)}),
		"without a curve":  marshal(ecPrivateKey{Version: ecVersion, Key: []byte{1}}),
		"that is no key":   {0x30, 0},
		"that is no DER":   []byte("key"),
		"of another kind":  marshal(privateKeyInfo{Algorithm: algorithm{ID: other}, Key: []byte{1}}),
		"with more behind": append(sec1([]byte{1}), 0),
	} {
		if _, err := ParsePrivateKey(der); !errors.Is(err, ErrOtherCurve) {
			t.Errorf("one %s: %v", what, err)
		}
	}
}

// FuzzParsePrivateKey: what is read as a key is written and read again as the same.
func FuzzParsePrivateKey(f *testing.F) {
	for _, c := range []elliptic.Curve{P256r1(), P384r1(), P512r1()} {
		key, err := GenerateKey(c)
		if err != nil {
			f.Fatal(err)
		}
		der, err := MarshalPrivateKey(key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
		var info privateKeyInfo
		if _, err := asn1.Unmarshal(der, &info); err != nil {
			f.Fatal(err)
		}
		f.Add(info.Key)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		key, err := ParsePrivateKey(der)
		if err != nil {
			return
		}
		written, err := MarshalPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParsePrivateKey(written)
		if err != nil || !key.public.Equal(back.Public()) {
			t.Fatalf("%x comes back otherwise: %v", der, err)
		}
	})
}
