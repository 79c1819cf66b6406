package main

// This file holds the alert rules and the dashboard against what is counted.

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/internal/testpki"
)

// monitoring are the files that the packages bring for Prometheus and Grafana.
const monitoring = "../../packaging/monitoring/"

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestMonitoringAsksForWhatThereIs: every metric of the rules and of the dashboard is counted, and every one
// that is counted stands in the dashboard.
func TestMonitoringAsksForWhatThereIs(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	h := houseOf(t, pki, pki.Issue(testpki.Options{Addresses: []string{"bob@firma.example"}}))
	services, err := h.open()
	if err != nil {
		t.Fatal(err)
	}
	defer h.drain(services)
	h.probes.faults = map[string]string{"ldaps://directory": "no route to it"}
	h.metrics.Asked("ocsp", 1, nil, time.Second)
	h.metrics.Kept("revocation", true)
	h.observe(&gateway.Entry{Direction: gateway.Inbound, Token: gateway.TokenPolicy, Signature: "valid", Encryption: "none"})
	counted := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(sealgate_\w+)`).FindAllString(scraped(t, h), -1) {
		counted[m] = true
	}
	dashboard := read(t, monitoring+"sealgate.dashboard.json")
	for name, text := range map[string]string{
		"dashboard": dashboard, "rules": read(t, monitoring+"sealgate.rules.yml"),
		"tests": read(t, monitoring+"sealgate.rules.test.yml"),
	} {
		names := regexp.MustCompile(`\bsealgate_\w+`).FindAllString(text, -1)
		if len(names) < 10 {
			t.Errorf("%s: %d metrics", name, len(names))
		}
		for _, m := range names {
			if !counted[m] {
				t.Errorf("%s: nobody counts %s", name, m)
			}
		}
	}
	for m := range counted {
		base := regexp.MustCompile(`_(sum|count|bucket)$`).ReplaceAllString(m, "")
		if m != "sealgate_expiry_mails_total" && !strings.Contains(dashboard, base) {
			t.Errorf("the dashboard does not show %s", m)
		}
	}
}

// TestAlertsAreDocumented: docs/operation.md says of each alert what it means, the packages bring what it
// speaks of, and each alert is tested.
func TestAlertsAreDocumented(t *testing.T) {
	rules := read(t, monitoring+"sealgate.rules.yml")
	docs := read(t, "../../docs/operation.md")
	tests := read(t, monitoring+"sealgate.rules.test.yml")
	alerts := regexp.MustCompile(`(?m)^      - alert: (\w+)$`).FindAllStringSubmatch(rules, -1)
	if len(alerts) < 10 {
		t.Fatalf("%d alerts", len(alerts))
	}
	for _, a := range alerts {
		if !strings.Contains(docs, "| `"+a[1]+"` |") {
			t.Errorf("docs/operation.md does not explain %s", a[1])
		}
		if !strings.Contains(tests, "alertname: "+a[1]+"\n        exp_alerts:\n          - exp_labels") {
			t.Errorf("no test in which %s fires", a[1])
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(Sealgate\\w+)`").FindAllStringSubmatch(docs, -1) {
		if !strings.Contains(rules, "alert: "+m[1]+"\n") {
			t.Errorf("docs/operation.md explains %s, which there is not", m[1])
		}
	}
	packages := read(t, "../../packaging/nfpm.yaml")
	for _, file := range []string{"sealgate.rules.yml", "sealgate.dashboard.json"} {
		if !strings.Contains(packages, "src: packaging/monitoring/"+file+"\n    dst: /usr/share/sealgate/"+file) {
			t.Errorf("the packages do not bring %s", file)
		}
		if !strings.Contains(docs, "/usr/share/sealgate/"+file) {
			t.Errorf("docs/operation.md does not say where %s is", file)
		}
	}
}
