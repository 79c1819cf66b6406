package milter

// This file turns the engine's edits, which name fields by position, into
// Postfix's, which name them by name and number.

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-milter"

	"sealgate/gateway"
)

// operation is one milter modification.
type operation struct {
	code  byte // 'm' change or delete, 'i' insert, 'h' add
	index int  // 'm': 1-based among the fields of this name; 'i': 1-based among all, 0 is above Postfix's own Received
	name  string
	value string
}

func (o operation) send(m *milter.Modifier) error {
	switch o.code {
	case 'm':
		return m.ChangeHeader(o.index, o.name, o.value)
	case 'i':
		return m.InsertHeader(o.index, o.name, o.value)
	default:
		return m.AddHeader(o.name, o.value)
	}
}

// operations orders the edits so that no number is used after it has shifted:
// changes and deletions from the last field to the first, then insertions from
// the last position to the first, then what is added at the end. names are the
// fields as received.
func operations(names []string, edits []gateway.HeaderEdit) []operation {
	var changes, inserts []gateway.HeaderEdit
	var added []operation
	deleted := map[int]bool{}
	for _, e := range edits {
		switch e.Op {
		case gateway.DeleteField:
			if !deleted[e.Index] {
				deleted[e.Index] = true
				e.Value = ""
				changes = append(changes, e)
			}
		case gateway.ReplaceField:
			changes = append(changes, e)
		case gateway.InsertField:
			inserts = append(inserts, e)
		case gateway.AppendField:
			added = append(added, operation{'h', 0, e.Name, e.Value})
		}
	}
	byIndex := func(a, b gateway.HeaderEdit) int { return cmp.Compare(b.Index, a.Index) }
	slices.SortStableFunc(changes, byIndex)
	slices.Reverse(inserts)
	slices.SortStableFunc(inserts, byIndex)
	nth, left := positions(names, deleted)
	var out []operation
	for _, e := range changes {
		out = append(out, operation{'m', nth[e.Index], names[e.Index], e.Value})
	}
	for _, e := range inserts {
		at := 0
		if e.Index > 0 {
			at = left[e.Index] + 1
		}
		out = append(out, operation{'i', at, e.Name, e.Value})
	}
	return append(out, added...)
}

// positions are, for each field, its number among those of its name, from 1, and
// how many fields before it are left.
func positions(names []string, deleted map[int]bool) (nth, left []int) {
	seen := map[string]int{}
	n := 0
	for i, name := range names {
		low := strings.ToLower(name)
		seen[low]++
		nth = append(nth, seen[low])
		left = append(left, n)
		if !deleted[i] {
			n++
		}
	}
	return nth, append(left, n)
}

// bodyChunk is the most that one SMFIR_REPLBODY carries.
const bodyChunk = milter.MaxBodyChunk

// replaceBody sends the new body. go-milter turns CRLF into LF chunk by chunk,
// so a chunk never ends between the two.
func replaceBody(m *milter.Modifier, body *io.SectionReader) error {
	buf := make([]byte, bodyChunk)
	size := body.Size()
	if size == 0 {
		return m.ReplaceBody(nil)
	}
	for off := int64(0); off < size; {
		n := int(min(size-off, bodyChunk))
		if _, err := body.ReadAt(buf[:n], off); err != nil && err != io.EOF {
			return err
		}
		if off+int64(n) < size && buf[n-1] == '\r' && n > 1 {
			n--
		}
		if err := m.ReplaceBody(buf[:n]); err != nil {
			return err
		}
		off += int64(n)
	}
	return nil
}
