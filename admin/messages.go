package admin

// This file is the operations on what passed, on who changed what, and on a message at hand.

import (
	"errors"
	"net/http"

	"sealgate/journal"
)

// listMessages answers with a page of the journal.
func (h *handlers) listMessages(w http.ResponseWriter, r *http.Request) {
	p := readParameters(r, "since", "until", "limit", "oldest", "address", "message_id", "queue_id", "verdict")
	q := p.question()
	q.MessageID = p.text("message_id")
	q.QueueID = p.text("queue_id")
	q.Verdict = p.text("verdict")
	if p.err != nil {
		problem(w, http.StatusBadRequest, p.err.Error())
		return
	}
	list, err := h.Gateway.Journal.Find(r.Context(), q)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, struct {
		Messages []*journal.Record `json:"messages"`
	}{append([]*journal.Record{}, list...)})
}

// listChanges answers with a page of the changes.
func (h *handlers) listChanges(w http.ResponseWriter, r *http.Request) {
	p := readParameters(r, "since", "until", "limit", "oldest", "address", "fingerprint")
	q := p.question()
	q.Fingerprint = p.text("fingerprint")
	if p.err != nil {
		problem(w, http.StatusBadRequest, p.err.Error())
		return
	}
	list, err := h.Gateway.Journal.Changes(r.Context(), q)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, struct {
		Changes []*journal.Change `json:"changes"`
	}{append([]*journal.Change{}, list...)})
}

// question is what messages and changes are asked alike.
func (p *parameters) question() journal.Question {
	return journal.Question{
		Since:   p.moment("since"),
		Until:   p.moment("until"),
		Most:    p.number("limit", journal.MaxRecords, defaultPage),
		Oldest:  p.yes("oldest"),
		Address: p.text("address"),
	}
}

// explain answers with what a message is worth to a recipient.
func (h *handlers) explain(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") != "message/rfc822" {
		h.fail(w, r, errMedia)
		return
	}
	p := readParameters(r, "recipient")
	recipient := p.text("recipient")
	if p.err == nil && recipient == "" {
		p.err = errors.New("recipient must be given: whose mail it is")
	}
	if p.err != nil {
		problem(w, http.StatusBadRequest, p.err.Error())
		return
	}
	GiveTime(w)
	e, err := h.Gateway.Explainer.Explain(r.Context(), recipient, r.Body)
	if err != nil {
		if IsTooLarge(err) {
			err = errTooLarge
		}
		h.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, e)
}
