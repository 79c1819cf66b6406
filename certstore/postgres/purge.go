package postgres

// This file deletes what has run out, and counts what all gateways have added.

import (
	"context"
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
		for _, do := range []func(context.Context) error{
			s.purgeMemories, s.purgeAnswers, s.purgeJournal, s.countContents,
		} {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("store: what has run out is not deleted yet", "error", err)
			}
		}
	}
}

func (s *Store) purgeMemories(ctx context.Context) error { return s.purgeRows(ctx, purgeMemories) }

func (s *Store) purgeAnswers(ctx context.Context) error {
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
		if err := s.purgeRows(ctx, purgeAnswers, cache); err != nil {
			return err
		}
	}
	return nil
}

// purgeRows deletes page by page.
func (s *Store) purgeRows(ctx context.Context, statement string, values ...any) error {
	for {
		var n int64
		err := s.ask(ctx, func(ctx context.Context) error {
			all := append([]any{time.Now().UnixMilli(), purgePage}, values...)
			done, err := s.pool.Exec(ctx, statement, all...)
			n = done.RowsAffected()
			return err
		})
		if err != nil || n < purgePage {
			return err
		}
	}
}

func (s *Store) purgeJournal(ctx context.Context) error {
	for {
		var lines []certstore.JournalLine
		err := s.ask(ctx, func(ctx context.Context) error {
			rows, err := s.pool.Query(ctx, selectEnded, time.Now().UnixMilli(), erasePage)
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
