package main

// This file is the part of check that asks the next hops whether they speak what we do.

import (
	"context"
	"errors"
	"time"

	"sealgate/config"
	"sealgate/proxy"
)

// nextHopTime bounds the question to one next hop, which is near.
const nextHopTime = 5 * time.Second

// checkNextHops greets each next hop. That one does not answer now may be meant: Postfix may
// be started later.
func (r *checkReport) checkNextHops(ctx context.Context, cfg *config.Config) {
	for _, l := range cfg.Listener {
		key, hop := nextHop(l)
		if hop == "" {
			continue
		}
		r.checkNextHop(ctx, cfg, "listener "+l.Address+": "+key, hop)
	}
	if hop := cfg.Alerts.NextHop; hop != "" {
		r.checkNextHop(ctx, cfg, "alerts.next_hop", hop)
	}
}

// checkNextHop greets one; setting is where it is configured.
func (r *checkReport) checkNextHop(ctx context.Context, cfg *config.Config, setting, hop string) {
	ctx, cancel := context.WithTimeout(ctx, nextHopTime)
	defer cancel()
	_, err := newClient(hop, cfg).Offers(ctx)
	switch {
	case errors.Is(err, proxy.ErrOtherProtocol):
		r.add(isFault, aboutConfiguration, "%s %q: %v", setting, hop, err)
	case err != nil:
		r.add(isNote, aboutConfiguration, "%s %q does not answer now: %v", setting, hop, err)
	}
}
