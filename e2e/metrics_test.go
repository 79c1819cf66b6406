//go:build metrics

package e2e

// This file has a Prometheus watch a gateway (make metrics-test).

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// prometheus watches the gateway at an address, with our rules.
func (s *site) prometheus(target, token string) (address string) {
	s.t.Helper()
	rules, err := filepath.Abs("../packaging/monitoring/sealgate.rules.yml")
	if err != nil {
		s.t.Fatal(err)
	}
	config := filepath.Join(s.dir, "prometheus.yml")
	text := fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%s]
scrape_configs:
  - job_name: sealgate
    authorization: {credentials: %s}
    static_configs: [{targets: [%q]}]
`, rules, token, target)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	address = s.port()
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(s.dir, "tsdb"),
		"--web.listen-address="+address)
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	s.waitFor(address)
	waitUntil(s.t, "Prometheus is ready", func() bool {
		res, err := http.Get("http://" + address + "/-/ready")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return address
}

// ask is an answer of Prometheus's API.
func ask(t *testing.T, address, path string, data any) {
	t.Helper()
	res, err := http.Get("http://" + address + "/api/v1/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	answer := struct {
		Status string
		Error  string
		Data   any
	}{Data: data}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Status != "success" {
		t.Errorf("%s: %v %s", path, err, body)
	}
}

// firing are the alerts that fire.
func firing(t *testing.T, address string) map[string]bool {
	t.Helper()
	var data struct {
		Alerts []struct {
			State  string
			Labels map[string]string
		}
	}
	ask(t, address, "alerts", &data)
	names := map[string]bool{}
	for _, a := range data.Alerts {
		if a.State == "firing" {
			names[a.Labels["alertname"]] = true
		}
	}
	return names
}

// waitUntil asks until it is so.
func waitUntil(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !so(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// TestPrometheus: it scrapes a gateway, takes every rule, and answers every question of the dashboard; alerts
// fire of a certificate that ends and, once one has failed, of reloads, and no others do.
func TestPrometheus(t *testing.T) {
	s := newSite(t, viaMilter)
	s.files(s.pki.Issue(testpki.Options{
		Addresses: []string{"ends@firma.example"}, NotAfter: time.Now().Add(7 * 24 * time.Hour),
	}), "ending")
	const token = "sealgate_of-this-test"
	target := s.port()
	s.o.config = "[[mailbox]]\naddresses = [\"ends@firma.example\"]\nkeys = [\"ending.pem\"]\n" +
		fmt.Sprintf("[admin]\naddress = %q\n[[admin.token]]\nname = \"prometheus\"\nscope = \"metrics\"\nhash = \"sha256:%x\"\n",
			target, sha256.Sum256([]byte(token)))
	s.kill()
	s.waitFor(target)
	s.learn("anna", "anna@kunde.example")
	address := s.prometheus(target, token)
	waitUntil(t, "SealgateCertificateEnds fires", func() bool { return firing(t, address)["SealgateCertificateEnds"] })
	s.takesEveryRule(address)
	waitUntil(t, "two scrapes", func() bool {
		var data struct{ Result []any }
		ask(t, address, "query?query="+url.QueryEscape(`rate(sealgate_process_seconds_count[1m])`), &data)
		return len(data.Result) > 0
	})
	s.answersTheDashboard(address)

	config := filepath.Join(s.dir, "config.toml")
	if err := os.WriteFile(config, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.gateway.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "SealgateReloadFailed fires", func() bool { return firing(t, address)["SealgateReloadFailed"] })
	if got := firing(t, address); len(got) != 2 {
		t.Errorf("%v", got)
	}
}

// takesEveryRule: none of them fails.
func (s *site) takesEveryRule(address string) {
	s.t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	ask(s.t, address, "rules", &data)
	rules := 0
	for _, g := range data.Groups {
		for _, r := range g.Rules {
			rules++
			if r.Health != "ok" {
				s.t.Errorf("%s: %s %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	if rules < 10 {
		s.t.Errorf("%d rules", rules)
	}
}

// answersTheDashboard: each panel's question has an answer, and that of mail has a number.
func (s *site) answersTheDashboard(address string) {
	s.t.Helper()
	file, err := os.ReadFile("../packaging/monitoring/sealgate.dashboard.json")
	if err != nil {
		s.t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(file, &dashboard); err != nil {
		s.t.Fatal(err)
	}
	variables := strings.NewReplacer("$__rate_interval", "1m", "$__range", "1h", "$instance", ".*")
	// What has not happened has no numbers: no refusal, no question over the network, no directory.
	empty := map[string]bool{
		"Refusals": true, "Look-ups": true, "Look-ups by answer": true, "Caches": true,
		"Directories that do not answer": true,
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			var data struct{ Result []any }
			ask(s.t, address, "query?query="+url.QueryEscape(variables.Replace(target.Expr)), &data)
			if len(data.Result) == 0 && !empty[p.Title] {
				s.t.Errorf("%s: no numbers", p.Title)
			}
		}
	}
}
