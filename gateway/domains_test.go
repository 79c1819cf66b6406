package gateway

// This file encrypts for whole domains.

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/testpki"
	"sealgate/trust"
)

// domainCert is a bank's gateway's own, of an authority that nobody here knows.
func domainCert(t *testing.T, change ...func(*testpki.Options)) *testpki.Cert {
	t.Helper()
	o := testpki.Options{Addresses: []string{"domain-confidentiality-authority@bank.example"}, Key: "rsa-2048"}
	for _, c := range change {
		c(&o)
	}
	return testpki.New(t).Issue(o)
}

// between gives a certificate its days from now.
func between(from, to int) func(*testpki.Options) {
	return func(o *testpki.Options) {
		o.NotBefore = time.Now().AddDate(0, 0, from)
		o.NotAfter = time.Now().AddDate(0, 0, to)
	}
}

// toBank is the rule that encrypts mail for a domain and those below it.
func toBank(certs ...*testpki.Cert) Rule {
	r := Rule{Domain: "bank.example", Demand: Demand{Encrypt: Yes}}
	for _, c := range certs {
		r.Certificates = append(r.Certificates, c.Certificate)
	}
	return r
}

// withRules is a house with rules.
func withRules(t *testing.T, rules ...Rule) *house {
	t.Helper()
	return newHouse(t, func(o *Options) { o.Rules = rules })
}

// mailTo sends a mail without an order, or with some.
func (h *house) mailTo(to string, order ...string) copies {
	h.t.Helper()
	return h.process(outboundTo(to), fromSupport(to, strings.Join(order, "")+plainText))
}

// onlyFor wants one copy that these can open and nobody reads on the way.
func (h *house) onlyFor(out copies, who ...*testpki.Cert) {
	h.t.Helper()
	if out.Disposition != Accept || len(out.text) != 1 || leaves(out, "the secret text") {
		h.t.Fatalf("%+v", out.Outcome)
	}
	for _, c := range who {
		if shown, _, _ := h.readCopy(out.text[0], c); !strings.Contains(shown, "the secret text") {
			h.t.Errorf("%s cannot read it", c.Certificate.Subject)
		}
	}
}

// refusedNotClear wants that nothing leaves.
func (h *house) refusedNotClear(what string, out copies, code int) {
	h.t.Helper()
	if out.Disposition == Accept || out.Reply.Code != code || len(out.Deliveries) != 0 {
		h.t.Errorf("%s: %+v", what, out.Outcome)
	}
}

// TestDomainCertificateEncryptsForAllOfADomain: the first mail to anybody there is encrypted,
// though nobody has heard of them, and the explanation says where the certificate is from.
func TestDomainCertificateEncryptsForAllOfADomain(t *testing.T) {
	bank := domainCert(t)
	h := withRules(t, toBank(bank))
	for _, to := range []string{"carl@bank.example", "Dora@mail.BANK.example"} {
		h.onlyFor(h.mailTo(to), bank, h.support)
		list, err := h.g.Explain(t.Context(), to)
		if err != nil || len(list) != 1 || !list[0].Chosen || list[0].Source != "rule" || list[0].Fingerprint != hexSum(bank) {
			t.Errorf("%s: %+v, %v", to, list, err)
		}
	}
}

// TestDomainCertificateIsOfItsDomainAlone: whatever names stand in it, it is used for nobody
// else, and a domain that looks like its own is another.
func TestDomainCertificateIsOfItsDomainAlone(t *testing.T) {
	bank := domainCert(t, func(o *testpki.Options) {
		o.Addresses = append(o.Addresses, "eve@kunde.example", "domain-confidentiality-authority@kunde.example")
	})
	rule := toBank(bank)
	h := withRules(t, rule)
	for _, to := range []string{
		"carl@xbank.example", "carl@bank.example.evil.example", "carl@bank-example.example", "carl@bánk.example",
		"bank.example@kunde.example", "eve@kunde.example", "domain-confidentiality-authority@kunde.example", "carl@example",
	} {
		h.refusedNotClear(to, h.mailTo(to, "X-SMIME-Encrypt: yes\r\n"), 550)
	}
	for _, to := range []string{`"eve@evil.example"@bank.example`, "eve%evil.example@bank.example", "evil.example!eve@bank.example"} {
		h.refusedNotClear(to, h.mailTo(to), 550)
	}
	rule.Domain = ""
	rule.Recipient = "@bank.example"
	h = withRules(t, rule)
	h.onlyFor(h.mailTo("carl@bank.example"), bank)
	h.refusedNotClear("below it", h.mailTo("carl@mail.bank.example", "X-SMIME-Encrypt: yes\r\n"), 550)
}

// TestDomainCertificateOnlyByItsRule: an authority's certificate for a whole domain, by the names
// of RFC 3183 or a dNSName, is nobody's else without a rule, wherever it was found.
func TestDomainCertificateOnlyByItsRule(t *testing.T) {
	h, d := withDirectory(t)
	bank := h.pki.Issue(testpki.Options{
		Addresses: []string{"domain-confidentiality-authority@bank.example"}, Key: "rsa-2048",
	})
	bank.Certificate.DNSNames = []string{"bank.example"}
	h.knows(bank)
	d.holds["carl@bank.example"] = bank
	h.refusedNotClear("carl", h.mailTo("carl@bank.example", "X-SMIME-Encrypt: yes\r\n"), 550)
}

// TestDomainCertificateRollover: of several the newest that is valid counts; where none is, mail
// is refused, and not sent in clear.
func TestDomainCertificateRollover(t *testing.T) {
	past := domainCert(t, between(-20, -10))
	old := domainCert(t, between(-20, 10))
	current := domainCert(t, between(-5, 20))
	next := domainCert(t, between(10, 20))
	h := withRules(t, toBank(past, old, current, next))
	h.onlyFor(h.mailTo("carl@bank.example"), current)
	h = withRules(t, toBank(past, next))
	for _, order := range []string{"", "X-SMIME-Encrypt: if-possible\r\n", "X-SMIME-Encrypt: no\r\n"} {
		h.refusedNotClear("in the gap", h.mailTo("carl@bank.example", order), 550)
	}
}

// TestDomainCertificateIsJudged: blocked by an admin, revoked by an authority that is trusted, a
// weak key, a key for signatures: it is not used, and the mail stays.
func TestDomainCertificateIsJudged(t *testing.T) {
	for name, bank := range map[string]*testpki.Cert{
		"weak":           domainCert(t, func(o *testpki.Options) { o.Key = "rsa-1024" }),
		"for signatures": domainCert(t, func(o *testpki.Options) { o.Usage = x509.KeyUsageDigitalSignature }),
	} {
		h := withRules(t, toBank(bank))
		h.refusedNotClear(name, h.mailTo("carl@bank.example"), 550)
	}
	bank := domainCert(t)
	h := withRules(t, toBank(bank))
	h.knows(bank)
	h.onlyFor(h.mailTo("carl@bank.example"), bank)
	if err := h.store.SetState(t.Context(), certstore.Identity(bank.Certificate), certstore.Blocked); err != nil {
		t.Fatal(err)
	}
	h.refusedNotClear("blocked", h.mailTo("carl@bank.example"), 550)
}

// TestRevokedDomainCertificate: where its authority is trusted, that is asked.
func TestRevokedDomainCertificate(t *testing.T) {
	h := newHouse(t)
	s := h.services(trust.Soft)
	bank := h.pki.Issue(testpki.Options{
		Addresses: []string{"domain-confidentiality-authority@bank.example"}, Key: "rsa-2048", CRL: []string{s.url + "/crl"},
	})
	s.revoke(bank, time.Now().Add(-time.Hour))
	h.o.Rules = []Rule{toBank(bank)}
	h.trusts(s, trust.Soft)
	h.refusedNotClear("revoked", h.mailTo("carl@bank.example"), 550)
}

// TestPersonBeforeDomain: who has a certificate gets it, unless the rule says otherwise; what
// cannot be used of a person's gives way, and so does a directory that is silent.
func TestPersonBeforeDomain(t *testing.T) {
	bank := domainCert(t)
	rule := toBank(bank)
	for _, before := range []bool{false, true} {
		rule.Before = before
		h := withRules(t, rule)
		carl := h.pki.Issue(testpki.Options{Addresses: []string{"carl@bank.example"}, Key: "rsa-2048"})
		h.knows(carl)
		h.knows(h.pki.Issue(testpki.Options{
			Addresses: []string{"dora@bank.example"}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, -1, 0),
		}))
		want := carl
		other := bank
		if before {
			want = bank
			other = carl
		}
		out := h.mailTo("carl@bank.example")
		h.onlyFor(out, want)
		if shown, _, _ := h.readCopy(out.text[0], other); strings.Contains(shown, "the secret text") {
			t.Errorf("before %v: encrypted for %s too", before, other.Certificate.Subject)
		}
		h.onlyFor(h.mailTo("dora@bank.example"), bank)
	}
	h := newHouse(t, func(o *Options) {
		o.Rules = []Rule{toBank(bank)}
		o.Sources = []lookup.Source{&directory{silent: true}}
	})
	h.onlyFor(h.mailTo("carl@bank.example"), bank)
}

// unreadable is a store that does not say what an admin has decided.
type unreadable struct{ Store }

func (unreadable) ByIdentity(context.Context, [32]byte) (*certstore.Record, error) {
	return nil, errors.New("the disk is gone")
}

// TestDomainCertificateAndNoStore: whether it is blocked nobody can say, so the mail waits.
func TestDomainCertificateAndNoStore(t *testing.T) {
	h := newHouse(t, func(o *Options) {
		o.Rules = []Rule{toBank(domainCert(t))}
		o.Store = unreadable{o.Store}
	})
	h.refusedNotClear("no store", h.mailTo("carl@bank.example"), 451)
}

// counting is a store that knows how often it was asked for one certificate.
type counting struct {
	Store
	asked int
}

func (c *counting) ByIdentity(ctx context.Context, identity [32]byte) (*certstore.Record, error) {
	c.asked++
	return c.Store.ByIdentity(ctx, identity)
}

// TestDomainCertificateIsAskedForOnce: fifty people of one domain have one certificate, and a store that
// does not answer is not waited for fifty times.
func TestDomainCertificateIsAskedForOnce(t *testing.T) {
	h := withRules(t, toBank(domainCert(t)))
	var people []string
	for n := range 50 {
		people = append(people, fmt.Sprintf("p%d@bank.example", n))
	}
	for name, store := range map[string]Store{"answers": h.o.Store, "silent": unreadable{h.o.Store}} {
		counted := &counting{Store: store}
		o := h.g.o
		o.Store = counted
		all := sources(&o)
		answers := all[len(all)-1].LookUp(t.Context(), people)
		if counted.asked != 1 {
			t.Errorf("%s: asked %d times", name, counted.asked)
		}
		for _, p := range people {
			if got := answers[p].Answered.All(); got != (name == "answers") || got && len(answers[p].Records) != 1 {
				t.Errorf("%s: %s: %+v", name, p, answers[p])
			}
		}
	}
}

// TestDomainCertificateUnderHard: a rule's certificate needs no authority that is known.
func TestDomainCertificateUnderHard(t *testing.T) {
	bank := domainCert(t)
	rule := toBank(bank)
	rule.Revocation = trust.Hard
	h := withRules(t, rule)
	out := h.mailTo("carl@bank.example", "X-SMIME-Encrypt: yes\r\n")
	if out.Disposition != Accept {
		t.Fatalf("%+v", out.Outcome)
	}
	if shown, _, _ := h.readCopy(out.text[0], bank); !strings.Contains(shown, "the secret text") {
		t.Error("the bank cannot read it")
	}
}

// TestDomainCertificateHidesBcc: who shares the certificate with others is still hidden from them.
func TestDomainCertificateHidesBcc(t *testing.T) {
	bank := domainCert(t)
	h := withRules(t, toBank(bank))
	env := outboundTo("carl@bank.example", "hidden@bank.example")
	h.refusedNotClear("one copy", h.process(env, fromSupport("carl@bank.example", plainText)), 550)
	env.CanSplit = true
	out := h.process(env, fromSupport("carl@bank.example", "Bcc: hidden@bank.example\r\n"+plainText))
	if out.Disposition != Accept || len(out.text) != 2 || leaves(out, "the secret text") || leaves(out, "hidden@") {
		t.Fatalf("%+v", out.Outcome)
	}
	for i, d := range out.Deliveries {
		if len(d.To) != 1 {
			t.Errorf("one copy to %q", d.To)
		}
		if shown, _, _ := h.readCopy(out.text[i], bank); !strings.Contains(shown, "the secret text") {
			t.Errorf("the copy of %q cannot be read", d.To)
		}
	}
	if _, err := mail.ReadMessage(strings.NewReader(out.text[0])); err != nil {
		t.Error(err)
	}
}

// TestDomainCertificateAndStrangers: the rule's demand holds for all who get the mail.
func TestDomainCertificateAndStrangers(t *testing.T) {
	h := newHouse(t, func(o *Options) {
		o.Rules = []Rule{toBank(domainCert(t))}
		o.Outbound.MixedClear = true
	})
	env := outboundTo("carl@bank.example", "nobody@kunde.example")
	env.CanSplit = true
	h.refusedNotClear("a stranger", h.process(env, fromSupport(strings.Join(env.To, ", "), plainText)), 550)
}
