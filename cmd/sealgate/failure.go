package main

// This file is how a command fails: with an exit code that scripts rely on.

import (
	"errors"
)

// The exit codes.
const (
	exitNotValid = 1 // verify: anything but "valid"; elsewhere a failure
	exitUsage    = 2 // wrong use, or a file that cannot be read
)

// failure ends the program with an exit code. A nil error says nothing.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

// failed is exit code 1, unless err has another one.
func failed(err error) error {
	if f := (*failure)(nil); err == nil || errors.As(err, &f) {
		return err
	}
	return &failure{exitNotValid, err}
}

// unreadable is exit code 2.
func unreadable(err error) error { return &failure{exitUsage, err} }
