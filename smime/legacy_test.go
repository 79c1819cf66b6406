// Legacy display elements taken out.

package smime

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestWithoutLegacyDisplay takes it out of the examples of RFC 9788 and leaves
// everything else.
func TestWithoutLegacyDisplay(t *testing.T) {
	for _, name := range []string{"E.1-text-plain", "E.2-text-html"} {
		e := parse(t, payload(t, name))
		cut, err := WithoutLegacyDisplay(context.Background(), e, newSpool(t))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := decodeQuoted(&out, cut.Body()); err != nil {
			t.Fatal(err)
		}
		was := text(t, e)[e.BodyOffset():]
		if strings.Contains(out.String(), "Dinner plans") || !strings.Contains(out.String(), "Let's meet at Rama's") || out.Len() > len(was)-20 {
			t.Errorf("%s: %q", name, out.String())
		}
		cut.Close()
	}
	for _, msg := range []string{
		"Content-Type: text/plain; hp=\"cipher\"\r\n\r\nSubject: x\r\n\r\ntext\r\n",
		"Content-Type: text/plain; hp=\"clear\"; hp-legacy-display=1\r\n\r\nSubject: x\r\n\r\ntext\r\n",
		payload(t, "C.3.1.2"),
	} {
		e := parse(t, msg)
		if same, err := WithoutLegacyDisplay(context.Background(), e, newSpool(t)); err != nil || same != e {
			t.Errorf("%.60q was written anew: %v", msg, err)
		}
	}
	for in, want := range map[string]string{
		"<div class='a header-protection-legacy-display'><div>x</div></div>y": "y",
		"a<div class=header-protection-legacy-display>x":                      "a<div class=header-protection-legacy-display>x",
		"<div>a</div><p class=header-protection-legacy-display>b</p>":         "<div>a</div><p class=header-protection-legacy-display>b</p>",
	} {
		if got := string(cutHTML([]byte(in))); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	if got := string(cutPlain([]byte("no header here"))); got != "no header here" {
		t.Errorf("%q", got)
	}
}
