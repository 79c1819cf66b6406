package certstore

// This file is the form of a backup, in clear: all that the embedded store keeps but its
// indexes, entry by entry. Whoever writes one to a disk encrypts it.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/dgraph-io/badger/v4"
)

// backupBegin begins the form. Behind it stand entries in the order of their keys: the
// length of the key, the key, the second since 1970 at which the entry runs out (0: it
// never does), the length of the value, the value; each number is a varint (package
// encoding/binary). An empty key ends it, with the number of entries.
const backupBegin = "sealgate store backup 1\n"

// Bounds of one entry, in octets: badger's for a key, and the largest answer of a cache.
const (
	maxBackupKey   = 65000
	maxBackupValue = 16 << 20
)

// The first octet of a key says what an entry is.
const (
	KindContent = 'd'
	KindRecord  = 'i'
	KindLine    = 'j'
	KindAnswer  = 'k'
	KindMemory  = 'm'
	KindSecret  = 's'
	kindVersion = 'v'
)

// backupKinds are the first octets of the keys that are kept, in their order; "a", "f"
// and "t" are made of the records and lines.
const backupKinds = "dijkmsv"

// ErrBackup says that what was read is no whole backup of a store.
var ErrBackup = errors.New("certstore: no whole backup of a store")

// Entry is one key of an embedded store, and what every other store brings into its form for a backup.
type Entry struct {
	Key     []byte
	Value   []byte
	Expires uint64 // second since 1970; 0: never
}

// VersionEntry is the last entry of every backup.
func VersionEntry() *Entry {
	return &Entry{Key: versionKey, Value: binary.BigEndian.AppendUint32(nil, schemaVersion)}
}

// Backup writes a snapshot of all that the store keeps, in clear. What is written
// meanwhile is not in it.
func (s *Badger) Backup(ctx context.Context, w io.Writer) error {
	out := NewBackupWriter(w)
	if err := s.eachEntry(ctx, out.Write); err != nil {
		return err
	}
	return out.Close()
}

// BackupWriter writes a backup. The entries come in the order of their keys.
type BackupWriter struct {
	out *bufio.Writer
	n   uint64
}

// NewBackupWriter writes to w; it is whole when Close has returned.
func NewBackupWriter(w io.Writer) *BackupWriter {
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString(backupBegin) // Close returns what goes wrong here
	return &BackupWriter{out: out}
}

// Write adds an entry.
func (w *BackupWriter) Write(e *Entry) error {
	w.n++
	return writeEntry(w.out, e)
}

// Close writes the end.
func (w *BackupWriter) Close() error {
	w.out.Write(binary.AppendUvarint([]byte{0}, w.n))
	return w.out.Flush()
}

// eachEntry calls do for all that the store keeps at this moment, in the order of the
// keys. A key that cannot be read looks like one that is not there, so all tables are
// looked at before this is called whole.
func (s *Badger) eachEntry(ctx context.Context, do func(*Entry) error) error {
	var stopped error // by ctx or by do: no reason to suspect the tables
	err := s.view(func(tx *badger.Txn) error {
		for _, kind := range backupKinds {
			err := eachOfKind(tx, []byte(string(kind)), func(e *Entry) bool {
				stopped = errors.Join(do(e), ctx.Err())
				return stopped == nil
			})
			if err != nil || stopped != nil {
				return err
			}
		}
		return s.verify()
	})
	return errors.Join(err, stopped)
}

// eachOfKind calls do for all keys that begin with kind, while it returns true.
func eachOfKind(tx *badger.Txn, kind []byte, do func(*Entry) bool) error {
	it := tx.NewIterator(badger.IteratorOptions{Prefix: kind})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
		if !do(&Entry{item.KeyCopy(nil), value, item.ExpiresAt()}) {
			return nil
		}
	}
	return nil
}

func writeEntry(out io.Writer, e *Entry) error {
	head := binary.AppendUvarint(nil, uint64(len(e.Key)))
	head = append(head, e.Key...)
	head = binary.AppendUvarint(head, e.Expires)
	head = binary.AppendUvarint(head, uint64(len(e.Value)))
	if _, err := out.Write(head); err != nil {
		return err
	}
	_, err := out.Write(e.Value)
	return err
}

// entryReader reads a backup.
type entryReader struct {
	in   *bufio.Reader
	n    uint64
	last []byte // the key before
}

// ReadBackup calls do for each entry of a backup. Nothing is known of the whole before
// it returns.
func ReadBackup(in io.Reader, do func(*Entry) error) error {
	r := &entryReader{in: bufio.NewReaderSize(in, 64<<10)}
	begin := make([]byte, len(backupBegin))
	if _, err := io.ReadFull(r.in, begin); err != nil {
		return cutOff(err)
	}
	if string(begin) != backupBegin {
		return fmt.Errorf("%w: it does not begin as one of this version does", ErrBackup)
	}
	for {
		e, err := r.next()
		if err != nil || e == nil {
			return err
		}
		if err := do(e); err != nil {
			return err
		}
	}
}

// next is the next entry, nil at the end.
func (r *entryReader) next() (*Entry, error) {
	key, err := r.octets(maxBackupKey)
	if err != nil {
		return nil, err
	}
	if len(key) == 0 {
		return nil, r.end()
	}
	if bytes.Compare(r.last, key) >= 0 {
		return nil, fmt.Errorf("%w: the entries are out of order", ErrBackup)
	}
	r.last = key
	r.n++
	expires, err := binary.ReadUvarint(r.in)
	if err != nil {
		return nil, cutOff(err)
	}
	value, err := r.octets(maxBackupValue)
	return &Entry{key, value, expires}, err
}

// octets is a length and as many octets.
func (r *entryReader) octets(most uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		return nil, cutOff(err)
	}
	if n > most {
		return nil, fmt.Errorf("%w: a part of %d octets, at most %d are possible", ErrBackup, n, most)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r.in, b); err != nil {
		return nil, cutOff(err)
	}
	return b, nil
}

func (r *entryReader) end() error {
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		return cutOff(err)
	}
	if n != r.n {
		return fmt.Errorf("%w: %d entries, and it should have %d", ErrBackup, r.n, n)
	}
	switch _, err := r.in.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("%w: something follows its end", ErrBackup)
	default:
		return cutOff(err)
	}
}

// cutOff is the end of a backup before its last entry, or what kept it from being read.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is cut off", ErrBackup)
	}
	return fmt.Errorf("%w: %w", ErrBackup, err)
}
