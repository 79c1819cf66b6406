package admin

// This file is the operations on mailboxes and on how the gateway does.

import (
	"net/http"
	"slices"
)

// mailboxes answers with our own.
func (h *handlers) mailboxes(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusOK, struct {
		Mailboxes []Mailbox `json:"mailboxes"`
	}{append([]Mailbox{}, h.Gateway.Mailboxes.Mailboxes(r.Context())...)})
}

// attention answers with how the gateway does, and what somebody should look at.
func (h *handlers) attention(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusOK, struct {
		Process
		Attention []Attention `json:"attention"`
	}{h.Gateway.Health.Process(), append([]Attention{}, h.Gateway.Health.Attention(r.Context())...)})
}

// health says that the process answers.
func (h *handlers) health(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether mail can be handled. Anybody may ask it, so it names the areas only; the
// causes stand in the log.
func (h *handlers) ready(w http.ResponseWriter, r *http.Request) {
	faults := h.readiness.of(r.Context(), h.Gateway.Health.Ready, h.Log)
	if len(faults) == 0 {
		write(w, http.StatusOK, map[string]any{"status": "ready", "faults": []string{}})
		return
	}
	var names []string
	for _, f := range faults {
		if !slices.Contains(names, f.Of) {
			names = append(names, f.Of)
		}
	}
	write(w, http.StatusServiceUnavailable, map[string]any{"status": "not ready", "faults": names})
}
