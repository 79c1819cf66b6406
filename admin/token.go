package admin

// This file is the tokens that programs identify themselves with (RFC 6750).

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
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

// find compares with every token, in the same time whichever it is.
func (h *handlers) find(token string) (found Token, ok bool) {
	sum := sha256.Sum256([]byte(token))
	for _, t := range h.Tokens {
		if subtle.ConstantTimeCompare(sum[:], t.Hash[:]) == 1 {
			found = t
			ok = true
		}
	}
	return found, ok
}

// allowed lets only who has the scope ask.
func (h *handlers) allowed(scope Scope, next http.HandlerFunc) http.Handler {
	if scope == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, known := h.find(given)
		switch {
		case !isBearer || !known:
			h.refuse(w, r)
		case token.Scope < scope:
			problem(w, http.StatusForbidden, "this token may not ask that: its scope is too small")
		case !h.asked[token.Name].Allow():
			tooMany(w)
		default:
			next(w, r.WithContext(context.WithValue(r.Context(), tokenKey{}, token.Name)))
		}
	})
}

// tokenKey is where the name of the token that asks lies.
type tokenKey struct{}

// tokenOf is the name of the token that asks.
func tokenOf(r *http.Request) string {
	name, _ := r.Context().Value(tokenKey{}).(string)
	return name
}

// refuse answers who is nobody.
func (h *handlers) refuse(w http.ResponseWriter, r *http.Request) {
	if !h.wrong.Allow() {
		tooMany(w)
		return
	}
	h.Log.Warn("a request with no token or an unknown one", slog.String("client", r.RemoteAddr),
		slog.String("path", r.URL.Path))
	w.Header().Set("WWW-Authenticate", `Bearer realm="sealgate"`)
	problem(w, http.StatusUnauthorized, "a token is needed: Authorization: Bearer TOKEN")
}

func tooMany(w http.ResponseWriter) {
	busy(w, ErrBusy.Error())
}

func busy(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "1")
	problem(w, http.StatusTooManyRequests, why)
}
