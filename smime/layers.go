package smime

// This file undoes each kind of layer.

import (
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"sealgate/internal/contextio"
	"sealgate/smime/cms"
	"sealgate/spool"
)

var errSharedKey = fmt.Errorf(
	"smime: encrypted with a key agreed elsewhere (EncryptedData, RFC 5652 §8): %w",
	cms.ErrNoRecipient,
)

// enveloped decrypts.
func (op *opener) enveloped(e *cms.EnvelopedData) (*Entity, error) {
	l := Layer{Type: Enveloped, Cipher: e.Cipher, Recipients: e.Recipients, Weak: e.Weak}
	if e.Authenticated {
		l.Type = AuthEnveloped
	}
	var kinds []string
	for _, r := range e.Recipients {
		kinds = appendNew(kinds, r.KeyManagement)
	}
	l.KeyManagement = strings.Join(kinds, ", ")
	if !e.EContentType.Equal(oidData) {
		return nil, op.fail(l, malformed("encrypted content of type %v is not mail", e.EContentType))
	}
	p, err := e.Decrypt(
		op.ctx,
		cms.DecryptOptions{Keys: op.o.Keys, Admit: op.admission(), Spool: op.o.Spool, Accept: beginsAsMail},
	)
	if err != nil {
		return nil, op.fail(l, err)
	}
	l.Keys = p.Keys
	return op.inner(l, p.File)
}

// admission is OpenOptions.Admit. From its consent on, or if nobody is asked from now on,
// errors come while decrypting.
func (op *opener) admission() cms.Admission {
	if op.o.Admit == nil {
		op.decrypting = true
		return nil
	}
	return func(keys []cms.ContentKey, content [sha256.Size]byte) error {
		err := op.o.Admit(keys, content)
		if err == nil {
			op.decrypting = true
		}
		return err
	}
}

// inner is the entity in f, which it owns, inside layer l.
func (op *opener) inner(l Layer, f *spool.File) (*Entity, error) {
	e, err := parseFile(f)
	if err != nil {
		return nil, op.fail(l, err)
	}
	op.m.Layers = append(op.m.Layers, l)
	return e, nil
}

// compressed decompresses (RFC 3274) within what is left of the bound.
func (op *opener) compressed(c *cms.CompressedData) (*Entity, error) {
	if !c.EContentType.Equal(oidData) {
		return nil, op.fail(Layer{Type: Compressed}, malformed("compressed content of type %v is not mail", c.EContentType))
	}
	if err := op.unfold(); err != nil {
		return nil, err
	}
	f := op.o.Spool.Create()
	if err := c.Decompress(op.writer(f), op.o.MaxExpanded); err != nil {
		f.Close()
		return nil, op.fail(Layer{Type: Compressed}, err)
	}
	op.o.MaxExpanded -= f.Size()
	return op.inner(Layer{Type: Compressed}, f)
}

// unfold waits for the room and the turn that a message with compressed layers needs. Both
// are for all of them; the turn ends with Open.
func (op *opener) unfold() (err error) {
	if op.endTurn != nil {
		return nil
	}
	if err := op.o.Spool.Unfold(op.ctx, op.o.MaxExpanded); err != nil {
		return err
	}
	op.endTurn, err = op.o.Spool.Turn(op.ctx)
	return err
}

// opaque takes the content out of a SignedData, hashing it on the way.
func (op *opener) opaque(sd *cms.SignedData) (*Entity, error) {
	l := signedLayer(SignedOpaque, sd)
	empty := sd.Content == nil || sd.Content.Size() == 0 // NSS writes an empty one
	if empty && len(sd.SignerInfos) == 0 {
		l.Type = CertsOnly
		op.m.CertsOnly = true
		op.m.Layers = append(op.m.Layers, l)
		return nil, nil
	}
	if sd.Content == nil {
		return nil, op.fail(l, malformed("a detached signature without what it signs"))
	}
	v := op.verifier(sd)
	if err := op.spend(v.Digests()+1, sd.Content.Size()); err != nil {
		return nil, op.fail(l, err)
	}
	f := op.o.Spool.Create()
	buffer := make([]byte, bufferSize(sd.Content, copyChunk))
	if _, err := io.CopyBuffer(op.writer(io.MultiWriter(f, v)), sd.Content.NewReader(), buffer); err != nil {
		f.Close()
		return nil, op.fail(l, err)
	}
	l.verified(v.Verify(op.ctx, f, f.Size()))
	if err := op.ctx.Err(); err != nil {
		f.Close()
		return nil, err
	}
	if why := notMail(sd); why != nil {
		op.m.NotMail = why
		op.m.Layers = append(op.m.Layers, l)
		return nil, f.Close()
	}
	return op.inner(l, f)
}

// detached verifies a signature over the part before it. Content that the CMS
// itself brings along is not looked at: it is not what is shown.
func (op *opener) detached(signed, signature *Entity) (*Entity, error) {
	l := Layer{Type: SignedDetached}
	c, err := decodeCMS(op.ctx, signature, decode, op.o.Spool)
	if err != nil {
		return nil, op.fail(l, err)
	}
	defer c.Close()
	info, err := cms.Parse(c, c.size)
	if err != nil {
		return nil, op.fail(l, err)
	}
	if info.Signed == nil {
		return nil, op.fail(l, malformed("the signature part is CMS of type %v", info.ContentType))
	}
	l = signedLayer(SignedDetached, info.Signed)
	if err := op.verify(&l, info.Signed, signed); err != nil {
		return nil, op.fail(l, err)
	}
	op.m.Layers = append(op.m.Layers, l)
	if op.m.NotMail == nil {
		op.m.NotMail = notMail(info.Signed)
	}
	return signed, nil
}

// verify hashes the part as it stands, or its CRLF form if it has LF lines.
func (op *opener) verify(l *Layer, sd *cms.SignedData, signed *Entity) error {
	lf, err := signed.hasBareLF()
	if err != nil {
		return err
	}
	section := signed.Section()
	content := &content{ReaderAt: section, size: signed.size}
	if lf {
		content, err = decodeInto(op.ctx, op.o.Spool, section, ToCRLF)
		if err != nil {
			return err
		}
		defer content.Close()
	}
	v := op.verifier(sd)
	if err := op.spend(v.Digests(), content.size); err != nil {
		return err
	}
	if _, err := io.CopyBuffer(op.writer(v), content.reader(), make([]byte, bufferSize(section, copyChunk))); err != nil {
		return err
	}
	l.verified(v.Verify(op.ctx, content, content.size))
	return op.ctx.Err()
}

// verifier verifies the signatures of sd, also of signers whose certificate it lacks.
func (op *opener) verifier(sd *cms.SignedData) *cms.Verifier {
	if op.o.Known != nil && sd.LacksCertificate() {
		sd.Known = op.o.Known()
	}
	return sd.Verifier()
}

// hashed is how many octets may be hashed or copied for the signatures of a message whose
// compressed layers may become so many.
func hashed(expanded, size int64) int64 { return maxHashedPerExpanded*expanded + maxHashedPerByte*size }

// spend takes what is hashed or copied so many times out of what the message may cost.
func (op *opener) spend(times int, size int64) error {
	if op.hash -= int64(times) * size; op.hash < 0 {
		return malformed("signatures for which more octets are to be hashed than one message may cost")
	}
	return nil
}

func signedLayer(kind string, sd *cms.SignedData) Layer {
	return Layer{Type: kind, Digest: strings.Join(sd.DigestNames, ", "), Certificates: sd.Certificates}
}

func (l *Layer) verified(signatures []cms.Signature) {
	l.Signatures = signatures
	for _, s := range signatures {
		for _, w := range s.Weak {
			l.Weak = appendNew(l.Weak, w)
		}
	}
}

// covers says of each signed layer what it covers: ciphertext as soon as there
// is an encrypted layer inside.
func (m *Message) covers() {
	covers := CoversShown
	for i := len(m.Layers) - 1; i >= 0; i-- {
		switch l := &m.Layers[i]; {
		case l.Encrypted():
			covers = CoversCiphertext
		case l.Signed():
			l.Covers = covers
		}
	}
}

// writer is dst for as long as the context allows.
func (op *opener) writer(dst io.Writer) io.Writer { return contextio.NewWriter(op.ctx, dst) }

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
