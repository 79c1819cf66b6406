package gateway

// This file holds all kinds of mail that are made to cost much against the processor time
// that any mail of 1 MiB may take.

import (
	"bytes"
	"compress/zlib"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// mostMail is how large the mails are.
const mostMail = 1 << 20

// fill repeats a text up to so many octets, numbered.
func fill(octets int, format string) string {
	var b strings.Builder
	for i := 0; b.Len() < octets; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// ladder are n authorities of two names, each issued by the one before with another key:
// a search tries all of the one name under each of the other.
func ladder(h *house, n int) (list []*testpki.Cert) {
	by := testpki.New(h.t).Root
	for i := range n {
		by = h.pki.Under(by, testpki.Options{Name: fmt.Sprintf("Sub %d", i%2), CA: true, Key: "p521"})
		list = append(list, by)
	}
	return list
}

// issueMail is signed by 16 signers with P-521, with 48 authorities that a path may lead
// through. They have expired, so it is looked for three times. 45 KB of that took 4.9 s,
// 8 layers of it 39.6 s.
func issueMail(h *house, layers int) string {
	authorities := ladder(h, 48)
	var signers []*testpki.Cert
	for range 16 {
		o := testpki.Options{
			Addresses: []string{"anna@kunde.example"}, Key: "p521",
			NotBefore: time.Now().AddDate(0, 0, -2), NotAfter: time.Now().AddDate(0, 0, -1),
		}
		signers = append(signers, h.pki.Under(authorities[47], o))
	}
	entity := plainText
	for range layers - 1 {
		head, body, _ := strings.Cut(h.bundle(entity, signers, authorities), "\r\n\r\n")
		entity = strings.ReplaceAll(head, "base64", "binary") + "\r\n\r\n" + string(decoded(h.t, body))
	}
	return fromAnna + h.bundle(entity, signers, authorities)
}

// compressed is an entity in a layer of CompressedData (RFC 3274).
func compressed(t *testing.T, entity string) string {
	t.Helper()
	var z bytes.Buffer
	w, err := zlib.NewWriterLevel(&z, zlib.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(entity))
	w.Close()
	type algorithm struct{ ID asn1.ObjectIdentifier }
	type encapsulated struct {
		ID      asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
	type data struct {
		Version int
		Zlib    algorithm
		Content encapsulated
	}
	smime := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16}
	der, err := asn1.Marshal(struct {
		ID   asn1.ObjectIdentifier
		Data data `asn1:"explicit,tag:0"`
	}{append(smime[:7:7], 1, 9), data{
		0,
		algorithm{append(smime[:7:7], 3, 8)},
		encapsulated{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, z.Bytes()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return enclosed("compressed-data", der)
}

// messagesWithin nests messages, each in a multipart, and puts a text innermost.
func messagesWithin(depth int, text string) string {
	entity := "Content-Type: text/plain\r\n\r\n" + text
	for i := range depth {
		entity = fmt.Sprintf("Content-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nReferences: <%d@b.example>\r\n%s", i, entity)
	}
	return entity
}

// manyParts is a multipart of small parts.
func manyParts(octets int, part string) string {
	return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + fill(octets, "--b\r\n"+part+"\r\n") + "--b--\r\n"
}

// mailsOfSignatures have as many signatures and certificates as are read, and certificates
// with as much in them.
func mailsOfSignatures(h *house) map[string]string {
	addresses := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("%d@k.example", i))
		}
		return append(list, "anna@kunde.example")
	}
	domains := make([]string, 3000)
	for i := range domains {
		domains[i] = fmt.Sprintf("%d.example", i)
	}
	constrained := h.pki.Issue(testpki.Options{Name: "Narrow", CA: true, Excluded: domains})
	var wide, named, oids []*testpki.Cert
	var narrow []*testpki.Cert
	for i := range 14 {
		by := h.pki.Under(constrained, testpki.Options{Name: fmt.Sprintf("Narrow %d", i%2), CA: true, Excluded: domains[:1000]})
		narrow = append(narrow, by)
		wide = append(wide, h.pki.Under(by, testpki.Options{Addresses: addresses(2000)}))
	}
	for range 16 {
		subject := make([]string, 100)
		for i := range subject {
			subject[i] = fmt.Sprintf("%d@kunde.example", i)
		}
		named = append(named, h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Name: strings.Repeat("n", 1000), Subject: subject}))
		oids = append(oids, h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Extra: longOID()}))
	}
	var odd []*testpki.Cert
	for range 20 {
		list := []string{"anna@kunde.example", "mXller@kunde.example"}
		for i := range 480 {
			list = append(list, fmt.Sprintf("%050d@kunde.example", i))
		}
		c, err := h.pki.Issue(testpki.Options{Addresses: list}).WithOctets("mXller", "m\xfcller")
		if err != nil {
			h.t.Fatal(err)
		}
		odd = append(odd, c)
	}
	hers := func(usage x509.KeyUsage) *testpki.Cert {
		return h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, DN: annasName, Usage: usage, Key: "p521"})
	}
	signer := hers(x509.KeyUsageDigitalSignature)
	var beside []*testpki.Cert
	for range 60 {
		one := hers(x509.KeyUsageKeyAgreement)
		h.knows(one)
		beside = append(beside, one)
	}
	return map[string]string{
		"60 certificates for encryption beside a signature, and as many known": fromAnna + h.bundle(plainText, []*testpki.Cert{signer}, beside),
		"16 signers whose certificates crypto/x509 refuses":                    fromAnna + h.bundle(plainText, odd[:16], nil),
		"20 such certificates, one signer":                                     fromAnna + h.bundle(plainText, odd[:1], odd[1:]),
		"16 expired signers, 48 authorities of two names, P-521":               issueMail(h, 1),
		"the same in 8 layers":                                                 issueMail(h, 8),
		"2,000 addresses under 1,000 and 3,000 name constraints, 14 times":     fromAnna + h.bundle(plainText, wide, append(narrow, constrained)),
		"16 signers with names of 100 parts":                                   fromAnna + h.bundle(plainText, named, nil),
		"16 signers with an OID of 40 KiB":                                     fromAnna + h.bundle(plainText, oids, nil),
	}
}

const (
	textPart  = "Content-Type: text/plain\r\n\r\n"
	multiPart = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
)

// wide is a field's text, so long that 1 MiB has as many fields as are read.
var wide = strings.Repeat("a", 110) + "\r\n"

// mailsOfFields have a header that is most of them.
func mailsOfFields(h *house) map[string]string {
	return map[string]string{
		"thousands of fields":                       fill(mostMail-20_000, "X-%d: "+wide) + fromAnna + plainText,
		"a Subject of encoded words":                strings.Replace(fromAnna, "hello", "hello"+fill(mostMail-1000, "\r\n =?utf-8?Q?=%02X=41?="), 1) + plainText,
		"thousands of Subject fields":               fill(mostMail-1000, "Subject: =?utf-8?B?%08d?=\r\n") + fromAnna + plainText,
		"thousands of addresses in From":            strings.Replace(fromAnna, "From: ", "From: "+fill(mostMail-1000, "\"a\\\"%d\" (c(c)) <a.%[1]d@b.example>,\r\n "), 1) + plainText,
		"a From of comments":                        strings.Replace(fromAnna, "From: ", "From: "+strings.Repeat("(", 400_000)+"\r\n "+strings.Repeat(")", 400_000), 1) + plainText,
		"thousands of addresses in Reply-To":        "Reply-To: " + fill(mostMail-1000, "a%d@b.example,\r\n ") + "c@d.example\r\n" + h.signed(h.anna, fromAnna, plainText),
		"thousands of addresses in To":              "To: " + fill(mostMail-1000, "a%d@b.example,\r\n ") + "c@d.example\r\n" + h.signed(h.anna, fromAnna, plainText),
		"thousands of fields, encrypted":            h.sealed(fromAnna, fill(500<<10, "X-%d: "+wide)+textPart, h.support),
		"protected headers by the thousand, signed": h.signed(h.anna, fromAnna, "Content-Type: text/plain; hp=\"clear\"\r\n"+fill(500<<10, "To: a%d@b.example, "+wide)+"\r\nx\r\n"),
	}
}

// mailsOfParts have many parts, or what looks like them.
func mailsOfParts(h *house) map[string]string {
	return map[string]string{
		"thousands of parts":                        fromAnna + manyParts(mostMail-1000, textPart+"x"),
		"thousands of parts in an opaque signature": h.signed(h.anna, fromAnna, manyParts(600<<10, textPart+"x")),
		"parts that look like S/MIME":               fromAnna + manyParts(mostMail-1000, "Content-Type: application/pkcs7-mime\r\n\r\nMIAG"),
		"multiparts within each other":              fromAnna + fill(mostMail-1000, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%[1]d\r\n"),
		"a multipart of near delimiters":            fromAnna + multiPart + fill(mostMail-1000, "\r\n--b%d"),
		"parameters in pieces":                      fromAnna + "Content-Type: multipart/signed" + fill(mostMail-1000, ";\r\n boundary*%d*=%%41") + "\r\n\r\n--b\r\n",
		"HTML of open tags, encrypted":              h.sealed(fromAnna, "Content-Type: text/html\r\n\r\n"+fill(500<<10, "<div %d><b><table><a href=x>")+"\r\n", h.support),
	}
}

// mailsThatUnfold have compressed layers that become as much as may be, and more.
func mailsThatUnfold(h *house) map[string]string {
	bomb := compressed(h.t, textPart+strings.Repeat("0", 300<<20))
	smallBomb := compressed(h.t, textPart+strings.Repeat("0", 15<<20))
	padding := fill(800<<10, "X-%d: "+wide) // so that as much as possible may unfold
	part := "--b\r\n" + textPart + strings.Repeat("x\r\n", 1000) + "\r\n"
	crowd := compressed(h.t, "Content-Type: multipart/mixed; boundary=b\r\n\r\n"+strings.Repeat(part, 4800))
	return map[string]string{
		"a bomb":                                                 fromAnna + bomb,
		"a bomb that is signed within":                           padding + fromAnna + compressed(h.t, h.bundle(textPart+strings.Repeat("0\r\n", 3<<20), []*testpki.Cert{h.anna, h.support, h.sales}, nil)),
		"a multipart of empty lines, compressed":                 padding + fromAnna + compressed(h.t, multiPart+strings.Repeat("\r\n", 7<<20)),
		"HTML, compressed and encrypted":                         h.sealed(padding+fromAnna, compressed(h.t, "Content-Type: text/html\r\n\r\n"+strings.Repeat("<div><b><a href=x>&amp;\r\n", 600<<10)), h.support),
		"a bomb within the bound":                                padding + fromAnna + smallBomb,
		"thousands of parts, compressed":                         padding + fromAnna + crowd,
		"8 compressed layers":                                    fromAnna + layersOf(8, func(e string) string { return compressed(h.t, e) }, smallBomb),
		"a bomb, encrypted":                                      h.sealed(padding+fromAnna, smallBomb, h.support),
		"thousands of parts, compressed and encrypted":           h.sealed(padding+fromAnna, crowd, h.support),
		"lines that must be made anew, compressed and encrypted": h.sealed(padding+fromAnna, compressed(h.t, textPart+strings.Repeat("\x00\xff=", 5<<20)), h.support),
		"lines of LF, compressed":                                padding + fromAnna + compressed(h.t, strings.ReplaceAll(textPart, "\r", "")+strings.Repeat("a\n", 7<<20)),
	}
}

// mailsOut are those of a helpdesk, which quotes what strangers wrote.
func mailsOut(h *house) map[string]string {
	order := "X-SMIME-Sign: if-possible\r\nX-SMIME-Encrypt: if-possible\r\n"
	return map[string]string{
		"out: thousands of References":           fromSupport("anna@kunde.example", "References:"+fill(mostMail-1000, "\r\n <%d@kunde.example>")+"\r\n"+order) + plainText,
		"out: References of comments":            fromSupport("anna@kunde.example", "References: "+strings.Repeat("(<a@b>", mostMail/6-1000)+"\r\n"+order) + plainText,
		"out: thousands of Message-ID fields":    fromSupport("anna@kunde.example", fill(500<<10, "Message-ID: <%d@a.example>\r\n")+order) + plainText,
		"out: messages within each other":        fromSupport("anna@kunde.example", order) + messagesWithin(12_000, "x"),
		"out: thousands of small multiparts":     fromSupport("anna@kunde.example", order) + manyParts(mostMail*9/10, "Content-Type: multipart/mixed; boundary=c%d\r\n\r\n--c%[1]d\r\n\r\n"+wide+"\r\n--c%[1]d--"),
		"out: messages around a large text":      fromSupport("anna@kunde.example", order) + messagesWithin(30, strings.Repeat("x\r\n", 300_000)),
		"out: thousands of messages":             fromSupport("anna@kunde.example", order) + manyParts(mostMail-1000, "Content-Type: message/rfc822\r\n\r\nMessage-ID: <%d@a.example>\r\n\r\n"),
		"out: thousands of returned headers":     fromSupport("anna@kunde.example", order) + manyParts(mostMail-1000, "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%d@a.example>\r\n"),
		"out: returned headers with References":  fromSupport("anna@kunde.example", order) + "Content-Type: text/rfc822-headers\r\n\r\nReferences:" + fill(mostMail-1000, "\r\n <%d@kunde.example>") + "\r\n",
		"out: thousands of fields":               fromSupport("anna@kunde.example", order+fill(mostMail-20_000, "X-%d: "+wide)) + plainText,
		"out: parts that must be made anew":      fromSupport("anna@kunde.example", order) + manyParts(mostMail-1000, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4 "),
		"out: signed by many, to be signed anew": strings.Replace(issueMail(h, 8), "Subject: hello\r\n", "Subject: hello\r\n"+order, 1),
	}
}

// TestAnyMailCosts: whatever a mail of 1 MiB is made of, in or out, it takes 1 s of
// processor time at most.
func TestAnyMailCosts(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processor time, which the race detector and other packages' tests make longer")
	}
	h := newHouse(t, func(o *Options) {
		o.Limits.LookUps = time.Second
		o.On = Actions{"unauthenticated": TextMail}
	})
	h.knows(h.anna)
	support := outboundTo("anna@kunde.example")
	for _, k := range []struct {
		env   Envelope
		mails map[string]string
	}{
		{toSupport, mailsOfSignatures(h)},
		{toSupport, mailsOfFields(h)},
		{toSupport, mailsOfParts(h)},
		{toSupport, mailsThatUnfold(h)},
		{support, mailsOut(h)},
	} {
		for name, mail := range k.mails {
			t.Run(name, func(t *testing.T) { h.costs(t, k.env, mail) })
		}
	}
}

// layersOf wraps an entity n times.
func layersOf(n int, wrap func(string) string, entity string) string {
	for range n {
		entity = wrap(entity)
	}
	return entity
}

// costs takes one mail through the gateway.
func (h *house) costs(t *testing.T, env Envelope, mail string) {
	t.Helper()
	if len(mail) > mostMail*3/2 {
		t.Fatalf("a mail of %d octets", len(mail))
	}
	msg := h.file(mail)
	defer msg.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cpuTime(t)
	out, err := h.g.Process(t.Context(), env, msg)
	if err != nil {
		t.Fatal(err)
	}
	took := cpuTime(t) - start
	runtime.ReadMemStats(&after)
	allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
	defer out.Close()
	var status []string
	for _, d := range out.Deliveries {
		for _, e := range d.Edits {
			if e.Name == "X-SMIME-Signature" || e.Name == "X-SMIME-Encryption" || e.Name == "X-SMIME-Reason" || e.Name == "X-SMIME-Cause" {
				status = append(status, strings.TrimSpace(e.Value))
			}
		}
	}
	t.Logf("%4d KiB: %5.2f s of CPU, %d MiB allocated: %d %v", len(mail)>>10, took.Seconds(), allocated, out.Reply.Code, status)
	if took > mostCPU {
		t.Errorf("%v of CPU, want %v at most", took, mostCPU)
	}
}

// longOID is an extension with one OID of 40 KiB.
func longOID() []pkix.Extension {
	return []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 32}, Value: policies()}}
}

// policies is a list of certificatePolicies with as many, and as long, OIDs as fit.
func policies() []byte {
	arc := append(bytes.Repeat([]byte{0x81}, 9), 0x01) // one arc that does not fit into 64 bits
	long := append([]byte{0x2a}, bytes.Repeat(arc, 4000)...)
	oid, _ := asn1.Marshal(asn1.RawValue{Tag: asn1.TagOID, Bytes: long})
	one, _ := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: oid})
	all, _ := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: one})
	return all
}

// decoded is base64 undone.
func decoded(t *testing.T, text string) []byte {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\r\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return der
}
