// Package admin is the gateway's HTTP side: health, metrics, and what a helpdesk asks before a
// mail is written. It holds no policy: it asks the engine.
package admin

// This file is the routes, and who may ask what.

import (
	"context"
	_ "embed"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of what is asked.
const (
	maxHeader = 16 << 10 // octets
	readTime  = 10 * time.Second
	idleTime  = 60 * time.Second
)

// What a token may ask, and how many wrong ones are listened to. A token has 256 random bits:
// the bound keeps the log and the processor calm, it is not what makes guessing hopeless.
const (
	askedASecond = 500
	wrongASecond = 5
	wrongAtOnce  = 20
)

// Server answers until it is shut down.
type Server struct {
	server *http.Server
	page   Page // nil: there is none
}

// New returns a server that does not listen yet.
func New(o Options) *Server {
	h := &handlers{
		Options: o,
		wrong:   rate.NewLimiter(wrongASecond, wrongAtOnce),
		asked:   make(map[string]*rate.Limiter),
	}
	for _, t := range o.Tokens {
		h.asked[t.Name] = rate.NewLimiter(askedASecond, askedASecond)
	}
	server := &http.Server{
		Handler:           h.routes(),
		ReadHeaderTimeout: readTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return &Server{server, o.Page}
}

// Handler is what answers, for tests and for who brings a server along.
func (s *Server) Handler() http.Handler { return s.server.Handler }

// Serve answers what comes to l.
func (s *Server) Serve(l net.Listener) error { return s.server.Serve(l) }

// Shutdown finishes what is under way until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if s.page != nil {
		s.page.Close()
	}
	return err
}

//go:embed openapi.json
var openAPI []byte

// description answers with what openapi.json says.
func description(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI) // who has gone needs no answer
}

// route is one operation; without a scope anybody may ask it.
type route struct {
	pattern string
	scope   Scope
	most    int64 // octets of a body
	handle  http.HandlerFunc
}

func (h *handlers) operations() []route {
	return []route{
		{"GET /healthz", 0, MaxBody, h.health},
		{"GET /readyz", 0, MaxBody, h.ready},
		{"GET /openapi.json", 0, MaxBody, description},
		{"GET /metrics", Monitoring, MaxBody, h.Metrics.handler().ServeHTTP},
		{"GET /v1/capabilities", Capabilities, MaxBody, h.capabilitiesOfQuery},
		{"POST /v1/capabilities", Capabilities, MaxBody, h.capabilitiesOfBody},
		{"GET /v1/certificates", Read, MaxBody, h.listCertificates},
		{"POST /v1/certificates", Admin, MaxImport, h.importCertificates},
		{"GET /v1/certificates/{fingerprint}", Read, MaxBody, h.showCertificate},
		{"GET /v1/certificates/{fingerprint}/pem", Read, MaxBody, h.exportCertificate},
		{"POST /v1/certificates/{fingerprint}/decision", Admin, MaxBody, h.decideCertificate},
		{"GET /v1/mailboxes", Read, MaxBody, h.mailboxes},
		{"GET /v1/messages", Read, MaxBody, h.listMessages},
		{"GET /v1/changes", Read, MaxBody, h.listChanges},
		{"GET /v1/health", Read, MaxBody, h.attention},
		{"POST /v1/explain", Admin, h.Gateway.MaxMessage, h.explain},
	}
}

// routes are the operations, and the page for every other path.
func (h *handlers) routes() http.Handler {
	api := http.NewServeMux()
	for _, o := range h.operations() {
		api.Handle(o.pattern, bounded(o.most, h.allowed(o.scope, o.handle)))
	}
	if h.Page == nil {
		return apart(calm(api))
	}
	all := http.NewServeMux()
	all.Handle("/", h.Page)
	for _, path := range []string{"/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json"} {
		all.Handle(path, calm(api))
	}
	return apart(all)
}

// apart ends the connection after a request in chunks. It may have had a Content-Length too, which
// net/http drops without a word, and by which a proxy in front may see another end (RFC 9112 §6.1).
func apart(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// calm is around every answer: nobody keeps it, no browser takes it for something else, and no
// page of somebody else asks for it.
func calm(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if origin.Check(r) != nil {
			problem(w, http.StatusForbidden, "a page of another origin may not ask")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// bounded reads no more than most octets of a body.
func bounded(most int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}
