package page

// This file is the journal: what passed, and one message's layers.

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"sealgate/journal"
)

// messagesShown is how many stand on one page.
const messagesShown = 50

// verdicts are the words that a message is found by: what became of it, of its signature, and of its
// encryption.
var verdicts = []string{
	"accepted", "quarantined", "deferred", "rejected", "failed", "valid", "expired", "unchecked", "untrusted", "weak",
	"partial", "mismatch", "revoked", "malformed", "invalid", "decrypted", "undecryptable",
}

// filter is what the form of the list has.
type filter struct {
	Address   string
	MessageID string
	QueueID   string
	Verdict   string
	Since     string // a day
	Until     string // a day, which belongs to it
}

// messagesData is what the list shows.
type messagesData struct {
	filter
	Verdicts []string
	Wrong    bool              // the question
	Records  []*journal.Record // the newest first
	Older    string            // the address of the next page
}

// dayLayout is how forms write a day.
const dayLayout = "2006-01-02"

// question is what the filter asks for.
func (f filter) question(before string, most int) (q journal.Question, err error) {
	q = journal.Question{
		Address: f.Address, MessageID: f.MessageID, QueueID: f.QueueID, Verdict: f.Verdict, Most: most,
	}
	if f.Since != "" {
		q.Since, err = time.ParseInLocation(dayLayout, f.Since, time.Local)
		if err != nil {
			return q, err
		}
	}
	if f.Until != "" {
		last, err := time.ParseInLocation(dayLayout, f.Until, time.Local)
		if err != nil {
			return q, err
		}
		q.Until = last.AddDate(0, 0, 1)
	}
	if before != "" {
		q.Until, err = parseMoment(before)
	}
	return q, err
}

// values are the filter as an address has it.
func (f filter) values() url.Values {
	v := url.Values{}
	add := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	add("address", f.Address)
	add("message_id", f.MessageID)
	add("queue_id", f.QueueID)
	add("verdict", f.Verdict)
	add("since", f.Since)
	add("until", f.Until)
	return v
}

func (p *Page) messages(w http.ResponseWriter, r *http.Request, v *visit) {
	f := filter{
		Address: r.FormValue("address"), MessageID: r.FormValue("message_id"), QueueID: r.FormValue("queue_id"),
		Verdict: r.FormValue("verdict"), Since: r.FormValue("since"), Until: r.FormValue("until"),
	}
	data := messagesData{filter: f, Verdicts: verdicts}
	q, err := f.question(r.FormValue("before"), messagesShown)
	if err != nil {
		data.Wrong = true
		p.show(w, r, v, http.StatusBadRequest, "messages", data)
		return
	}
	data.Records, err = p.Gateway.Journal.Find(r.Context(), q)
	if err != nil && !errors.Is(err, journal.ErrQuestion) {
		p.broken(w, r, v, err)
		return
	}
	data.Wrong = err != nil
	if len(data.Records) == messagesShown {
		older := f.values()
		older.Set("before", moment(data.Records[0].Time))
		data.Older = "/messages?" + older.Encode()
	}
	slices.Reverse(data.Records)
	p.show(w, r, v, http.StatusOK, "messages", data)
}

// message is one of them: no two have the same time.
func (p *Page) message(w http.ResponseWriter, r *http.Request, v *visit) {
	at, err := parseMoment(r.PathValue("moment"))
	if err != nil {
		p.fault(w, r, v, http.StatusNotFound, "fault.message")
		return
	}
	list, err := p.Gateway.Journal.Find(r.Context(), journal.Question{Since: at, Until: at.Add(1), Most: 1})
	switch {
	case err != nil:
		p.broken(w, r, v, err)
	case len(list) == 0:
		p.fault(w, r, v, http.StatusNotFound, "fault.message")
	default:
		p.show(w, r, v, http.StatusOK, "message", list[0])
	}
}

// moment is a time as addresses have it: nanoseconds since 1970.
func moment(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func parseMoment(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(0, n), err
}
