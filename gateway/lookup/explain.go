package lookup

// This file explains which certificate a mail to somebody would be encrypted for, and why
// none of the others.

import (
	"context"
	"errors"
	"fmt"

	"sealgate/internal/address"
	"sealgate/trust"
)

// Explain returns all certificates of an address as a mail to it would find them now. The
// error is an address that cannot be read, or a source that does not answer and would have
// been asked: none of those before it has a certificate that can be used.
func (f *Finder) Explain(ctx context.Context, addr string) ([]Candidate, error) {
	addr, err := address.Normalize(addr)
	if err != nil {
		return nil, err
	}
	w := f.walk(ctx, []string{addr}, true)[0]
	if err := unanswered(w.sources); err != nil && w.best == nil {
		return nil, err
	}
	var list []Candidate
	for _, s := range w.steps {
		list = append(list, s.candidate(w.best))
	}
	return list, nil
}

// unanswered is the error for sources of which one has not answered.
func unanswered(a trust.Answered) error {
	switch {
	case a.All():
		return nil
	case len(a.Silent()) == 0:
		return errors.New("not every source of certificates has answered")
	}
	first := a.Silent()[0]
	return fmt.Errorf("%s: %s", first, first.Why)
}
