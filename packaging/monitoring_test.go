//go:build metrics

package packaging_test

// This file lets Prometheus's own tool read the alert rules and the dashboard.

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// promtool runs it in the folder of the rules.
func promtool(t *testing.T, arguments ...string) {
	t.Helper()
	cmd := exec.Command("promtool", arguments...)
	cmd.Dir = "monitoring"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
}

// TestRules: promtool takes the alert rules, and each fires when it has to.
func TestRules(t *testing.T) {
	promtool(t, "check", "rules", "sealgate.rules.yml")
	promtool(t, "test", "rules", "sealgate.rules.test.yml")
}

// TestDashboard: promtool parses every expression of the dashboard, as the rules of a recording.
func TestDashboard(t *testing.T) {
	data, err := os.ReadFile("monitoring/sealgate.dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &dashboard); err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$__rate_interval", "5m", "$__range", "1d", "$instance", ".*")
	rules := "groups:\n  - name: dashboard\n    rules:\n"
	expressions := 0
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			expressions++
			rules += fmt.Sprintf("      - record: e%d\n        expr: %q\n", expressions, variables.Replace(target.Expr))
		}
	}
	if expressions < 20 {
		t.Fatalf("%d expressions", expressions)
	}
	path := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(path, []byte(rules), 0o644); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", path)
}
