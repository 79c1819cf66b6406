package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestCheckOfAnothersData: what this user may not look at is no fault of the configuration: 2.
func TestCheckOfAnothersData(t *testing.T) {
	s, _ := newSite(t)
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(data, 54321, -1); err != nil {
		t.Skip("not root")
	}
	for _, asJSON := range []bool{false, true} {
		o := checking{path: filepath.Join(s.dir, "config.toml"), asJSON: asJSON}
		var f *failure
		if err := o.run(t.Context()); !errors.As(err, &f) || f.code != exitUsage {
			t.Errorf("JSON %v: %v", asJSON, err)
		}
	}
}

// TestCheckResult: faults come before what could not be looked at, and notes are neither.
func TestCheckResult(t *testing.T) {
	for _, k := range []struct {
		found []severity
		code  int
	}{
		{nil, 0},
		{[]severity{isRight, isNote}, 0},
		{[]severity{isNote, isUnknown}, exitUsage},
		{[]severity{isUnknown, isFault, isNote}, exitNotValid},
	} {
		var r checkReport
		for _, s := range k.found {
			r.add(s, aboutPostfix, "100%%")
		}
		code := 0
		var f *failure
		if err := r.result(); errors.As(err, &f) {
			code = f.code
		}
		if code != k.code {
			t.Errorf("%v: %d", k.found, code)
		}
	}
}
