package cms

// This file reads the structure of a CMS message (RFC 5652 §3), and leaves its content where it is.

import (
	"encoding/asn1"
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
