package smime

// This file shows a MIME entity (RFC 2045 §2.4) as a view on its octets.

import (
	"io"
	"net/mail"
	"strings"
	"time"

	"sealgate/internal/encodedword"
	"sealgate/spool"
)

// Entity is a MIME entity: a header and a body, over bytes that stay where they
// are. It is not safe for concurrent use.
type Entity struct {
	Fields []Field // as they stand

	r      io.ReaderAt
	off    int64 // where in r the entity begins
	size   int64
	body   int64 // where the body begins, from off
	digest bool  // in a multipart/digest, whose parts are messages by default (RFC 2046 §5.1.5)
	depth  int
	count  *int       // entities found in the message so far
	ready  bool       // Prepare made it: nobody on the way has a reason to change it
	owned  io.Closer  // what r reads, when closing it falls to this entity
	split  *multipart // what Parts found
	media  string     // what ContentType found; "": not looked yet
	params map[string]string
}

// delimiter is one boundary line. All offsets count from the beginning of the entity.
type delimiter struct {
	before int64 // where the content before it ends: the line end in front of the line is part of the delimiter
	line   int64 // where the line begins
	after  int64 // where the content after it begins
	odd    bool  // blanks follow the boundary on its line, or one of its line ends is LF
	last   bool  // the close delimiter
}

// multipart is what a multipart body consists of. Parts and delimiters
// alternate; without a close delimiter the last part ends with the body.
type multipart struct {
	delimiters []delimiter
	parts      []*Entity
}

// ParseEntity reads the header of the size octets in r. The entity reads r for
// as long as it is used. Lines may end in CRLF or LF. What is wrong with the
// header itself is an ErrMalformed, other errors come from r.
func ParseEntity(r io.ReaderAt, size int64) (*Entity, error) {
	if r == nil {
		return nil, errNoReader
	}
	if size < 0 {
		return nil, errSize
	}
	return parseEntity(opaqueEntity(r, size))
}

func parseEntity(e *Entity) (*Entity, error) {
	fields, body, err := readHeader(e.r, e.off, e.size, maxHeader)
	if err != nil {
		return nil, err
	}
	e.Fields = fields
	e.body = body
	return e, nil
}

// parseFile is ParseEntity for a file that the entity owns from now on, also
// when there is an error.
func parseFile(f *spool.File) (*Entity, error) {
	e, err := parseEntity(&Entity{r: f, size: f.Size(), count: new(int)})
	if err != nil {
		f.Close()
		return nil, err
	}
	e.owned = f
	return e, nil
}

// opaqueEntity is an entity without a header, all body. The section reader makes
// any r comparable, which joined needs.
func opaqueEntity(r io.ReaderAt, size int64) *Entity {
	return &Entity{r: io.NewSectionReader(r, 0, size), size: size, count: new(int)}
}

// Close frees what the entity owns; the bytes that it was parsed from are not.
func (e *Entity) Close() error {
	if e.owned == nil {
		return nil
	}
	return e.owned.Close()
}

// Get returns the fields of that name, in any case, in their order.
func (e *Entity) Get(name string) (found []Field) {
	for _, f := range e.Fields {
		if strings.EqualFold(f.Name, name) {
			found = append(found, f)
		}
	}
	return found
}

// value is that of the first field of the name, "" without one.
func (e *Entity) value(name string) string {
	if f := e.Get(name); len(f) > 0 {
		return f[0].Value()
	}
	return ""
}

// Size is the number of octets of header and body.
func (e *Entity) Size() int64 { return e.size }

// BodyOffset is where the body begins, from the beginning of the entity.
func (e *Entity) BodyOffset() int64 { return e.body }

// Body reads the body as it stands, in its transfer encoding.
func (e *Entity) Body() *io.SectionReader {
	return io.NewSectionReader(e.r, e.off+e.body, e.size-e.body)
}

// Section reads the whole entity.
func (e *Entity) Section() *io.SectionReader { return io.NewSectionReader(e.r, e.off, e.size) }

// ContentType returns the media type in lower case and its parameters by their
// names in lower case. Without a Content-Type, or with one that cannot be read,
// it is text/plain (RFC 2045 §5.2), in a multipart/digest message/rfc822. The
// parameters must not be changed.
func (e *Entity) ContentType() (media string, params map[string]string) {
	if e.media == "" {
		e.media, e.params = e.contentType()
	}
	return e.media, e.params
}

func (e *Entity) contentType() (media string, params map[string]string) {
	media, params = parseParameters(e.value("Content-Type"))
	if !strings.Contains(media, "/") {
		if e.digest && media == "" {
			return "message/rfc822", nil
		}
		return "text/plain", nil
	}
	return media, params
}

// disposition is the Content-Disposition (RFC 2183) and its parameters.
func (e *Entity) disposition() (string, map[string]string) {
	return parseParameters(e.value("Content-Disposition"))
}

// named reports whether a name that the entity gives its content fits, in lower case:
// programs write it in one of two places, or another one in each (RFC 8551 §3.9).
func (e *Entity) named(fits func(name string) bool) bool {
	_, d := e.disposition()
	_, t := e.ContentType()
	return fits(strings.ToLower(encodedword.Decode(d["filename"]))) || fits(strings.ToLower(encodedword.Decode(t["name"])))
}

// encoding is the transfer encoding in lower case, "7bit" without one (RFC 2045 §6.1).
func (e *Entity) encoding() string {
	v, _ := parseParameters(e.value("Content-Transfer-Encoding"))
	if v == "" {
		return "7bit"
	}
	return v
}

// Date is the time in the Date field.
func (e *Entity) Date() (time.Time, error) { return mail.ParseDate(e.value("Date")) }

// message is the message in a message/rfc822 entity.
func (e *Entity) message() (*Entity, error) {
	return e.child(e.body, e.size)
}

// behind is what stands behind the header, read as another header.
func (e *Entity) behind() (*Entity, error) {
	if *e.count++; *e.count > maxParts {
		return nil, beyondAt(e.off+e.body, "more than %d entities", maxParts)
	}
	return parseEntity(&Entity{r: e.r, off: e.off + e.body, size: e.size - e.body, depth: e.depth, count: e.count})
}

// child is the entity from start to end, counted from the beginning of e.
func (e *Entity) child(start, end int64) (*Entity, error) {
	if e.depth+1 > maxNesting {
		return nil, beyondAt(e.off+start, "entities nested more than %d deep", maxNesting)
	}
	if *e.count++; *e.count > maxParts {
		return nil, beyondAt(e.off+start, "more than %d entities", maxParts)
	}
	return parseEntity(&Entity{r: e.r, off: e.off + start, size: end - start, depth: e.depth + 1, count: e.count})
}

// needs returns an error when the entity or the spool is missing.
func needs(e *Entity, sp *spool.Spool) error {
	if e == nil || e.r == nil {
		return errNoEntity
	}
	if sp == nil {
		return errNoSpool
	}
	return nil
}

// identity are the transfer encodings that encode nothing.
var identity = map[string]bool{"7bit": true, "8bit": true, "binary": true}

// isComposite tells what may not be encoded whole (RFC 2045 §6.4).
func (e *Entity) isComposite() bool {
	media, _ := e.ContentType()
	return strings.HasPrefix(media, "multipart/") || media == "message/rfc822" && identity[e.encoding()]
}
