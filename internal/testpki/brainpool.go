package testpki

// This file makes certificates for and by keys on brainpool curves (RFC 5639), which
// crypto/x509 writes as little as it reads them.

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"

	"sealgate/internal/brainpool"
)

// tbsFrame is a TBSCertificate whose key can be exchanged.
type tbsFrame struct {
	Version    int           `asn1:"optional,explicit,default:0,tag:0"`
	Serial     asn1.RawValue // INTEGER
	Algorithm  pkix.AlgorithmIdentifier
	Issuer     asn1.RawValue
	Validity   asn1.RawValue
	Subject    asn1.RawValue
	PublicKey  asn1.RawValue
	Extensions asn1.RawValue `asn1:"optional,tag:3"`
}

// create is x509.CreateCertificate, also for keys on brainpool curves.
func create(t, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer) ([]byte, error) {
	key := onBrainpool(public)
	by := onBrainpool(signer.Public())
	if key == nil && by == nil {
		return x509.CreateCertificate(rand.Reader, t, parent, public, signer)
	}
	// crypto/x509 makes the certificate for and by a key that it knows.
	known, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	anonymous := *parent
	anonymous.PublicKey = nil
	if key != nil {
		public = known.Public()
	}
	der, err := x509.CreateCertificate(rand.Reader, t, &anonymous, public, known)
	if err != nil {
		return nil, err
	}
	return exchange(der, key, signer)
}

// onBrainpool returns the key if it is on a brainpool curve, else nil.
func onBrainpool(public crypto.PublicKey) *ecdsa.PublicKey {
	if k, ok := public.(*ecdsa.PublicKey); ok && brainpool.Is(k.Curve) {
		return k
	}
	return nil
}

// exchange puts key into the certificate, if there is one, and signs it anew.
func exchange(der []byte, key *ecdsa.PublicKey, signer crypto.Signer) ([]byte, error) {
	if _, ok := signer.Public().(*ecdsa.PublicKey); !ok {
		return nil, errors.New("only a key of ECDSA certifies one on a brainpool curve")
	}
	var frame certificateFrame
	if _, err := asn1.Unmarshal(der, &frame); err != nil {
		return nil, err
	}
	if key != nil {
		var tbs tbsFrame
		if _, err := asn1.Unmarshal(frame.TBS.FullBytes, &tbs); err != nil {
			return nil, err
		}
		info, err := brainpool.MarshalPublicKey(key)
		if err != nil {
			return nil, err
		}
		tbs.PublicKey = asn1.RawValue{FullBytes: info}
		written, err := asn1.Marshal(tbs)
		if err != nil {
			return nil, err
		}
		frame.TBS = asn1.RawValue{FullBytes: written}
	}
	sum := sha256.Sum256(frame.TBS.FullBytes)
	signature, err := signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	frame.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	return asn1.Marshal(frame)
}
