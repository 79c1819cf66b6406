package gateway

// This file puts a source of certificates behind the store, as a directory would be.

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/testpki"
	"sealgate/trust"
)

// directory is a source that counts its questions. An address that it does not hold has no
// certificate, unless it is silent.
type directory struct {
	holds     map[string]*testpki.Cert
	silent    bool // for what it does not hold it gives no answer at all
	questions [][]string
}

// LookUp implements lookup.Source.
func (d *directory) LookUp(_ context.Context, addresses []string) map[string]lookup.Answer {
	d.questions = append(d.questions, slices.Sorted(slices.Values(addresses)))
	answers := map[string]lookup.Answer{}
	for _, a := range addresses {
		c := d.holds[a]
		switch {
		case c != nil:
			r := &certstore.Record{
				DER: c.Certificate.Raw, Identity: identity(c), Fingerprint: sha256.Sum256(c.Certificate.Raw),
				State: certstore.Active, Source: "directory",
			}
			answers[a] = lookup.Answer{Records: []*certstore.Record{r}, Answered: trust.AllAnswered()}
		case !d.silent:
			answers[a] = lookup.Answer{Answered: trust.AllAnswered()}
		}
	}
	return answers
}

// withDirectory is a house with such a source.
func withDirectory(t *testing.T) (*house, *directory) {
	t.Helper()
	d := &directory{holds: map[string]*testpki.Cert{}}
	return newHouse(t, func(o *Options) { o.Sources = []lookup.Source{d} }), d
}

// TestSourceIsAskedOnceForAllRecipients, and only for those whom the store has no valid
// certificate for; our own key comes before anybody's.
func TestSourceIsAskedOnceForAllRecipients(t *testing.T) {
	h, d := withDirectory(t)
	h.knows(h.anna)
	h.knows(h.pki.Issue(testpki.Options{Addresses: []string{"old@kunde.example"}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, -1, 0)}))
	for _, a := range []string{"bob@kunde.example", "old@kunde.example"} {
		d.holds[a] = h.pki.Issue(testpki.Options{Addresses: []string{a}, Key: "rsa-2048"})
	}
	to := []string{"anna@kunde.example", "bob@kunde.example", "old@kunde.example", "BOB@kunde.example"}
	out := h.process(outboundTo(to...), fromSupport(strings.Join(to, ", "), "X-SMIME-Encrypt: yes\r\n"+plainText))
	if out.Disposition != Accept || len(out.text) != 1 || leaves(out, "the secret text") {
		t.Fatalf("%+v", out.Outcome)
	}
	if want := [][]string{{"bob@kunde.example", "old@kunde.example"}}; !slices.EqualFunc(d.questions, want, slices.Equal) {
		t.Errorf("it was asked %q, want %q", d.questions, want)
	}
	for _, who := range []*testpki.Cert{h.anna, d.holds["bob@kunde.example"], d.holds["old@kunde.example"]} {
		if shown, _, _ := h.readCopy(out.text[0], who); !strings.Contains(shown, "the secret text") {
			t.Errorf("%s cannot read it", who.Certificate.EmailAddresses)
		}
	}
	d.questions = nil
	if r := h.g.finder.Find(t.Context(), "support@firma.example")["support@firma.example"]; r.Best == nil || !r.Best.Equal(h.support.Certificate) || d.questions != nil {
		t.Errorf("our own: %+v, asked %q", r, d.questions)
	}
}

// TestSourceThatSaysNothing: an address that a source leaves out of its answer has not been
// answered, which is never "no certificate".
func TestSourceThatSaysNothing(t *testing.T) {
	h, d := withDirectory(t)
	mail := fromSupport("bob@kunde.example", "X-SMIME-Encrypt: if-possible\r\n"+plainText)
	if out := h.process(outboundTo("bob@kunde.example"), mail); out.Disposition != Accept || !leaves(out, "the secret text") {
		t.Errorf("it has none: %+v", out.Outcome)
	}
	d.silent = true
	if out := h.process(outboundTo("bob@kunde.example"), mail); out.Disposition != TempFail || len(out.Deliveries) != 0 {
		t.Errorf("it says nothing: %+v", out.Outcome)
	}
	if list, err := h.g.Explain(t.Context(), "bob@kunde.example"); err == nil {
		t.Errorf("it says nothing: explained as %+v", list)
	}
}

// TestSourceIsNotBelieved: what a source brings is judged as what the store has, and the
// explanation names what the mail would be encrypted for.
func TestSourceIsNotBelieved(t *testing.T) {
	h, d := withDirectory(t)
	d.holds["bob@kunde.example"] = testpki.New(t).Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}, Key: "rsa-2048"})
	d.holds["anna@kunde.example"] = h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	out := h.process(outboundTo("bob@kunde.example"), fromSupport("bob@kunde.example", "X-SMIME-Encrypt: yes\r\n"+plainText))
	if out.Disposition != Reject || out.Reply.Code != 550 {
		t.Errorf("a stranger's authority: %+v", out.Outcome)
	}
	h.knows(h.anna)
	for a, chosen := range map[string]string{"bob@kunde.example": "", "anna@kunde.example": hexSum(h.anna)} {
		list, err := h.g.Explain(t.Context(), a)
		if err != nil || len(list) == 0 || list[len(list)-1].Source != "directory" {
			t.Fatalf("%s: %+v, %v", a, list, err)
		}
		for _, c := range list {
			if c.Chosen != (c.Fingerprint == chosen) || !c.Chosen && c.Reason == "" {
				t.Errorf("%s: %+v", a, c)
			}
		}
	}
}
