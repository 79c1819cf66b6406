package admin

// This file is the operations on other people's certificates.

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/certfile"
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
	}
	if err := readJSON(r, &body); err != nil {
		h.fail(w, r, err)
		return
	}
	if body.Decision == "" {
		problem(w, http.StatusBadRequest, "decision must be given")
		return
	}
	fingerprint := r.PathValue("fingerprint")
	err := h.Gateway.Changes.Decide(r.Context(), TokenName(tokenOf(r)), fingerprint, body.Decision)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Bounds of a file that comes.
const (
	maxUpload  = certfile.MaxSize + 64<<10 // octets: the file, its name, its password
	uploadTime = 2 * time.Minute
	maxField   = 1 << 10 // octets of a password
)

// importCertificates stores what a file holds.
func (h *handlers) importCertificates(w http.ResponseWriter, r *http.Request) {
	if !h.Gateway.Importing.TryLock() {
		busy(w, "another file is being imported")
		return
	}
	defer h.Gateway.Importing.Unlock()
	f, err := readUpload(w, r)
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

// readUpload reads a form (RFC 7578) with a file, and the password of one that has one.
func readUpload(w http.ResponseWriter, r *http.Request) (f ImportFile, err error) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return f, errMedia
	}
	giveTime(w)
	form := multipart.NewReader(r.Body, parameters["boundary"])
	for {
		part, err := form.NextPart()
		switch {
		case err == io.EOF && f.Data == nil:
			return f, errBody
		case err == io.EOF:
			return f, nil
		case err != nil:
			return f, bodyFault(err)
		}
		switch part.FormName() {
		case "file":
			f.Name = part.FileName()
			f.Data, err = readPart(part, certfile.MaxSize)
		case "password":
			f.Password, err = readPart(part, maxField)
		default:
			return f, errBody
		}
		if err != nil {
			return f, err
		}
	}
}

// readPart reads a field of a form.
func readPart(part io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(part, most+1))
	switch {
	case err != nil:
		return nil, bodyFault(err)
	case int64(len(data)) > most:
		return nil, errTooLarge
	}
	return data, nil
}

// giveTime lets a large body take longer than others, and its answer come after it.
func giveTime(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(uploadTime)) // a writer without deadlines has none to give
	_ = c.SetWriteDeadline(time.Now().Add(uploadTime + writeTime))
}
