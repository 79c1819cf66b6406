package page

// This file reads the templates, once for each language, and says what they may call.

import (
	"embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"sealgate/admin"
)

//go:embed templates/*.html
var templates embed.FS

// views are the templates, by language and name.
type views map[Language]map[string]*template.Template

// sections are the navigation, by their paths.
var sections = []string{"", "mailboxes", "certificates", "messages", "try", "audit"}

// titleOf is the key of the title of a section.
func titleOf(section string) string {
	if section == "" {
		return "title.overview"
	}
	return "title." + section
}

// names are the pages: each is the layout around a template of that name.
var names = []string{
	"login", "fault", "overview", "mailboxes", "certificates", "certificate", "import", "messages", "message", "try",
	"audit",
}

func newViews() views {
	all := make(views)
	for _, l := range []Language{English, German} {
		all[l] = make(map[string]*template.Template)
		for _, name := range names {
			t := template.New("layout.html").Funcs(functions(l))
			t = template.Must(t.ParseFS(templates, "templates/layout.html", "templates/parts.html"))
			all[l][name] = template.Must(t.ParseFS(templates, "templates/"+name+".html"))
		}
	}
	return all
}

// area is what an Attention is about, in words where there are some.
func area(l Language, a admin.Attention) string {
	if a.Kind == admin.KindNotReady && a.Object != "" {
		return text(l, "ready."+a.Object)
	}
	return a.Object
}

// word is a word of the gateway's own in words for people; one that has none stands as it is.
func word(l Language, kind string, value any) string {
	s := fmt.Sprint(value)
	key := kind + "." + s
	if _, ok := texts[key]; ok {
		return text(l, key)
	}
	return s
}

// verdictWord is a result or a verdict in words.
func verdictWord(l Language, s string) string {
	if _, ok := texts["result."+s]; ok {
		return word(l, "result", s)
	}
	return word(l, "verdict", s)
}

// left is how many days there are until a time.
func left(l Language, t time.Time) string {
	days := int(time.Until(t) / (24 * time.Hour))
	switch {
	case time.Until(t) < 0:
		return text(l, "left.over")
	case days == 1:
		return text(l, "left.one")
	}
	return text(l, "left.many", number(l, days))
}

// functions are what templates may call.
func functions(l Language) template.FuncMap {
	return template.FuncMap{
		"t":        func(key string, values ...any) string { return text(l, key, values...) },
		"number":   func(n int) string { return number(l, n) },
		"time":     func(t time.Time) string { return t.Local().Format(layouts[l].time) },
		"day":      func(t time.Time) string { return t.Local().Format(layouts[l].day) },
		"number64": func(n int64) string { return number(l, int(n)) },
		"area":     func(a admin.Attention) string { return area(l, a) },
		"hour":     func(t time.Time) string { return t.Local().Format(layouts[l].hour) },
		"stamp":    func(t time.Time) string { return t.Format(time.RFC3339) },
		"worst":    worst,
		"moment":   moment,
		"word":     func(kind string, value any) string { return word(l, kind, value) },
		"left":     func(t time.Time) string { return left(l, t) },
		"short":    short,
		"drawn":    drawn,
		"seals":    seals,
		"traced":   func(s string) trace { return traced(l, s) },
		"beyond":   beyond,
		"verdict":  func(s string) string { return verdictWord(l, s) },
		"date":     func(t time.Time) string { return t.Local().Format(layouts[l].date) },
		"join":     func(list []string) string { return strings.Join(list, ", ") },
		"half":     func(n int) int { return n / 2 },
		"title":    titleOf,
		"sections": func() []string { return sections },
	}
}
