package gateway

// This file sends mail whose certificates name services: how often they are asked,
// how long mail waits for them, and what a partner's rules make of their silence.

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/trust"
	"sealgate/trust/fetch"
	"sealgate/trust/revocation"
)

// services are an authority's: /ocsp and /ca of by, /crl of the root, and /hang. All
// else is not found.
type services struct {
	t       *testing.T
	root    *testpki.Cert
	by      *testpki.Cert
	url     string
	sources *revocation.Sources
	stop    chan struct{}
	people  map[string]*testpki.Cert // who has sent mail

	mu      sync.Mutex
	hits    map[string]int // by the first part of the path
	revoked map[string]time.Time
}

// services starts them and has the gateway ask them. What they answer is kept in the
// house's store, or in the cache given.
func (h *house) services(policy trust.Policy, instead ...revocation.Cache) *services {
	h.t.Helper()
	cache := append(instead, h.store)[0]
	s := &services{t: h.t, root: h.pki.Root, by: h.pki.Root, stop: make(chan struct{}), people: map[string]*testpki.Cert{}, hits: map[string]int{}, revoked: map[string]time.Time{}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	s.url = server.URL
	s.sources = revocation.New(revocation.Options{Fetch: fetch.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}), Cache: cache, Parse: x509.ParseCertificates})
	h.t.Cleanup(func() { s.sources.Close(); close(s.stop); server.Close() })
	h.trusts(s, policy)
	return s
}

// trusts builds the gateway anew, with this policy and the options of the moment.
func (h *house) trusts(s *services, policy trust.Policy) {
	h.t.Helper()
	h.judgesBy(trust.Options{
		Roots: []*x509.Certificate{h.pki.Root.Certificate}, Revocation: policy, Sources: s.sources,
	})
}

func (s *services) revoke(c *testpki.Cert, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[c.Certificate.SerialNumber.String()] = since
}

func (s *services) count() (all int, each map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	each = map[string]int{}
	for path, n := range s.hits {
		all, each[path] = all+n, n
	}
	return all, each
}

func (s *services) serve(w http.ResponseWriter, r *http.Request) {
	path := "/" + strings.Split(r.URL.Path, "/")[1]
	s.mu.Lock()
	s.hits[path]++
	s.mu.Unlock()
	switch path {
	case "/hang":
		<-s.stop
	case "/ca":
		w.Write(s.by.Certificate.Raw)
	case "/crl":
		w.Write(s.list())
	case "/ocsp":
		question, _ := io.ReadAll(r.Body)
		w.Write(s.ocsp(question))
	default:
		http.NotFound(w, r)
	}
}

func (s *services) list() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	for number, since := range s.revoked {
		n, _ := new(big.Int).SetString(number, 10)
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: n, RevocationTime: since, ReasonCode: ocsp.KeyCompromise})
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, s.root.Certificate, s.root.Key)
	if err != nil {
		s.t.Error(err)
	}
	return der
}

func (s *services) ocsp(question []byte) []byte {
	q, err := ocsp.ParseRequest(question)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	a := ocsp.Response{SerialNumber: q.SerialNumber, ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour), IssuerHash: crypto.SHA1}
	s.mu.Lock()
	if since, is := s.revoked[q.SerialNumber.String()]; is {
		a.Status, a.RevokedAt, a.RevocationReason = ocsp.Revoked, since, ocsp.KeyCompromise
	}
	s.mu.Unlock()
	der, err := ocsp.CreateResponse(s.by.Certificate, s.by.Certificate, a, s.by.Key)
	if err != nil {
		s.t.Error(err)
	}
	return der
}

// TestRevokedAfterSigning: what was signed before the certificate was revoked is
// revoked as well, for the time of signing is the signer's own word; the day is said,
// and nothing is learnt.
func TestRevokedAfterSigning(t *testing.T) {
	h := newHouse(t)
	s := h.services(trust.Soft)
	now := time.Now()
	signed, since := now.Add(-10*24*time.Hour), now.Add(-5*24*time.Hour)
	header := "Date: " + signed.Format(time.RFC1123Z) + "\r\n" + fromAnna
	for _, by := range []string{"/ocsp", "/crl"} {
		for _, revoked := range []bool{true, false} {
			o := testpki.Options{Addresses: []string{"anna@kunde.example"}, NotBefore: now.Add(-30 * 24 * time.Hour)}
			url := []string{s.url + by + fmt.Sprintf("/%v", revoked)}
			if by == "/ocsp" {
				o.OCSP = url
			} else {
				o.CRL = url
			}
			anna, want := h.pki.Issue(o), verdict.SignatureValid
			if revoked {
				s.revoke(anna, since)
				want = verdict.SignatureRevoked
			}
			mail := h.signed(anna, header, plainText, func(s *cms.Signer) { s.SigningTime = signed })
			got := h.process(toSupport, mail).text[0]
			if status, reason := h.header(got, "X-SMIME-Signature"), h.header(got, "X-SMIME-Cause"); status != string(want) || strings.Contains(reason, since.UTC().Format(time.DateOnly)) != revoked {
				t.Errorf("%s, revoked %v: %s, %s", by, revoked, status, reason)
			}
			if _, v, _ := h.readCopy(mail, h.support); v.Signer == nil || !v.Signer.Signature.SigningTime.Before(since) {
				t.Errorf("%s: it was not signed before: %+v", by, v.Signer)
			}
			if _, err := h.store.ByIdentity(context.Background(), identity(anna)); (err == nil) == revoked {
				t.Errorf("%s, revoked %v: learnt: %v", by, revoked, err)
			}
		}
	}
}

// TestRevocationByRule: what silence of a service means is for the strictest of the
// rules to say that name the partner, and only for them, in both directions; where
// none does, for the policy of all.
func TestRevocationByRule(t *testing.T) {
	h := newHouse(t)
	s := h.services(trust.Soft)
	people := map[string]*testpki.Cert{}
	for _, a := range []string{"anna@kunde.example", "bob@kunde.example", "anna@mail.kunde.example", "anna@xkunde.example"} {
		people[a] = h.pki.Issue(testpki.Options{Addresses: []string{a}, Key: "rsa-2048", OCSP: []string{s.url + "/silent/" + a}})
		h.knows(people[a])
	}
	rule := func(recipient, domain string, p trust.Policy) Rule {
		return Rule{Recipient: recipient, Domain: domain, Revocation: p}
	}
	for _, k := range []struct {
		name    string
		policy  trust.Policy
		rules   []Rule
		checked string // of whom silence makes the status unchecked, and mail to them wait
	}{
		{"soft for all", trust.Soft, nil, ""},
		{"hard for all", trust.Hard, nil, "anna@kunde.example bob@kunde.example anna@mail.kunde.example anna@xkunde.example"},
		{"hard for one", trust.Soft, []Rule{rule("anna@kunde.example", "", trust.Hard)}, "anna@kunde.example"},
		{"hard at one host", trust.Soft, []Rule{rule("@kunde.example", "", trust.Hard)}, "anna@kunde.example bob@kunde.example"},
		{"hard for a domain", trust.Soft, []Rule{rule("", "kunde.example", trust.Hard)}, "anna@kunde.example bob@kunde.example anna@mail.kunde.example"},
		{"recipient and domain", trust.Soft, []Rule{rule("bob@kunde.example", "kunde.example", trust.Hard), rule("bob@kunde.example", "firma.example", trust.Hard)}, "bob@kunde.example"},
		{"neither of the two", trust.Soft, []Rule{rule("bob@kunde.example", "firma.example", trust.Hard), rule("@firma.example", "kunde.example", trust.Hard)}, ""},
		{"the strictest, first", trust.Soft, []Rule{rule("@kunde.example", "", trust.Hard), rule("anna@kunde.example", "", trust.Off)}, "anna@kunde.example bob@kunde.example"},
		{"the strictest, last", trust.Off, []Rule{rule("@kunde.example", "", trust.Soft), rule("anna@kunde.example", "", trust.Hard)}, "anna@kunde.example"},
		{"hard but for one host", trust.Hard, []Rule{rule("@kunde.example", "", trust.Off), rule("@mail.kunde.example", "", trust.Soft)}, "anna@xkunde.example"},
		{"a rule without a word", trust.Hard, []Rule{rule("anna@kunde.example", "", "")}, "anna@kunde.example bob@kunde.example anna@mail.kunde.example anna@xkunde.example"},
	} {
		h.o.Rules = k.rules
		h.trusts(s, k.policy)
		for a, c := range people {
			want, header := verdict.SignatureValid, strings.ReplaceAll(fromAnna, "anna@kunde.example", a)
			waits := strings.Contains(" "+k.checked+" ", " "+a+" ")
			if waits {
				want = verdict.SignatureUnchecked
			}
			if got := h.header(h.process(toSupport, h.signed(c, header, plainText)).text[0], "X-SMIME-Signature"); got != string(want) {
				t.Errorf("%s, from %s: %s, want %s", k.name, a, got, want)
			}
			out := h.process(outboundTo(a), fromSupport(a, "X-SMIME-Encrypt: yes\r\n"+plainText))
			if (out.Reply.Code == 451) != waits || leaves(out, "the secret text") {
				t.Errorf("%s, to %s: %+v", k.name, a, out.Outcome)
			}
		}
	}
}

// TestTimeOfOneMessage: services that hang hold one message up for the time that
// limits.look_ups gives to all its look-ups together, and the next one not at all.
func TestTimeOfOneMessage(t *testing.T) {
	const limit, most, many = 150 * time.Millisecond, time.Second, 12
	h := newHouse(t, func(o *Options) { o.Limits.LookUps = limit })
	unknown := h.pki.Issue(testpki.Options{Name: "Unknown", CA: true})
	for name, k := range map[string]struct {
		by      *testpki.Cert
		options func(*testpki.Options, []string)
		want    string
	}{
		"OCSP": {h.pki.Root, func(o *testpki.Options, urls []string) { o.OCSP = urls }, "unchecked"},
		"CRL":  {h.pki.Root, func(o *testpki.Options, urls []string) { o.CRL = urls }, "unchecked"},
		"AIA":  {unknown, func(o *testpki.Options, urls []string) { o.AIA = urls }, "untrusted"},
	} {
		s := h.services(trust.Hard)
		var signers []*testpki.Cert
		for i := range many {
			o := testpki.Options{Addresses: []string{"anna@kunde.example"}}
			k.options(&o, []string{fmt.Sprintf("%s/hang/%d", s.url, i)})
			signers = append(signers, h.pki.Under(k.by, o))
		}
		out, took := h.timed(toSupport, h.signedByAll(signers, func([]byte) {}), 2*most)
		if got := signatureOf(out); got != k.want || took < limit || took > most {
			t.Errorf("%s: %s after %v, want %s after %v", name, got, took, k.want, limit)
		}
		next := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, OCSP: []string{s.url + "/ocsp/next"}})
		if got := h.header(h.process(toSupport, h.signed(next, fromAnna, plainText)).text[0], "X-SMIME-Signature"); got != "valid" {
			t.Errorf("%s, the next mail: %s", name, got)
		}
	}
	s := h.services(trust.Soft)
	var to []string
	for i := range many {
		a := fmt.Sprintf("person%d@kunde.example", i)
		h.knows(h.pki.Issue(testpki.Options{Addresses: []string{a}, OCSP: []string{fmt.Sprintf("%s/hang/%d", s.url, i)}}))
		to = append(to, a)
	}
	out, took := h.timed(outboundTo(to...), fromSupport(strings.Join(to, ", "), "X-SMIME-Encrypt: yes\r\n"+plainText), 2*most)
	if out.Disposition != Accept || took < limit || took > most {
		t.Errorf("outbound: %+v after %v, want %v", out, took, limit)
	}
}

// timed processes a mail, gives it up at last, and says how long it took.
func (h *house) timed(env Envelope, text string, last time.Duration) (*Outcome, time.Duration) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), last)
	defer cancel()
	msg := h.file(text)
	defer msg.Close()
	start := time.Now()
	out, err := h.g.Process(ctx, env, msg)
	took := time.Since(start)
	if err != nil {
		h.t.Fatalf("%v after %v", err, took)
	}
	h.t.Cleanup(func() { out.Close() })
	return out, took
}

// signatureOf is the value of X-SMIME-Signature that the first copy gets.
func signatureOf(out *Outcome) string {
	for _, e := range out.Deliveries[0].Edits {
		if e.Name == "X-SMIME-Signature" {
			return strings.TrimSpace(e.Value)
		}
	}
	return ""
}

// TestFetchesOfMail: 200 mails of 50 signers, of whom each has an OCSP URL, eight at a
// time, those of one signer together, and without their authority's certificate, cost
// what 50 signers cost: 50 OCSP requests, the authority's certificate, and the list
// that the root has for it.
func TestFetchesOfMail(t *testing.T) {
	const signers, mails, atOnce = 50, 200, 8
	h := newHouse(t)
	s := h.services(trust.Hard)
	s.by = h.pki.Issue(testpki.Options{Name: "Sub", CA: true, CRL: []string{s.url + "/crl"}})
	queue := make(chan string, mails)
	for i := range mails {
		queue <- s.mail(h, i, i*signers/mails)
	}
	close(queue)
	start := time.Now()
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for text := range queue {
				s.valid(h, text)
			}
		})
	}
	all.Wait()
	n, each := s.count()
	t.Logf("%d mails of %d signers in %v: %d requests %v", mails, signers, time.Since(start).Round(time.Millisecond), n, each)
	if each["/ocsp"] != signers || each["/ca"] != 1 || each["/crl"] != 1 || n != signers+2 {
		t.Errorf("%d requests: %v", n, each)
	}
}

// mail is the i-th, signed by a person under by, whose certificate the mail does not
// bring.
func (s *services) mail(h *house, i, person int) string {
	h.t.Helper()
	who := fmt.Sprintf("person%d", person)
	c, known := s.people[who]
	if !known {
		c = h.pki.Under(s.by, testpki.Options{Addresses: []string{who + "@kunde.example"}, OCSP: []string{s.url + "/ocsp/" + who}, AIA: []string{s.url + "/ca"}})
		s.people[who] = c
	}
	e, err := smime.Sign(context.Background(), h.entity(plainText), smime.SignOptions{Signer: cms.Signer{Certificate: c.Certificate, Key: c.Key, SigningTime: time.Now()}, Spool: h.o.Spool, Unprepared: true})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.whole(strings.NewReplacer("anna@", who+"@", "<1@", fmt.Sprintf("<%d@", i)).Replace(fromAnna), e)
}

// valid processes a mail, of many at once, whose signature must be valid.
func (s *services) valid(h *house, text string) {
	msg := h.o.Spool.Create()
	defer msg.Close()
	io.WriteString(msg, text)
	out, err := h.g.Process(context.Background(), toSupport, msg)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer out.Close()
	if got := signatureOf(out); got != "valid" {
		s.t.Errorf("%s: %+v", got, out.Deliveries[0].Edits)
	}
}

// TestSilentAuthorityIsNoReasonToSendInClear: the service that has the missing authority
// of a certificate does not answer. The mail waits, and the answer says for whom.
func TestSilentAuthorityIsNoReasonToSendInClear(t *testing.T) {
	h := newHouse(t)
	s := h.services(trust.Soft)
	sub := h.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	for _, path := range []string{"/nothing", "/hang"} {
		h.o.Limits.LookUps = 300 * time.Millisecond
		h.trusts(s, trust.Soft)
		address := strings.Trim(path, "/") + "@kunde.example"
		h.knows(h.pki.Under(sub, testpki.Options{Addresses: []string{address}, AIA: []string{s.url + path}}))
		for _, order := range []string{"yes", "if-possible"} {
			out := h.process(outboundTo(address), fromSupport(address, "X-SMIME-Encrypt: "+order+"\r\n"+plainText))
			if out.Disposition != TempFail || out.Reply.Code != 451 || len(out.Deliveries) != 0 {
				t.Fatalf("%s, %s: %+v", path, order, out.Outcome)
			}
			for _, words := range []string{address, s.url + path, "since " + time.Now().UTC().Format("2006-01-02"), "cert pin"} {
				if !strings.Contains(out.Reply.Text, words) {
					t.Errorf("%s, %s: the reply does not say %q: %s", path, order, words, out.Reply.Text)
				}
			}
			if len(out.Reply.Text) > maxReplyText {
				t.Errorf("a reply of %d octets", len(out.Reply.Text))
			}
		}
	}
	// Who certainly has no certificate is named, whoever else is silent.
	out := h.process(outboundTo("nothing@kunde.example", "nobody@kunde.example"), fromSupport("nobody@kunde.example", "X-SMIME-Encrypt: yes\r\n"+plainText))
	if out.Reply.Code != 550 || !strings.Contains(out.Reply.Text, "nobody@kunde.example") {
		t.Errorf("%+v", out.Outcome)
	}
	s.by = sub
	h.knows(h.pki.Under(sub, testpki.Options{Addresses: []string{"anna@kunde.example"}, AIA: []string{s.url + "/ca"}}))
	if out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", "X-SMIME-Encrypt: if-possible\r\n"+plainText)); out.Disposition != Accept || leaves(out, "the secret text") {
		t.Errorf("it answers: %+v", out.Outcome)
	}
}

// maxReplyText: a reply line has 512 octets with codes and line end (RFC 5321 §4.5.3.1.5).
const maxReplyText = 490

// TestSilenceIsBounded: certificates name URLs, and senders recipients, of any length.
func TestSilenceIsBounded(t *testing.T) {
	long := strings.Repeat("x", 60) + "@" + strings.Repeat("y.", 90) + "example"
	h := newHouse(t, func(o *Options) {
		o.Trust = trustFunc(func(trust.Request) trust.Result {
			return trust.Result{Status: trust.Untrusted, Answered: trust.NotAnswered(trust.Silence{Source: "http://" + strings.Repeat("z", 5000) + "\r\n250 ok", Since: time.Now(), Remedy: "sealgate cert pin"})}
		})
	})
	h.knows(h.pki.Issue(testpki.Options{Addresses: []string{long}}))
	out := h.process(outboundTo(long), fromSupport("x@y.example", "X-SMIME-Encrypt: yes\r\n"+plainText))
	if text := out.Reply.Text; out.Reply.Code != 451 || len(text) > maxReplyText || strings.ContainsAny(text, "\r\n") {
		t.Errorf("%+v", out.Outcome)
	}
}
