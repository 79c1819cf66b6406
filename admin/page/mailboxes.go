package page

// This file is our own mailboxes, as receivers see their keys.

import (
	"net/http"

	"sealgate/admin"
	"sealgate/internal/ownkeys"
)

func (p *Page) mailboxes(w http.ResponseWriter, r *http.Request, v *visit) {
	p.show(w, r, v, http.StatusOK, "mailboxes", p.Gateway.Mailboxes.Mailboxes(r.Context()))
}

// worst is the level of what is wrong with a mailbox, and "" if nothing is.
func worst(m admin.Mailbox) (level ownkeys.Level) {
	all := m.Wrong
	for _, k := range m.Keys {
		all = append(all, k.Wrong...)
	}
	for _, f := range all {
		switch {
		case f.Level == ownkeys.Failure:
			return ownkeys.Failure
		case f.Level == ownkeys.Warning:
			level = ownkeys.Warning
		}
	}
	return level
}
