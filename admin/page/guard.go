package page

// This file is what stands in front of every answer: which hosts and origins are heard, and what
// the browser may do with what it gets.

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"sealgate/admin"
)

// policy lets the browser load our style sheet and send forms to us. There is no script.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; " +
	"frame-ancestors 'none'"

// guarded is around every answer.
func (p *Page) guarded(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(p.foreign))
	next = origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		if !p.isOurs(r.Host) {
			p.fault(w, r, p.stranger(r), http.StatusMisdirectedRequest, "fault.host")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, p.bound(r))
		next.ServeHTTP(w, r)
	})
}

// bound is how many octets a request may have.
func (p *Page) bound(r *http.Request) int64 {
	switch r.URL.Path {
	case "/certificates":
		return admin.MaxImport
	case "/try/explain":
		return p.Gateway.MaxMessage + admin.MaxBody
	}
	return admin.MaxBody
}

// foreign answers what another site's page has sent.
func (p *Page) foreign(w http.ResponseWriter, r *http.Request) {
	p.Log.Warn("the admin's page: a request from another site's page", "client", r.RemoteAddr, "path", r.URL.Path)
	p.fault(w, r, p.stranger(r), http.StatusForbidden, "fault.origin")
}

// isOurs reports whether a browser that asks for host means us. A name that its owner has pointed
// at this machine (DNS rebinding) is none of ours.
func (p *Page) isOurs(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return name == "localhost" || slices.ContainsFunc(p.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}
