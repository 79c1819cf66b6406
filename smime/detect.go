package smime

// This file tells what an entity claims to be, by media type and file name (RFC 8551 §3.9).

import (
	"context"
	"path"
	"strings"
)

// isPKCS7 tells the media types of CMS, with the names from before their
// registration.
func isPKCS7(media string) bool {
	switch media {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	}
	return isPKCS7Signature(media)
}

func isPKCS7Signature(media string) bool {
	return media == "application/pkcs7-signature" || media == "application/x-pkcs7-signature"
}

// claim is what an entity claims to be.
type claim int

const (
	claimsNothing claim = iota
	claimsCMS           // by its media type
	namedCMS            // by its file name only: with other content it is just an attachment
)

// claimOf reads media type and file name of a leaf.
func claimOf(e *Entity) claim {
	media, _ := e.ContentType()
	if isPKCS7(media) {
		return claimsCMS
	}
	if media != "application/octet-stream" {
		return claimsNothing
	}
	if e.named(func(name string) bool { return cmsSuffixes[path.Ext(name)] }) {
		return namedCMS
	}
	return claimsNothing
}

var cmsSuffixes = map[string]bool{".p7m": true, ".p7s": true, ".p7c": true, ".p7z": true}

// detached returns the signed part and the signature of a multipart/signed of
// S/MIME, or nil. The second part tells, not the protocol parameter, which
// mailers leave out. Anything but two parts is ErrMalformed when it says
// that it is S/MIME: a third part would be shown by nobody.
func (e *Entity) detached(ctx context.Context) (*Entity, *Entity, error) {
	media, params := e.ContentType()
	if media != "multipart/signed" {
		return nil, nil, nil
	}
	ours := isPKCS7Signature(strings.ToLower(params["protocol"]))
	parts, err := e.partsWithin(ctx)
	if err != nil {
		if ours {
			return nil, nil, err
		}
		return nil, nil, ignoreMalformed(err)
	}
	if len(parts) == 2 && claimOf(parts[1]) != claimsNothing {
		return parts[0], parts[1], nil
	}
	if ours {
		return nil, nil, malformedAt(
			e.off,
			"multipart/signed of %d parts, where two are needed, the second one the signature",
			len(parts),
		)
	}
	return nil, nil, nil
}
