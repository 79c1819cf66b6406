package admin

// This file is the operations on other people's certificates.

import (
	"net/http"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
)

// defaultPage is how many entries a page has where nobody says otherwise.
const defaultPage = 50

// listCertificates answers with a page of them.
func (h *handlers) listCertificates(w http.ResponseWriter, r *http.Request) {
	p := readParameters(r, "search", "state", "cursor", "limit")
	q := certadmin.Query{
		Search: p.text("search"),
		State:  certstore.State(p.text("state")),
		Cursor: p.text("cursor"),
		Most:   p.number("limit", certadmin.MaxPage, defaultPage),
	}
	if p.err != nil {
		problem(w, http.StatusBadRequest, p.err.Error())
		return
	}
	page, err := h.Gateway.Certificates.Certificates(r.Context(), q)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, page)
}

// showCertificate answers with all that is known of one.
func (h *handlers) showCertificate(w http.ResponseWriter, r *http.Request) {
	c, err := h.Gateway.Certificates.Certificate(r.Context(), r.PathValue("fingerprint"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, c)
}

// pemMedia is what a certificate in PEM is sent as (RFC 8555 §9.1).
const pemMedia = "application/pem-certificate-chain"

// exportCertificate answers with one as PEM.
func (h *handlers) exportCertificate(w http.ResponseWriter, r *http.Request) {
	p := readParameters(r, "chain")
	chain := p.yes("chain")
	if p.err != nil {
		problem(w, http.StatusBadRequest, p.err.Error())
		return
	}
	c, err := h.Gateway.Certificates.Certificate(r.Context(), r.PathValue("fingerprint"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", pemMedia)
	w.Header().Set("Content-Disposition", "attachment; filename="+c.Fingerprint+".pem")
	_, _ = w.Write(c.PEM(chain)) // who has gone needs no answer
}

// decideCertificate blocks, pins, approves, deletes one.
func (h *handlers) decideCertificate(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Decision certadmin.Decision `json:"decision"`
		Seen     certstore.State    `json:"seen"`
	}
	if err := readJSON(r, &body); err != nil {
		h.fail(w, r, err)
		return
	}
	if body.Decision == "" {
		problem(w, http.StatusBadRequest, "decision must be given")
		return
	}
	if body.Seen != "" && certstore.ValidateState(body.Seen) != nil {
		problem(w, http.StatusBadRequest, "seen must be a state of a certificate")
		return
	}
	fingerprint := r.PathValue("fingerprint")
	err := h.Gateway.Changes.Decide(r.Context(), TokenName(tokenOf(r)), fingerprint, body.Decision, body.Seen)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// importCertificates stores what a file holds.
func (h *handlers) importCertificates(w http.ResponseWriter, r *http.Request) {
	if !h.Gateway.Importing.TryLock() {
		busy(w, "another file is being imported")
		return
	}
	defer h.Gateway.Importing.Unlock()
	f, err := ReadImport(w, r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	out, err := h.Gateway.Changes.Import(r.Context(), TokenName(tokenOf(r)), f)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, out)
}
