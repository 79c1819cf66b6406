package main

// This file is what check finds, for people and as JSON.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sealgate/internal/terminal"
)

// severity is how much a finding of check matters.
type severity string

// The severities; a script may rely on them.
const (
	isRight   severity = "ok"
	isNote    severity = "note"    // for the admin to judge: it may be meant
	isFault   severity = "fault"   // to be mended: exit status 1
	isUnknown severity = "unknown" // could not be looked at: exit status 2, if there is no fault
)

// The areas that findings are about; a script may rely on them.
const (
	aboutConfiguration = "configuration"
	aboutKeys          = "keys"
	aboutGateway       = "gateway" // the one that runs
	aboutPostfix       = "postfix"
)

// checkFinding is one thing that check has to say.
type checkFinding struct {
	Severity severity `json:"severity"`
	About    string   `json:"about"`
	Text     string   `json:"text"`
}

// checkReport is all of it, in the order in which it was looked at.
type checkReport struct {
	Findings []checkFinding `json:"findings"`
	Faults   int            `json:"faults"`
	Notes    int            `json:"notes"`
	Unknown  int            `json:"unknown"`
}

func (r *checkReport) add(s severity, about, format string, args ...any) {
	r.Findings = append(r.Findings, checkFinding{s, about, fmt.Sprintf(format, args...)})
	switch s {
	case isFault:
		r.Faults++
	case isNote:
		r.Notes++
	case isUnknown:
		r.Unknown++
	}
}

// marks begin the lines for people.
var marks = map[severity]string{isRight: "ok", isNote: "NOTE", isFault: "FAULT", isUnknown: "?"}

// print writes one line a finding, or one JSON object.
func (r *checkReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		if r.Findings == nil {
			r.Findings = []checkFinding{}
		}
		return e.Encode(r)
	}
	for _, f := range r.Findings {
		if _, err := fmt.Fprintf(terminal.New(w), "%-5s %s\n", marks[f.Severity], f.Text); err != nil {
			return err
		}
	}
	return nil
}

// result is the exit status: faults come before what could not be looked at.
func (r *checkReport) result() error {
	switch {
	case r.Faults > 0:
		return &failure{exitNotValid, fmt.Errorf("faults: %d, of %s", r.Faults, r.areas(isFault))}
	case r.Unknown > 0:
		return unreadable(errors.New("not everything could be looked at"))
	}
	return nil
}

// areas are those that have findings of a severity.
func (r *checkReport) areas(s severity) string {
	var all []string
	for _, f := range r.Findings {
		if f.Severity == s && !slices.Contains(all, f.About) {
			all = append(all, f.About)
		}
	}
	return strings.Join(all, ", ")
}
