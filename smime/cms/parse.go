// Parse: the structure of a CMS message (RFC 5652 §3), its content left where it is.

package cms

import (
	"encoding/asn1"
	"fmt"
	"io"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/ber"
	"sealgate/smime/cms/internal/oid"
)

// ContentInfo is a message. At most one of the pointers is set; of other
// content types only the type is known.
type ContentInfo struct {
	ContentType asn1.ObjectIdentifier
	Signed      *SignedData
	Enveloped   *EnvelopedData
	Compressed  *CompressedData
}

// Content is an OCTET STRING of the message, in any segmentation, which is read
// from the message in linear time and constant memory.
type Content struct{ octets *ber.Octets }

// Size returns the number of bytes.
func (c *Content) Size() int64 { return c.octets.Size() }

// Offset is where its encoding begins, in bytes from the beginning of the message.
func (c *Content) Offset() int64 { return c.octets.Offset() }

// NewReader reads the content from its beginning.
func (c *Content) NewReader() io.Reader { return c.octets.NewReader() }

// parser reads the structure of one message within its bounds.
type parser struct {
	*ber.Reader
	layer string
	left  int64 // bytes of structure that may still be held
}

// Parse reads the structure of a CMS message of size bytes, BER or DER. Content
// stays in r, which must not change while the result is used. An error is an
// *Error, or one of reading r.
func Parse(r io.ReaderAt, size int64) (*ContentInfo, error) {
	if r == nil {
		return nil, errNoContent
	}
	if size < 0 {
		return nil, errNegative
	}
	p := &parser{ber.NewReader(r, size), "ContentInfo", maxStructure}
	info, err := p.contentInfo()
	if err == nil {
		err = p.onlyPadding(r, size)
	}
	if err != nil {
		return nil, inLayer(p.layer, err)
	}
	return info, nil
}

// contentInfo reads SEQUENCE { OBJECT IDENTIFIER, [0] EXPLICIT ANY }.
func (p *parser) contentInfo() (*ContentInfo, error) {
	if err := p.Enter(cbasn1.SEQUENCE); err != nil {
		return nil, err
	}
	id, err := p.OID()
	if err != nil {
		return nil, err
	}
	info := &ContentInfo{ContentType: id}
	if err := p.optional(explicit(0), func() error { return p.content(info) }); err != nil {
		return nil, err
	}
	p.layer = "ContentInfo"
	known := id.Equal(oid.SignedData) || id.Equal(oid.EnvelopedData) || id.Equal(oid.AuthEnvelopedData) ||
		id.Equal(oid.CompressedData)
	if known && info.Signed == nil && info.Enveloped == nil && info.Compressed == nil {
		return nil, p.problem("no content")
	}
	return info, p.Leave()
}

func (p *parser) content(info *ContentInfo) (err error) {
	switch id := info.ContentType; {
	case id.Equal(oid.SignedData):
		p.layer = "SignedData"
		info.Signed, err = p.signedData()
	case id.Equal(oid.EnvelopedData):
		p.layer = "EnvelopedData"
		info.Enveloped, err = p.envelopedData(false)
	case id.Equal(oid.AuthEnvelopedData):
		p.layer = "AuthEnvelopedData"
		info.Enveloped, err = p.envelopedData(true)
	case id.Equal(oid.CompressedData):
		p.layer = "CompressedData"
		info.Compressed, err = p.compressedData()
	default:
		_, _, err = p.Skip()
	}
	return err
}

// onlyPadding accepts NUL, CR and LF after the message, which transports add,
// and nothing else: what comes after could be shown by one program and not by another.
func (p *parser) onlyPadding(r io.ReaderAt, size int64) error {
	rest := io.NewSectionReader(r, p.Offset(), size-p.Offset())
	buf := make([]byte, min(rest.Size(), 4096))
	for {
		n, err := rest.Read(buf)
		for _, b := range buf[:n] {
			if b != 0 && b != '\r' && b != '\n' {
				return p.problem("bytes after the message")
			}
		}
		if err == io.EOF || n == 0 && err == nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (p *parser) problem(format string, args ...any) error {
	return &ber.Error{Offset: p.Offset(), Problem: fmt.Sprintf(format, args...)}
}

// each enters a value and calls read for each value in it, at most limit times.
func (p *parser) each(tag cbasn1.Tag, limit int, what string, read func() error) error {
	if err := p.Enter(tag); err != nil {
		return err
	}
	for n := 0; ; n++ {
		more, err := p.More()
		if err != nil {
			return err
		}
		if !more {
			return p.Leave()
		}
		if n == limit {
			return &ber.Error{Offset: p.Offset(), Problem: fmt.Sprintf("more than %d %s", limit, what), Bound: true}
		}
		if err := read(); err != nil {
			return err
		}
	}
}

// in enters a value, calls read, and leaves it.
func (p *parser) in(tag cbasn1.Tag, read func() error) error {
	if err := p.Enter(tag); err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	return p.Leave()
}

// optional does the same if the next value has the tag.
func (p *parser) optional(tag cbasn1.Tag, read func() error) error {
	next, err := p.Peek()
	if err != nil || next != tag {
		return err
	}
	return p.in(tag, read)
}

// skipOptional goes past the next value if it has the tag.
func (p *parser) skipOptional(tag cbasn1.Tag) error {
	next, err := p.Peek()
	if err != nil || next != tag {
		return err
	}
	_, _, err = p.Skip()
	return err
}

// raw returns the next value as it stands, within what may still be held.
func (p *parser) raw() ([]byte, error) {
	b, err := p.Raw(p.left)
	p.left -= int64(len(b))
	return b, err
}

// octets returns an OCTET STRING in one piece, within what may still be held.
func (p *parser) octets(tag cbasn1.Tag) ([]byte, error) {
	o, err := p.Octets(tag)
	if err != nil {
		return nil, err
	}
	b, err := o.Bytes(p.left)
	p.left -= int64(len(b))
	return b, err
}

// algorithm is an AlgorithmIdentifier.
type algorithm struct {
	at         int64 // where in the message it begins
	id         asn1.ObjectIdentifier
	parameters []byte // DER; nil: absent
	raw        []byte // DER, whole
}

func (p *parser) algorithm() (a algorithm, err error) {
	tag, err := p.Peek()
	if err != nil {
		return a, err
	}
	if tag != cbasn1.SEQUENCE {
		return a, p.problem("no AlgorithmIdentifier")
	}
	start := &ber.Error{Offset: p.Offset(), Problem: "bad AlgorithmIdentifier"}
	raw, err := p.raw()
	if err != nil {
		return a, err
	}
	if a, err = parseAlgorithm(raw); err != nil {
		return a, start
	}
	a.at = start.Offset
	return a, nil
}

// parseAlgorithm reads an AlgorithmIdentifier in BER.
func parseAlgorithm(raw []byte) (a algorithm, err error) {
	if a.raw, err = ber.DER(raw); err != nil {
		return a, err
	}
	var seq asn1.RawValue
	if _, err := asn1.Unmarshal(a.raw, &seq); err != nil {
		return a, err
	}
	rest, err := asn1.Unmarshal(seq.Bytes, &a.id)
	if err != nil {
		return a, err
	}
	if len(rest) > 0 {
		var parameters asn1.RawValue
		if more, err := asn1.Unmarshal(rest, &parameters); err != nil || len(more) > 0 {
			return a, ErrMalformed
		}
		a.parameters = rest
	}
	return a, nil
}

// encapsulated reads EncapsulatedContentInfo (RFC 5652 §5.2).
func (p *parser) encapsulated() (id asn1.ObjectIdentifier, c *Content, err error) {
	err = p.in(cbasn1.SEQUENCE, func() error {
		if id, err = p.OID(); err != nil {
			return err
		}
		return p.optional(explicit(0), func() error {
			o, err := p.Octets(cbasn1.OCTET_STRING)
			c = &Content{o}
			return err
		})
	})
	return id, c, err
}
