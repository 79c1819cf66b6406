package main

// This file gives the admin's page what it shows.

import (
	"sealgate/admin"
	"sealgate/admin/page"
)

// newPage is the page of who stands in [[admin.login]].
func (h *house) newPage(g admin.Gateway) *page.Page {
	a := h.cfg.Admin
	o := page.Options{
		Proxy:    page.Proxy{Header: a.LoginHeader, Secret: a.LoginSecret},
		Hosts:    a.Hosts,
		Gateway:  g,
		CanSplit: canSplit(h.cfg),
		Version:  version(),
		Log:      h.log,
	}
	for _, l := range a.Login {
		o.Logins = append(o.Logins, page.Login{Name: l.Name, Password: l.Password})
	}
	return page.New(o)
}
