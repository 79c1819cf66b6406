package explain

// This file draws whom an encrypted layer names, beside the keys that we have. It compares
// identifiers alone: nothing is unwrapped here.

import (
	"fmt"
	"io"
	"strings"

	"sealgate/smime"
	"sealgate/smime/cms"
)

// maxDrawnRecipients bounds the RecipientInfos that are drawn: each is held against every key,
// and a newsletter may have hundreds.
const maxDrawnRecipients = 50

// drawRecipients draws each RecipientInfo with the keys that it names and, where the layer
// stayed closed, the keys that were tried.
func (m *Mail) drawRecipients(w io.Writer, indent string, l smime.Layer) {
	for i := range l.Recipients[:min(len(l.Recipients), maxDrawnRecipients)] {
		info := &l.Recipients[i]
		fmt.Fprintf(w, "%s├─ for %s (%s): %s\n", indent, info, info.KeyManagement, m.named(info))
	}
	if more := len(l.Recipients) - maxDrawnRecipients; more > 0 {
		fmt.Fprintf(w, "%s├─ and %d more recipients\n", indent, more)
	}
	if l.Err == nil {
		return
	}
	tried := 0
	for _, k := range m.Keys {
		if k.Tried {
			tried++
			fmt.Fprintf(w, "%s├─ tried: %s\n", indent, k)
		}
	}
	if tried == 0 {
		fmt.Fprintf(w, "%s├─ tried: nothing, there is no key of a recipient\n", indent)
	}
}

// named says whose keys a RecipientInfo names.
func (m *Mail) named(info *cms.RecipientInfo) string {
	var names []string
	for _, k := range m.Keys {
		if !info.Names(k.Certificate) {
			continue
		}
		name := "names " + k.String()
		if !k.Tried {
			name += ", who is no recipient of this mail: not tried"
		}
		names = append(names, name)
	}
	if names == nil {
		return "none of the keys that we have"
	}
	return strings.Join(names, "; ")
}
