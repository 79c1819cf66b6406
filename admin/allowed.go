package admin

// This file lets only those ask who have a token for it (RFC 6750).

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strings"
)

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
