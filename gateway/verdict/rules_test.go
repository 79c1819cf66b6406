package verdict

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"sealgate/trust"
)

// TestEveryRuleHasARemedy: whoever reads which check decided reads what would help. The
// rules are those of rules.go, so that a new one is not forgotten here.
func TestEveryRuleHasARemedy(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "rules.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	rules := []Rule{RuleCost}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if word, ok := spec.Values[0].(*ast.BasicLit); ok {
			rule, err := strconv.Unquote(word.Value)
			if err != nil {
				t.Fatal(err)
			}
			rules = append(rules, Rule(rule))
		}
		return true
	})
	if len(rules) < 10 {
		t.Fatalf("%d rules", len(rules))
	}
	for _, rule := range rules {
		if remedies[rule] == "" {
			t.Errorf("%q has no remedy", rule)
		}
	}
}

// TestUnknownIsNeverGood: a value that this package does not know is the worst of all, and
// what trust does not know is not trusted.
func TestUnknownIsNeverGood(t *testing.T) {
	for _, s := range []SignatureStatus{"", "VALID", "valid "} {
		if !s.worse(SignatureInvalid) && s.rank() != SignatureInvalid.rank() || IsSignatureStatus(string(s)) {
			t.Errorf("%q: rank %d", s, s.rank())
		}
	}
	for _, s := range []trust.Status{"", "VALID"} {
		if got := fromTrust(s); got != SignatureUntrusted {
			t.Errorf("%q: %s", s, got)
		}
	}
}
