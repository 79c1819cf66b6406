package page

// This file tries it: what would become of a mail that nobody has sent.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"sealgate/admin"
	"sealgate/gateway"
)

// tryTime is what look-ups may take; whoever has not answered by then is unknown.
const tryTime = 30 * time.Second

// tryData is what the page shows.
type tryData struct {
	From, To, Recipient string
	Fault               string // a key of texts
	Cause               string // of the fault
	Becomes             string // a key of texts: what happens without an order
	Boxes               []triedBox
	Readers             []gateway.Reader
	Explained           *explained
}

// triedBox is a mail with an order, or without one.
type triedBox struct {
	Order string // a key of texts
	gateway.Box
}

// explained is a message that somebody has dropped.
type explained struct {
	Signature  string `json:"signature"`
	Encryption string `json:"encryption"`
	Reason     string `json:"reason"`
	Drawing    string `json:"-"`
}

func (p *Page) try(w http.ResponseWriter, r *http.Request, v *visit) {
	p.show(w, r, v, http.StatusOK, "try", tryData{})
}

// tryMail asks what a mail could be. It comes by POST: addresses stay out of other people's logs.
func (p *Page) tryMail(w http.ResponseWriter, r *http.Request, v *visit) {
	data := tryData{From: r.PostFormValue("from"), To: r.PostFormValue("to")}
	ctx, cancel := context.WithTimeout(r.Context(), tryTime)
	defer cancel()
	c, err := p.Gateway.Engine.Capabilities(ctx, gateway.Question{
		From: strings.TrimSpace(data.From), To: recipients(data.To), CanSplit: p.CanSplit,
	})
	switch {
	case errors.Is(err, gateway.ErrQuestion):
		data.Fault = "try.question"
		data.Cause = err.Error()
		p.show(w, r, v, http.StatusBadRequest, "try", data)
		return
	case err != nil:
		p.broken(w, r, v, err)
		return
	}
	data.Boxes = []triedBox{{"try.plain", c.Plain}, {"try.sign", c.Sign}, {"try.encrypt", c.Encrypt}}
	data.Becomes = becomes(c)
	data.Readers = c.Readers
	p.show(w, r, v, http.StatusOK, "try", data)
}

// becomes is what a mail without an order is when it leaves, and "" for one that does not.
func becomes(c *gateway.Capabilities) string {
	switch {
	case c.Plain.State != gateway.Enabled:
		return ""
	case c.Sign.Preset && c.Encrypt.Preset:
		return "try.both"
	case c.Encrypt.Preset:
		return "try.encrypted"
	case c.Sign.Preset:
		return "try.signed"
	}
	return "try.neither"
}

// recipients are addresses as people write them down.
func recipients(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
}

// tryMessage explains a message and forgets it.
func (p *Page) tryMessage(w http.ResponseWriter, r *http.Request, v *visit) {
	form, err := admin.OpenForm(w, r, "message", p.Gateway.MaxMessage, "recipient")
	data := tryData{Recipient: strings.TrimSpace(form.Fields["recipient"])}
	if err != nil {
		data.Fault = "try.unread"
		p.unread(w, r, v, "try", data)
		return
	}
	e, err := p.Gateway.Explainer.Explain(r.Context(), data.Recipient, form.File)
	switch {
	case errors.Is(err, admin.ErrBusy):
		data.Fault = "try.busy"
		p.show(w, r, v, http.StatusTooManyRequests, "try", data)
	case errors.Is(err, admin.ErrNotOur):
		data.Fault = "try.notour"
		p.unread(w, r, v, "try", data)
	case admin.IsTooLarge(err):
		data.Fault = "fault.large"
		p.show(w, r, v, http.StatusRequestEntityTooLarge, "try", data)
	case errors.Is(err, admin.ErrInput):
		data.Fault = "try.nomail"
		data.Cause = err.Error()
		p.unread(w, r, v, "try", data)
	case err != nil:
		p.broken(w, r, v, err)
	default:
		data.Explained = &explained{Drawing: e.Drawing}
		if err := json.Unmarshal(e.Report, data.Explained); err != nil {
			p.broken(w, r, v, err)
			return
		}
		p.show(w, r, v, http.StatusOK, "try", data)
	}
}
