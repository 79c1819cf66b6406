package page

// This file is the routes.

import (
	"context"
	_ "embed"
	"net/http"
	"time"

	"sealgate/journal"
)

// New returns the page.
func New(o Options) *Page {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Page{Options: o, sessions: newSessions(o.Now), attempts: newAttempts(o.Now), views: newViews()}
	p.arrivals = newArrivals(o.Now)
	p.refusals = newRefusals(func(c journal.Change) { p.record(context.Background(), c) })
	p.handler = p.guarded(p.routes())
	return p
}

// Close records what waits to be recorded. Nobody asks the page any more.
func (p *Page) Close() { p.refusals.flush() }

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

//go:embed style.css
var style []byte

//go:embed icon.svg
var icon []byte

// fixed answers with what is the same for everybody.
func fixed(kind string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(content) // who has gone needs no answer
	}
}

// routes are the operations. Those of who has logged in change something by POST alone.
func (p *Page) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", fixed("text/css; charset=utf-8", style))
	mux.HandleFunc("GET /icon.svg", fixed("image/svg+xml", icon))
	mux.HandleFunc("GET /login", p.loginForm)
	mux.HandleFunc("POST /login", p.login)
	mux.HandleFunc("POST /logout", p.logout)
	mux.HandleFunc("POST /language", p.setLanguage)
	mux.Handle("GET /{$}", p.known(p.overview))
	mux.Handle("GET /mailboxes", p.known(p.mailboxes))
	mux.Handle("GET /certificates", p.known(p.certificates))
	mux.Handle("POST /certificates", p.known(p.importFile))
	mux.Handle("GET /certificates/import", p.known(p.importForm))
	mux.Handle("GET /certificates/{fingerprint}", p.known(p.certificate))
	mux.Handle("POST /certificates/{fingerprint}", p.known(p.decide))
	mux.Handle("GET /certificates/{fingerprint}/export", p.known(p.export))
	mux.Handle("GET /messages", p.known(p.messages))
	mux.Handle("GET /messages/{moment}", p.known(p.message))
	mux.Handle("GET /try", p.known(p.try))
	mux.Handle("POST /try", p.known(p.tryMail))
	mux.Handle("POST /try/explain", p.known(p.tryMessage))
	mux.Handle("GET /audit", p.known(p.audit))
	mux.Handle("/", p.known(p.nothingHere))
	return mux
}

// nothingHere answers what no route knows.
func (p *Page) nothingHere(w http.ResponseWriter, r *http.Request, v *visit) {
	p.fault(w, r, v, http.StatusNotFound, "fault.missing")
}

// setLanguage remembers a choice, and goes back to where it was made.
func (p *Page) setLanguage(w http.ResponseWriter, r *http.Request) {
	if l, ok := parseLanguage(r.PostFormValue("language")); ok {
		setCookie(w, languageCookie, string(l), languageAge)
	}
	http.Redirect(w, r, localPath(r.PostFormValue("back")), http.StatusSeeOther)
}
