package page

// This file lets people in: by a password, or because a reverse proxy says who they are.

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"sealgate/admin"
	"sealgate/journal"
)

// nobody is who is compared with where a name is unknown: it takes as long as an admin does.
func (p *Page) nobody() PasswordHash {
	for _, l := range p.Logins {
		if l.Password != (PasswordHash{}) {
			return PasswordHash{memory: l.Password.memory, passes: l.Password.passes, threads: l.Password.threads}
		}
	}
	return PasswordHash{memory: argonMemory, passes: argonPasses, threads: argonThreads}
}

// check reports whether a password is that of a name. It takes as long for a name that is unknown.
func (p *Page) check(name string, password []byte) bool {
	hash := p.nobody()
	known := 0
	sum := sha256.Sum256([]byte(name))
	for _, l := range p.Logins {
		one := sha256.Sum256([]byte(l.Name))
		if subtle.ConstantTimeCompare(sum[:], one[:]) == 1 && l.Password != (PasswordHash{}) {
			hash = l.Password
			known = 1
		}
	}
	p.attempts.hashing.Lock()
	defer p.attempts.hashing.Unlock()
	return hash.fits(password) && known == 1
}

// isKnown reports whether somebody of that name is an admin.
func (p *Page) isKnown(name string) bool {
	for _, l := range p.Logins {
		if l.Name == name {
			return true
		}
	}
	return false
}

// proxied is the name that our reverse proxy gives, and "" if it gives none that is an admin's.
func (p *Page) proxied(r *http.Request) string {
	if p.Proxy.Header == "" {
		return ""
	}
	names := r.Header.Values(p.Proxy.Header)
	if len(names) != 1 || !p.isKnown(names[0]) { // two: one of them is not the proxy's
		return ""
	}
	secrets := r.Header.Values(SecretHeader)
	if len(secrets) != 1 {
		return ""
	}
	sum := sha256.Sum256([]byte(secrets[0]))
	if subtle.ConstantTimeCompare(sum[:], p.Proxy.Secret[:]) != 1 {
		p.Log.Warn("the admin's page: a reverse proxy with another secret", "client", r.RemoteAddr)
		p.refusals.add(names[0], clientOf(r))
		return ""
	}
	return names[0]
}

// known lets only admins in.
func (p *Page) known(next func(http.ResponseWriter, *http.Request, *visit)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := p.stranger(r)
		v.Name = p.sessions.find(cookie(r, sessionCookie))
		if name := p.proxied(r); name != "" {
			v.Name = name
			v.ByProxy = true
			p.arrive(r, name)
		}
		switch {
		case v.Name != "":
			next(w, r, v)
		case r.Method == http.MethodGet && r.URL.Path != "/":
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		default:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		}
	})
}

// loginData is what the form shows.
type loginData struct {
	Next  string
	Fault string // a key of texts
	Given string // the name that was typed
}

func (p *Page) loginForm(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, p.stranger(r), http.StatusOK, "login", loginData{Next: localPath(r.FormValue("next"))})
}

// login checks a password and begins a session.
func (p *Page) login(w http.ResponseWriter, r *http.Request) {
	v := p.stranger(r)
	name := r.PostFormValue("name")
	password := r.PostFormValue("password")
	data := loginData{Next: localPath(r.PostFormValue("next")), Given: name}
	if !p.attempts.allow(r.RemoteAddr) {
		p.refuse(r, name)
		w.Header().Set("Retry-After", "60")
		data.Fault = "login.wait"
		p.show(w, r, v, http.StatusTooManyRequests, "login", data)
		return
	}
	if len(password) > maxPassword || !p.check(name, []byte(password)) {
		p.Log.Warn("the admin's page: a login failed", "client", r.RemoteAddr)
		p.refuse(r, name)
		data.Fault = "login.wrong"
		p.show(w, r, v, http.StatusUnauthorized, "login", data)
		return
	}
	p.sessions.end(cookie(r, sessionCookie))
	setCookie(w, sessionCookie, p.sessions.begin(name), absoluteEnd)
	p.Log.Info("the admin's page: logged in", "name", name, "client", r.RemoteAddr)
	p.record(r.Context(), journal.Change{By: admin.AdminName(name), What: "login", Text: "from " + clientOf(r)})
	http.Redirect(w, r, data.Next, http.StatusSeeOther)
}

func (p *Page) logout(w http.ResponseWriter, r *http.Request) {
	id := cookie(r, sessionCookie)
	if name := p.sessions.end(id); name != "" {
		p.record(r.Context(), journal.Change{By: admin.AdminName(name), What: "logout", Text: "from " + clientOf(r)})
	}
	dropCookie(w, sessionCookie)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// arrive records an admin who comes through the reverse proxy, as often as he would have to log in.
func (p *Page) arrive(r *http.Request, name string) {
	if p.arrivals.isNew(name) {
		p.record(r.Context(), journal.Change{
			By: admin.AdminName(name), What: "login", Text: "by the reverse proxy, from " + clientOf(r),
		})
	}
}

// refuse counts a login that was refused. A name that is no admin's is not told.
func (p *Page) refuse(r *http.Request, name string) {
	if !p.isKnown(name) {
		name = unknownName
	}
	p.refusals.add(name, clientOf(r))
}

// record keeps who came and went. That it cannot be kept locks no admin out: he may come to mend that.
func (p *Page) record(ctx context.Context, c journal.Change) {
	if err := p.Gateway.Changes.Record(context.WithoutCancel(ctx), c); err != nil {
		p.Log.Error("the admin's page: not recorded", "what", c.What, "by", c.By, "error", err.Error())
	}
}

// clientOf is who asks, as records tell it.
func clientOf(r *http.Request) string {
	client := network(r.RemoteAddr)
	switch {
	case !client.IsValid():
		return "a unix socket"
	case client.IsSingleIP():
		return client.Addr().String()
	}
	return client.String()
}

// localPath is a path of this page, and "/" for whatever would lead elsewhere.
func localPath(given string) string {
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsAny(given, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}
