package admin

// This file writes answers: JSON, and problems as RFC 9457 has them.

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/certadmin"
	"sealgate/journal"
)

// write answers with JSON.
func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	encode(w, status, value)
}

// problem answers that it does not go.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	encode(w, status, struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(status), status, detail})
}

func encode(w http.ResponseWriter, status int, value any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // who has gone needs no answer
}

// faults are the statuses of errors that are the asker's: he is told why.
var faults = []struct {
	err    error
	status int
}{
	{errMedia, http.StatusUnsupportedMediaType},
	{errTooLarge, http.StatusRequestEntityTooLarge},
	{errBody, http.StatusBadRequest},
	{ErrInput, http.StatusBadRequest},
	{ErrNotOur, http.StatusBadRequest},
	{gateway.ErrQuestion, http.StatusBadRequest},
	{journal.ErrQuestion, http.StatusBadRequest},
	{certadmin.ErrInput, http.StatusBadRequest},
	{certstore.ErrState, http.StatusConflict},
	{certstore.ErrCursor, http.StatusBadRequest},
	{certstore.ErrNotFound, http.StatusNotFound},
}

// fail answers with a problem. Of a fault of ours the asker learns no more than that it is one.
func (h *handlers) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrBusy) {
		tooMany(w)
		return
	}
	for _, f := range faults {
		if errors.Is(err, f.err) {
			problem(w, f.status, err.Error())
			return
		}
	}
	h.Log.Error("a request that could not be answered", slog.String("operation", r.Pattern),
		slog.String("error", err.Error()))
	problem(w, http.StatusServiceUnavailable, "the gateway cannot say it now; the cause stands in its log")
}

func tooMany(w http.ResponseWriter) {
	busy(w, ErrBusy.Error())
}

func busy(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "1")
	problem(w, http.StatusTooManyRequests, why)
}
