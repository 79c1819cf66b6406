package e2e

// This file attacks the signed structure by mail: SignerInfos, what they sign, and
// how much of it there is. Each has one thing wrong; the honest ones beside them show
// that it is this thing.

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealgate/internal/testpki"
)

// bag is the certificates' DER.
func bag(list ...*testpki.Cert) (out [][]byte) {
	for _, c := range list {
		out = append(out, c.Certificate.Raw)
	}
	return out
}

func attacksOnSigners(s *site) []hostile {
	text := crlf(payEntity)
	bob := s.person("bob", "bob@kunde.example", "rsa-2048")
	old := s.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048", NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, -1, 0)})
	honest := func(c *testpki.Cert) []byte { return s.signerInfo(c, text, honestAttributes(text)...) }
	broken := func(c *testpki.Cert) []byte {
		b := honest(c)
		b[len(b)-1] ^= 1
		return b
	}
	annaElsewhere := s.signerInfo(s.anna, crlf(textEntity), honestAttributes(crlf(textEntity))...)
	sent := setOf(honestAttributes(text)...)
	inAnnasName := signerInfoOf(s.anna, append([]byte{tagExplicit}, sent[1:]...), s.signature(bob, sent))
	both := bag(s.anna, bob)
	return []hostile{
		{name: "two good SignerInfos", entity: signedData(text, both, honest(s.anna), honest(bob)), want: "valid/none"},
		{name: "two SignerInfos, the other's broken", entity: signedData(text, both, honest(s.anna), broken(bob)), want: "invalid/none"},
		{name: "two SignerInfos, the sender's broken", entity: signedData(text, both, broken(s.anna), honest(bob)), want: "invalid/none"},
		{name: "two SignerInfos of the sender, one broken", entity: signedData(text, bag(s.anna, old), honest(s.anna), broken(old)), want: "invalid/none"},
		{name: "two SignerInfos of the sender, one expired", entity: signedData(text, bag(s.anna, old), honest(s.anna), honest(old)), want: "expired/none"},
		{name: "the sender's SignerInfo of another mail beside a good one", entity: signedData(text, both, annaElsewhere, honest(bob)), want: "invalid/none", says: "changed"},
		{name: "a SignerInfo that names the sender, by another key", entity: signedData(text, both, inAnnasName), want: "invalid/none"},
		{name: "the same beside a good one", entity: signedData(text, both, inAnnasName, honest(s.anna)), want: "invalid/none"},
		{name: "no SignerInfo", entity: signedData(text, both), want: "malformed/none"},
	}
}

func attacksOnAttributes(s *site) (list []hostile) {
	text := strings.TrimSuffix(crlf(payEntity), "\r\n") // a detached signature ends before the boundary's CRLF
	kind, digest := attribute(oidContentType, oidData), attribute(oidMessageDigest, digestOf(text))
	other := attribute(oidMessageDigest, digestOf(crlf(textEntity)))
	short := attribute(oidMessageDigest, der(tagOctets, digestOf(text)[2:20]))
	for _, k := range []struct {
		name       string
		attributes [][]byte
		want, says string
	}{
		{"as they should be", [][]byte{kind, digest}, "valid", ""},
		{"none at all", [][]byte{}, "malformed", ""},
		{"no messageDigest", [][]byte{kind}, "malformed", ""},
		{"no contentType", [][]byte{digest}, "malformed", ""},
		{"two messageDigests, one of another text", [][]byte{kind, digest, other}, "malformed", ""},
		{"two messageDigests, alike", [][]byte{kind, digest, digest}, "malformed", ""},
		{"a messageDigest of two values", [][]byte{kind, attribute(oidMessageDigest, digestOf(text), digestOf(crlf(textEntity)))}, "malformed", ""},
		{"a messageDigest of no value", [][]byte{kind, attribute(oidMessageDigest)}, "malformed", ""},
		{"two contentTypes", [][]byte{kind, kind, digest}, "malformed", ""},
		{"another contentType", [][]byte{attribute(oidContentType, oidEnvelopedData), digest}, "malformed", ""},
		{"the messageDigest of another text", [][]byte{kind, other}, "invalid", "changed"},
		{"a messageDigest cut short", [][]byte{kind, short}, "invalid", ""},
	} {
		info := s.signerInfo(s.anna, text, k.attributes...)
		if len(k.attributes) == 0 { // [0] with nothing in it, not left out
			info = signerInfoOf(s.anna, der(tagExplicit), s.signature(s.anna, der(tagSet)))
		}
		list = append(list, hostile{name: "attributes: " + k.name, entity: signedData(text, bag(s.anna), info), want: k.want + "/none", says: k.says},
			hostile{name: "attributes of a detached signature: " + k.name, entity: detachedBy(text, signedDataOf(nil, bag(s.anna), info)), want: k.want + "/none", says: k.says})
	}
	return append(list, attributesAsContent(s)...)
}

// attributesAsContent: of an honest signature, what was signed is the attributes;
// shown as the content of one without attributes, it still verifies.
func attributesAsContent(s *site) []hostile {
	honest := crlf(textEntity)
	attributes := setOf(honestAttributes(honest)...)
	taken := signerInfoOf(s.anna, nil, s.signature(s.anna, attributes))
	text := crlf(payEntity)
	return []hostile{
		{name: "the attributes as content", entity: signedData(string(attributes), bag(s.anna), taken), want: "invalid/none", says: "attributes of another signature"},
		{name: "no attributes, as they should be", entity: signedData(text, bag(s.anna), s.signerInfo(s.anna, text)), want: "valid/none"},
		{name: "the signature of attributes over a text", entity: signedData(text, bag(s.anna), taken), want: "invalid/none"},
		{name: "the signature of a text over attributes", entity: signedData(text, bag(s.anna), signerInfoOf(s.anna, append([]byte{tagExplicit}, setOf(honestAttributes(text)...)[1:]...), s.signature(s.anna, []byte(text)))), want: "invalid/none"},
	}
}

// attacksBySize: how much there is of one thing.
func attacksBySize(s *site) []hostile {
	text := crlf(payEntity)
	info := s.signerInfo(s.anna, text, honestAttributes(text)...)
	sub := s.pki.Issue(testpki.Options{Name: "Test Root", CA: true}).Certificate.Raw // of the true root's name
	certificates := func(n int) string {
		list := bag(s.anna)
		for i := range n - 1 {
			list = append(list, renumbered(s, sub, i))
		}
		return signedData(text, list, info)
	}
	signers := func(n int) string { return signedData(text, bag(s.anna), slices.Repeat([][]byte{info}, n)...) }
	return []hostile{
		{name: "64 certificates", entity: certificates(64), want: "valid/none"},
		{name: "65 certificates", entity: certificates(65), want: "unchecked/none"},
		{name: "5,000 certificates", entity: certificates(5000), want: "unchecked/none"},
		{name: "16 SignerInfos", entity: signers(16), want: "valid/none"},
		{name: "1,000 SignerInfos", entity: signers(1000), want: "unchecked/none"},
	}
}

// renumbered is a certificate with another serial number of the same length; its
// signature is not asked for before it is in a chain.
func renumbered(s *site, certificate []byte, n int) []byte {
	out := bytes.Clone(certificate)
	_, body, _ := s.part(out) // Certificate
	_, tbs, _ := s.part(body) // TBSCertificate
	_, _, rest := s.part(tbs) // version
	_, serial, _ := s.part(rest)
	copy(serial[len(serial)-4:], []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	return out
}

// attacksByDepth: layers in layers, parts in parts, and BER that only opens.
func attacksByDepth(s *site) []hostile {
	layers := func(n int, one func(string) string, text string) string {
		for range n {
			text = one(text)
		}
		return text
	}
	signed := func(text string) string {
		content := crlf(text)
		return signedData(content, bag(s.anna), s.signerInfo(s.anna, content, honestAttributes(content)...))
	}
	sealed := func(text string) string {
		return strings.TrimPrefix(strings.ReplaceAll(s.sealed(text, []string{"support"}, "-aes-128-cbc"), "\r", ""), "MIME-Version: 1.0\n")
	}
	deep := func(n int, text string) string {
		for i := range n {
			text = fmt.Sprintf("Content-Type: multipart/mixed; boundary=deep%d\n\n--deep%d\n%s\n--deep%d--\n", i, i, text, i)
		}
		return text
	}
	inMail := func(n int, text string) string {
		for range n {
			text = "Content-Type: message/rfc822\n\nFrom: anna@kunde.example\nMIME-Version: 1.0\n" + text
		}
		return text
	}
	open := bytes.Repeat([]byte{0x30, 0x80}, 128<<10)
	opened := func(id []byte) []byte {
		return append(append([]byte{0x30, 0x80}, id...), append([]byte{0xa0, 0x80}, open...)...)
	}
	return []hostile{
		{name: "8 signatures in each other", entity: layers(8, signed, payEntity), want: "valid/none"},
		{name: "9 signatures in each other", entity: layers(9, signed, payEntity), want: "malformed/none", says: "more than 8 layers"},
		{name: "9 envelopes in each other", entity: layers(9, sealed, textEntity), want: "malformed/decrypted", says: "more than 8 layers"},
		{name: "SEQUENCEs without end", entity: cmsEntity("signed-data", open), want: "malformed/none"},
		{name: "SEQUENCEs without end in signed data", entity: cmsEntity("signed-data", opened(oidSignedData)), want: "malformed/none"},
		{name: "SEQUENCEs without end in an envelope", entity: cmsEntity("enveloped-data", opened(oidEnvelopedData)), want: "none/malformed"},
		{name: "an envelope below 30 multiparts", entity: deep(30, sealed(textEntity)), want: "none/partial"},
		{name: "a signature below 30 multiparts", entity: deep(30, signed(payEntity)), want: "partial/none"},
		{name: "an envelope below 200 multiparts", entity: deep(200, sealed(textEntity)), want: "none/none"}, // as it came, not looked for so far down
		{name: "a signature below 200 multiparts", entity: deep(200, signed(payEntity)), want: "none/none"},
		{name: "an envelope below 20 messages", entity: inMail(20, sealed(textEntity)), want: "none/none"},
	}
}
