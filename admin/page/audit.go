package page

// This file is who changed what.

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"sealgate/journal"
)

// changesShown is how many stand on one page.
const changesShown = 50

// auditData is what the page shows.
type auditData struct {
	Address string
	Wrong   bool              // the question
	Changes []*journal.Change // the newest first
	Older   string            // the address of the next page
}

func (p *Page) audit(w http.ResponseWriter, r *http.Request, v *visit) {
	data := auditData{Address: r.FormValue("address")}
	q, err := filter{Address: data.Address}.question(r.FormValue("before"), changesShown)
	if err != nil {
		data.Wrong = true
		p.show(w, r, v, http.StatusBadRequest, "audit", data)
		return
	}
	data.Changes, err = p.Gateway.Journal.Changes(r.Context(), q)
	if err != nil && !errors.Is(err, journal.ErrQuestion) {
		p.broken(w, r, v, err)
		return
	}
	data.Wrong = err != nil
	if len(data.Changes) == changesShown {
		older := url.Values{"before": {moment(data.Changes[0].Time)}}
		if data.Address != "" {
			older.Set("address", data.Address)
		}
		data.Older = "/audit?" + older.Encode()
	}
	slices.Reverse(data.Changes)
	p.show(w, r, v, http.StatusOK, "audit", data)
}
