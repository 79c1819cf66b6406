package page

// This file reads the templates, once for each language, and says what they may call.

import (
	"embed"
	"html/template"
	"time"

	"sealgate/admin"
)

//go:embed templates/*.html
var templates embed.FS

// views are the templates, by language and name.
type views map[Language]map[string]*template.Template

// sections are the navigation, by their paths.
var sections = []string{""}

// titleOf is the key of the title of a section.
func titleOf(section string) string {
	if section == "" {
		return "title.overview"
	}
	return "title." + section
}

// names are the pages: each is the layout around a template of that name.
var names = []string{"login", "fault", "overview"}

func newViews() views {
	all := make(views)
	for _, l := range []Language{English, German} {
		all[l] = make(map[string]*template.Template)
		for _, name := range names {
			t := template.New("layout.html").Funcs(functions(l))
			all[l][name] = template.Must(t.ParseFS(templates, "templates/layout.html", "templates/"+name+".html"))
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
		"half":     func(n int) int { return n / 2 },
		"title":    titleOf,
		"sections": func() []string { return sections },
	}
}
