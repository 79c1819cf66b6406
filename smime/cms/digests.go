package cms

// This file has the digests that are read and written, a row each.

import (
	"crypto"
	_ "crypto/md5"  // read only, and weak
	_ "crypto/sha1" // read only, and weak
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"encoding/asn1"

	"sealgate/smime/cms/internal/oid"
)

// digest is one digest algorithm.
type digest struct {
	name string // as in micalg (RFC 8551 §3.5.3.2)
	id   asn1.ObjectIdentifier
	hash crypto.Hash
	weak bool
	sign bool // we sign with it
	// its signature algorithms; nil: there is none
	rsa, ecdsa asn1.ObjectIdentifier
}

// digests are all that are known.
var digests = []digest{
	{"sha-256", oid.SHA256, crypto.SHA256, false, true, oid.SHA256WithRSA, oid.ECDSAWithSHA256},
	{"sha-384", oid.SHA384, crypto.SHA384, false, true, oid.SHA384WithRSA, oid.ECDSAWithSHA384},
	{"sha-512", oid.SHA512, crypto.SHA512, false, true, oid.SHA512WithRSA, oid.ECDSAWithSHA512},
	{"sha3-256", oid.SHA3256, crypto.SHA3_256, false, true, oid.RSAWithSHA3256, oid.ECDSAWithSHA3256},
	{"sha3-384", oid.SHA3384, crypto.SHA3_384, false, true, oid.RSAWithSHA3384, oid.ECDSAWithSHA3384},
	{"sha3-512", oid.SHA3512, crypto.SHA3_512, false, true, oid.RSAWithSHA3512, oid.ECDSAWithSHA3512},
	{"sha-224", oid.SHA224, crypto.SHA224, false, false, oid.SHA224WithRSA, oid.ECDSAWithSHA224},
	{"sha3-224", oid.SHA3224, crypto.SHA3_224, false, false, oid.RSAWithSHA3224, oid.ECDSAWithSHA3224},
	{"sha-512-256", oid.SHA512256, crypto.SHA512_256, false, false, oid.SHA512256WithRSA, nil},
	{"sha-512-224", oid.SHA512224, crypto.SHA512_224, false, false, oid.SHA512224WithRSA, nil},
	{"sha-1", oid.SHA1, crypto.SHA1, true, false, oid.SHA1WithRSA, oid.ECDSAWithSHA1},
	{"md5", oid.MD5, crypto.MD5, true, false, oid.MD5WithRSA, nil},
}

func findDigest(is func(*digest) bool) *digest {
	for i := range digests {
		if is(&digests[i]) {
			return &digests[i]
		}
	}
	return nil
}

// digestByOID returns nil for an unknown one; so do the others.
func digestByOID(id asn1.ObjectIdentifier) *digest {
	return findDigest(func(d *digest) bool { return d.id.Equal(id) })
}

// contentDigest is the digest that a digestAlgorithm means. Some programs name the
// signature algorithm there (Azure: sha256WithRSAEncryption), which means its digest.
func contentDigest(id asn1.ObjectIdentifier) *digest {
	if d := digestByOID(id); d != nil {
		return d
	}
	if d := digestOfRSA(id); d != nil {
		return d
	}
	return digestOfECDSA(id)
}

// signDigest returns the digest if we sign with it.
func signDigest(h crypto.Hash) *digest {
	return findDigest(func(d *digest) bool { return d.sign && d.hash == h })
}

func digestOfRSA(id asn1.ObjectIdentifier) *digest {
	if id.Equal(oid.OIWSHA1WithRSA) {
		id = oid.SHA1WithRSA
	}
	return findDigest(func(d *digest) bool { return d.rsa != nil && d.rsa.Equal(id) })
}

func digestOfECDSA(id asn1.ObjectIdentifier) *digest {
	return findDigest(func(d *digest) bool { return d.ecdsa != nil && d.ecdsa.Equal(id) })
}

// sha3 reports whether the AlgorithmIdentifier never has parameters.
func (d *digest) sha3() bool { return d.name[:4] == "sha3" }
