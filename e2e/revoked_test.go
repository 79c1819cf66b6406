package e2e

// This file lets certificates be revoked, and their service fall silent.

import (
	"crypto"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"sealgate/internal/testpki"
)

// responder is an OCSP service that answers by the path: /good, /revoked, /silent.
func responder(t *testing.T, root **testpki.Cert, hits *atomic.Int32) string {
	stop := make(chan struct{})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if r.URL.Path == "/silent" {
			<-stop
			return
		}
		body, _ := io.ReadAll(r.Body)
		q, err := ocsp.ParseRequest(body)
		if err != nil {
			t.Error(err)
			return
		}
		a := ocsp.Response{SerialNumber: q.SerialNumber, ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour), IssuerHash: crypto.SHA1}
		if r.URL.Path == "/revoked" {
			a.Status, a.RevokedAt, a.RevocationReason = ocsp.Revoked, time.Now().Add(-time.Hour), ocsp.KeyCompromise
		}
		der, err := ocsp.CreateResponse((*root).Certificate, (*root).Certificate, a, (*root).Key)
		if err != nil {
			t.Error(err)
		}
		w.Write(der)
	}))
	t.Cleanup(func() { close(stop); h.Close() })
	return h.URL
}

// TestRevocation: what agents see, what is learnt, and what a reply can do, for a
// certificate that is good, one that is revoked, and one whose service is silent.
func TestRevocation(t *testing.T) {
	for _, policy := range []string{"soft", "hard"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			var root *testpki.Cert
			var hits atomic.Int32
			url := responder(t, &root, &hits)
			s := newSite(t, viaMilter, siteOptions{trust: fmt.Sprintf("revocation = %q\nfetch_allow = [\"127.0.0.0/8\"]\n", policy), config: "[limits]\nlook_ups = \"1s\"\n[on]\nrevocation_unknown = \"tempfail\"\n"})
			root = s.pki.Root
			for _, who := range []string{"good", "revoked", "silent"} {
				s.keys[who], s.certs[who] = s.files(s.pki.Issue(testpki.Options{Addresses: []string{who + "@kunde.example"}, Key: "rsa-2048", OCSP: []string{url + "/" + who}}), who)
				got := s.send(s.inbound, who+"@kunde.example", []string{"support@firma.example"}, withHeader(strings.ReplaceAll(headerOf("by-"+who), "anna@", who+"@"), s.signed(who, textEntity)))
				if policy == "hard" && who == "silent" {
					if got.code != 451 || !strings.Contains(got.text, "revocation unknown") {
						t.Errorf("unknown, and [on] says tempfail: %+v", got)
					}
					continue
				}
				s.accepted(got)
				text := s.arrival("Subject: by-" + who).Text
				want := map[string]string{"good": "valid", "revoked": "revoked", "silent": "valid"}[who]
				if field(t, text, "X-SMIME-Signature") != want {
					t.Errorf("%s:\n%s", who, text)
				}
				if reason := field(t, text, "X-SMIME-Reason"); (who == "good") != (reason == "") || who == "revoked" && !strings.Contains(field(t, text, "X-SMIME-Cause"), time.Now().Add(-time.Hour).UTC().Format(time.DateOnly)) {
					t.Errorf("%s: reason %q", who, reason)
				}
				if encrypt := strings.Contains(field(t, text, "X-SMIME-Reply"), "encrypt=yes"); encrypt != (want == "valid") {
					t.Errorf("%s: %s", who, field(t, text, "X-SMIME-Reply"))
				}
			}
			before := hits.Load()
			s.kill()
			s.accepted(s.out("to good", "good@kunde.example", encryptOrder))
			s.arrival("Subject: to good")
			if n := hits.Load() - before; n != 0 {
				t.Errorf("%d requests after a restart, for what was known", n)
			}
			if got := s.out("to revoked", "revoked@kunde.example", encryptOrder); got.code != 550 {
				t.Errorf("to a revoked one: %+v", got)
			}
		})
	}
}
