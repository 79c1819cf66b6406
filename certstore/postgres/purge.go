package postgres

// This file deletes what has run out, and counts what all gateways have added.

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"sealgate/certstore"
)

// The times and the sizes of a purge. What has run out is not answered with before it is deleted, and
// that two gateways delete it does not matter.
const (
	purgeInterval = 10 * time.Minute
	purgePage     = 1000
)

// purge runs until the store is closed.
func (s *Store) purge(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(purgeInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := errors.Join(s.purgeUntil(ctx, time.Now().UnixMilli()), s.countContents(ctx))
		if err != nil && ctx.Err() == nil {
			s.log.Warn("store: what has run out is not deleted yet", "error", err)
		}
	}
}

// purgeUntil deletes what runs out at a moment, in milliseconds since 1970, or before. What goes wrong
// with one table does not keep the others.
func (s *Store) purgeUntil(ctx context.Context, moment int64) error {
	return errors.Join(
		s.purgeRows(ctx, purgeMemories, moment),
		s.purgeAnswers(ctx, moment),
		s.purgeJournal(ctx, moment),
	)
}

func (s *Store) purgeAnswers(ctx context.Context, moment int64) error {
	var caches []string
	err := s.ask(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, selectCaches)
		if err != nil {
			return err
		}
		caches, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return err
	}
	for _, cache := range caches {
		if err := s.purgeRows(ctx, purgeAnswers, moment, cache); err != nil {
			return err
		}
	}
	return nil
}

// purgeRows deletes page by page.
func (s *Store) purgeRows(ctx context.Context, statement string, moment int64, values ...any) error {
	all := append([]any{moment, purgePage}, values...)
	for {
		var n int64
		err := s.ask(ctx, func(ctx context.Context) error {
			done, err := s.pool.Exec(ctx, statement, all...)
			n = done.RowsAffected()
			return err
		})
		if err != nil || n < purgePage {
			return err
		}
	}
}

func (s *Store) purgeJournal(ctx context.Context, moment int64) error {
	for {
		var lines []certstore.JournalLine
		err := s.ask(ctx, func(ctx context.Context) error {
			rows, err := s.pool.Query(ctx, selectEnded, moment, erasePage)
			if err != nil {
				return err
			}
			lines, err = s.readLines(rows)
			return err
		})
		if err != nil || len(lines) == 0 {
			return err
		}
		if err := s.removeLines(ctx, lines); err != nil {
			return err
		}
	}
}
