package main

// This file looks at the database of several gateways for check.

import (
	"context"
	"log/slog"

	"sealgate/certstore/postgres"
	"sealgate/config"
)

// checkDatabase opens it with what lies on the disk: the gateway has read that when it started.
func (r *checkReport) checkDatabase(cfg *config.Config) {
	ctx := context.Background()
	s, err := openPostgres(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		r.add(isFault, aboutGateway, "it would not start again: %v", err)
		return
	}
	defer s.Close()
	r.checkDurability(ctx, s)
}

// checkDurability says what a failover would lose.
func (r *checkReport) checkDurability(ctx context.Context, s *postgres.Store) {
	d, err := s.Durability(ctx)
	if err != nil {
		r.add(isUnknown, aboutGateway, "the database answers, and does not say how it commits (CockroachDB and "+
			"YugabyteDB have copies of their own): %v", err)
		return
	}
	if lack := d.Lacks(); lack != nil {
		r.add(isNote, aboutGateway, "the database answers: %v (CockroachDB and YugabyteDB have copies of their own: "+
			"this is not meant for them)", lack)
		return
	}
	r.add(isRight, aboutGateway, "the database answers, and commits on its standby too (synchronous_standby_names = %s)",
		d.Standbys)
}
