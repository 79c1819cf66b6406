// Tests of RSASSA-PSS, against crypto/rsa and openssl.

package rsasig

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

var text = []byte("signed")

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestPSSWithOwnCode compares our PSS with crypto/rsa's, which has no mask digest.
func TestPSSWithOwnCode(t *testing.T) {
	key := newKey(t)
	sum := sha256.Sum256(text)
	for _, salt := range []int{1, 20, 32, 222} {
		signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: salt})
		if err != nil {
			t.Fatal(err)
		}
		m := new(big.Int).Exp(new(big.Int).SetBytes(signature), big.NewInt(int64(key.E)), key.N)
		em := m.FillBytes(make([]byte, 256))
		p := PSS{Hash: crypto.SHA256, MGF: crypto.SHA256, Salt: salt}
		if !checkPSS(em, 2047, p, sum[:]) {
			t.Errorf("salt of %d octets: not accepted", salt)
		}
		em[0] ^= 0x80
		if checkPSS(em, 2047, p, sum[:]) {
			t.Errorf("salt of %d octets: accepted with a bit that must be zero", salt)
		}
		em[0] ^= 0x80
		p.Salt++
		if checkPSS(em, 2047, p, sum[:]) {
			t.Errorf("salt of %d octets: accepted as one octet longer", salt)
		}
	}
}

// pssWithoutSalt signs as crypto/rsa does not (RFC 8017 §9.1.1).
func pssWithoutSalt(key *rsa.PrivateKey, sum []byte) *big.Int {
	size := key.Size()
	h := sha256.Sum256(append(make([]byte, 8), sum...))
	db := make([]byte, size-len(h)-1)
	db[len(db)-1] = 1
	subtle.XORBytes(db, db, mgf1(crypto.SHA256, h[:], len(db)))
	db[0] &= 0x7f
	em := new(big.Int).SetBytes(append(append(db, h[:]...), 0xbc))
	return em.Exp(em, key.D, key.N)
}

// TestPSSBeyondTheModulus: a signature plus the modulus is another number with the
// same power, and none (RFC 8017 §5.2.2).
func TestPSSBeyondTheModulus(t *testing.T) {
	key := newKey(t)
	p := PSS{Hash: crypto.SHA256, MGF: crypto.SHA256}
	tried := 0
	for n := byte(0); tried == 0 && n < 100; n++ {
		sum := sha256.Sum256([]byte{n})
		signature := pssWithoutSalt(key, sum[:])
		if !VerifyPSS(&key.PublicKey, p, sum[:], signature.FillBytes(make([]byte, 256))) {
			t.Fatal("not accepted as it is")
		}
		if signature.Add(signature, key.N).BitLen() > 2048 {
			continue
		}
		tried++
		if VerifyPSS(&key.PublicKey, p, sum[:], signature.FillBytes(make([]byte, 256))) {
			t.Error("accepted plus the modulus")
		}
	}
	if tried == 0 {
		t.Error("no signature has room for the modulus")
	}
}

// TestPSSOfOpenssl: what openssl signs with each pair of digests and each kind of salt,
// with a length of the modulus for which the encoded message is an octet shorter, too.
func TestPSSOfOpenssl(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("the openssl command is not installed")
	}
	for _, bits := range []int{2048, 2049} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		file := func(name string, data []byte) string {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		keyFile := file("key.der", x509.MarshalPKCS1PrivateKey(key))
		digests := map[string]crypto.Hash{"sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha512": crypto.SHA512}
		for hashName, hash := range digests {
			for mgfName, mgf := range digests {
				for _, salt := range []int{0, 1, 32, (bits-1+7)/8 - hash.Size() - 2} {
					h := hash.New()
					h.Write(text)
					sum := h.Sum(nil)
					out := filepath.Join(dir, "signature")
					cmd := exec.Command(openssl, "pkeyutl", "-sign", "-inkey", keyFile, "-keyform", "DER", "-in", file("sum", sum), "-out", out,
						"-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:"+strconv.Itoa(salt),
						"-pkeyopt", "digest:"+hashName, "-pkeyopt", "rsa_mgf1_md:"+mgfName)
					if text, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, text)
					}
					signature, err := os.ReadFile(out)
					if err != nil {
						t.Fatal(err)
					}
					p := PSS{Hash: hash, MGF: mgf, Salt: salt}
					if !VerifyPSS(&key.PublicKey, p, sum, signature) {
						t.Errorf("%d bits, %+v: refused", bits, p)
					}
					for name, other := range map[string]PSS{
						"salt": {hash, mgf, salt + 1}, "shorter salt": {hash, mgf, salt - 1}, "mask": {hash, crypto.SHA384, salt},
					} {
						if VerifyPSS(&key.PublicKey, other, sum, signature) {
							t.Errorf("%d bits, %+v: taken with another %s", bits, p, name)
						}
					}
					sum[0] ^= 1
					if VerifyPSS(&key.PublicKey, p, sum, signature) {
						t.Errorf("%d bits, %+v: taken for another digest", bits, p)
					}
				}
			}
		}
	}
}
