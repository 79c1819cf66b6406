package explain

// This file draws which certificate a mail to somebody is encrypted for.

import (
	"fmt"
	"io"
	"time"

	"sealgate/gateway/lookup"
	"sealgate/internal/terminal"
)

// Candidates draws which certificate a mail to an address is encrypted for, and why not for the others. It
// reports whether there is one.
func Candidates(w io.Writer, addr string, list []lookup.Candidate) (usable bool) {
	w = terminal.New(w)
	fmt.Fprintf(w, "%q\n", addr)
	if len(list) == 0 {
		fmt.Fprintln(w, "└─ no certificate is known; a signed mail from there, or sealgate cert import, brings one")
	}
	for i, c := range list {
		branch := "├─"
		stem := "│ "
		if i == len(list)-1 {
			branch = "└─"
			stem = "  "
		}
		mark := "passed over"
		if c.Chosen {
			mark = "CHOSEN"
			usable = true
		}
		fmt.Fprintf(w, "%s %s: %s, %s, valid %s to %s\n", branch, mark, c.State, c.Source,
			c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
		fmt.Fprintf(w, "%s    sha256 %s\n", stem, c.Fingerprint)
		lines := [][2]string{
			{"because: ", c.Reason},
			{"rule: ", c.Rule},
			{"would help: ", c.Remedy},
			{"revocation: ", c.Revocation},
			{"would be sent: ", cipherIf(c)},
		}
		for _, line := range lines {
			if line[1] != "" {
				fmt.Fprintf(w, "%s    %s%s\n", stem, line[0], line[1])
			}
		}
	}
	return usable
}

func cipherIf(c lookup.Candidate) string {
	if !c.Chosen {
		return ""
	}
	return c.Cipher
}
