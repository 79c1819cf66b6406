package page

// This file is the first page: what needs attention, then what passed.

import (
	"context"
	"net/http"
	"time"

	"sealgate/admin"
)

// countTime is what the first count of a large journal may take.
const countTime = 30 * time.Second

// overviewData is what the page shows.
type overviewData struct {
	Faults []admin.Attention
	Chart  *chart // nil: it cannot be counted now
}

func (p *Page) overview(w http.ResponseWriter, r *http.Request, v *visit) {
	ctx, cancel := context.WithTimeout(r.Context(), countTime)
	defer cancel()
	now := p.Now().Local()
	chosen := periodOf(r.FormValue("period"))
	bounds := chosen.bounds(now)
	data := overviewData{Faults: p.Gateway.Health.Attention(ctx)}
	err := p.tally.update(ctx, p.Gateway.Journal, bounds[0], now)
	if err != nil {
		p.Log.Error("the admin's page: the journal cannot be counted", "error", err.Error())
	} else {
		data.Chart = newChart(chosen, bounds, p.tally.between)
	}
	p.show(w, r, v, http.StatusOK, "overview", data)
}
