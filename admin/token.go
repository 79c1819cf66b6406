package admin

// This file is the tokens that programs identify themselves with (RFC 6750).

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Scope is what a token may ask; each includes those before it. Its zero value is no token's.
type Scope int

// The scopes.
const (
	Capabilities Scope = iota + 1 // what a mail's boxes can do
	Monitoring                    // for monitoring, which need not know who writes to whom
	Read                          // all that changes nothing: certificates, mailboxes, the journal
	Admin                         // changes too, and messages explained
)

var scopes = map[string]Scope{"capabilities": Capabilities, "metrics": Monitoring, "read": Read, "admin": Admin}

// UnmarshalText reads a Scope as configuration writes it.
func (s *Scope) UnmarshalText(text []byte) error {
	v, ok := scopes[string(text)]
	if !ok {
		return fmt.Errorf("%q: there are \"capabilities\", \"metrics\", \"read\" and \"admin\"", text)
	}
	*s = v
	return nil
}

// Hash is the SHA-256 of a token. A token is random, and needs no slow hash.
type Hash [sha256.Size]byte

// hashPrefix tells in the configuration how a token was hashed.
const hashPrefix = "sha256:"

// UnmarshalText reads "sha256:" and 64 hexadecimal digits, or nothing: no token has that hash.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	digits, ok := strings.CutPrefix(string(text), hashPrefix)
	sum, err := hex.DecodeString(digits)
	if !ok || err != nil || len(sum) != len(h) {
		return errors.New("it is \"sha256:\" and 64 hexadecimal digits, as sealgate admin token prints it")
	}
	copy(h[:], sum)
	return nil
}

// String is the hash as the configuration has it.
func (h Hash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

// Token is one that is known.
type Token struct {
	Name  string
	Hash  Hash
	Scope Scope
}

// tokenPrefix lets people and scanners of secrets see what a token is.
const tokenPrefix = "sealgate_"

// NewToken draws a token, which is told once, and its hash.
func NewToken() (token string, hash Hash) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	return token, sha256.Sum256([]byte(token))
}
