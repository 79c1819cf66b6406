package postfixcheck

// This file collects the lines of the report.

import (
	"fmt"
	"slices"
)

// Finding is one line of the report.
type Finding struct {
	Bad  bool // must be mended before mail is trusted to it
	Note bool // somebody must look: it may be meant, or cannot be followed
	Text string
}

func bad(format string, args ...any) Finding {
	return Finding{Bad: true, Text: fmt.Sprintf(format, args...)}
}

func note(format string, args ...any) Finding {
	return Finding{Note: true, Text: fmt.Sprintf(format, args...)}
}

func good(format string, args ...any) Finding { return Finding{Text: fmt.Sprintf(format, args...)} }

// findings are what one check has to say, in its order.
type findings []Finding

func (f *findings) bad(format string, args ...any)  { *f = append(*f, bad(format, args...)) }
func (f *findings) note(format string, args ...any) { *f = append(*f, note(format, args...)) }
func (f *findings) good(format string, args ...any) { *f = append(*f, good(format, args...)) }

// distinct leaves out what was said before.
func (f findings) distinct() (out findings) {
	for _, each := range f {
		if !slices.Contains(out, each) {
			out = append(out, each)
		}
	}
	return out
}
