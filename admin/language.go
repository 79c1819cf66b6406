package admin

// This file chooses the language of sentences.

import (
	"net/http"

	"golang.org/x/text/language"

	"sealgate/gateway"
)

// spoken are the languages of the sentences; the first is for who names none of them.
var spoken = language.NewMatcher([]language.Tag{language.English, language.German})

// languageOf is what the asker wants to read (RFC 9110 §12.5.4); "" when he does not say: then it
// is that of the settings.
func languageOf(r *http.Request) gateway.Language {
	wanted := r.Header.Get("Accept-Language")
	if wanted == "" || wanted == "*" {
		return ""
	}
	tags, _, err := language.ParseAcceptLanguage(wanted)
	if err != nil || len(tags) == 0 {
		return ""
	}
	_, n, confidence := spoken.Match(tags...)
	switch {
	case confidence == language.No:
		return ""
	case n == 1:
		return gateway.German
	}
	return gateway.English
}
