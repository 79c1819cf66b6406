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
	err := ReadBackup(in, func(e *Entry) error {
		_, err := s.Add(e)
		return err
	})
	if err == nil {
		err = s.Complete()
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// Complete says what the whole lacks.
func (s *Summary) Complete() error {
	if s.secrets != 1 || s.versions != 1 {
		return fmt.Errorf("%w: its secret or its version is missing", ErrBackup)
	}
	return nil
}

// Add checks one entry and counts it. r is the record that it holds, if it is one.
func (s *Summary) Add(e *Entry) (r *Record, err error) {
	switch e.Key[0] {
	case KindRecord:
		return s.record(e)
	case KindMemory:
		s.Mails++
		err = json.Unmarshal(e.Value, new(Memory))
		return nil, e.must(len(e.Key) == 1+HashSize && err == nil, "memory")
	case KindContent:
		s.Contents++
		c, err := DecodeContent(e.Value)
		return nil, e.must(len(e.Key) == 1+HashSize && err == nil && len(c.Senders) <= MaxSenders, "content")
	case KindLine:
		s.Lines++
		_, err := decodeLine(e.Key, e.Value)
		return nil, e.must(err == nil && e.Expires != 0, "line of the journal")
	case KindAnswer:
		s.Answers++
		return nil, e.must(e.Expires != 0, "cached answer")
	case KindSecret:
		s.secrets++
		return nil, e.must(bytes.Equal(e.Key, secretKey) && len(e.Value) == HashSize, "secret")
	case kindVersion:
		s.versions++
		return nil, s.version(e)
	}
	return nil, fmt.Errorf("%w: it holds what this version does not know (%q)", ErrBackup, e.Key[:1])
}

// must is an error of an entry, unless it is as it has to be.
func (e *Entry) must(well bool, kind string) error {
	if well {
		return nil
	}
	return fmt.Errorf("%w: the %s %x is none", ErrBackup, kind, e.Key[1:])
}

func (s *Summary) record(e *Entry) (*Record, error) {
	r, err := DecodeRecord(e.Value)
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
	return r, e.must(bytes.Equal(e.Key, recordKey(r.Identity)) && e.Expires == 0, "record")
}

func (s *Summary) version(e *Entry) error {
	if !bytes.Equal(e.Key, versionKey) || !bytes.Equal(e.Value, binary.BigEndian.AppendUint32(nil, schemaVersion)) {
		return fmt.Errorf("%w: of schema version %x, this program reads %d: take the version of sealgate that wrote it",
			ErrBackup, e.Value, schemaVersion)
	}
	return nil
}
