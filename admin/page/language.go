package page

// This file chooses the language: what the visitor chose, else what the browser prefers.

import (
	"net/http"
	"time"

	"golang.org/x/text/language"
)

// Language is one that the page speaks.
type Language string

// The languages.
const (
	English Language = "en"
	German  Language = "de"
)

var spoken = language.NewMatcher([]language.Tag{language.English, language.German})

// languageCookie remembers what was chosen.
const (
	languageCookie = "__Host-language"
	languageAge    = 365 * 24 * time.Hour
)

func parseLanguage(word string) (Language, bool) {
	l := Language(word)
	return l, l == English || l == German
}

// languageOf is the language of an answer.
func languageOf(r *http.Request) Language {
	if l, ok := parseLanguage(cookie(r, languageCookie)); ok {
		return l
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return English
	}
	_, index, confidence := spoken.Match(tags...)
	if index == 1 && confidence != language.No {
		return German
	}
	return English
}
