package postgres

// This file asks the database: each question is bounded in time, and asked again where that is safe
// and may help.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"sealgate/certstore"
)

// How long is waited before a transaction is tried anew: twice as long each time.
const (
	firstWait = 2 * time.Millisecond
	mostWait  = 250 * time.Millisecond
)

// errAnew says that another one was faster, and that the transaction finds it the next time.
var errAnew = errors.New("certstore: another writer was first")

// errStandby says that a connection leads to a server that does not write any more.
var errStandby = errors.New("certstore: the server has become a standby")

// The codes of what may go well the next time (PostgreSQL's Appendix A; 40003 is CockroachDB's for a
// commit of which it does not know whether it came about). Each transaction here may be done twice; one
// that would say something else the second time is a decision.
const (
	serializationFailure = "40001"
	completionUnknown    = "40003"
	deadlock             = "40P01"
	readOnly             = "25006"
	undefinedTable       = "42P01"
)

// ask does a question, anew while another transaction is in its way, and once more when the
// connection was lost, within the time that a question has.
func (s *Store) ask(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errNoAnswer)
	defer cancel()
	wait := firstWait
	reconnected := false
	for {
		err := do(ctx)
		if err == nil {
			return nil
		}
		lost := isLost(err)
		if !isConflict(err) && (!lost || reconnected) || ctx.Err() != nil {
			return explain(ctx, err)
		}
		reconnected = reconnected || lost
		select {
		case <-ctx.Done():
			return explain(ctx, err)
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(2*wait, mostWait)
	}
}

// turn lets one question in at a time: what it holds is whose turn it is.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// inTurn does a question when those before it are done. The wait is part of the time that it has.
func (s *Store) inTurn(ctx context.Context, t turn, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errNoAnswer)
	defer cancel()
	select {
	case <-ctx.Done():
		return explain(ctx, ctx.Err())
	case t <- struct{}{}:
	}
	defer func() { <-t }()
	return do(ctx)
}

// change does a transaction.
func (s *Store) change(ctx context.Context, do func(ctx context.Context, tx pgx.Tx) error) error {
	return s.decide(ctx, func(ctx context.Context, tx pgx.Tx, _ bool) error { return do(ctx, tx) })
}

// decide does a transaction that is told whether an earlier try of it may have come about already, since
// the answer to its commit was lost.
func (s *Store) decide(
	ctx context.Context, do func(ctx context.Context, tx pgx.Tx, mayBeDone bool) error,
) error {
	mayBeDone := false
	return s.ask(ctx, func(ctx context.Context) error {
		committing := false
		err := s.begin(ctx, func(tx pgx.Tx) error {
			err := do(ctx, tx, mayBeDone)
			committing = err == nil
			return err
		})
		mayBeDone = mayBeDone || committing && isUnknown(err)
		return err
	})
}

// begin does a transaction once. A connection to a server that has become a standby is closed: the
// next one looks for the server that writes.
func (s *Store) begin(ctx context.Context, do func(tx pgx.Tx) error) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	err = pgx.BeginFunc(ctx, c, do)
	if hasCode(err, readOnly) {
		c.Conn().Close(ctx)
		return errStandby
	}
	return err
}

var errNoAnswer = errors.New("no answer in time")

// explain says that the store did not answer, without what the statement held.
func explain(ctx context.Context, err error) error {
	for _, ours := range []error{certstore.ErrNotFound, certstore.ErrState, certstore.ErrRecord, errDamaged} {
		if errors.Is(err, ours) {
			return err
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("certstore: the database: %w (%w)", cause, err)
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) { // its detail holds values
		return fmt.Errorf("certstore: the database: %s (%s)", refused.Message, refused.Code)
	}
	return fmt.Errorf("certstore: the database: %w", err)
}

// isConflict reports whether another transaction was in the way.
func isConflict(err error) bool {
	return errors.Is(err, errAnew) || hasCode(err, serializationFailure, completionUnknown, deadlock)
}

// isUnknown reports whether a commit that ended so may have come about.
func isUnknown(err error) bool { return isLost(err) || hasCode(err, completionUnknown) }

// isLost reports whether the connection was lost, or its server goes away.
func isLost(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, errStandby) || pgconn.SafeToRetry(err) ||
		hasCode(err, "57P01", "57P02", "57P03") // shut down, crashed, starting
}

func hasCode(err error, codes ...string) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	for _, code := range codes {
		if refused.Code == code {
			return true
		}
	}
	return false
}
