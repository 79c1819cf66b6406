package page

// This file takes certificates out of a file that somebody has dropped.

import (
	"errors"
	"net/http"

	"sealgate/admin"
)

// importData is what became of a file.
type importData struct {
	Fault string // a key of texts
	Cause string // of the fault
	*admin.Imported
}

func (p *Page) importForm(w http.ResponseWriter, r *http.Request, v *visit) {
	p.show(w, r, v, http.StatusOK, "import", importData{})
}

func (p *Page) importFile(w http.ResponseWriter, r *http.Request, v *visit) {
	if !p.Gateway.Importing.TryLock() {
		p.show(w, r, v, http.StatusTooManyRequests, "import", importData{Fault: "import.busy"})
		return
	}
	defer p.Gateway.Importing.Unlock()
	file, err := admin.ReadImport(w, r)
	switch {
	case admin.IsTooLarge(err):
		p.show(w, r, v, http.StatusRequestEntityTooLarge, "import", importData{Fault: "fault.large"})
		return
	case err != nil:
		p.unread(w, r, v, "import", importData{Fault: "import.unread"})
		return
	}
	done, err := p.Gateway.Changes.Import(r.Context(), admin.AdminName(v.Name), file)
	if errors.Is(err, admin.ErrInput) {
		p.unread(w, r, v, "import", importData{Fault: "import.nothing", Cause: err.Error()})
		return
	}
	if err != nil {
		p.broken(w, r, v, err)
		return
	}
	p.show(w, r, v, http.StatusOK, "import", importData{Imported: done})
}

// unread shows a form again whose file could not be read.
func (p *Page) unread(w http.ResponseWriter, r *http.Request, v *visit, form string, data any) {
	p.show(w, r, v, http.StatusBadRequest, form, data)
}
