package admin

// This file reads bodies, those of the API and of the page alike: bounded in octets and in time, and
// never by the forms of net/http, which put a large file on the disk in clear.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"time"

	"sealgate/internal/certfile"
)

// Bounds of a body.
const (
	MaxBody   = 64 << 10                   // octets of one without a file: a question has at most 100 recipients
	MaxImport = certfile.MaxSize + MaxBody // octets of a form with a file of certificates
	maxField  = 4 << 10                    // octets of what stands beside a file: a password, an address
	fileTime  = 5 * time.Minute            // for 64 MiB over a line of two megabits a second
)

// writeTime is what an answer may take: look-ups may take what limits.look_ups gives them.
const writeTime = 60 * time.Second

// Errors of a body.
var (
	errMedia    = errors.New("the body is of another media type")
	errTooLarge = errors.New("the body is too large")
	errBody     = errors.New("the body cannot be read")
)

// readJSON reads one object, and knows each of its members.
func readJSON(r *http.Request, into any) error {
	if r.Header.Get("Content-Type") != "application/json" {
		return fmt.Errorf("%w: it must be application/json", errMedia)
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return bodyFault(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return bodyFault(err)
	}
	return nil
}

// bodyFault is the error of a body that was not read to its end.
func bodyFault(err error) error {
	tooLarge := (*http.MaxBytesError)(nil)
	if errors.As(err, &tooLarge) {
		return fmt.Errorf("%w: %d octets are possible", errTooLarge, tooLarge.Limit)
	}
	return errBody
}

// IsTooLarge reports whether an error is that of a body, or a field of one, with more octets than
// it may have.
func IsTooLarge(err error) bool {
	tooLarge := (*http.MaxBytesError)(nil)
	return errors.Is(err, errTooLarge) || errors.As(err, &tooLarge)
}

// GiveTime lets a body with a file take longer than others, and its answer come after it.
func GiveTime(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(fileTime)) // a writer without deadlines has none to give
	_ = c.SetWriteDeadline(time.Now().Add(fileTime + writeTime))
}

// Form is a form with a file (RFC 7578), read as it comes.
type Form struct {
	Fields map[string]string // those read so far
	Name   string            // that the file had; may be empty
	File   io.Reader         // nil: none has come yet

	parts *multipart.Reader
	known []string // names of the fields beside the file
}

// OpenForm reads a form until its file, which is the caller's to read: at most so many octets. No
// field but the known ones may come, and none twice. On an error the form has what was read before.
func OpenForm(w http.ResponseWriter, r *http.Request, file string, most int64, known ...string) (*Form, error) {
	f := &Form{Fields: make(map[string]string), known: known}
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return f, errMedia
	}
	GiveTime(w)
	f.parts = multipart.NewReader(r.Body, parameters["boundary"])
	part, err := f.next(file)
	switch {
	case err != nil:
		return f, err
	case part == nil:
		return f, errBody
	}
	f.Name = part.FileName()
	f.File = http.MaxBytesReader(w, part, most)
	return f, nil
}

// Data reads the file, and the fields that come after it.
func (f *Form) Data() ([]byte, error) {
	data, err := io.ReadAll(f.File)
	if err != nil {
		return nil, bodyFault(err)
	}
	_, err = f.next("")
	return data, err
}

// next reads fields until one of that name, or the end.
func (f *Form) next(file string) (*multipart.Part, error) {
	for {
		part, err := f.parts.NextRawPart() // a file's octets are those that came, whatever its transfer encoding
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return nil, bodyFault(err)
		}
		name := part.FormName()
		_, isSecond := f.Fields[name]
		switch {
		case name == file && name != "":
			return part, nil
		case isSecond || !slices.Contains(f.known, name):
			return nil, errBody
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField+1))
		switch {
		case err != nil:
			return nil, bodyFault(err)
		case len(value) > maxField:
			return nil, fmt.Errorf("%w: %d octets are possible in the field %s", errTooLarge, maxField, name)
		}
		f.Fields[name] = string(value)
	}
}

// ReadImport reads a form with a file of certificates, and the password of one that has one.
func ReadImport(w http.ResponseWriter, r *http.Request) (f ImportFile, err error) {
	form, err := OpenForm(w, r, "file", certfile.MaxSize, "password")
	if err != nil {
		return f, err
	}
	f.Name = form.Name
	f.Data, err = form.Data()
	if err == nil && len(f.Data) == 0 {
		err = errBody
	}
	f.Password = []byte(form.Fields["password"])
	return f, err
}
