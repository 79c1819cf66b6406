package gateway

// This file attacks the exception for a partner who still signs with SHA-1, by whole mails
// that openssl has signed.

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"sealgate/internal/encodedword"
	"sealgate/internal/testpki"
	"sealgate/trust"
)

// acceptingSHA1 is a house in which it is accepted from a domain until a day.
func acceptingSHA1(t *testing.T, domain string, until time.Time, change ...func(*Options)) *house {
	t.Helper()
	pki := testpki.New(t)
	check, err := trust.New(trust.Options{
		Roots: []*x509.Certificate{pki.Root.Certificate}, AcceptAny: true, Revocation: trust.Off,
		Partners: []trust.Partner{{Domain: domain, SHA1Until: until}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, append(change, func(o *Options) { o.Trust = check })...)
	h.pki = pki
	return h
}

// day is the first moment of a day, UTC, as the configuration gives it.
func day(after int) time.Time { return time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, after) }

// TestPartnerSignsWithSHA1: what a partner signs with SHA-1 is valid on the last day, and the
// status says why; the day after, from others, with MD5, a short key, and from another
// signer it is what it was.
func TestPartnerSignsWithSHA1(t *testing.T) {
	anna := testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}
	short := anna
	short.Key = "rsa-1024"
	bySHA1 := anna
	bySHA1.Signature = x509.ECDSAWithSHA1
	boss := testpki.Options{Addresses: []string{"boss@kunde.example"}, Key: "rsa-2048"}
	for name, c := range map[string]struct {
		signer testpki.Options
		domain string
		until  time.Time
		digest string
		want   string
	}{
		"the last day":               {anna, "kunde.example", day(0), "sha1", "valid"},
		"the day after":              {anna, "kunde.example", day(-1), "sha1", "weak"},
		"another domain":             {anna, "bank.example", day(0), "sha1", "weak"},
		"a domain that ends alike":   {anna, "unde.example", day(0), "sha1", "weak"},
		"a domain below":             {anna, "sub.kunde.example", day(0), "sha1", "weak"},
		"the domain above":           {anna, "example", day(0), "sha1", "valid"},
		"MD5":                        {anna, "kunde.example", day(0), "md5", "weak"},
		"a short key":                {short, "kunde.example", day(0), "sha1", "weak"},
		"another person there":       {boss, "kunde.example", day(0), "sha1", "mismatch"},
		"certified with SHA-1":       {bySHA1, "kunde.example", day(0), "sha256", "valid"},
		"certified with SHA-1, late": {bySHA1, "kunde.example", day(-1), "sha256", "untrusted"},
		"all with SHA-1":             {bySHA1, "kunde.example", day(0), "sha1", "valid"},
		"nothing with SHA-1":         {anna, "kunde.example", day(0), "sha256", "valid"},
	} {
		h := acceptingSHA1(t, c.domain, c.until)
		mail := h.opensslSigned([]*testpki.Cert{h.pki.Issue(c.signer)}, nil, "-md", c.digest)
		got := h.process(inboundTo("support@firma.example"), mail)
		signature := strings.TrimSpace(h.header(got.text[0], "X-SMIME-Signature"))
		status := h.header(got.text[0], "X-SMIME-Status")
		if signature != c.want {
			t.Errorf("%s: %s, want %s (%s)", name, signature, c.want, h.header(got.text[0], "X-SMIME-Reason"))
		}
		word := "with an outdated method, which is accepted for this partner until " + english.day(c.until)
		needed := c.want == "valid" && name != "nothing with SHA-1"
		if strings.Contains(status, word) != needed {
			t.Errorf("%s: %q; says %q: want %v", name, status, word, needed)
		}
	}
}

// TestSHA1InGerman: the agent reads of the exception in his own language.
func TestSHA1InGerman(t *testing.T) {
	h := acceptingSHA1(t, "kunde.example", day(0), func(o *Options) { o.Language = German })
	anna := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	got := h.process(inboundTo("support@firma.example"), h.opensslSigned([]*testpki.Cert{anna}, nil, "-md", "sha1"))
	want := "mit einem veralteten Verfahren, das für diesen Partner bis zum " + german.day(day(0)) + " zugelassen ist."
	if status := encodedword.Decode(h.header(got.text[0], "X-SMIME-Status")); !strings.HasSuffix(status, want) {
		t.Errorf("%q, want %q", status, want)
	}
}

// TestWrittenToWithSHA1: as long as the exception lasts the partner is encrypted to, and
// explain says by what; the day after the order is refused.
func TestWrittenToWithSHA1(t *testing.T) {
	for until, want := range map[time.Time]Disposition{day(0): Accept, day(-1): Reject} {
		h := acceptingSHA1(t, "kunde.example", until)
		anna := h.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048", Signature: x509.ECDSAWithSHA1})
		h.knows(anna)
		out := h.process(toAnna, fromSupport("anna@kunde.example", orderEncrypt+plainText))
		if out.Disposition != want {
			t.Errorf("until %s: %+v", until, out.Outcome)
		}
		list, err := h.g.Explain(t.Context(), "anna@kunde.example")
		if err != nil || len(list) != 1 || list[0].Chosen != (want == Accept) {
			t.Fatalf("until %s: %+v, %v", until, list, err)
		}
		if said := strings.Contains(list[0].Reason, "signed with SHA-1, accepted for this partner"); said != (want == Accept) {
			t.Errorf("until %s: %q", until, list[0].Reason)
		}
	}
}
