package postgres

// This file writes what the database keeps in the form of a backup, in clear: whoever writes one to a
// disk encrypts it.

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"sealgate/certstore"
)

// backupPage is how many rows are read at once.
const backupPage = 500

// Backup writes all but the cached answers, which are looked up anew. What is written meanwhile may be
// in it or not.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	out := certstore.NewBackupWriter(w)
	if err := s.eachEntry(ctx, out.Write); err != nil {
		return err
	}
	return out.Close()
}

// eachEntry calls do for all that the database keeps, in the order of a backup.
func (s *Store) eachEntry(ctx context.Context, do func(*certstore.Entry) error) error {
	for _, each := range []func(context.Context, func(*certstore.Entry) error) error{
		s.eachContent, s.eachRecord, s.eachLine, s.eachMemory,
	} {
		if err := each(ctx, do); err != nil {
			return err
		}
	}
	secret, err := s.Secret(ctx)
	if err != nil {
		return err
	}
	if err := do(&certstore.Entry{Key: []byte{certstore.KindSecret}, Value: secret[:]}); err != nil {
		return err
	}
	return do(certstore.VersionEntry())
}

func (s *Store) eachContent(ctx context.Context, do func(*certstore.Entry) error) error {
	return s.eachPage(ctx, certstore.KindContent, ofContent, pageContents, do)
}

func (s *Store) eachRecord(ctx context.Context, do func(*certstore.Entry) error) error {
	return s.eachPage(ctx, certstore.KindRecord, ofRecord, selectPage, do)
}

// eachPage reads a table of values that are sealed for the column that they are sorted by.
func (s *Store) eachPage(ctx context.Context, kind byte, sealedFor, statement string,
	do func(*certstore.Entry) error,
) error {
	read := func(ctx context.Context, after []byte) (page []*certstore.Entry, err error) {
		rows, err := s.pool.Query(ctx, statement, after, backupPage)
		if err != nil {
			return nil, err
		}
		err = s.eachRow(rows, sealedFor, func(id, value []byte) error {
			page = append(page, &certstore.Entry{Key: append([]byte{kind}, id...), Value: value})
			return nil
		})
		return page, err
	}
	return s.pages(ctx, read, do)
}

func (s *Store) eachMemory(ctx context.Context, do func(*certstore.Entry) error) error {
	read := func(ctx context.Context, after []byte) (page []*certstore.Entry, err error) {
		rows, err := s.pool.Query(ctx, pageMemories, after, backupPage, time.Now().UnixMilli())
		if err != nil {
			return nil, err
		}
		var id, sealed []byte
		var expires int64
		_, err = pgx.ForEachRow(rows, []any{&id, &sealed, &expires}, func() error {
			value, err := s.sealer.open(ofMemory, id, sealed)
			key := append([]byte{certstore.KindMemory}, id...)
			page = append(page, &certstore.Entry{Key: key, Value: value, Expires: seconds(expires)})
			return err
		})
		return page, err
	}
	return s.pages(ctx, read, do)
}

func (s *Store) eachLine(ctx context.Context, do func(*certstore.Entry) error) error {
	read := func(ctx context.Context, after []byte) (page []*certstore.Entry, err error) {
		last := int64(-1)
		if len(after) > 0 {
			last = lineTime(after)
		}
		rows, err := s.pool.Query(ctx, pageLines, last, backupPage, time.Now().UnixMilli())
		if err != nil {
			return nil, err
		}
		var at, expires int64
		var sealed []byte
		_, err = pgx.ForEachRow(rows, []any{&at, &sealed, &expires}, func() error {
			value, err := s.sealer.open(ofLine, lineID(at), sealed)
			key := append([]byte{certstore.KindLine}, lineID(at)...)
			page = append(page, &certstore.Entry{Key: key, Value: value, Expires: seconds(expires)})
			return err
		})
		return page, err
	}
	return s.pages(ctx, read, do)
}

// pages reads page by page, each a question of its own, and calls do for each entry.
func (s *Store) pages(ctx context.Context, read func(ctx context.Context, after []byte) ([]*certstore.Entry, error),
	do func(*certstore.Entry) error,
) error {
	after := []byte{}
	for {
		var page []*certstore.Entry
		err := s.ask(ctx, func(ctx context.Context) (err error) {
			page, err = read(ctx, after)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := do(e); err != nil {
				return err
			}
		}
		if len(page) < backupPage {
			return nil
		}
		after = page[len(page)-1].Key[1:]
	}
}

// seconds are milliseconds since 1970 as a backup has them: rounded up, since 0 is "never".
func seconds(milliseconds int64) uint64 { return uint64(milliseconds+999) / 1000 }
