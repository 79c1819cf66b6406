package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestProgressEndsAtTheTotal: the last line of progress says that all are done, whatever
// their number, and ends the line; few things need none.
func TestProgressEndsAtTheTotal(t *testing.T) {
	for _, all := range []int{progressStep, progressStep + 1, 3 * progressStep, 5000, 5001} {
		var shown strings.Builder
		for done := 1; done <= all; done++ {
			shown.WriteString(progressLine(done, all, "files read"))
		}
		want := fmt.Sprintf("] %d of %d files read \n", all, all)
		if all == progressStep && shown.Len() > 0 || all > progressStep && !strings.HasSuffix(shown.String(), want) {
			t.Errorf("%d: %q", all, shown.String())
		}
		if strings.Count(shown.String(), "\n") > 1 {
			t.Errorf("%d: more than one line", all)
		}
	}
}
