package smime

// This file makes multipart/signed and opaque signed entities (RFC 8551 §3.5).

import (
	"context"
	"crypto"
	"crypto/x509"
	"io"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// SignOptions says who signs, and how.
type SignOptions struct {
	Signer cms.Signer
	Chain  []*x509.Certificate // goes along; roots are left out
	Opaque bool                // application/pkcs7-mime instead of multipart/signed
	Spool  *spool.Spool
	// Unprepared allows content that Prepare did not make, which is signed as it
	// stands: somebody on the way may change it, and then the signature is broken.
	Unprepared bool
}

// Sign signs content, which [Prepare] made, byte for byte. The result is an
// entity whose fields are only Content-*, to be put under the header of the
// message. A multipart/signed reads from content: close it before content. When ctx
// ends, so does Sign, with its error. What Prepare did not make, nor [Protect] of it,
// is refused.
func Sign(ctx context.Context, content *Entity, o SignOptions) (*Entity, error) {
	if err := needs(content, o.Spool); err != nil {
		return nil, err
	}
	if !content.ready && !o.Unprepared {
		return nil, errUnprepared
	}
	if o.Opaque {
		return seal(o.Spool.Create(), "signed-data", "smime.p7m", func(dst io.Writer) error {
			return o.sign(ctx, dst, content)
		})
	}
	signature := o.Spool.Create()
	lines := newBase64Writer(signature)
	err := o.sign(ctx, lines, content)
	if err == nil {
		err = lines.Close()
	}
	if err != nil {
		signature.Close()
		return nil, err
	}
	return o.multipart(content, signature)
}

func (o *SignOptions) sign(ctx context.Context, dst io.Writer, content *Entity) error {
	return cms.Sign(ctx, dst, content.Section(), content.Size(), cms.SignOptions{
		Signers: []cms.Signer{o.Signer}, Detached: !o.Opaque, Certificates: o.Chain,
	})
}

// preamble is for who reads the mail as text (RFC 2046 §5.1.1). Of more than one line GMime
// loses what it writes anew.
const preamble = "This is a cryptographically signed message in MIME format.\r\n\r\n"

// multipart puts content and signature together (RFC 8551 §3.5.3.2).
func (o *SignOptions) multipart(content *Entity, signature *spool.File) (*Entity, error) {
	boundary := newBoundary()
	var whole joined
	whole.addBytes([]byte("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n" +
		" micalg=" + micalg(o.Signer.EffectiveDigest()) + "; boundary=\"" + boundary + "\"\r\n\r\n" +
		preamble +
		"--" + boundary + "\r\n"))
	whole.add(content.r, content.off, content.size)
	whole.addBytes([]byte("\r\n--" + boundary + "\r\n" +
		"Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n" +
		"Content-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"smime.p7s\"\r\n" +
		"Content-Description: S/MIME Cryptographic Signature\r\n\r\n"))
	whole.add(signature, 0, signature.Size())
	whole.addBytes([]byte("\r\n--" + boundary + "--\r\n"))
	e, err := parseEntity(&Entity{r: &whole, size: whole.size, count: new(int)})
	if err != nil {
		signature.Close()
		return nil, err
	}
	e.owned = signature
	return e, nil
}

// micalg names the digest (RFC 8551 §3.5.3.2; SHA-3 as RFC 8702 has it).
func micalg(h crypto.Hash) string {
	switch h {
	case crypto.SHA384:
		return "sha-384"
	case crypto.SHA512:
		return "sha-512"
	case crypto.SHA3_256:
		return "sha3-256"
	case crypto.SHA3_384:
		return "sha3-384"
	case crypto.SHA3_512:
		return "sha3-512"
	}
	return "sha-256"
}

// seal makes an application/pkcs7-mime entity of the CMS that write writes to f,
// which the entity owns.
func seal(f *spool.File, smimeType, name string, write func(io.Writer) error) (*Entity, error) {
	if err := write(f); err != nil {
		f.Close()
		return nil, err
	}
	var whole joined
	whole.addBytes([]byte("Content-Type: application/pkcs7-mime; smime-type=" + smimeType + ";\r\n" +
		" name=\"" + name + "\"\r\n" +
		"Content-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n"))
	text := &base64Text{src: f, size: f.Size()}
	whole.add(text, 0, text.length())
	e, err := parseEntity(&Entity{r: &whole, size: whole.size, count: new(int), owned: f})
	if err != nil {
		f.Close()
		return nil, err
	}
	return e, nil
}
