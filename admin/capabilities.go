package admin

// This file answers what the boxes of a mail that is not written yet can do.

import (
	"context"
	"net/http"
	"time"

	"sealgate/gateway"
)

// question is a mail that is about to be written.
type question struct {
	From      string   `json:"from"`
	User      string   `json:"user"`
	To        []string `json:"to"`
	Cc        []string `json:"cc"`
	Bcc       []string `json:"bcc"`
	Subject   string   `json:"subject"`
	InReplyTo string   `json:"in_reply_to"`
	Calendar  bool     `json:"calendar"`
}

// box is what one of the two boxes can do.
type box struct {
	State  gateway.State `json:"state"`
	Preset bool          `json:"preset"`
	Token  gateway.Token `json:"token,omitempty"`
	Code   int           `json:"code,omitempty"`
	Text   string        `json:"text,omitempty"`
}

// reader is what a mail to somebody would be encrypted for.
type reader struct {
	Address     string        `json:"address"`
	State       gateway.State `json:"state"`
	Inside      bool          `json:"inside"`
	Fingerprint string        `json:"fingerprint,omitempty"`
	Issuer      string        `json:"issuer,omitempty"`
	NotAfter    *time.Time    `json:"not_after,omitempty"`
	Cause       gateway.Cause `json:"cause,omitempty"`
	Text        string        `json:"text,omitempty"`
	Reason      string        `json:"reason,omitempty"`
	Remedy      string        `json:"remedy,omitempty"`
}

// thread is what the mail must be for what it answers.
type thread struct {
	Encrypted bool   `json:"encrypted"`
	Encrypt   string `json:"encrypt"`
}

// capabilities is the answer.
type capabilities struct {
	Sign       box      `json:"sign"`
	Encrypt    box      `json:"encrypt"`
	Plain      box      `json:"plain"`
	Thread     thread   `json:"thread"`
	Recipients []reader `json:"recipients"`
}

// capabilitiesOfQuery answers a GET. Several recipients are several parameters.
func (h *handlers) capabilitiesOfQuery(w http.ResponseWriter, r *http.Request) {
	p := readParameters(r, "from", "user", "to", "cc", "bcc", "subject", "in_reply_to", "calendar")
	q := question{
		From: p.text("from"), User: p.text("user"), To: p.list("to"), Cc: p.list("cc"), Bcc: p.list("bcc"),
		Subject: p.text("subject"), InReplyTo: p.text("in_reply_to"), Calendar: p.yes("calendar"),
	}
	if p.err != nil {
		problem(w, http.StatusBadRequest, p.err.Error())
		return
	}
	h.answer(w, r, q)
}

// capabilitiesOfBody answers a POST, which keeps addresses out of logs.
func (h *handlers) capabilitiesOfBody(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := readJSON(r, &q); err != nil {
		h.fail(w, r, err)
		return
	}
	h.answer(w, r, q)
}

// answerTime is what a question may take; whoever has not answered by then is unknown.
const answerTime = 30 * time.Second

// answer asks the engine.
func (h *handlers) answer(w http.ResponseWriter, r *http.Request, q question) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	c, err := h.Gateway.Engine.Capabilities(ctx, gateway.Question{
		From: q.From, User: q.User, To: q.To, Cc: q.Cc, Bcc: q.Bcc,
		Subject: q.Subject, InReplyTo: q.InReplyTo, Calendar: q.Calendar, CanSplit: h.CanSplit,
		Language: languageOf(r),
	})
	if err != nil {
		h.fail(w, r, err)
		return
	}
	out := capabilities{Sign: boxOf(c.Sign), Encrypt: boxOf(c.Encrypt), Plain: boxOf(c.Plain), Thread: threadOf(c.Thread)}
	for _, one := range c.Readers {
		out.Recipients = append(out.Recipients, readerOf(one))
	}
	write(w, http.StatusOK, out)
}

// threadOf says with the words of outbound.reply_to_encrypted what must be.
func threadOf(t gateway.Thread) thread {
	out := thread{Encrypted: t.Encrypted, Encrypt: "no"}
	switch t.Encrypt {
	case gateway.Yes:
		out.Encrypt = "yes"
	case gateway.IfPossible:
		out.Encrypt = "if-possible"
	}
	return out
}

func boxOf(b gateway.Box) box { return box{b.State, b.Preset, b.Token, b.Code, b.Text} }

func readerOf(r gateway.Reader) reader {
	out := reader{
		Address: r.Address, State: r.State, Inside: r.Inside, Fingerprint: r.Fingerprint, Issuer: r.Issuer,
		Cause: r.Cause, Text: r.Text, Reason: r.Reason, Remedy: r.Remedy,
	}
	if !r.NotAfter.IsZero() {
		end := r.NotAfter.UTC()
		out.NotAfter = &end
	}
	return out
}
