package postgres

// This file says how much of what was stored a failover may lose.

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Durability is how PostgreSQL commits.
type Durability struct {
	Commit   string // its synchronous_commit
	Standbys string // its synchronous_standby_names; "" when none confirms
}

// Durability asks for it. CockroachDB and YugabyteDB have copies of their own, and may know neither word.
func (s *Store) Durability(ctx context.Context) (d Durability, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		if err := s.pool.QueryRow(ctx, showCommit).Scan(&d.Commit); err != nil {
			return err
		}
		return s.pool.QueryRow(ctx, showStandbys).Scan(&d.Standbys)
	})
	return d, err
}

// Lacks says what a failover, or a crash, would lose. It is nil when a commit is on a standby's disk.
func (d Durability) Lacks() error {
	switch {
	case d.Commit == "off":
		return errors.New("synchronous_commit is off: a crash of the database loses blocks and content keys " +
			"that were stored just before; set it to on")
	case strings.TrimSpace(d.Standbys) == "":
		return errors.New("synchronous_standby_names is empty: a standby that is promoted may lack blocks, content keys " +
			"and what is remembered of mail that were stored just before; name it there")
	case d.Commit == "local" || d.Commit == "remote_write":
		return fmt.Errorf("synchronous_commit is %s: a standby that is promoted may lack what was stored just before; "+
			"set it to on", d.Commit)
	}
	return nil
}
