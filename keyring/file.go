package keyring

// This file reads and writes key files.

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sealgate/internal/charset"
)

// othersMayRead are the mode bits that a key file must not have.
const othersMayRead = 0o077

// Load reads a key file. One that others than its owner can read is refused.
func Load(path string, password Password) (*File, error) {
	data, err := ReadPrivate(path)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	f, err := Read(data, password)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, path)
	}
	for _, c := range f.Credentials {
		c.Path = path
	}
	return f, nil
}

// ReadPrivate reads a file that only its owner may read. Pipes have no mode that
// says anything; systemd's credentials may have the group's bit, which is the mask
// of an access list there, in a folder that nobody else can enter
// (systemd.exec(5), LoadCredential).
func ReadPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	forbidden := os.FileMode(othersMayRead)
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" && filepath.Dir(path) == filepath.Clean(dir) {
		forbidden = 0o007
	}
	if mode := info.Mode(); mode.IsRegular() && mode.Perm()&forbidden != 0 {
		return nil, fmt.Errorf("keyring: %s can be read by others (mode %04o); chmod 600 %s", path, mode.Perm(), path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return data, nil
}

// PasswordFile is a Password that reads the first line of a file, which only its
// owner may read.
func PasswordFile(path string) Password {
	if path == "" {
		return nil
	}
	return func() ([]byte, error) {
		data, err := ReadPrivate(path)
		if err != nil {
			return nil, err
		}
		return charset.Password(data), nil
	}
}

// EncodePEM is the checked form: key (PKCS#8), certificate, chain, and the root if it was
// given: it tells that the chain is complete.
func EncodePEM(c *Credential) ([]byte, error) {
	der, err := marshalPrivateKey(c.Key)
	if err != nil {
		return nil, errors.New("keyring: the private key cannot be written")
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	clear(der)
	certs := append([]*x509.Certificate{c.Certificate}, c.Chain...)
	if c.Root != nil {
		certs = append(certs, c.Root)
	}
	for _, cert := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
	}
	return out, nil
}
