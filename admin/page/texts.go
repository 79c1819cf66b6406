package page

// This file says things in the language of the visitor.

import (
	"fmt"
	"strconv"
	"strings"
)

// layouts are how times are written.
var layouts = map[Language]struct{ time, date, day, hour string }{
	English: {time: "2 Jan 2006, 15:04", date: "2 Jan 2006", day: "2 Jan", hour: "15:04"},
	German:  {time: "02.01.2006, 15:04", date: "02.01.2006", day: "02.01.", hour: "15:04"},
}

// text is what a key says. Without a text the key itself stands there, and a test fails.
func text(l Language, key string, values ...any) string {
	w, ok := texts[key]
	format := w.en
	if l == German {
		format = w.de
	}
	if !ok {
		return key
	}
	if len(values) == 0 {
		return format
	}
	return fmt.Sprintf(format, values...)
}

// number writes a number with the separator of the language between its thousands.
func number(l Language, n int) string {
	separator := ","
	if l == German {
		separator = "."
	}
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + separator + digits[at:]
	}
	return strings.Replace(digits, "-"+separator, "-", 1)
}
