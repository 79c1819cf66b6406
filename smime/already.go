package smime

// This file tells whether nothing of a message is in clear.

import (
	"bytes"
	"context"
	"io"
	"strings"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// AlreadyEncrypted reports whether the content of e is encrypted: our own reader
// finds EnvelopedData or AuthEnvelopedData with a recipient as the whole of it,
// or an OpenPGP encrypted message (RFC 9580 §10.3), as PGP/MIME (RFC 3156 §4) or
// as armor. A label alone is nothing. An error is a fault of ours.
func AlreadyEncrypted(ctx context.Context, e *Entity, sp *spool.Spool) (bool, error) {
	if err := needs(e, sp); err != nil {
		return false, err
	}
	media, _ := e.ContentType()
	switch {
	case claimOf(e) != claimsNothing:
		return isEnveloped(ctx, e, sp)
	case media == "multipart/encrypted":
		return isPGPMIME(ctx, e, sp)
	case media == "text/plain":
		return isArmored(ctx, e, sp)
	}
	return false, nil
}

func isEnveloped(ctx context.Context, e *Entity, sp *spool.Spool) (bool, error) {
	c, err := decodeCMS(ctx, e, decode, sp)
	if err != nil {
		return false, ignoreMalformed(err)
	}
	defer c.Close()
	info, err := cms.Parse(c, c.size)
	if err != nil {
		return false, ignoreMalformed(err)
	}
	return info.Enveloped != nil && len(info.Enveloped.Recipients) > 0, nil
}

// isPGPMIME wants the two parts of RFC 3156 §4 and nothing readable around them.
func isPGPMIME(ctx context.Context, e *Entity, sp *spool.Spool) (bool, error) {
	m, err := e.multipart(ctx)
	if err != nil {
		return false, ignoreMalformed(err)
	}
	if len(m.parts) != 2 || !m.delimiters[len(m.delimiters)-1].last {
		return false, nil
	}
	first := m.parts[0]
	d := m.delimiters
	if media, _ := first.ContentType(); media != "application/pgp-encrypted" {
		return false, nil
	}
	for _, gap := range []*io.SectionReader{e.gap(e.body, d[0].line), first.Body(), e.gap(d[2].after, e.size)} {
		if empty, err := saysNothing(gap); err != nil || !empty {
			return false, err
		}
	}
	return isArmored(ctx, m.parts[1], sp)
}

// saysNothing reports whether a text around the ciphertext carries no content:
// blank, or one of the lines that mailers put there.
func saysNothing(r *io.SectionReader) (bool, error) {
	if r.Size() > 200 {
		return false, nil
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return false, err
	}
	switch strings.TrimSpace(string(text)) {
	case "",
		"Version: 1",
		"This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)",
		"This is an OpenPGP/MIME encrypted message (RFC 2440 and 3156)":
		return true, nil
	}
	return false, nil
}

// isArmored reports whether the leaf is an OpenPGP encrypted message and nothing
// else, in armor or binary.
func isArmored(ctx context.Context, e *Entity, sp *spool.Spool) (bool, error) {
	text, err := decode(ctx, e, e.encoding(), sp)
	if err != nil {
		return false, ignoreMalformed(err)
	}
	defer text.Close()
	var first [1]byte
	if n, _ := text.ReadAt(first[:], 0); n == 1 && first[0]&0x80 != 0 { // RFC 9580 §4.2
		return isEncryptedPackets(text, text.size)
	}
	armored, err := armorBody(text)
	if armored == nil || err != nil {
		return false, err
	}
	binary, err := decodeInto(ctx, sp, armored, decodeBase64)
	if err != nil {
		return false, ignoreMalformed(err)
	}
	defer binary.Close()
	return isEncryptedPackets(binary, binary.size)
}

const (
	armorBegin = "-----BEGIN PGP MESSAGE-----"
	armorEnd   = "-----END PGP MESSAGE-----"
	armorEdge  = 4 << 10 // octets within which header and end of an armor lie
)

// armorBody is the base64 of an armored message (RFC 9580 §6.2), nil if c is not
// just that. The checksum line is left out.
func armorBody(c *content) (*io.SectionReader, error) {
	head := make([]byte, min(armorEdge, c.size))
	tail := make([]byte, min(armorEdge, c.size))
	if err := readFull(c, head, 0); err != nil {
		return nil, err
	}
	if err := readFull(c, tail, c.size-int64(len(tail))); err != nil {
		return nil, err
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	if !bytes.HasPrefix(text, []byte(armorBegin)) {
		return nil, nil
	}
	start, ok := armorHeader(text[len(armorBegin):])
	end := bytes.TrimRight(tail, " \t\r\n")
	if !ok || !bytes.HasSuffix(end, []byte(armorEnd)) {
		return nil, nil
	}
	end = bytes.TrimRight(end[:len(end)-len(armorEnd)], " \t\r\n")
	if i := bytes.LastIndexByte(end, '\n'); i >= 0 && len(end)-i == 6 && end[i+1] == '=' {
		end = end[:i]
	}
	from := int64(len(head) - len(text) + len(armorBegin) + start)
	to := c.size - int64(len(tail)-len(end))
	if to < from {
		return nil, nil
	}
	return io.NewSectionReader(c, from, to-from), nil
}

// armorHeader reads the lines up to the empty one. Only keys that carry no
// content of the message are allowed.
func armorHeader(text []byte) (int, bool) {
	for n := 0; ; {
		i := bytes.IndexByte(text[n:], '\n')
		if i < 0 {
			return 0, false
		}
		line := strings.TrimSpace(string(text[n : n+i]))
		first := n == 0
		n += i + 1
		if line == "" && !first {
			return n, true
		}
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "", "Version", "Charset", "Hash", "MessageID":
		case "Comment":
			if len(value) > 80 {
				return 0, false
			}
		default:
			return 0, false
		}
	}
}
