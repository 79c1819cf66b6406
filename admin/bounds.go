package admin

// This file bounds what costs memory or operations with keys, over the API and the page together.

import (
	"context"
	"errors"
	"io"
	"sync"

	"golang.org/x/time/rate"
)

// How many messages are explained: an admin looks at one after the other, and who would try
// ciphertexts in the hope of an oracle has no hour of them.
const (
	explainedASecond = 1
	explainedAtOnce  = 10
)

// ErrBusy says that more is asked than is answered.
var ErrBusy = errors.New("too many requests; ask again in a second")

// Bounded is a gateway that explains so many messages and imports one file at a time, whoever asks:
// all of them get this one.
func Bounded(g Gateway) Gateway {
	g.Explainer = &boundedExplainer{next: g.Explainer, rate: rate.NewLimiter(explainedASecond, explainedAtOnce)}
	g.Importing = new(sync.Mutex)
	return g
}

// boundedExplainer explains as often as its rate allows.
type boundedExplainer struct {
	next Explainer
	rate *rate.Limiter
}

// Explain implements Explainer. Beyond the rate it is ErrBusy, and nothing is read.
func (b *boundedExplainer) Explain(ctx context.Context, recipient string, message io.Reader) (*Explanation, error) {
	if !b.rate.Allow() {
		return nil, ErrBusy
	}
	return b.next.Explain(ctx, recipient, message)
}
