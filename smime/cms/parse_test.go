// Hostile structures: refused within the bounds, in linear time, with layer and offset.

package cms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

func parseError(t *testing.T, message []byte) *Error {
	t.Helper()
	_, err := Parse(bytes.NewReader(message), int64(len(message)))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an *Error", err)
	}
	if !errors.Is(err, ErrMalformed) || e.Layer == "" {
		t.Errorf("%v", err)
	}
	return e
}

func TestTrailingBytes(t *testing.T) {
	message := signBytes(t, signText, false, signCase{"p256", 0, false}.signer(t))
	for trailer, ok := range map[string]bool{"": true, "\n": true, "\r\n\x00\x00": true, " ": false, "x": false, "\r\n.": false} {
		m := append(bytes.Clone(message), trailer...)
		_, err := Parse(bytes.NewReader(m), int64(len(m)))
		if ok != (err == nil) {
			t.Errorf("%q after the message: %v", trailer, err)
		}
	}
	long := append(bytes.Clone(message), make([]byte, 1<<20)...)
	if _, err := Parse(bytes.NewReader(long), int64(len(long))); err != nil {
		t.Errorf("a MiB of NULs: %v", err)
	}
	if _, err := Parse(bytes.NewReader(append(long, 'x')), int64(len(long)+1)); err == nil {
		t.Error("something after a MiB of NULs is not seen")
	}
}

// TestNested: 8 MB of 30 80, which are a fatal stack overflow elsewhere.
func TestNested(t *testing.T) {
	nested := bytes.Repeat([]byte{0x30, 0x80}, 4<<20)
	parseError(t, nested)
	inContent := append([]byte{0x30, 0x80}, derOID(oid.Data)...)
	parseError(t, append(append(inContent, 0xa0, 0x80), nested...))
	segments := append([]byte{0x30, 0x80}, derOID(oid.SignedData)...)
	segments = append(append(segments, 0xa0, 0x80, 0x30, 0x80), derInt(1)...)
	segments = append(append(append(segments, 0x31, 0, 0x30, 0x80), derOID(oid.Data)...), 0xa0, 0x80)
	e := parseError(t, append(segments, bytes.Repeat([]byte{0x24, 0x80}, 4<<20)...))
	if e.Layer != "SignedData" || e.Offset < int64(len(segments)) {
		t.Errorf("%v", e)
	}
}

// indefinite is an opaque message whose content is in segments of n bytes.
func indefinite(tb testing.TB, content []byte, n int) []byte {
	m := honest(tb, "p256", content)
	segments := []byte{0x24, 0x80}
	for rest := content; len(rest) > 0; rest = rest[min(n, len(rest)):] {
		segments = append(segments, derOctets(rest[:min(n, len(rest))])...)
	}
	segments = append(segments, 0, 0)
	return signedDataOf(oid.Data, segments, m.certificates, [][]byte{m.signerInfo(tb)}, m.digest)
}

// countingReader counts what is read of it, which stands for the time that reading
// takes and does not depend on the machine.
type countingReader struct {
	*bytes.Reader
	octets, calls int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.octets += int64(n)
	c.calls++
	return n, err
}

// TestTinySegments: of one-byte segments no more is read than a few times the
// message, however many there are.
func TestTinySegments(t *testing.T) {
	for _, n := range []int{250_000, 1_000_000} {
		content := bytes.Repeat([]byte("x"), n)
		r := &countingReader{Reader: bytes.NewReader(indefinite(t, content, 1))}
		start := time.Now()
		info, err := Parse(r, r.Size())
		if err != nil {
			t.Fatal(err)
		}
		v := info.Signed.Verifier()
		if _, err := io.CopyBuffer(struct{ io.Writer }{v}, info.Signed.Content.NewReader(), make([]byte, 32<<10)); err != nil {
			t.Fatal(err)
		}
		if s := v.Verify(context.Background(), bytes.NewReader(content), int64(n)); s[0].Err != nil {
			t.Errorf("%d segments: %v", n, s[0].Err)
		}
		t.Logf("%d segments, %d octets: %d read in %d calls, %v", n, r.Size(), r.octets, r.calls, time.Since(start))
		if r.octets > 3*r.Size() || r.calls > 100+r.octets/(4<<10) {
			t.Errorf("%d segments, %d octets: %d read in %d calls", n, r.Size(), r.octets, r.calls)
		}
	}
}

// TestSegmentations reads one content in every way to cut it up.
func TestSegmentations(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789\r\n"), 4000)
	for _, n := range []int{1, 3, 100, 1000, 4096, 16384, 20000, 48000} {
		if s := verifyOne(t, indefinite(t, content, n)); s.Err != nil {
			t.Errorf("segments of %d bytes: %v", n, s.Err)
		}
	}
	inner := der(cbasn1.Tag(0x24), derOctets([]byte("b")), append([]byte{0x24, 0x80}, append(derOctets([]byte("c")), 0, 0)...), derOctets(nil))
	octets := der(cbasn1.Tag(0x24), derOctets([]byte("a")), inner, []byte{0x04, 0x83, 0, 0, 1, 'd'})
	m := honest(t, "p256", []byte("abcd"))
	message := signedDataOf(oid.Data, octets, m.certificates, [][]byte{m.signerInfo(t)}, m.digest)
	info := parse(t, message)
	got, err := io.ReadAll(info.Signed.Content.NewReader())
	if err != nil || string(got) != "abcd" || info.Signed.Content.Size() != 4 {
		t.Errorf("nested segments: %q, %v", got, err)
	}
	if s := verifyOne(t, message); s.Err != nil {
		t.Error(s.Err)
	}
	parseError(t, signedDataOf(oid.Data, der(cbasn1.Tag(0x24), derInt(1)), nil, nil, m.digest))
}

// TestIndefiniteEnvelope: encrypted content in segments, each cut at will.
func TestIndefiniteEnvelope(t *testing.T) {
	cek, iv := randomBytes(16), randomBytes(16)
	content := bytes.Repeat(signText, 100)
	encrypted := cbcContent(t, cek, iv, content)
	for _, n := range []int{1, 7, 1000} {
		segments := []byte{0xa0, 0x80}
		for rest := encrypted; len(rest) > 0; rest = rest[min(n, len(rest)):] {
			segments = append(segments, derOctets(rest[:min(n, len(rest))])...)
		}
		segments = append(segments, 0, 0)
		message := contentInfoOf(oid.EnvelopedData, der(cbasn1.SEQUENCE, derInt(0), der(cbasn1.SET, transportFor(t, load(t, "rsa"), cek)),
			der(cbasn1.SEQUENCE, derOID(oid.Data), derAlgorithm(oid.AES128CBC, derOctets(iv)), segments)))
		if got, _, err := decryptBytes(t, message, "rsa"); err != nil || !bytes.Equal(got, content) {
			t.Errorf("segments of %d bytes: %v", n, err)
		}
	}
}

// TestCounts goes one below, at and one above each bound.
func TestCounts(t *testing.T) {
	m := honest(t, "p256", signText)
	info := m.signerInfo(t)
	repeat := func(b []byte, n int) (list [][]byte) {
		for range n {
			list = append(list, b)
		}
		return list
	}
	recipient := der(cbasn1.SEQUENCE, derInt(0), issuerAndSerial(m.signer.Certificate), derAlgorithm(oid.RSAEncryption, derNull), derOctets(nil))
	agreed := func(n int) []byte {
		rek := der(cbasn1.SEQUENCE, issuerAndSerial(m.signer.Certificate), derOctets(nil))
		originator := der(explicit(0), der(explicit(1), derAlgorithm(oid.ECPublicKey), []byte{3, 2, 0, 4}))
		return der(explicit(1), derInt(3), originator, derAlgorithm(oid.StdDHSHA256KDF, derAlgorithm(oid.AES128Wrap)), der(cbasn1.SEQUENCE, repeat(rek, n)...))
	}
	iv := derOctets(make([]byte, 16))
	attributes := func(n int) []byte {
		c := honest(t, "p256", signText)
		c.attributes = append(c.attributes, repeat(attribute(oid.SMIMECapabilities, derNull), n-2)...)
		return c.message(t)
	}
	for name, c := range map[string]struct {
		bound int
		make  func(n int) []byte
	}{
		"signers": {maxSigners, func(n int) []byte { return signedDataOf(oid.Data, derOctets(nil), nil, repeat(info, n), m.digest) }},
		"certificates": {maxCertificates, func(n int) []byte {
			return signedDataOf(oid.Data, derOctets(nil), repeat(m.certificates[0], n), nil, m.digest)
		}},
		"digests": {maxDigests, func(n int) []byte {
			return signedDataOf(oid.Data, derOctets(nil), nil, nil, bytes.Repeat(m.digest, n))
		}},
		"recipients":        {maxRecipients, func(n int) []byte { return envelope(oid.AES128CBC, iv, make([]byte, 16), repeat(recipient, n)...) }},
		"agreed recipients": {maxRecipients, func(n int) []byte { return envelope(oid.AES128CBC, iv, make([]byte, 16), agreed(n)) }},
		"attributes":        {maxAttributes, attributes},
		"structure": {maxStructure, func(n int) []byte {
			raw := der(cbasn1.SEQUENCE, derOctets(make([]byte, n-300)))
			fill := n - len(raw) - len(m.digest)
			if fill < 0 {
				t.Fatal("the test's own arithmetic")
			}
			return signedDataOf(oid.Data, derOctets(nil), [][]byte{der(cbasn1.SEQUENCE, derOctets(make([]byte, n-300+fill)))}, nil, m.digest)
		}},
	} {
		for n, ok := range map[int]bool{c.bound - 1: true, c.bound: true, c.bound + 1: false} {
			message := c.make(n)
			_, err := Parse(bytes.NewReader(message), int64(len(message)))
			if ok != (err == nil) || !ok && !errors.Is(err, ErrUnread) {
				t.Errorf("%d %s: %v", n, name, err)
			}
		}
	}
	two := [][]byte{agreed(maxRecipients - 1), agreed(2)}
	parseError(t, envelope(oid.AES128CBC, iv, make([]byte, 16), two...))
}

// TestUnwrapsAreBounded: 500 RecipientInfos for us do not cost 500 RSA operations.
func TestUnwrapsAreBounded(t *testing.T) {
	id := load(t, "rsa")
	bad := der(cbasn1.SEQUENCE, derInt(0), issuerAndSerial(id.Certificate), derAlgorithm(oid.RSAEncryption, derNull), derOctets(randomBytes(256)))
	var recipients [][]byte
	for range maxRecipients {
		recipients = append(recipients, bad)
	}
	e := parse(t, envelope(oid.AES128CBC, derOctets(make([]byte, 16)), make([]byte, 16), recipients...)).Enveloped
	keys, _, err := e.contentKeys(t.Context(), []DecryptionKey{decryptionKey(t, "rsa")})
	if err != nil || len(keys) != maxUnwraps {
		t.Errorf("%d unwrapped, %v", len(keys), err)
	}
}

// TestLongNames: an issuer of a MiB in small parts costs no quadratic time, and
// is still compared byte for byte.
func TestLongNames(t *testing.T) {
	name := func(n int) []byte {
		part := der(cbasn1.SET, der(cbasn1.SEQUENCE, derOID(oid.OID{2, 5, 4, 3}), der(cbasn1.UTF8String, []byte("x"))))
		return der(cbasn1.SEQUENCE, bytes.Repeat(part, n/len(part)))
	}
	long := name(900_000)
	start := time.Now()
	id := signerID{issuer: long, serial: derInt(1)}
	if s := id.String(); len(s) > 100 {
		t.Errorf("a text of %d bytes", len(s))
	}
	other := bytes.Clone(long)
	other[len(other)-1]++
	if !sameName(long, bytes.Clone(long)) || sameName(long, other) {
		t.Error("long names are compared wrongly")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
	if nameString(name(maxName)[:0]) != "" || nameString(name(maxName-20)) == "" || nameString(name(maxName+20)) != "" {
		t.Error("the bound is elsewhere")
	}
}

// TestTruncated: no prefix of a message parses, none panics.
func TestTruncated(t *testing.T) {
	for _, message := range [][]byte{
		signBytes(t, signText, false, signCase{"p256", 0, false}.signer(t)),
		encryptBytes(t, signText, "aes-128-gcm", recipientCase{key: "p256"}.recipient(t), recipientCase{key: "rsa"}.recipient(t)),
		indefinite(t, signText, 5),
	} {
		for n := range message {
			parseError(t, message[:n])
		}
	}
}

// TestOtherTypes are known by their type only.
func TestOtherTypes(t *testing.T) {
	message := contentInfoOf(oid.TSTInfo, der(cbasn1.SEQUENCE, derInt(1)))
	info := parse(t, message)
	if !info.ContentType.Equal(oid.TSTInfo) || info.Signed != nil || info.Enveloped != nil || info.Compressed != nil {
		t.Errorf("%+v", info)
	}
	for _, id := range []oid.OID{oid.SignedData, oid.EnvelopedData, oid.AuthEnvelopedData, oid.CompressedData} {
		parseError(t, der(cbasn1.SEQUENCE, derOID(id)))
	}
	e := parseError(t, contentInfoOf(oid.SignedData, derInt(1)))
	if e.Layer != "SignedData" || fmt.Sprint(e) == "" {
		t.Error(e)
	}
}

type brokenReader struct{}

func (brokenReader) ReadAt([]byte, int64) (int, error) { return 0, errRead }

// TestReadErrors are not the message's fault.
func TestReadErrors(t *testing.T) {
	if _, err := Parse(brokenReader{}, 100); err != errRead {
		t.Errorf("%v", err)
	}
}
