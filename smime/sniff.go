package smime

// This file looks at content whose labels cannot be believed.

import (
	"bytes"
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"sealgate/spool"
)

// decodeCMS undoes the transfer encoding of a CMS entity, and the armour that openssl
// puts around it where it writes no mail.
func decodeCMS(ctx context.Context, e *Entity, decode decoding, sp *spool.Spool) (*content, error) {
	e = e.unarmoured()
	return decode(ctx, e, cmsEncoding(e), sp)
}

// cmsEncoding is the transfer encoding of a CMS entity. Mailers leave the label
// out: DER begins with a SEQUENCE, its base64 with "M" (RFC 4648). An empty line too
// many may stand before it.
func cmsEncoding(e *Entity) string {
	encoding := e.encoding()
	if !identity[encoding] {
		return encoding
	}
	if bytes.HasPrefix(bytes.TrimLeft(e.head(), "\r\n"), []byte("M")) {
		return "base64"
	}
	return encoding
}

// head is how the body begins; what cannot be read now cannot be read later either.
func (e *Entity) head() []byte {
	head := make([]byte, min(armourLine, e.size-e.body))
	n, _ := e.Body().ReadAt(head, 0)
	return head[:n]
}

// armourLine bounds the first and the last line of armour (RFC 7468 §2).
const armourLine = 64

var armours = []string{"PKCS7", "CMS"}

// unarmoured is a view on what stands between the lines of armour, or e itself. As in
// all base64, only blank lines may stand around.
func (e *Entity) unarmoured() *Entity {
	head := e.head()
	tail := make([]byte, min(armourLine, e.size-e.body))
	n, _ := e.Body().ReadAt(tail, e.size-e.body-int64(len(tail)))
	text := bytes.TrimLeft(head, "\r\n")
	end := bytes.TrimRight(tail[:n], "\r\n")
	for _, label := range armours {
		text, begins := bytes.CutPrefix(text, []byte("-----BEGIN "+label+"-----"))
		last, ends := bytes.CutSuffix(end, []byte("-----END "+label+"-----"))
		if !begins || !ends {
			continue
		}
		inside := *e
		inside.body += int64(len(head) - len(text))
		inside.size -= int64(n - len(last))
		if inside.body <= inside.size {
			return &inside
		}
	}
	return e
}

// labelledType is the layer that the label claims, for one that cannot be read.
func labelledType(e *Entity) string {
	_, params := e.ContentType()
	switch strings.ToLower(params["smime-type"]) {
	case "enveloped-data":
		return Enveloped
	case "authenveloped-data":
		return AuthEnveloped
	case "compressed-data":
		return Compressed
	case "certs-only":
		return CertsOnly
	}
	return SignedOpaque
}

// sniffed is how much of a plaintext is looked at.
const sniffed = 4 << 10

// manyOctets are so many that random ones have a control character, but for one
// case in 2^45.
const manyOctets = 256

// beginsAsMail reports whether a CBC plaintext is a MIME entity rather than what a
// wrong key or a changed ciphertext makes: it begins with header fields that are text,
// or it is text without a header, of which RFC 4134 has examples. Random octets pass
// less than once in 2^32 cases.
func beginsAsMail(f *spool.File) bool {
	data := make([]byte, min(sniffed, f.Size()))
	if err := readFull(f, data, 0); err != nil {
		return false
	}
	whole := int64(len(data)) == f.Size()
	fields, n, done := parseHeader(data, whole)
	if len(fields) > 0 && (!done || fields[0].Name != "" && blankLine(data[:n])) {
		return isText(data[:n])
	}
	return isText(data) && (validUTF8(data, whole) || mostlyASCII(data))
}

// mostlyASCII reports whether these are so many octets, most of them ASCII, that they are
// text in an older charset, in which nothing says what the others mean.
func mostlyASCII(p []byte) bool {
	ascii := 0
	for _, c := range p {
		if c < utf8.RuneSelf {
			ascii++
		}
	}
	return len(p) >= manyOctets && ascii > len(p)/2
}

func blankLine(header []byte) bool {
	return bytes.HasSuffix(header, []byte("\n\r\n")) || bytes.HasSuffix(header, []byte("\n\n"))
}

// isText reports whether there are no control characters but those of lines.
func isText(p []byte) bool {
	return bytes.IndexFunc(p, func(r rune) bool {
		return r < ' ' && !strings.ContainsRune("\t\r\n\f\b\x1b", r) || r == 0x7f
	}) < 0
}

// validUTF8 allows for a character that is cut off at the end.
func validUTF8(p []byte, whole bool) bool {
	for i := 0; !whole && i < utf8.UTFMax-1 && len(p) > 0 && !utf8.Valid(p); i++ {
		p = p[:len(p)-1]
	}
	return utf8.Valid(p)
}

// peekType tells by its first octets whether an entity is CMS that is signed or
// encrypted, or none at all, without reading the rest: ContentInfo (RFC 5652 §3) begins with
// its type.
func peekType(e *Entity) (signed, encrypted, damaged bool, err error) {
	e = e.unarmoured()
	var head prefix
	start := io.NewSectionReader(e.Body(), 0, min(sniffed, e.size-e.body))
	switch cmsEncoding(e) {
	case "base64":
		err = decodeBase64(&head, start)
	case "quoted-printable":
		err = decodeQuoted(&head, start)
	default:
		_, err = io.Copy(&head, start)
	}
	if ignoreMalformed(err) != nil {
		return false, false, false, err
	}
	begins := func(id string) bool {
		i := bytes.Index(head, []byte(id))
		return i >= 0 && i < 16
	}
	signed = begins("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")       // id-signedData
	encrypted = begins("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03") || // id-envelopedData
		begins("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17") // id-ct-authEnvelopedData
	cms := begins("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07") || // the types of PKCS #7
		begins("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01") // those of S/MIME, such as id-ct-compressedData
	return signed, encrypted, !cms, nil
}

// prefix keeps the first octets that are written to it.
type prefix []byte

func (p *prefix) Write(b []byte) (int, error) {
	*p = append(*p, b[:min(len(b), 64-len(*p))]...)
	return len(b), nil
}
