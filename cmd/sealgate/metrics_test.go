package main

// This file reads what a gateway counts, as Prometheus does.

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealgate/admin"
	"sealgate/gateway"
	"sealgate/internal/testpki"
	"sealgate/journal"
)

// scraped are the metrics of a house.
func scraped(t *testing.T, h *house) string {
	t.Helper()
	token, hash := admin.NewToken()
	s := admin.New(admin.Options{
		Metrics: h.metrics, Log: slog.New(slog.DiscardHandler),
		Tokens: []admin.Token{{Name: "prometheus", Hash: hash, Scope: admin.Monitoring}},
	})
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Body.String()
}

// TestMetricsOfAHouse: what passes is counted where it passes.
func TestMetricsOfAHouse(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	sub := pki.Issue(testpki.Options{Name: "Sub", CA: true})
	host := httptest.NewServer(http.NotFoundHandler())
	defer host.Close()
	h := houseOf(t, pki, pki.Under(sub, testpki.Options{Addresses: []string{"bob@firma.example"}, AIA: []string{host.URL}}))
	h.engine.Load().own.fillBeforeUse(t.Context())
	services, err := h.open()
	if err != nil {
		t.Fatal(err)
	}
	defer h.drain(services)
	cache := countedCache{h.store, h.metrics}
	for _, key := range []string{"revocation/00", "revocation/01"} {
		if err := cache.CachePut(t.Context(), "revocation/00", []byte("good"), time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, _, err := cache.CacheGet(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	h.journal.Close(time.Second)
	for range 5000 { // more than wait to be written
		h.journal.Observer(journal.Full, time.Hour)(&gateway.Entry{})
	}
	text := scraped(t, h)
	for _, want := range []string{
		`sealgate_lookup_seconds_count\{result="failed",source="http"\} [1-9]`,
		`sealgate_cache_answers_total\{cache="revocation",result="miss"\} 1`,
		`sealgate_cache_answers_total\{cache="revocation",result="hit"\} 1`,
		`sealgate_sessions\{listener="[^"]*in.sock"\} 0`,
		`sealgate_sessions_limit\{listener="[^"]*in.sock"\} 500`, `sealgate_spool_limit_octets 2.147483648e\+09`,
		`sealgate_store_octets [1-9]`,
		`sealgate_journal_lost_total [1-9]`,
		`sealgate_mailbox_certificate_end_seconds\{mailbox="bob@firma.example"\} [1-9]`,
		`sealgate_expiry_mails_total 0`,
	} {
		if !regexp.MustCompile(`(?m)^` + want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, strings.Join(regexp.MustCompile(`(?m)^sealgate.*$`).FindAllString(text, -1), "\n"))
		}
	}
}
