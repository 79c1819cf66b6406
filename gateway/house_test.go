package gateway

// This file is a house for tests: a mailbox, customers, a gateway between them.

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
	"sealgate/trust"
)

type house struct {
	t       *testing.T
	g       *Gateway
	o       Options
	pki     *testpki.PKI
	store   *certstore.Badger
	support *testpki.Cert // support@firma.example
	sales   *testpki.Cert // sales@firma.example
	anna    *testpki.Cert // anna@kunde.example, a customer
	ring    []*keyring.Mailbox
}

func newHouse(t *testing.T, change ...func(*Options)) *house {
	t.Helper()
	h := &house{t: t, pki: testpki.New(t)}
	person := func(a string) *testpki.Cert {
		return h.pki.Issue(testpki.Options{Addresses: []string{a}, Key: "rsa-2048"})
	}
	h.support, h.sales, h.anna = person("support@firma.example"), person("sales@firma.example"), person("anna@kunde.example")
	box := func(c *testpki.Cert) *keyring.Mailbox {
		return &keyring.Mailbox{Addresses: c.Certificate.EmailAddresses, Credentials: []*keyring.Credential{{Certificate: c.Certificate, Key: c.Key}}}
	}
	h.ring = []*keyring.Mailbox{box(h.support), box(h.sales), {Addresses: []string{"keyless@firma.example"}}}
	h.ring[0].Also = []string{"ticket@helpdesk.local"}
	check, err := trust.New(trust.Options{Roots: []*x509.Certificate{h.pki.Root.Certificate}, AcceptAny: true, Revocation: trust.Off})
	if err != nil {
		t.Fatal(err)
	}
	if h.store, err = certstore.OpenBadger(certstore.BadgerOptions{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.store.Close()
		if n := sp.Used(); n != 0 {
			t.Errorf("%d octets are left in the spool", n)
		}
	})
	h.o = Options{
		AuthservID: "gw.example", Language: English, Ring: keyring.NewRing(h.ring), Trust: check, Store: h.store, Spool: sp, Log: slog.New(slog.DiscardHandler),
		Inbound:  DefaultInbound(),
		Outbound: DefaultOutbound(),
	}
	for _, c := range change {
		c(&h.o)
	}
	if h.g, err = New(h.o); err != nil {
		t.Fatal(err)
	}
	return h
}

// knows puts a customer's certificate into the store.
func (h *house) knows(c *testpki.Cert, capabilities ...cms.Capability) {
	h.t.Helper()
	m := &inboundMail{g: h.g, verdict: &verdict.Verdict{From: c.Certificate.EmailAddresses[0]}, e: h.entity("Message-ID: <proof@kunde.example>\r\n\r\n")}
	if err := h.store.Put(context.Background(), m.record(c.Certificate, cms.Signature{Capabilities: capabilities}, certstore.Active)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) file(text string) *spool.File {
	h.t.Helper()
	f := h.o.Spool.Create()
	if _, err := io.WriteString(f, text); err != nil {
		h.t.Fatal(err)
	}
	return f
}

func (h *house) entity(text string) *smime.Entity {
	h.t.Helper()
	e, err := smime.ParseEntity(strings.NewReader(text), int64(len(text)))
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// copies is what becomes of a mail.
type copies struct {
	*Outcome
	text []string // one for each delivery
}

// process runs one message through the gateway and renders every copy.
func (h *house) process(env Envelope, text string) copies {
	h.t.Helper()
	msg := h.file(text)
	defer msg.Close()
	out, err := h.g.Process(context.Background(), env, msg)
	if err != nil {
		h.t.Fatal(err)
	}
	defer out.Close()
	c := copies{Outcome: out}
	for _, d := range out.Deliveries {
		c.text = append(c.text, apply(h.t, h.entity(text), d))
	}
	return c
}

// apply renders a copy: the plainest reading of what HeaderEdit says.
func apply(t *testing.T, e *smime.Entity, d Delivery) string {
	t.Helper()
	var b bytes.Buffer
	for i := 0; i <= len(e.Fields); i++ {
		keep := true
		for _, x := range d.Edits {
			line := x.Name + ":" + x.Value + "\r\n"
			switch {
			case x.Op == InsertField && x.Index == i, x.Op == AppendField && i == len(e.Fields):
				b.WriteString(line)
			case x.Op == DeleteField && x.Index == i:
				keep = false
			case x.Op == ReplaceField && x.Index == i:
				keep = false
				b.WriteString(line)
			}
		}
		if keep && i < len(e.Fields) {
			b.Write(e.Fields[i].Raw)
		}
	}
	b.WriteString("\r\n")
	body := e.Body()
	if d.Body != nil {
		body = d.Body
	}
	if _, err := io.Copy(&b, body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// header is the value of a copy's field, "" without it.
func (h *house) header(text, name string) string {
	h.t.Helper()
	f := h.entity(text).Get(name)
	if len(f) == 0 {
		return ""
	}
	return f[0].Value()
}

// signed and sealed make a customer's mail from header lines and an entity.
func (h *house) signed(by *testpki.Cert, header, entity string, change ...func(*cms.Signer)) string {
	h.t.Helper()
	s := cms.Signer{Certificate: by.Certificate, Key: by.Key, SigningTime: time.Now(), Capabilities: cms.OwnCapabilities()}
	for _, c := range change {
		c(&s)
	}
	e, err := smime.Sign(context.Background(), h.entity(entity), smime.SignOptions{Signer: s, Chain: by.Chain(), Spool: h.o.Spool, Unprepared: true})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.whole(header, e)
}

func (h *house) sealed(header, entity string, to ...*testpki.Cert) string {
	h.t.Helper()
	var r []cms.Recipient
	for _, c := range to {
		r = append(r, cms.Recipient{Certificate: c.Certificate})
	}
	e, err := smime.Encrypt(context.Background(), h.entity(entity), smime.EncryptOptions{Recipients: r, Spool: h.o.Spool})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.whole(header, e)
}

func (h *house) whole(header string, e *smime.Entity) string {
	h.t.Helper()
	defer e.Close()
	text, err := io.ReadAll(e.Section())
	if err != nil {
		h.t.Fatal(err)
	}
	return header + string(text)
}

const (
	fromAnna  = "From: Anna <anna@kunde.example>\r\nTo: support@firma.example\r\nSubject: hello\r\nMessage-ID: <1@kunde.example>\r\nMIME-Version: 1.0\r\n"
	plainText = "Content-Type: text/plain; charset=utf-8\r\n\r\nthe secret text\r\n"
)

func fromSupport(to, more string) string {
	return fmt.Sprintf("From: support@firma.example\r\nTo: %s\r\nSubject: re\r\nMIME-Version: 1.0\r\n%s", to, more)
}

func inboundTo(to ...string) Envelope {
	return Envelope{Direction: Inbound, From: "anna@kunde.example", To: to, CanHold: true}
}

func outboundTo(to ...string) Envelope {
	return Envelope{Direction: Outbound, From: "support@firma.example", To: to, MayOrder: true}
}
