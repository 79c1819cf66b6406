package page

// This file remembers who has logged in. Sessions live in memory: a restart ends them.

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"sync"
	"time"
)

// When a session ends, and how many one admin has: who forgets to log out is logged out, and no
// more than a few browsers are in use at a time.
const (
	idleEnd     = 30 * time.Minute
	absoluteEnd = 12 * time.Hour
	maxSessions = 10 // of one name
)

// sessionCookie begins with __Host-: no other host of the domain, and no path, can set it
// (draft-ietf-httpbis-rfc6265bis, section 4.1.3.2).
const sessionCookie = "__Host-sealgate"

// sessionKey is the SHA-256 of what the browser has: nobody learns it from our memory.
type sessionKey [sha256.Size]byte

// session is one browser in which somebody has logged in.
type session struct {
	name  string
	since time.Time
	used  time.Time
}

// sessions are all of them.
type sessions struct {
	now func() time.Time

	mu  sync.Mutex
	all map[sessionKey]*session // guarded by mu
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: make(map[sessionKey]*session)}
}

// begin makes a session under a new id, whatever the browser brought along: an id that somebody has
// put there (session fixation) is worth nothing.
func (s *sessions) begin(name string) (id string) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails
	id = base64.RawURLEncoding.EncodeToString(random[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(name)
	now := s.now()
	s.all[sha256.Sum256([]byte(id))] = &session{name: name, since: now, used: now}
	return id
}

// sweep forgets what has ended, and the longest unused one of a name that has too many.
func (s *sessions) sweep(name string) {
	count := 0
	var oldest sessionKey
	var used time.Time
	for key, one := range s.all {
		if s.hasEnded(one) {
			delete(s.all, key)
			continue
		}
		if one.name != name {
			continue
		}
		count++
		if used.IsZero() || one.used.Before(used) {
			oldest = key
			used = one.used
		}
	}
	if count >= maxSessions {
		delete(s.all, oldest)
	}
}

func (s *sessions) hasEnded(one *session) bool {
	now := s.now()
	return now.Sub(one.used) >= idleEnd || now.Sub(one.since) >= absoluteEnd
}

// find is whose session an id is, and "" if it is nobody's.
func (s *sessions) find(id string) (name string) {
	key := sessionKey(sha256.Sum256([]byte(id)))
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.all[key]
	if one == nil {
		return ""
	}
	if s.hasEnded(one) {
		delete(s.all, key)
		return ""
	}
	one.used = s.now()
	return one.name
}

// end forgets a session, and is whose it was; "" if it was nobody's.
func (s *sessions) end(id string) (name string) {
	name = s.find(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(id)))
	return name
}

// arrivals are when each admin was last seen whom the reverse proxy let in: he has no session here,
// and comes anew when he was away for as long as one would last.
type arrivals struct {
	now func() time.Time

	mu   sync.Mutex
	last map[string]time.Time // by name, of admins alone; guarded by mu
}

func newArrivals(now func() time.Time) *arrivals {
	return &arrivals{now: now, last: make(map[string]time.Time)}
}

// isNew reports whether an admin who comes now was away.
func (a *arrivals) isNew(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	last, known := a.last[name]
	a.last[name] = now
	return !known || now.Sub(last) >= idleEnd
}

// setCookie gives the browser a value that no script and no other site's form has. Lax, not Strict:
// a link in a mail to the page leads to the page, and nothing changes by GET.
func setCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// dropCookie takes it back.
func dropCookie(w http.ResponseWriter, name string) { setCookie(w, name, "", -time.Second) }

// cookie is what the browser brings under a name.
func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}
