package gateway

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/testpki"
)

var toSupport = inboundTo("support@firma.example")

// TestAdminDecidesOnSigners: a blocked certificate is never valid, a pinned one
// needs no authority; both only for the address that they name.
func TestAdminDecidesOnSigners(t *testing.T) {
	h := newHouse(t)
	stranger := testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	status := func(by *testpki.Cert, header string) string {
		t.Helper()
		return h.header(h.process(toSupport, h.signed(by, header, plainText)).text[0], "X-SMIME-Signature")
	}
	other := strings.ReplaceAll(fromAnna, "anna@kunde.example", "bob@kunde.example")
	if got := status(h.anna, fromAnna); got != "valid" {
		t.Fatalf("nobody has decided: %s", got)
	}
	h.decide(h.anna, certstore.Blocked)
	if got := status(h.anna, fromAnna); got != "untrusted" {
		t.Errorf("blocked: %s", got)
	}
	h.decide(h.anna, certstore.Active)
	if got := status(h.anna, fromAnna); got != "valid" {
		t.Errorf("active again: %s", got)
	}
	if got := status(stranger, fromAnna); got != "untrusted" {
		t.Errorf("unknown authority: %s", got)
	}
	h.knows(stranger)
	h.decide(stranger, certstore.Pinned)
	if got := status(stranger, fromAnna); got != "valid" {
		t.Errorf("pinned: %s", got)
	}
	if got := status(stranger, other); got != "mismatch" {
		t.Errorf("pinned, in another's name: %s", got)
	}
}

func (h *house) decide(c *testpki.Cert, s certstore.State) {
	h.t.Helper()
	if err := h.store.SetState(context.Background(), identity(c), s); err != nil {
		h.t.Fatal(err)
	}
}

// TestPending: a certificate of an unknown authority, and one of another authority
// while the old one holds, wait when the admin wants to be asked.
func TestPending(t *testing.T) {
	for _, ask := range []bool{true, false} {
		h := newHouse(t, func(o *Options) {
			if ask {
				o.Inbound.UnknownCA = PendingUnknownCA
				o.Inbound.OnKeyChange = PendingKeyChange
			}
		})
		h.process(toSupport, h.signed(h.anna, fromAnna, plainText))
		sub := h.pki.Issue(testpki.Options{Name: "Another CA", CA: true})
		changed := h.pki.Under(sub, testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
		stranger := testpki.New(t).Issue(testpki.Options{Addresses: []string{"eve@kunde.example"}, Key: "rsa-2048"})
		h.process(toSupport, h.signed(changed, fromAnna, plainText))
		h.process(toSupport, h.signed(stranger, strings.ReplaceAll(fromAnna, "anna@", "eve@"), plainText))
		for c, want := range map[*testpki.Cert]map[bool]certstore.State{changed: {true: certstore.Pending, false: certstore.Active}, stranger: {true: certstore.Pending, false: ""}} {
			r, err := h.store.ByIdentity(context.Background(), identity(c))
			if err != nil {
				r = &certstore.Record{}
			}
			if r.State != want[ask] {
				t.Errorf("ask %v, %v: state %q, want %q", ask, c.Certificate.Issuer, r.State, want[ask])
			}
		}
		list, err := h.g.Explain(context.Background(), "anna@kunde.example")
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(c lookup.Candidate) bool { return c.Chosen })
		if old := list[i].Fingerprint == hexSum(h.anna); old != ask {
			t.Errorf("ask %v: the old one is chosen: %v", ask, old)
		}
	}
}

// hexSum is a certificate's fingerprint as it is explained.
func hexSum(c *testpki.Cert) string { return fmt.Sprintf("%x", sha256.Sum256(c.Certificate.Raw)) }

// TestCandidates: the newest valid proof wins, a pin wins over it; what is expired,
// blocked, pending, for signing only or somebody else's authority's is passed over,
// never encrypted to, blocks nothing, and each says why.
func TestCandidates(t *testing.T) {
	clock := time.Now()
	h := newHouse(t, func(o *Options) { o.Now = func() time.Time { return clock } })
	anna := testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}
	issue := func(change func(*testpki.Options)) *testpki.Cert { o := anna; change(&o); return h.pki.Issue(o) }
	now := time.Now()
	older := issue(func(*testpki.Options) {})
	expired := issue(func(o *testpki.Options) { o.NotBefore, o.NotAfter = now.Add(-48*time.Hour), now.Add(-time.Hour) })
	signs := issue(func(o *testpki.Options) { o.Usage = 1 }) // digitalSignature
	blocked, waiting := issue(func(*testpki.Options) {}), issue(func(*testpki.Options) {})
	strange := testpki.New(t).Issue(anna)
	newest := issue(func(*testpki.Options) {})
	for i, c := range []*testpki.Cert{older, newest, expired, signs, blocked, waiting, strange} {
		clock = now.Add(time.Duration(i) * time.Second)
		h.knows(c)
	}
	clock = now.Add(time.Minute)
	h.decide(blocked, certstore.Blocked)
	h.decide(waiting, certstore.Pending)
	look := func() map[string]lookup.Candidate {
		list, err := h.g.Explain(context.Background(), "Anna@KUNDE.example")
		if err != nil || len(list) != 7 {
			t.Fatalf("%d candidates, %v", len(list), err)
		}
		m, chosen := map[string]lookup.Candidate{}, 0
		for _, c := range list {
			m[c.Fingerprint] = c
			if c.Chosen {
				chosen++
			}
		}
		if chosen != 1 {
			t.Errorf("%d are chosen", chosen)
		}
		return m
	}
	m := look()
	for c, want := range map[*testpki.Cert]string{newest: "", older: "another comes first", expired: "valid from", signs: "key usage", blocked: "blocked", waiting: "pending", strange: "no path"} {
		got := m[hexSum(c)]
		if got.Chosen != (c == newest) || !strings.Contains(got.Reason, want) || want != "" && want != "another comes first" && got.Remedy == "" {
			t.Errorf("%q: %+v", want, got)
		}
	}
	h.decide(older, certstore.Pinned)
	if !look()[hexSum(older)].Chosen {
		t.Error("the pinned one does not come first")
	}
	h.decide(strange, certstore.Pinned)
	h.decide(older, certstore.Active)
	if !look()[hexSum(strange)].Chosen {
		t.Error("a pinned one of an unknown authority is not used")
	}
	if list, err := h.g.Explain(context.Background(), "support@firma.example"); err != nil || len(list) != 1 || !list[0].Chosen || list[0].State != "own" {
		t.Errorf("our own: %+v, %v", list, err)
	}
	if list, err := h.g.Explain(context.Background(), "nobody@kunde.example"); err != nil || len(list) != 0 {
		t.Errorf("nobody: %+v, %v", list, err)
	}
}
