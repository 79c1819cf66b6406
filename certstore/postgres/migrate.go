package postgres

// This file brings the layout up to date: one gateway does it, the others wait.

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// metaVersion is the name of the layout's version.
const metaVersion = "version"

// The times of a migration: as long as another gateway's lease, and some more.
const (
	migrationTime = 90 * time.Second
	leasePause    = 100 * time.Millisecond
)

// createTries are how often the first two tables are asked for. Who asks at the same time as another
// one is told that they exist, in words that differ: the next time they do.
const createTries = 5

var errLease = errors.New("another gateway changes its layout and does not end")

// migrate does what is missing.
func (s *Store) migrate(ctx context.Context) error {
	version, err := s.version(ctx)
	if err != nil || version == len(migrations) {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, migrationTime, errLease)
	defer cancel()
	if err := s.createFirst(ctx); err != nil {
		return err
	}
	if err := s.takeLease(ctx); err != nil {
		return err
	}
	defer func() { _, _ = s.pool.Exec(ctx, endLease, s.writer) }() // it ends by itself, too
	version, err = s.version(ctx)
	if err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		for _, statement := range migrations[version] {
			if err := s.takeLease(ctx); err != nil {
				return err
			}
			if err := s.do(ctx, statement); err != nil {
				return err
			}
		}
		if err := s.do(ctx, setMeta, metaVersion, []byte(strconv.Itoa(version+1))); err != nil {
			return err
		}
	}
	return nil
}

// version is that of the layout, 0 where there is none.
func (s *Store) version(ctx context.Context) (version int, err error) {
	content, known, err := s.meta(ctx, metaVersion)
	if err != nil || !known {
		return 0, err
	}
	version, err = strconv.Atoi(string(content))
	if err != nil || version < 0 || version > len(migrations) {
		return 0, fmt.Errorf("certstore: the database has layout %q, this program knows up to %d: use the newer program",
			content, len(migrations))
	}
	return version, nil
}

// meta is what is kept of the store itself.
func (s *Store) meta(ctx context.Context, name string) (content []byte, known bool, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		err := s.pool.QueryRow(ctx, selectMeta, name).Scan(&content)
		known = err == nil
		if errors.Is(err, pgx.ErrNoRows) || hasCode(err, undefinedTable) {
			return nil
		}
		return err
	})
	return content, known, err
}

func (s *Store) createFirst(ctx context.Context) (err error) {
	for range createTries {
		err = errors.Join(s.do(ctx, createMeta), s.do(ctx, createLease), s.do(ctx, insertLease, s.writer))
		if err == nil {
			return nil
		}
		if err := pause(ctx, leasePause); err != nil {
			return err
		}
	}
	return err
}

// takeLease waits until this gateway may change the layout, or goes on to.
func (s *Store) takeLease(ctx context.Context) error {
	for {
		taken := false
		err := s.ask(ctx, func(ctx context.Context) error {
			done, err := s.pool.Exec(ctx, takeLease, s.writer)
			taken = done.RowsAffected() == 1
			return err
		})
		if err != nil || taken {
			return err
		}
		if err := pause(ctx, leasePause); err != nil {
			return err
		}
	}
}

func (s *Store) do(ctx context.Context, statement string, values ...any) error {
	return s.ask(ctx, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, statement, values...)
		return err
	})
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return explain(ctx, ctx.Err())
	case <-time.After(d):
		return nil
	}
}
