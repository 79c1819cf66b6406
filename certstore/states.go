package certstore

// This file is the form in which records go from one store into another with what an
// admin decided of them: a line of JSON for each, between a line that says what it is
// and one that says how many there are.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// statesBegin begins the form. Nothing that a customer hands out is read as this form:
// who writes it decides which certificates are blocked and pinned.
const statesBegin = `{"sealgate":"certificates with states","version":1}`

// maxStatesLine bounds one line, in octets: a record of MaxRecord octets in base64 and
// MaxAddresses addresses, each letter of which JSON may have to write as six.
const maxStatesLine = 4 << 20

// ErrNoStates says that a file is not of that form.
var ErrNoStates = errors.New("certstore: the file is no export with states (sealgate cert export --states)")

// statesEnd is the last line.
type statesEnd struct {
	Records *int `json:"records"`
}

// HasStates reports whether data begins as an export with states does.
func HasStates(data []byte) bool { return bytes.HasPrefix(data, []byte(statesBegin)) }

// StatesWriter writes an export with states.
type StatesWriter struct {
	out *bufio.Writer
	n   int
}

// NewStatesWriter writes to w; it is whole when Close has returned.
func NewStatesWriter(w io.Writer) *StatesWriter {
	out := bufio.NewWriter(w)
	out.WriteString(statesBegin + "\n") // Close returns what goes wrong here
	return &StatesWriter{out: out}
}

// Write adds a record.
func (w *StatesWriter) Write(r *Record) error {
	line, err := EncodeRecord(r)
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	if len(line) >= maxStatesLine {
		return fmt.Errorf("certstore: the record %x is too large for an export with states", r.Fingerprint[:8])
	}
	w.n++
	_, err = w.out.Write(append(line, '\n'))
	return err
}

// Close writes the end.
func (w *StatesWriter) Close() error {
	line, err := json.Marshal(statesEnd{&w.n})
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	w.out.Write(append(line, '\n'))
	return w.out.Flush()
}

// ReadStates calls do for each record of an export with states. It holds one of them at
// a time, so what is wrong may be found when do has seen others: the caller who changes
// something reads all before.
func ReadStates(in io.Reader, do func(*Record) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxStatesLine)
	if !lines.Scan() || lines.Text() != statesBegin {
		return errors.Join(ErrNoStates, lines.Err())
	}
	for n := 0; lines.Scan(); n++ {
		var end statesEnd
		if err := json.Unmarshal(lines.Bytes(), &end); err != nil {
			return fmt.Errorf("certstore: line %d of the export is damaged: %w", n+2, err)
		}
		if end.Records != nil {
			return endOfStates(lines, *end.Records, n)
		}
		r, err := DecodeRecord(lines.Bytes())
		if err == nil {
			err = Validate(r)
		}
		if err != nil {
			return fmt.Errorf("certstore: line %d of the export: %w", n+2, err)
		}
		if err := do(r); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("certstore: the export cannot be read: %w", err)
	}
	return errors.New("certstore: the export is cut off: its last line is missing")
}

func endOfStates(lines *bufio.Scanner, want, got int) error {
	if want != got {
		return fmt.Errorf("certstore: the export has %d records and should have %d: lines are missing or doubled", got, want)
	}
	if lines.Scan() {
		return errors.New("certstore: something follows the end of the export")
	}
	return lines.Err()
}
