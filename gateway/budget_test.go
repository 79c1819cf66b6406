package gateway

// This file looks certificates up where nobody answers.

import (
	"context"
	"testing"
	"time"

	"sealgate/gateway/lookup"
	"sealgate/trust"
)

// hanging answers nobody before its time is over, and counts who asks.
type hanging struct{ asked int }

func (h *hanging) LookUp(ctx context.Context, addresses []string) map[string]lookup.Answer {
	h.asked++
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
	answers := map[string]lookup.Answer{}
	for _, a := range addresses {
		answers[a] = lookup.Answer{Answered: trust.NotAnswered(trust.Silence{Source: "the hanging place", Since: time.Now()})}
	}
	return answers
}

// TestLookUpsShareOneTime: many directories that hang take no longer together than limits.look_ups;
// those that were not asked have not said "none".
func TestLookUpsShareOneTime(t *testing.T) {
	const limit = 100 * time.Millisecond
	places := make([]*hanging, 20)
	h := newHouse(t, func(o *Options) {
		o.Limits.LookUps = limit
		for i := range places {
			places[i] = &hanging{}
			o.Sources = append(o.Sources, places[i])
		}
	})
	began := time.Now()
	out := h.mailTo("bob@kunde.example", "X-SMIME-Encrypt: if-possible\r\n")
	h.refusedNotClear("nobody answers", out, 451)
	if took := time.Since(began); took > 10*limit {
		t.Errorf("it took %s", took)
	}
	if places[0].asked != 1 || places[1].asked != 0 {
		t.Errorf("asked: %d, %d", places[0].asked, places[1].asked)
	}
}

// TestDomainCertificateBehindHangingDirectories: it is at hand, whatever time others took.
func TestDomainCertificateBehindHangingDirectories(t *testing.T) {
	bank := domainCert(t)
	h := newHouse(t, func(o *Options) {
		o.Limits.LookUps = 100 * time.Millisecond
		o.Sources = []lookup.Source{&hanging{}, &hanging{}}
		o.Rules = []Rule{toBank(bank)}
	})
	h.onlyFor(h.mailTo("carl@bank.example"), bank)
}
