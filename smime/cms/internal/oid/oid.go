// Package oid names the OBJECT IDENTIFIERs of CMS and S/MIME.
package oid

import "encoding/asn1"

// OID is an OBJECT IDENTIFIER.
type OID = asn1.ObjectIdentifier

// Content types (RFC 5652, 5083, 3274, 2634, 3161).
var (
	Data              = OID{1, 2, 840, 113549, 1, 7, 1}
	SignedData        = OID{1, 2, 840, 113549, 1, 7, 2}
	EnvelopedData     = OID{1, 2, 840, 113549, 1, 7, 3}
	AuthEnvelopedData = OID{1, 2, 840, 113549, 1, 9, 16, 1, 23}
	CompressedData    = OID{1, 2, 840, 113549, 1, 9, 16, 1, 9}
	SignedReceipt     = OID{1, 2, 840, 113549, 1, 9, 16, 1, 1}
	ZLIB              = OID{1, 2, 840, 113549, 1, 9, 16, 3, 8} // the algorithm of CompressedData
	TSTInfo           = OID{1, 2, 840, 113549, 1, 9, 16, 1, 4}
)

// Attributes (RFC 5652 §11, RFC 8551 §2.5, RFC 5035).
var (
	ContentType              = OID{1, 2, 840, 113549, 1, 9, 3}
	MessageDigest            = OID{1, 2, 840, 113549, 1, 9, 4}
	SigningTime              = OID{1, 2, 840, 113549, 1, 9, 5}
	SMIMECapabilities        = OID{1, 2, 840, 113549, 1, 9, 15}
	EncryptionKeyPreference  = OID{1, 2, 840, 113549, 1, 9, 16, 2, 11}
	SigningCertificate       = OID{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	SigningCertificateV2     = OID{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	AlgorithmProtection      = OID{1, 2, 840, 113549, 1, 9, 52} // RFC 6211
	MSEncryptionKeyReference = OID{1, 3, 6, 1, 4, 1, 311, 16, 4}
)

// Digests (RFC 5754, RFC 8702).
var (
	MD5       = OID{1, 2, 840, 113549, 2, 5}
	SHA1      = OID{1, 3, 14, 3, 2, 26}
	SHA224    = OID{2, 16, 840, 1, 101, 3, 4, 2, 4}
	SHA256    = OID{2, 16, 840, 1, 101, 3, 4, 2, 1}
	SHA384    = OID{2, 16, 840, 1, 101, 3, 4, 2, 2}
	SHA512    = OID{2, 16, 840, 1, 101, 3, 4, 2, 3}
	SHA512224 = OID{2, 16, 840, 1, 101, 3, 4, 2, 5}
	SHA512256 = OID{2, 16, 840, 1, 101, 3, 4, 2, 6}
	SHA3224   = OID{2, 16, 840, 1, 101, 3, 4, 2, 7}
	SHA3256   = OID{2, 16, 840, 1, 101, 3, 4, 2, 8}
	SHA3384   = OID{2, 16, 840, 1, 101, 3, 4, 2, 9}
	SHA3512   = OID{2, 16, 840, 1, 101, 3, 4, 2, 10}
)

// RSA (RFC 8017).
var (
	RSAEncryption    = OID{1, 2, 840, 113549, 1, 1, 1}
	RSAESOAEP        = OID{1, 2, 840, 113549, 1, 1, 7}
	MGF1             = OID{1, 2, 840, 113549, 1, 1, 8}
	PSpecified       = OID{1, 2, 840, 113549, 1, 1, 9}
	MD5WithRSA       = OID{1, 2, 840, 113549, 1, 1, 4}
	SHA1WithRSA      = OID{1, 2, 840, 113549, 1, 1, 5}
	SHA224WithRSA    = OID{1, 2, 840, 113549, 1, 1, 14}
	SHA256WithRSA    = OID{1, 2, 840, 113549, 1, 1, 11}
	SHA384WithRSA    = OID{1, 2, 840, 113549, 1, 1, 12}
	SHA512WithRSA    = OID{1, 2, 840, 113549, 1, 1, 13}
	SHA512224WithRSA = OID{1, 2, 840, 113549, 1, 1, 15}
	SHA512256WithRSA = OID{1, 2, 840, 113549, 1, 1, 16}
	OIWSHA1WithRSA   = OID{1, 3, 14, 3, 2, 29}
	RSAWithSHA3224   = OID{2, 16, 840, 1, 101, 3, 4, 3, 13}
	RSAWithSHA3256   = OID{2, 16, 840, 1, 101, 3, 4, 3, 14}
	RSAWithSHA3384   = OID{2, 16, 840, 1, 101, 3, 4, 3, 15}
	RSAWithSHA3512   = OID{2, 16, 840, 1, 101, 3, 4, 3, 16}
	RSASSAPSS        = OID{1, 2, 840, 113549, 1, 1, 10}
)

// ECDSA and EdDSA signatures (RFC 5754, RFC 8419, NIST CSOR).
var (
	ECDSAWithSHA1    = OID{1, 2, 840, 10045, 4, 1}
	ECDSAWithSHA224  = OID{1, 2, 840, 10045, 4, 3, 1}
	ECDSAWithSHA3224 = OID{2, 16, 840, 1, 101, 3, 4, 3, 9}
	ECDSAWithSHA256  = OID{1, 2, 840, 10045, 4, 3, 2}
	ECDSAWithSHA384  = OID{1, 2, 840, 10045, 4, 3, 3}
	ECDSAWithSHA512  = OID{1, 2, 840, 10045, 4, 3, 4}
	ECDSAWithSHA3256 = OID{2, 16, 840, 1, 101, 3, 4, 3, 10}
	ECDSAWithSHA3384 = OID{2, 16, 840, 1, 101, 3, 4, 3, 11}
	ECDSAWithSHA3512 = OID{2, 16, 840, 1, 101, 3, 4, 3, 12}
	Ed25519          = OID{1, 3, 101, 112}
)

// DSA (RFC 3370 §3.1, RFC 5754 §3.1), which is read only.
var (
	DSA           = OID{1, 2, 840, 10040, 4, 1}
	DSAWithSHA1   = OID{1, 2, 840, 10040, 4, 3}
	DSAWithSHA256 = OID{2, 16, 840, 1, 101, 3, 4, 3, 2}
)

// Key agreement (RFC 5753 §7.1.4, RFC 8418 §2.2) and its keys (RFC 5480, RFC 8410).
var (
	ECPublicKey       = OID{1, 2, 840, 10045, 2, 1}
	X25519            = OID{1, 3, 101, 110}
	StdDHSHA1KDF      = OID{1, 3, 133, 16, 840, 63, 0, 2}
	CofactorSHA1KDF   = OID{1, 3, 133, 16, 840, 63, 0, 3}
	StdDHSHA224KDF    = OID{1, 3, 132, 1, 11, 0}
	CofactorSHA224KDF = OID{1, 3, 132, 1, 14, 0}
	CofactorSHA256KDF = OID{1, 3, 132, 1, 14, 1}
	CofactorSHA384KDF = OID{1, 3, 132, 1, 14, 2}
	CofactorSHA512KDF = OID{1, 3, 132, 1, 14, 3}
	TripleDESWrap     = OID{1, 2, 840, 113549, 1, 9, 16, 3, 6}
	StdDHSHA256KDF    = OID{1, 3, 132, 1, 11, 1}
	StdDHSHA384KDF    = OID{1, 3, 132, 1, 11, 2}
	StdDHSHA512KDF    = OID{1, 3, 132, 1, 11, 3}
	StdDHHKDFSHA256   = OID{1, 2, 840, 113549, 1, 9, 16, 3, 19}
	StdDHHKDFSHA384   = OID{1, 2, 840, 113549, 1, 9, 16, 3, 20}
	StdDHHKDFSHA512   = OID{1, 2, 840, 113549, 1, 9, 16, 3, 21}
	AES128Wrap        = OID{2, 16, 840, 1, 101, 3, 4, 1, 5}
	AES192Wrap        = OID{2, 16, 840, 1, 101, 3, 4, 1, 25}
	AES256Wrap        = OID{2, 16, 840, 1, 101, 3, 4, 1, 45}
)

// Content encryption (RFC 3565, RFC 5084, RFC 8103).
var (
	AES128CBC        = OID{2, 16, 840, 1, 101, 3, 4, 1, 2}
	AES192CBC        = OID{2, 16, 840, 1, 101, 3, 4, 1, 22}
	AES256CBC        = OID{2, 16, 840, 1, 101, 3, 4, 1, 42}
	AES128GCM        = OID{2, 16, 840, 1, 101, 3, 4, 1, 6}
	AES192GCM        = OID{2, 16, 840, 1, 101, 3, 4, 1, 26}
	AES256GCM        = OID{2, 16, 840, 1, 101, 3, 4, 1, 46}
	TripleDESCBC     = OID{1, 2, 840, 113549, 3, 7}
	RC2CBC           = OID{1, 2, 840, 113549, 3, 2}
	ChaCha20Poly1305 = OID{1, 2, 840, 113549, 1, 9, 16, 3, 18}
)
