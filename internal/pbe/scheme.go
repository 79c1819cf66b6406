package pbe

// This file reads which scheme something is encrypted with.

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"

	"sealgate/internal/rc2"
)

// Names of algorithms.
const (
	idPBES2  = "1.2.840.113549.1.5.13"
	idPBKDF2 = "1.2.840.113549.1.5.12"
	idPBMAC1 = "1.2.840.113549.1.5.14"
	idScrypt = "1.3.6.1.4.1.11591.4.11"
	idRC2    = "1.2.840.113549.3.2"
)

// scheme is an encryption whose parameters are within bounds.
type scheme struct {
	bmp    bool // the password is a BMPString
	cost   int
	cipher func(password []byte) (opened, error)
}

// opened is a cipher with its key: one of the two.
type opened struct {
	blocks cipher.BlockMode
	stream cipher.Stream
}

func newTripleDES(key []byte) (cipher.Block, error) {
	if len(key) == 16 { // two keys, the first again as the third
		key = append(key[:16:16], key[:8]...)
	}
	return des.NewTripleDESCipher(key)
}

func newRC2(key []byte) (cipher.Block, error) { return rc2.New(key, 8*len(key)) }

// simple are PBES1's schemes (RFC 8018 §A.3) and those of PKCS#12 (RFC 7292 §C).
var simple = map[string]struct {
	pkcs12 bool
	digest func() hash.Hash
	size   int // of the key
	new    func([]byte) (cipher.Block, error)
}{
	"1.2.840.113549.1.5.3":    {false, md5.New, 8, des.NewCipher},
	"1.2.840.113549.1.5.6":    {false, md5.New, 8, newRC2},
	"1.2.840.113549.1.5.10":   {false, sha1.New, 8, des.NewCipher},
	"1.2.840.113549.1.5.11":   {false, sha1.New, 8, newRC2},
	"1.2.840.113549.1.12.1.1": {true, sha1.New, 16, nil},
	"1.2.840.113549.1.12.1.2": {true, sha1.New, 5, nil},
	"1.2.840.113549.1.12.1.3": {true, sha1.New, 24, newTripleDES},
	"1.2.840.113549.1.12.1.4": {true, sha1.New, 16, newTripleDES},
	"1.2.840.113549.1.12.1.5": {true, sha1.New, 16, newRC2},
	"1.2.840.113549.1.12.1.6": {true, sha1.New, 5, newRC2},
}

// ciphers of PBES2 that have their IV alone as parameter (RFC 8018 §B.2).
var ciphers = map[string]struct {
	size int
	new  func([]byte) (cipher.Block, error)
}{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, newTripleDES},
	"1.3.14.3.2.7":            {8, des.NewCipher},
}

// exactly reads all of der.
func exactly(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}

func readScheme(algorithm pkix.AlgorithmIdentifier) (*scheme, error) {
	id := algorithm.Algorithm.String()
	if id == idPBES2 {
		return readPBES2(algorithm.Parameters.FullBytes)
	}
	k, known := simple[id]
	if !known {
		return nil, &UnsupportedError{"encryption " + id}
	}
	var p struct {
		Salt       []byte
		Iterations int
	}
	if !exactly(algorithm.Parameters.FullBytes, &p) {
		return nil, ErrDamaged
	}
	if err := bounded(p.Salt, p.Iterations); err != nil {
		return nil, err
	}
	s := &scheme{bmp: k.pkcs12, cost: p.Iterations}
	s.cipher = func(password []byte) (opened, error) {
		if !k.pkcs12 {
			both := pbkdf1(k.digest, password, p.Salt, p.Iterations, 2*k.size)
			return inBlocks(k.new, both[:k.size], both[k.size:])
		}
		key := pkcs12KDF(k.digest, password, p.Salt, p.Iterations, k.size, forKey)
		if k.new == nil {
			stream, err := rc4.NewCipher(key)
			return opened{stream: stream}, err
		}
		return inBlocks(k.new, key, pkcs12KDF(k.digest, password, p.Salt, p.Iterations, 8, forIV))
	}
	if k.new != nil && k.pkcs12 {
		s.cost *= 2 // once for the key, once for the IV
	}
	return s, nil
}

func inBlocks(newBlock func([]byte) (cipher.Block, error), key, iv []byte) (opened, error) {
	block, err := newBlock(key)
	if err != nil || len(iv) != block.BlockSize() {
		return opened{}, ErrDamaged
	}
	return opened{blocks: cipher.NewCBCDecrypter(block, iv)}, nil
}

// readPBES2 is RFC 8018 §6.2.
func readPBES2(der []byte) (*scheme, error) {
	var p struct{ Derivation, Cipher pkix.AlgorithmIdentifier }
	if !exactly(der, &p) {
		return nil, ErrDamaged
	}
	kdf, err := readDerivation(p.Derivation)
	if err != nil {
		return nil, err
	}
	id := p.Cipher.Algorithm.String()
	size := kdf.length
	var iv []byte
	var newBlock func([]byte) (cipher.Block, error)
	if id == idRC2 {
		newBlock, iv, err = readRC2(p.Cipher.Parameters.FullBytes)
		if size < 1 || size > 128 { // RC2's keys have any length: it is said (RFC 8018 §B.2.3)
			err = ErrDamaged
		}
	} else {
		k, known := ciphers[id]
		switch {
		case !known:
			err = &UnsupportedError{"cipher " + id}
		case !exactly(p.Cipher.Parameters.FullBytes, &iv), size != 0 && size != k.size:
			err = ErrDamaged
		}
		size = k.size
		newBlock = k.new
	}
	if err != nil {
		return nil, err
	}
	return &scheme{cost: kdf.cost, cipher: func(password []byte) (opened, error) {
		key, err := kdf.derive(password, size)
		if err != nil {
			return opened{}, ErrDamaged
		}
		return inBlocks(newBlock, key, iv)
	}}, nil
}

// readRC2 reads RC2's own parameters (RFC 8018 §B.2.3).
func readRC2(der []byte) (newBlock func([]byte) (cipher.Block, error), iv []byte, err error) {
	var p struct {
		Version int `asn1:"optional"`
		IV      []byte
	}
	if !exactly(der, &p) {
		return nil, nil, ErrDamaged
	}
	bits := 32
	if p.Version != 0 {
		known := false
		bits, known = rc2.EffectiveBits(p.Version)
		if !known {
			return nil, nil, ErrDamaged
		}
	}
	return func(key []byte) (cipher.Block, error) { return rc2.New(key, bits) }, p.IV, nil
}
