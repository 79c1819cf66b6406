package certstore

// This file checks what a backup holds, and counts it.

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// Summary counts what a backup holds.
type Summary struct {
	Certificates int
	Blocked      int
	Pinned       int
	Pending      int
	Mails        int // that are remembered
	Contents     int // content-encryption keys, each with its content
	Answers      int // of look-ups
	Lines        int // of the journal

	secrets  int
	versions int
}

// String is the summary in one line.
func (s Summary) String() string {
	return fmt.Sprintf("%d certificates (%d blocked, %d pinned, %d pending), %d mails remembered, %d content keys, "+
		"%d cached answers, %d lines of the journal",
		s.Certificates, s.Blocked, s.Pinned, s.Pending, s.Mails, s.Contents, s.Answers, s.Lines)
}

// CheckBackup reads a backup to its end, and says what it holds.
func CheckBackup(in io.Reader) (*Summary, error) {
	var s Summary
	err := readEntries(in, func(e *entry) error {
		_, err := s.add(e)
		return err
	})
	if err == nil {
		err = s.complete()
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// complete says what the whole lacks.
func (s *Summary) complete() error {
	if s.secrets != 1 || s.versions != 1 {
		return fmt.Errorf("%w: its secret or its version is missing", ErrBackup)
	}
	return nil
}

// add checks one entry and counts it. r is the record that it holds, if it is one.
func (s *Summary) add(e *entry) (r *Record, err error) {
	switch e.key[0] {
	case 'i':
		return s.record(e)
	case 'm':
		s.Mails++
		err = json.Unmarshal(e.value, new(Memory))
		return nil, e.must(len(e.key) == 1+HashSize && err == nil, "memory")
	case 'd':
		s.Contents++
		c, err := DecodeContent(e.value)
		return nil, e.must(len(e.key) == 1+HashSize && err == nil && len(c.Senders) <= MaxSenders, "content")
	case 'j':
		s.Lines++
		_, err := decodeLine(e.key, e.value)
		return nil, e.must(err == nil && e.expires != 0, "line of the journal")
	case 'k':
		s.Answers++
		return nil, e.must(e.expires != 0, "cached answer")
	case 's':
		s.secrets++
		return nil, e.must(bytes.Equal(e.key, secretKey) && len(e.value) == HashSize, "secret")
	case 'v':
		s.versions++
		return nil, s.version(e)
	}
	return nil, fmt.Errorf("%w: it holds what this version does not know (%q)", ErrBackup, e.key[:1])
}

// must is an error of an entry, unless it is as it has to be.
func (e *entry) must(well bool, kind string) error {
	if well {
		return nil
	}
	return fmt.Errorf("%w: the %s %x is none", ErrBackup, kind, e.key[1:])
}

func (s *Summary) record(e *entry) (*Record, error) {
	r, err := DecodeRecord(e.value)
	if err == nil {
		err = Validate(r)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	s.Certificates++
	switch r.State {
	case Blocked:
		s.Blocked++
	case Pinned:
		s.Pinned++
	case Pending:
		s.Pending++
	}
	return r, e.must(bytes.Equal(e.key, recordKey(r.Identity)) && e.expires == 0, "record")
}

func (s *Summary) version(e *entry) error {
	if !bytes.Equal(e.key, versionKey) || !bytes.Equal(e.value, binary.BigEndian.AppendUint32(nil, schemaVersion)) {
		return fmt.Errorf("%w: of schema version %x, this program reads %d: take the version of sealgate that wrote it",
			ErrBackup, e.value, schemaVersion)
	}
	return nil
}
