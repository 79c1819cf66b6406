package page

// This file hashes passwords with argon2id (RFC 9106), and compares them.

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The second recommended parameters of RFC 9106, section 4: for where there are not 2 GiB to spare.
const (
	argonMemory  = 64 << 10 // KiB
	argonPasses  = 3
	argonThreads = 4
	saltSize     = 16 // octets
	hashSize     = 32 // octets
)

// Bounds of what a hash in the configuration may ask for: below, it would be guessed too fast;
// above, one login would hold up mail.
const (
	minMemory  = 19 << 10  // KiB
	maxMemory  = 256 << 10 // KiB
	maxPasses  = 10
	maxThreads = 16
)

// Bounds of a password: the shortest that is taken for a new hash, in characters (NIST SP 800-63B-4
// wants 15 where nothing else is asked for), and the longest that is heard, in octets.
const (
	MinPassword = 15
	maxPassword = 1024
)

// PasswordHash is a password as the configuration has it.
type PasswordHash struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
	salt    [saltSize]byte
	sum     [hashSize]byte
}

// errHash says what a hash is.
var errHash = errors.New("it is a hash as sealgate admin passwd prints it: $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH")

// UnmarshalText reads the form that other programs write, too: $argon2id$v=19$m=,t=,p=$salt$hash.
func (h *PasswordHash) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return errHash
	}
	var read PasswordHash
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &read.memory, &read.passes, &read.threads)
	if err != nil || parts[3] != read.parameters() {
		return errHash
	}
	if read.memory < minMemory || read.memory > maxMemory || read.passes < 1 || read.passes > maxPasses ||
		read.threads < 1 || read.threads > maxThreads {
		return fmt.Errorf("m is %d to %d, t 1 to %d, p 1 to %d", minMemory, maxMemory, maxPasses, maxThreads)
	}
	salt, saltErr := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	sum, sumErr := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if saltErr != nil || sumErr != nil || len(salt) != saltSize || len(sum) != hashSize {
		return errHash
	}
	copy(read.salt[:], salt)
	copy(read.sum[:], sum)
	*h = read
	return nil
}

// String is the hash as the configuration has it.
func (h PasswordHash) String() string {
	return "$argon2id$v=19$" + h.parameters() + "$" + base64.RawStdEncoding.EncodeToString(h.salt[:]) + "$" +
		base64.RawStdEncoding.EncodeToString(h.sum[:])
}

func (h PasswordHash) parameters() string {
	return fmt.Sprintf("m=%d,t=%d,p=%d", h.memory, h.passes, h.threads)
}

// HashPassword hashes a password with a salt of its own.
func HashPassword(password []byte) PasswordHash {
	h := PasswordHash{memory: argonMemory, passes: argonPasses, threads: argonThreads}
	_, _ = rand.Read(h.salt[:]) // it never fails
	h.sum = h.of(password)
	return h
}

func (h PasswordHash) of(password []byte) [hashSize]byte {
	return [hashSize]byte(argon2.IDKey(password, h.salt[:], h.passes, h.memory, h.threads, hashSize))
}

// fits reports whether it is the hash of a password.
func (h PasswordHash) fits(password []byte) bool {
	sum := h.of(password)
	return subtle.ConstantTimeCompare(sum[:], h.sum[:]) == 1
}
