// Package words reads settings that are one of a few words.
package words

import (
	"fmt"
	"slices"
	"strings"
)

// Set gives to the known word that text is. The error names all that are known.
func Set[T ~string](to *T, text []byte, known ...T) error {
	if err := Check(T(text), known...); err != nil {
		return err
	}
	*to = T(text)
	return nil
}

// Check returns an error that names the known words when word is none of them; the empty
// one, which nobody has set, is none.
func Check[T ~string](word T, known ...T) error {
	if word != "" && slices.Contains(known, word) {
		return nil
	}
	return fmt.Errorf("%q: there are %s", word, list(known))
}

// list is `"a", "b" and "c"`.
func list[T ~string](known []T) string {
	quoted := make([]string, len(known))
	for i, k := range known {
		quoted[i] = fmt.Sprintf("%q", k)
	}
	last := len(quoted) - 1
	if last < 1 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}
