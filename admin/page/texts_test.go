package page

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// TestTexts: both languages say everything, with the same values.
func TestTexts(t *testing.T) {
	t.Parallel()
	verb := regexp.MustCompile(`%[a-z]`)
	for key, w := range texts {
		if w.en == "" || w.de == "" {
			t.Errorf("%s is empty", key)
		}
		if strings.Join(verb.FindAllString(w.en, -1), "") != strings.Join(verb.FindAllString(w.de, -1), "") {
			t.Errorf("%s: %q, %q", key, w.en, w.de)
		}
	}
}

// TestTextsOfTemplates: each that a template names is there.
func TestTextsOfTemplates(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`\bt "([a-z.]+)"`)
	whole := regexp.MustCompile(`print "([a-z]+\.)"`)
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil || len(files) < len(names) {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := fs.ReadFile(templates, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(content), -1) {
			if _, ok := texts[m[1]]; !ok {
				t.Errorf("%s: %s", file, m[1])
			}
		}
		for _, m := range whole.FindAllStringSubmatch(string(content), -1) {
			if !hasTextsOf(m[1]) {
				t.Errorf("%s: %s", file, m[1])
			}
		}
	}
}

func hasTextsOf(prefix string) bool {
	for key := range texts {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1.000", 1234567: "1.234.567", -1000: "-1.000", -100: "-100"} {
		if got := number(German, n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
