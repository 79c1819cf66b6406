package address

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRoutes: where Postfix delivers to when it takes the domain for its own.
func TestRoutes(t *testing.T) {
	for path, want := range map[string]string{
		`"boss@bank.example"@firma.example`:              "boss@bank.example",
		`"boss\@bank.example"@firma.example`:             "boss@bank.example",
		"boss%bank.example@firma.example":                "boss@bank.example",
		"bank.example!boss@firma.example":                "boss@bank.example",
		"boss%bank.example":                              "boss@bank.example",
		"bank.example!boss":                              "boss@bank.example",
		"boss@bank.example@firma.example":                "boss@bank.example",
		`"boss%bank.example"@firma.example`:              "boss@bank.example",
		`"boss%bank.example@x.example"@firma.example`:    "boss@bank.example",
		"boss%bank.example%x.example@firma.example":      "boss@bank.example",
		"x.example!bank.example!boss@firma.example":      "boss@bank.example",
		"bank.example!boss%x.example@firma.example":      "boss@bank.example",
		"@relay.example:boss%bank.example@firma.example": "boss@bank.example",
		`"müller@bänk.example"@firma.example`:            "müller@bänk.example",
	} {
		list, ok := Routes(path)
		if !ok || !slices.Contains(list, want) || !IsRouted(path) {
			t.Errorf("%s: %q %v, want %s", path, list, ok, want)
		}
	}
	for _, path := range []string{"boss@bank.example", `"a b"@bank.example`, "a..b@bank.example", "@relay.example:boss@bank.example", "a+b=c#d@bank.example", "boss", "", "@", "müller@bänk.example"} {
		if list, ok := Routes(path); !ok || len(list) > 0 || IsRouted(path) {
			t.Errorf("%s: %q %v, want none", path, list, ok)
		}
	}
	for _, path := range []string{
		`"boss@bank.example (x)"@firma.example`, `"boss @bank.example"@firma.example`, `"\"boss\"@bank.example"@firma.example`, `"<boss@bank.example>"@firma.example`,
		`"x:boss@bank.example"@firma.example`, `"boss@bank.example,a"@firma.example`, `"boss@[127.0.0.1]"@firma.example`, "\"boss\u200b@bank.example\"@firma.example",
	} {
		if list, ok := Routes(path); ok || !IsRouted(path) {
			t.Errorf("%s: %q, which nobody can tell", path, list)
		}
	}
}

// TestRoutesAreBounded: one sign below the bound and one above, in no time.
func TestRoutesAreBounded(t *testing.T) {
	start := time.Now()
	if list, ok := Routes(strings.Repeat("a%", maxOperators) + "b@firma.example"); !ok || len(list) < maxOperators {
		t.Errorf("%d of %d", len(list), maxOperators)
	}
	if _, ok := Routes(strings.Repeat("a!", maxOperators+1) + "b@firma.example"); ok {
		t.Error("one sign more")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
}
