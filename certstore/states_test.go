package certstore

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// exportOf is an export of records.
func exportOf(t *testing.T, list ...*Record) string {
	t.Helper()
	var out bytes.Buffer
	w := NewStatesWriter(&out)
	for _, r := range list {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestStatesComeBack: whatever is known of a record goes through the form.
func TestStatesComeBack(t *testing.T) {
	var want []*Record
	for i, state := range []State{Active, Pending, Blocked, Pinned} {
		r := record(fmt.Sprint(i), "anna@kunde.example", "\u202eanna\"<>@kunde.example")
		r.State = state
		r.Source = LDAP
		r.Capabilities = []byte{0x30, 0}
		r.Intermediates = [][]byte{{1}, {2, 3}}
		r.Proof = "<1@kunde.example>"
		want = append(want, r)
	}
	var got []*Record
	err := ReadStates(strings.NewReader(exportOf(t, want...)), func(r *Record) error {
		got = append(got, r)
		return nil
	})
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d records, %v", len(got), err)
	}
	for i, r := range got {
		if !r.FirstSeen.Equal(want[i].FirstSeen) {
			t.Errorf("%d: first seen %v, want %v", i, r.FirstSeen, want[i].FirstSeen)
		}
		r.FirstSeen, r.LastSeen, r.ProofTime = want[i].FirstSeen, want[i].LastSeen, want[i].ProofTime
		r.NotAfter = want[i].NotAfter
		if !reflect.DeepEqual(r, want[i]) {
			t.Errorf("%d: %+v, want %+v", i, r, want[i])
		}
	}
	if err := ReadStates(strings.NewReader(exportOf(t)), nil); err != nil {
		t.Errorf("of an empty store: %v", err)
	}
}

// TestStatesForged: an export that is cut off, or changed in a way that can be seen, is
// not taken for a whole one.
func TestStatesForged(t *testing.T) {
	whole := exportOf(t, record("a", "a@b.example"), record("c", "c@d.example"))
	lines := strings.SplitAfter(whole, "\n")
	other := record("e", "e@f.example")
	other.Fingerprint[0]++
	for name, text := range map[string]string{
		"empty":                  "",
		"another file":           "-----BEGIN CERTIFICATE-----\n",
		"without its beginning":  strings.Join(lines[1:], ""),
		"of another version":     strings.Replace(whole, `"version":1`, `"version":2`, 1),
		"cut off":                strings.Join(lines[:3], ""),
		"cut off within a line":  whole[:len(whole)-30],
		"a line less":            lines[0] + lines[1] + lines[3],
		"a line twice":           lines[0] + lines[1] + lines[1] + lines[2] + lines[3],
		"more behind its end":    whole + lines[1],
		"no JSON":                lines[0] + "state: pinned\n" + lines[3],
		"no record":              lines[0] + "{}\n" + lines[1] + lines[3],
		"an unknown state":       strings.Replace(whole, `"State":"active"`, `"State":"trusted"`, 1),
		"a fingerprint changed":  exportOf(t, other, other),
		"a certificate replaced": strings.Replace(whole, `"DER":"`, `"DER":"AAAA`, 1),
		"a line without end":     lines[0] + strings.Repeat(" ", maxStatesLine+1),
	} {
		err := ReadStates(strings.NewReader(text), func(*Record) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), "certstore: ") {
			t.Errorf("%s: %v", name, err)
		}
		if HasStates([]byte(text)) == errors.Is(err, ErrNoStates) {
			t.Errorf("%s: HasStates and %v", name, err)
		}
	}
}
