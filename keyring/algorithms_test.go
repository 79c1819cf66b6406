package keyring

// This file holds the keys that the engine knows, those of smime/cms/testdata/pki, against
// all that a key file may be.

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/smime/cms"
	"sealgate/spool"
)

const enginePKI = "../smime/cms/testdata/pki"

// engineKey is a key that the engine knows, and what it does with it.
type engineKey struct {
	name, key, cert string
	certificate     *x509.Certificate
	sign, decrypt   bool
}

// engineKeys are all of them: who teaches the engine another algorithm has a certificate
// there, and tests it here.
func engineKeys(t *testing.T) (keys []engineKey) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(enginePKI, "*.key"))
	if err != nil || len(paths) < 12 {
		t.Fatalf("%d keys, %v", len(paths), err)
	}
	for _, path := range paths {
		k := engineKey{name: strings.TrimSuffix(filepath.Base(path), ".key"), key: path}
		k.cert = strings.TrimSuffix(path, ".key") + ".pem"
		data, err := os.ReadFile(k.cert)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(data)
		k.certificate, err = x509cert.Parse(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if k.name == "rsa1024" { // too weak to be a key of ours
			continue
		}
		k.sign = spki.MaySign(k.certificate) && cms.IsSigningKey(k.certificate)
		k.decrypt = spki.MayEncrypt(k.certificate) && cms.CanDecrypt(k.certificate) == nil
		if k.sign || k.decrypt { // else an authority
			keys = append(keys, k)
		}
	}
	return keys
}

// fileKinds are what openssl makes of a key and its certificate. Its own old forms are for
// RSA and EC only.
var fileKinds = map[string]struct {
	make    func(t *testing.T, k engineKey) []byte
	oldOnly bool
}{
	"PKCS#8": {func(t *testing.T, k engineKey) []byte {
		return openssl(t, "pkcs8", "-topk8", "-nocrypt", "-in", k.key)
	}, false},
	"PKCS#8 encrypted": {func(t *testing.T, k engineKey) []byte {
		return openssl(t, "pkcs8", "-topk8", "-in", k.key, "-passout", "pass:pw")
	}, false},
	"PKCS#1 or SEC1": {func(t *testing.T, k engineKey) []byte {
		return openssl(t, "pkey", "-traditional", "-in", k.key)
	}, true},
	"PKCS#1 or SEC1 encrypted": {func(t *testing.T, k engineKey) []byte {
		return openssl(t, "pkey", "-traditional", "-aes128", "-in", k.key, "-passout", "pass:pw")
	}, true},
	"PKCS#12": {func(t *testing.T, k engineKey) []byte {
		return openssl(t, "pkcs12", "-export", "-inkey", k.key, "-in", k.cert, "-passout", "pass:pw")
	}, false},
}

// TestAlgorithmsInFiles: whatever the engine signs or decrypts with is read from a file of
// each kind, is said to be for that and nothing else, does it, and is written again.
func TestAlgorithmsInFiles(t *testing.T) {
	for _, k := range engineKeys(t) {
		for kind, f := range fileKinds {
			if f.oldOnly && (k.name == "ed25519" || k.name == "x25519" || k.name == "rsapss") {
				continue
			}
			t.Run(k.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				data := f.make(t, k)
				if kind != "PKCS#12" {
					data = append(data, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.certificate.Raw})...)
				}
				c := oneCredential(t, k, data)
				written, err := EncodePEM(c)
				if err != nil {
					t.Fatal(err)
				}
				oneCredential(t, k, written)
			})
		}
	}
}

// oneCredential reads a file with one key, and uses the key.
func oneCredential(t *testing.T, k engineKey, data []byte) *Credential {
	t.Helper()
	f, err := Read(data, secret("pw"))
	if err != nil || len(f.Credentials) != 1 || len(f.LeftOut) > 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	c := f.Credentials[0]
	if c.MaySign() != k.sign || c.MayDecrypt() != k.decrypt {
		t.Errorf("signs: %v, decrypts: %v; the engine says %v, %v", c.MaySign(), c.MayDecrypt(), k.sign, k.decrypt)
	}
	if k.sign {
		trySigning(t, c)
	}
	if k.decrypt {
		tryDecryption(t, c)
	}
	return c
}

var someText = []byte("Guten Tag\r\n")

func trySigning(t *testing.T, c *Credential) {
	t.Helper()
	var signed bytes.Buffer
	err := cms.Sign(context.Background(), &signed, bytes.NewReader(someText), int64(len(someText)), cms.SignOptions{
		Signers:  []cms.Signer{{Certificate: c.Certificate, Key: c.Signer()}},
		Detached: true,
	})
	if err != nil {
		t.Errorf("it does not sign: %v", err)
		return
	}
	message, err := cms.Parse(bytes.NewReader(signed.Bytes()), int64(signed.Len()))
	if err != nil {
		t.Fatal(err)
	}
	verifier := message.Signed.Verifier()
	verifier.Write(someText)
	for _, s := range verifier.Verify(context.Background(), bytes.NewReader(someText), int64(len(someText))) {
		if s.Err != nil {
			t.Errorf("its signature does not hold: %v", s.Err)
		}
	}
}

func tryDecryption(t *testing.T, c *Credential) {
	t.Helper()
	var encrypted bytes.Buffer
	err := cms.Encrypt(context.Background(), &encrypted, bytes.NewReader(someText), int64(len(someText)), cms.EncryptOptions{
		Cipher:     "aes-256-gcm",
		Recipients: []cms.Recipient{{Certificate: c.Certificate}},
		SelfOnly:   true,
	})
	if err != nil {
		t.Errorf("nothing is encrypted to it: %v", err)
		return
	}
	message, err := cms.Parse(bytes.NewReader(encrypted.Bytes()), int64(encrypted.Len()))
	if err != nil {
		t.Fatal(err)
	}
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := message.Enveloped.Decrypt(context.Background(), cms.DecryptOptions{
		Keys:  []cms.DecryptionKey{{Certificate: c.Certificate, Key: c.Key}},
		Spool: sp,
	})
	if err != nil {
		t.Errorf("it does not decrypt: %v", err)
		return
	}
	defer plain.File.Close()
	if opened, err := io.ReadAll(plain.File.NewReader()); err != nil || !bytes.Equal(opened, someText) {
		t.Errorf("it decrypts %q, %v", opened, err)
	}
}
