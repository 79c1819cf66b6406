package admin

// This file reads what is asked: what is not known is refused, for who misspells a filter must not
// get more than he asked for.

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// parameters are those of a request, each read by one call. What is wrong is kept: the first fault
// is told.
type parameters struct {
	values url.Values
	err    error
}

// readParameters takes the parameters that an operation knows; only those in many may come more
// than once.
func readParameters(r *http.Request, known ...string) *parameters {
	values, err := url.ParseQuery(r.URL.RawQuery)
	p := &parameters{values: values}
	if err != nil {
		p.err = errors.New("the query cannot be read")
	}
	for name, list := range values {
		switch {
		case !slices.Contains(known, name):
			p.err = errors.New("a parameter that is not known")
		case len(list) > 1 && !slices.Contains(repeated, name):
			p.err = fmt.Errorf("the parameter %s came twice", name)
		}
	}
	return p
}

// repeated are the parameters that may come several times.
var repeated = []string{"to", "cc", "bcc"}

func (p *parameters) text(name string) string { return p.values.Get(name) }

func (p *parameters) list(name string) []string { return p.values[name] }

// yes reads true or false; nothing is false.
func (p *parameters) yes(name string) bool {
	s := p.text(name)
	if s != "" && s != "true" && s != "false" {
		p.err = fmt.Errorf("%s is true or false", name)
	}
	return s == "true"
}

// number reads a number from 1 to most.
func (p *parameters) number(name string, most, otherwise int) int {
	s := p.text(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		p.err = fmt.Errorf("%s is a number from 1 to %d", name, most)
	}
	return n
}

// moment reads a time as RFC 3339 has it; nothing is the zero Time.
func (p *parameters) moment(name string) time.Time {
	s := p.text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		p.err = fmt.Errorf("%s is a time such as 2026-11-29T09:30:00Z", name)
	}
	return t
}
