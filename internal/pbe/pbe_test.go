package pbe

// This file tests bounds, vectors and the forms of passwords. What the tools write is in
// keyring/testdata.

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"testing"
)

func oid(t *testing.T, text string) asn1.ObjectIdentifier {
	t.Helper()
	o, err := asn1.Marshal(parseOID(text))
	if err != nil {
		t.Fatal(err)
	}
	var id asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(o, &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func parseOID(text string) (id asn1.ObjectIdentifier) {
	n := 0
	for _, c := range text + "." {
		if c == '.' {
			id = append(id, n)
			n = 0
			continue
		}
		n = 10*n + int(c-'0')
	}
	return id
}

func algorithm(t *testing.T, id string, parameters any) pkix.AlgorithmIdentifier {
	t.Helper()
	der, err := asn1.Marshal(parameters)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.AlgorithmIdentifier{Algorithm: oid(t, id), Parameters: asn1.RawValue{FullBytes: der}}
}

type saltAndIterations struct {
	Salt       []byte
	Iterations int
}

type derivationAndCipher struct{ Derivation, Cipher pkix.AlgorithmIdentifier }

type pbkdf2WithLength struct {
	Salt       []byte
	Iterations int
	Length     int
}

const (
	tripleDES = "1.2.840.113549.1.12.1.3"
	aes128    = "2.16.840.1.101.3.4.1.2"
)

// TestPKCS12KDF: what OpenSSL's PKCS12_key_gen gives (its test/recipes, 30-test_evp).
func TestPKCS12KDF(t *testing.T) {
	password := []byte{0, 's', 0, 'm', 0, 'e', 0, 'g', 0, 0}
	salt, _ := hex.DecodeString("0A58CF64530D823F")
	got := pkcs12KDF(sha1.New, password, salt, 1, 24, forKey)
	if want := "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"; hex.EncodeToString(got) != want {
		t.Errorf("%x, want %s", got, want)
	}
}

// TestBounds: one below, one above.
func TestBounds(t *testing.T) {
	pbes2 := func(kdf pkix.AlgorithmIdentifier) pkix.AlgorithmIdentifier {
		return algorithm(t, idPBES2, derivationAndCipher{kdf, algorithm(t, aes128, make([]byte, 16))})
	}
	type scryptOf struct {
		Salt    []byte
		N, R, P int
	}
	salt := make([]byte, maxSalt)
	for name, k := range map[string]struct {
		algorithm pkix.AlgorithmIdentifier
		want      error
	}{
		"most iterations":         {algorithm(t, tripleDES, saltAndIterations{salt, maxIterations}), nil},
		"one iteration more":      {algorithm(t, tripleDES, saltAndIterations{salt, maxIterations + 1}), ErrTooMuch},
		"longer salt":             {algorithm(t, tripleDES, saltAndIterations{append(salt, 0), 1}), ErrTooMuch},
		"no iteration":            {algorithm(t, tripleDES, saltAndIterations{salt, 0}), ErrDamaged},
		"negative":                {algorithm(t, tripleDES, saltAndIterations{salt, -1}), ErrDamaged},
		"most, PBKDF2":            {pbes2(algorithm(t, idPBKDF2, saltAndIterations{salt, maxIterations})), nil},
		"one more, PBKDF2":        {pbes2(algorithm(t, idPBKDF2, saltAndIterations{salt, maxIterations + 1})), ErrTooMuch},
		"scrypt's memory":         {pbes2(algorithm(t, idScrypt, scryptOf{salt, maxScrypt / 128 / 8, 8, 1})), nil},
		"twice the memory":        {pbes2(algorithm(t, idScrypt, scryptOf{salt, maxScrypt / 128 / 4, 8, 1})), ErrTooMuch},
		"scrypt's r is enormous":  {pbes2(algorithm(t, idScrypt, scryptOf{salt, 2, math.MaxInt, 1})), ErrTooMuch},
		"scrypt's p":              {pbes2(algorithm(t, idScrypt, scryptOf{salt, 2, 8, maxParallel})), nil},
		"one p more":              {pbes2(algorithm(t, idScrypt, scryptOf{salt, 2, 8, maxParallel + 1})), ErrTooMuch},
		"N that is no power of 2": {pbes2(algorithm(t, idScrypt, scryptOf{salt, 6, 8, 1})), ErrDamaged},
		"an IV too short":         {algorithm(t, idPBES2, derivationAndCipher{algorithm(t, idPBKDF2, saltAndIterations{salt, 1}), algorithm(t, aes128, make([]byte, 15))}), ErrDamaged},
	} {
		_, err := NewOpener(nil, 0).Decrypt(k.algorithm, make([]byte, 16), func([]byte) bool { return true })
		if k.want == nil && !errors.Is(err, ErrTooMuch) { // it would begin, and no work is allowed
			t.Errorf("%s: %v", name, err)
		}
		if err := CheckScheme(k.algorithm); name != "an IV too short" && !errors.Is(err, k.want) {
			t.Errorf("%s: %v, want %v", name, err, k.want)
		}
		if _, err := NewOpener(nil, 10).Decrypt(k.algorithm, make([]byte, 16), func([]byte) bool { return true }); k.want != nil && !errors.Is(err, k.want) {
			t.Errorf("%s: %v, want %v", name, err, k.want)
		}
	}
}

// TestShortMACKey: a key of PBMAC1 that can be guessed lets anybody write a file that
// any password opens (CVE-2026-34181 in others).
func TestShortMACKey(t *testing.T) {
	for length, ok := range map[int]bool{0: false, 1: false, minMACKey - 1: false, minMACKey: true, maxMACKey: true, maxMACKey + 1: false} {
		m := MAC{Algorithm: algorithm(t, idPBMAC1, derivationAndCipher{
			algorithm(t, idPBKDF2, pbkdf2WithLength{[]byte("salt"), 1, length}), algorithm(t, "1.2.840.113549.2.9", asn1.NullRawValue),
		})}
		if err := m.Check(); (err == nil) != ok {
			t.Errorf("a key of %d octets: %v", length, err)
		}
	}
}

// TestWork: all derivations of one file together are bounded.
func TestWork(t *testing.T) {
	a := algorithm(t, tripleDES, saltAndIterations{[]byte("salt"), 100})
	o := NewOpener([]byte("x"), 400)
	accept := func([]byte) bool { return false }
	for range 2 { // each for the key and the IV
		if _, err := o.Decrypt(a, make([]byte, 8), accept); !errors.Is(err, ErrPassword) {
			t.Fatal(err)
		}
	}
	if _, err := o.Decrypt(a, make([]byte, 8), accept); !errors.Is(err, ErrTooMuch) {
		t.Error(err)
	}
	if o := NewOpener(nil, MaxWork+1); o.left != MaxWork {
		t.Errorf("%d of work", o.left)
	}
}

// TestForms: each tool's octets of a password.
func TestForms(t *testing.T) {
	f := formsOf("ü\U0001f511")
	if want := []byte{0, 0xfc, 0xd8, 0x3d, 0xdd, 0x11, 0, 0}; !bytes.Equal(f.bmp[0], want) {
		t.Errorf("%x", f.bmp[0])
	}
	if want := []byte{0, 0xc3, 0, 0xbc, 0, 0xf0, 0, 0x9f, 0, 0x94, 0, 0x91, 0, 0}; !bytes.Equal(f.bmp[1], want) {
		t.Errorf("%x", f.bmp[1])
	}
	if f := formsOf("ascii"); len(f.bmp) != 1 || len(f.raw) != 2 {
		t.Errorf("%q %q", f.bmp, f.raw)
	}
	if f := formsOf("5 €"); !slices.ContainsFunc(f.raw, func(b []byte) bool { return bytes.Equal(b, []byte("5 \x80")) }) {
		t.Errorf("%q", f.raw)
	}
}

// TestUnknown: what is not read is named, whatever the password.
func TestUnknown(t *testing.T) {
	for _, a := range []pkix.AlgorithmIdentifier{
		{Algorithm: oid(t, "1.2.643.7.1.1.5.2.2")},
		algorithm(t, idPBES2, derivationAndCipher{algorithm(t, "1.2.3", 1), algorithm(t, aes128, make([]byte, 16))}),
		algorithm(t, idPBES2, derivationAndCipher{algorithm(t, idPBKDF2, saltAndIterations{[]byte("salt"), 1}), algorithm(t, "1.2.4", make([]byte, 16))}),
	} {
		var unsupported *UnsupportedError
		if err := CheckScheme(a); !errors.As(err, &unsupported) {
			t.Errorf("%s: %v", a.Algorithm, err)
		}
	}
}
