package page

// This file is other people's certificates: found, looked at, decided over.

import (
	"errors"
	"net/http"
	"net/url"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/internal/certadmin"
)

// certificatesShown is how many stand on one page.
const certificatesShown = 50

// states are those that can be asked for.
var states = []certstore.State{certstore.Pending, certstore.Active, certstore.Pinned, certstore.Blocked}

// certificatesData is what the list shows.
type certificatesData struct {
	Search string
	State  certstore.State
	States []certstore.State
	Wrong  bool // the question
	Page   *certadmin.Page
	Next   string // the address of the next page
	Done   string // a key of texts
}

func (p *Page) certificates(w http.ResponseWriter, r *http.Request, v *visit) {
	q := certadmin.Query{
		Search: r.FormValue("search"), State: certstore.State(r.FormValue("state")), Cursor: r.FormValue("cursor"),
		Most: certificatesShown,
	}
	data := certificatesData{Search: q.Search, State: q.State, States: states, Done: doneKey(r)}
	page, err := p.Gateway.Certificates.Certificates(r.Context(), q)
	switch {
	case errors.Is(err, certadmin.ErrInput):
		data.Wrong = true
		page = &certadmin.Page{}
	case err != nil:
		p.broken(w, r, v, err)
		return
	}
	data.Page = page
	if page.Next != "" {
		next := url.Values{"search": {q.Search}, "state": {string(q.State)}, "cursor": {page.Next}}
		data.Next = "/certificates?" + next.Encode()
	}
	p.show(w, r, v, http.StatusOK, "certificates", data)
}

// certificateData is what one certificate's page shows.
type certificateData struct {
	*admin.Certificate
	Done      string               // a key of texts
	Decisions []certadmin.Decision // that can be made, but Delete
	Delete    bool
}

func (p *Page) certificate(w http.ResponseWriter, r *http.Request, v *visit) {
	c, err := p.Gateway.Certificates.Certificate(r.Context(), r.PathValue("fingerprint"))
	if err != nil {
		p.broken(w, r, v, err)
		return
	}
	data := certificateData{Certificate: c, Done: doneKey(r)}
	for _, d := range c.Possible {
		if d == certadmin.Delete {
			data.Delete = true
			continue
		}
		data.Decisions = append(data.Decisions, d)
	}
	p.show(w, r, v, http.StatusOK, "certificate", data)
}

// export is the certificate as a file, with the authorities that came with it.
func (p *Page) export(w http.ResponseWriter, r *http.Request, v *visit) {
	c, err := p.Gateway.Certificates.Certificate(r.Context(), r.PathValue("fingerprint"))
	if err != nil {
		p.broken(w, r, v, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	w.Header().Set("Content-Disposition", `attachment; filename="`+c.Fingerprint[:16]+`.pem"`)
	_, _ = w.Write(c.PEM(true)) // who has gone needs no answer
}

// decide blocks, pins, approves, …
func (p *Page) decide(w http.ResponseWriter, r *http.Request, v *visit) {
	var d certadmin.Decision
	if err := d.UnmarshalText([]byte(r.PostFormValue("decision"))); err != nil {
		p.fault(w, r, v, http.StatusBadRequest, "fault.input")
		return
	}
	fingerprint := r.PathValue("fingerprint")
	seen := certstore.State(r.PostFormValue("seen"))
	err := p.Gateway.Changes.Decide(r.Context(), admin.AdminName(v.Name), fingerprint, d, seen)
	if err != nil {
		p.broken(w, r, v, err)
		return
	}
	back := "/certificates/" + url.PathEscape(fingerprint)
	if d == certadmin.Delete {
		back = "/certificates"
	}
	http.Redirect(w, r, back+"?done="+string(d), http.StatusSeeOther)
}

// doneKey is what has just been done, as a key of texts; what nobody could have done is nothing.
func doneKey(r *http.Request) string {
	var d certadmin.Decision
	if d.UnmarshalText([]byte(r.FormValue("done"))) != nil {
		return ""
	}
	return "done." + string(d)
}

// broken says why an answer could not be given: what the visitor asked for is told apart from what
// is our own fault, whose cause stands in the log.
func (p *Page) broken(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	switch {
	case errors.Is(err, certstore.ErrNotFound):
		p.fault(w, r, v, http.StatusNotFound, "fault.certificate")
	case errors.Is(err, certstore.ErrState):
		p.fault(w, r, v, http.StatusConflict, "fault.state")
	case errors.Is(err, certadmin.ErrInput):
		p.fault(w, r, v, http.StatusBadRequest, "fault.input")
	default:
		p.Log.Error("the admin's page", "path", r.URL.Path, "error", err.Error())
		p.fault(w, r, v, http.StatusServiceUnavailable, "fault.ours")
	}
}
