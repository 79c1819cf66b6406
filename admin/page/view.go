package page

// This file writes pages out of templates, in the language of the visitor.

import (
	"bytes"
	"net/http"
	"strings"
)

// visit is one request of somebody.
type visit struct {
	Name     string // "": who has not logged in
	ByProxy  bool
	Language Language
	Path     string // of the page, to come back to it
	Section  string // of the navigation
	Version  string
}

// stranger is a visit of somebody who has not logged in yet.
func (p *Page) stranger(r *http.Request) *visit {
	v := &visit{Language: languageOf(r), Version: p.Version, Path: "/"}
	if r.Method == http.MethodGet {
		v.Path = r.URL.RequestURI()
	}
	v.Section, _, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return v
}

// shown is what a template gets.
type shown struct {
	*visit
	Title string
	Data  any
}

// show writes a page. It is whole before the first octet leaves.
func (p *Page) show(w http.ResponseWriter, r *http.Request, v *visit, status int, name string, data any) {
	var out bytes.Buffer
	s := shown{visit: v, Title: text(v.Language, "title."+name), Data: data}
	if err := p.views[v.Language][name].Execute(&out, s); err != nil {
		p.Log.Error("the admin's page", "path", r.URL.Path, "error", err.Error())
		http.Error(w, "the page cannot be shown; the cause stands in the gateway's log", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(v.Language))
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // who has gone needs no answer
}

// fault says why there is no such page. key is one of texts.
func (p *Page) fault(w http.ResponseWriter, r *http.Request, v *visit, status int, key string) {
	p.show(w, r, v, status, "fault", text(v.Language, key))
}
