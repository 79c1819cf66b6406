package address

import "testing"

func TestIsPath(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "a@b.example": true, "postmaster": true, "a..b@c.example": true, "a@b.example.": true, `"a b"@c.example`: true, `"a\"@>"@c.example`: true,
		"a@[IPv6:::1]": true, "a@[127.0.0.1]": true, "müller@münchen.example": true, "a+b=c%d!e@f.example": true,
		"a@b.example> X": false, "a b@c.example": false, " a@b.example": false, `"a"b@c.example`: false, `"a@c.example`: false, `"a\"@c.example`: false, `"a"`: false,
		"a@b c.example": false, "a@": false, "@b.example": false, "a@b@c.example": false, "a@b.example\r\nRCPT": false, "a(x)@b.example": false, "a@(x)b.example": false,
		`\a@b.example`: false, "g:a@b.example;": false, "a@b.example,c@d.example": false, "@r.example:a@b.example": false, "a@b:c": false, "a@[x": false, "a@[x>y]": false,
		"a%b.example": false, "b.example!a": false, "a@b\xff": false,
	} {
		if got := IsPath(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestQuote(t *testing.T) {
	for raw, want := range map[string]string{
		"": "", "a@b.example": "a@b.example", "a b@c.example": `"a b"@c.example`, "a@b@c.example": `"a@b"@c.example`,
		`a"\@b.example`: `"a\"\\"@b.example`, "a..b@c.example": `"a..b"@c.example`, ".a@b.example": `".a"@b.example`, `"a"@b.example`: `"\"a\""@b.example`,
	} {
		if got, ok := Quote(raw); !ok || got != want {
			t.Errorf("%q: %q %v", raw, got, ok)
		}
	}
	for _, raw := range []string{"a", "@b.example", "a@", "a@b>c", "a\x01@b.example", "a@b\x00"} {
		if got, ok := Quote(raw); ok {
			t.Errorf("%q: %q", raw, got)
		}
	}
}

func TestWithoutRoute(t *testing.T) {
	for in, want := range map[string]string{"a@b.example": "a@b.example", "@r.example:a@b.example": "a@b.example", "@r.example,@[IPv6:::1]:a@b.example": "a@b.example", "@r.example": "@r.example", `"@:x"@b.example`: `"@:x"@b.example`, "": ""} {
		if got := WithoutRoute(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
