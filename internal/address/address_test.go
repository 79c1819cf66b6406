package address

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNormalize(t *testing.T) {
	for in, want := range map[string]string{
		"Anna@Kunde.Example":          "anna@kunde.example",
		"anna@kunde.example.":         "anna@kunde.example",
		`"anna"@kunde.example`:        "anna@kunde.example",
		`"a b"@kunde.example`:         `"a b"@kunde.example`,
		`"a\"b"@kunde.example`:        `"a\"b"@kunde.example`,
		`"a@b"@kunde.example`:         `"a@b"@kunde.example`,
		"anna@münchen.example":        "anna@xn--mnchen-3ya.example",
		"anna@XN--MNCHEN-3YA.example": "anna@xn--mnchen-3ya.example",
		"ju\u0308rgen@x.example":      "jürgen@x.example",
		"a+tag@x.example":             "a+tag@x.example",
		"a@[127.0.0.1]":               "a@[127.0.0.1]",
		"a@[IPv6:::1]":                "a@[::1]",
		"a@my_host.example":           "a@my_host.example",
	} {
		got, err := Normalize(in)
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
		if again, err := Normalize(got); err != nil || again != got {
			t.Errorf("%q is not its own normal form: %q, %v", got, again, err)
		}
	}
}

func TestNormalizeRefuses(t *testing.T) {
	for _, in := range []string{
		"", "@", "a@", "@b", "a", "a b@c.example", "a\x00@b.example", "a@b.example\n", "a@b..example", ".a@b.example", "a.@b.example",
		`"a@b.example`, "a@[1.2.3]", "a,b@c.example", "a@b.example,c@d.example", "a\u200b@b.example", "a@\xff.example", "<a@b.example>",
		strings.Repeat("a", 65) + "@b.example", "a@" + strings.Repeat("b", 64) + ".example", "a@b.example\u202e",
	} {
		if got, err := Normalize(in); err == nil {
			t.Errorf("%q gave %q", in, got)
		}
	}
}

func TestParseList(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                      nil,
		"a@b.example":                           {"a@b.example"},
		"A B <a@b.example>":                     {"a@b.example"},
		`"c@d.example" <a@b.example>`:           {"a@b.example"},
		"<a@b.example> (c@d.example)":           {"a@b.example"},
		"a(x)@(y)b.example":                     {"a@b.example"},
		"a@b.example, C <c@d.example>":          {"a@b.example", "c@d.example"},
		"Team: a@b.example, c@d.example;":       {"a@b.example", "c@d.example"},
		"undisclosed-recipients:;":              nil,
		`"A, B" <a@b.example>`:                  {"a@b.example"},
		"<@r1.example,@r2.example:a@b.example>": {"a@b.example"},
		"=?utf-8?q?M=C3=BCller?= <a@b.example>": {"a@b.example"},
		`"a b"@c.example`:                       {`"a b"@c.example`},
		"A@b.example <a@B.example>":             {"a@b.example"},
		"a . b @ c\r\n . example":               {"a.b@c.example"},
		"< a (x) @ (y) b.example >":             {"a@b.example"},
		"(x) a@b.example (y)":                   {"a@b.example"},
		"Anna\r\n K. <a@b.example>":             {"a@b.example"},
		`"c@d.example": a@b.example;`:           {"a@b.example"},
		",a@b.example,,":                        {"a@b.example"},
	} {
		got, err := ParseList(in)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestParseListRefuses(t *testing.T) {
	for _, in := range []string{
		"a@b.example <c@d.example", "<a@b.example> <c@d.example>", "<a@b.example> c@d.example", `"a@b.example`, "(a@b.example",
		"a b@c.example", "<a b@c.example>", "an(x)na@c.example", "a@b (x) c.example", "<a@b c.example>", "a@b.example\rX", "a@b.example(c)d", "a\r\n b@c.example",
		"support@bank.example: evil@x.example;", "evil\x00 <a@b.example>", "a@b.example\x00",
		"name only", "a: b: c@d.example;", "a@b.example;", "group: a@b.example", "<>", "<a@b.example<c@d.example>>", "a@b.example <c@d.example>",
	} {
		if got, err := ParseList(in); err == nil {
			t.Errorf("%q gave %q", in, got)
		}
	}
}

func TestLinearTime(t *testing.T) {
	for _, unit := range []string{"(", "\\", `"`, "<", "a@b.example,", ",", ":", "(()", "a.", "\u0308"} {
		start := time.Now()
		ParseList(strings.Repeat(unit, (1<<20)/len(unit)))
		Normalize(strings.Repeat(unit, (1<<20)/len(unit)))
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("1 MiB of %q took %v", unit, d)
		}
	}
}

func FuzzParseList(f *testing.F) {
	f.Add(`"a" <a@b.example>, g: c@d.example;`)
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseList(s)
		for _, a := range list {
			if again, nerr := Normalize(a); err != nil || nerr != nil || again != a {
				t.Errorf("%q gave %q, which is not normal: %q %v", s, a, again, nerr)
			}
		}
	})
}
