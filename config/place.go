package config

// This file finds the line of the file that a fault stands in.

import (
	"errors"
	"fmt"
	"strings"
)

// place is a key in a table. In a table of several n counts from 1; 0 is the first
// that has the key. Without a key it is the table's own heading.
type place struct {
	table string
	n     int
	key   string
}

// fault is an error at a place.
type fault struct {
	place
	err error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// at says where err comes from; nil stays nil.
func at(table string, n int, key string, err error) error {
	if err == nil {
		return nil
	}
	return &fault{place{table, n, key}, err}
}

// within says in which of several tables a fault is that knows its key only.
func within(table string, n int, name string, err error) error {
	key := ""
	if f := (*fault)(nil); errors.As(err, &f) {
		key = f.key
	}
	return at(table, n, key, fmt.Errorf("%s: %w", name, err))
}

// located puts the line in front of a fault.
func located(text string, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	if line := f.line(text); line > 0 {
		return fmt.Errorf("line %d: %w", line, err)
	}
	return err
}

// line is the first line that sets the key, else the one that opens the table; 0
// when the file has neither.
func (p place) line(text string) (heading int) {
	in := ""
	n := 0
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = strings.Trim(strings.SplitN(line, "#", 2)[0], "[] \t")
			if in == p.table {
				n++
			}
			if here := in == p.table && (p.n == 0 || p.n == n); here && heading == 0 || p.table == "" && in == p.key {
				heading = i + 1
			}
			continue
		}
		if p.key != "" && in == p.table && (p.n == 0 || p.n == n) && keyOf(line) == p.key ||
			in == "" && keyOf(line) == p.table+"."+p.key {
			return i + 1
		}
	}
	return heading
}

// keyOf is what stands before the "=", without quotes.
func keyOf(line string) string {
	name, _, ok := strings.Cut(line, "=")
	if !ok {
		return ""
	}
	return strings.Trim(strings.TrimSpace(name), `"'`)
}
