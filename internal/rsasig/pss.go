package rsasig

// This file verifies RSASSA-PSS with any parameters (RFC 8017 §8.1.2, §9.1.2).

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/binary"
)

// PSS are parameters of RSASSA-PSS (RFC 8017 §8.1).
type PSS struct {
	Hash crypto.Hash
	MGF  crypto.Hash // the digest of MGF1
	Salt int         // octets
}

// VerifyPSS reports whether signature was made by k over the digest sum. It leaves to
// crypto/rsa what that knows: MGF1 of the same digest, a salt that is not empty (0 means
// "any" there), and keys of MinStandard. Only public values are at work in the rest.
func VerifyPSS(k *rsa.PublicKey, p PSS, sum, signature []byte) bool {
	if p.MGF == p.Hash && p.Salt > 0 && k.N.BitLen() >= MinStandard {
		return rsa.VerifyPSS(k, p.Hash, sum, signature, &rsa.PSSOptions{SaltLength: p.Salt}) == nil
	}
	bits := k.N.BitLen() - 1
	size := (bits + 7) / 8
	m := RSAVP1(k, signature)
	if m == nil || m.BitLen() > bits {
		return false
	}
	return checkPSS(m.FillBytes(make([]byte, size)), bits, p, sum)
}

// checkPSS is EMSA-PSS-VERIFY on the encoded message em of so many bits.
func checkPSS(em []byte, bits int, p PSS, sum []byte) bool {
	hashSize := p.Hash.Size()
	if p.Salt < 0 || len(em) < hashSize+p.Salt+2 || em[len(em)-1] != 0xbc {
		return false
	}
	db := bytes.Clone(em[:len(em)-hashSize-1])
	h := em[len(em)-hashSize-1 : len(em)-1]
	unused := byte(0xff) << (8 - (8*len(em) - bits)) // the leftmost bits, which are zero
	if 8*len(em) == bits {
		unused = 0
	}
	if db[0]&unused != 0 {
		return false
	}
	subtle.XORBytes(db, db, mgf1(p.MGF, h, len(db)))
	db[0] &^= unused
	padding := len(db) - p.Salt - 1
	for _, b := range db[:padding] {
		if b != 0 {
			return false
		}
	}
	if db[padding] != 1 {
		return false
	}
	d := p.Hash.New()
	d.Write(make([]byte, 8))
	d.Write(sum)
	d.Write(db[padding+1:])
	return bytes.Equal(d.Sum(nil), h)
}

// mgf1 is RFC 8017 appendix B.2.1.
func mgf1(h crypto.Hash, seed []byte, n int) (mask []byte) {
	for counter := uint32(0); len(mask) < n; counter++ {
		d := h.New()
		d.Write(seed)
		d.Write(binary.BigEndian.AppendUint32(nil, counter))
		mask = d.Sum(mask)
	}
	return mask[:n]
}
