//go:build interop

// Our own side of the matrix: what we write and how we read.

package interop

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"slices"

	"go.mozilla.org/pkcs7"

	"sealgate/internal/brainpool"
	"sealgate/internal/x509cert"
	"sealgate/smime/cms"
)

func block(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b, _ := pem.Decode(data)
	if b == nil {
		return nil, fmt.Errorf("%s is no PEM file", path)
	}
	return b.Bytes, nil
}

func certificate(name string) (*x509.Certificate, error) {
	b, err := block(certFile(name))
	if err != nil {
		return nil, err
	}
	return x509cert.Parse(b)
}

func privateKey(name string) (crypto.PrivateKey, error) {
	b, err := block(keyFile(name))
	if err != nil {
		return nil, err
	}
	if key, err := brainpool.ParsePrivateKey(b); err == nil {
		return key, nil
	}
	// A key for PSS only is an RSA key to Go.
	b = bytes.Replace(b, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}, 1)
	return x509.ParsePKCS8PrivateKey(b)
}

// weWrite makes our message of the row.
func weWrite(r row, text string) ([]byte, error) {
	var out bytes.Buffer
	inter, err := certificate("inter")
	if err != nil {
		return nil, err
	}
	if r.group == other {
		c, err := certificate("rsa")
		if err != nil {
			return nil, err
		}
		return pkcs7.DegenerateCertificate(slices.Concat(c.Raw, inter.Raw))
	}
	c, err := certificate(r.key)
	if err != nil {
		return nil, err
	}
	if r.group == signatures {
		key, err := privateKey(r.key)
		if err != nil {
			return nil, err
		}
		s := cms.Signer{Certificate: c, Key: key.(crypto.Signer), Digest: r.digest, PSS: r.pss, Capabilities: cms.OwnCapabilities()}
		o := cms.SignOptions{Signers: []cms.Signer{s}, Detached: r.detached, Certificates: []*x509.Certificate{inter}}
		err = cms.Sign(context.Background(), &out, bytes.NewReader([]byte(text)), int64(len(text)), o)
		return out.Bytes(), err
	}
	to := cms.Recipient{Certificate: c, OAEP: r.oaep, OAEPHash: r.digest, SKI: r.ski, KDF: r.kdf}
	err = cms.Encrypt(context.Background(), &out, bytes.NewReader([]byte(text)), int64(len(text)), cms.EncryptOptions{Cipher: r.cipher, Recipients: []cms.Recipient{to}, SelfOnly: true})
	return out.Bytes(), err
}
