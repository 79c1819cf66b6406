package page

// This file reads files out of forms without writing them anywhere: net/http would put large ones
// on the disk.

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"sealgate/internal/certfile"
)

// uploadTime is what a file may take, over a line that is slow.
const uploadTime = 5 * time.Minute

// maxForm bounds a form without its file, in octets.
const maxForm = 64 << 10

// maxField bounds what stands beside a file, in octets.
const maxField = 4096

// uploads are how large the files of the forms may be, by their path.
func (p *Page) uploads() map[string]int64 {
	return map[string]int64{"/certificates": certfile.MaxSize, "/try/explain": p.MaxMessage}
}

// bound is how many octets a request may have.
func (p *Page) bound(r *http.Request) int64 { return maxForm + p.uploads()[r.URL.Path] }

// patient lets a file and its answer take their time.
func patient(w http.ResponseWriter) {
	until := time.Now().Add(uploadTime)
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(until) // without it, the server's own holds
	_ = c.SetWriteDeadline(until)
}

// errUpload says that a form is none of ours.
var errUpload = errors.New("page: a form that has another form")

// upload reads the fields of a form until its file, which is its last part.
func upload(r *http.Request, file string) (fields map[string]string, part *multipart.Part, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, errUpload
	}
	fields = make(map[string]string)
	for range 8 {
		part, err := form.NextRawPart()
		if err != nil {
			return nil, nil, errors.Join(errUpload, err)
		}
		if part.FormName() == file {
			return fields, part, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil || len(value) > maxField {
			return nil, nil, errUpload
		}
		fields[part.FormName()] = string(value)
	}
	return nil, nil, errUpload
}
