package certadmin

// This file is a page of certificates, out of a store of any size.

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sealgate/certstore"
	"sealgate/internal/address"
)

// maxLooked is how many records are looked at for one page, some hundred milliseconds of work: where
// few of a million fit, a page may be short, or empty, and still have a next one.
const maxLooked = 20_000

// maxSearch bounds what is searched for, in octets: an address has at most 254 (RFC 5321 §4.5.3.1.3).
const maxSearch = 320

// Query asks for a page of certificates that have all that it names.
type Query struct {
	Search string          // an address, a fingerprint, "@domain", or a part of an address
	State  certstore.State // "": any
	Cursor string          // of the page before; "": the first one
	Most   int             // 1 to MaxPage
}

// Page is one.
type Page struct {
	Certificates []Certificate `json:"certificates"`
	Next         string        `json:"next"` // cursor of the next page; "": this is the last one
}

// check is ErrInput for what is no question.
func (q *Query) check() error {
	switch {
	case q.Most < 1 || q.Most > MaxPage:
		return fmt.Errorf("%w: a page of %d, 1 to %d are possible", ErrInput, q.Most, MaxPage)
	case len(q.Search) > maxSearch || !utf8.ValidString(q.Search):
		return fmt.Errorf("%w: a search of %d octets, %d are possible", ErrInput, len(q.Search), maxSearch)
	case q.State != "" && certstore.ValidateState(q.State) != nil:
		return fmt.Errorf("%w: a state that there is not", ErrInput)
	}
	return nil
}

// Ask returns a page as it is at a time for who trusts roots.
func Ask(ctx context.Context, s Store, q Query, now time.Time, roots []*x509.Certificate) (*Page, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	list, known, err := q.direct(ctx, s)
	if err != nil {
		return nil, err
	}
	page := &Page{Certificates: []Certificate{}}
	add := func(list []*certstore.Record, fits func(*certstore.Record) bool) {
		for _, r := range list {
			if fits(r) {
				page.Certificates = append(page.Certificates, Summarize(r, now, roots))
			}
		}
	}
	if known {
		add(list, q.inState)
		return page, nil
	}
	return page, q.walk(ctx, s, page, add)
}

// direct are the records that an index leads to; known reports whether one does.
func (q *Query) direct(ctx context.Context, s Store) (list []*certstore.Record, known bool, err error) {
	if fp, ok := ParseFingerprint(q.Search); ok {
		r, err := s.ByFingerprint(ctx, fp)
		if errors.Is(err, certstore.ErrNotFound) {
			return nil, true, nil
		}
		return []*certstore.Record{r}, true, err
	}
	a, err := address.Normalize(q.Search)
	if err != nil {
		return nil, false, nil // a part of one
	}
	list, err = s.ByAddress(ctx, a)
	return list, true, err
}

// walk goes through the store until the page is full, or enough has been looked at.
func (q *Query) walk(
	ctx context.Context, s Store, page *Page, add func([]*certstore.Record, func(*certstore.Record) bool),
) error {
	page.Next = q.Cursor
	for looked := 0; looked < maxLooked; {
		list, next, err := s.List(ctx, page.Next, q.Most-len(page.Certificates))
		if err != nil {
			return err
		}
		add(list, q.fits)
		page.Next = next
		if next == "" || len(page.Certificates) == q.Most {
			return nil
		}
		looked += len(list)
	}
	return nil
}

func (q *Query) inState(r *certstore.Record) bool { return q.State == "" || r.State == q.State }

// fits reports whether a record is asked for.
func (q *Query) fits(r *certstore.Record) bool {
	part := strings.ToLower(q.Search)
	contains := func(a string) bool { return strings.Contains(a, part) }
	return q.inState(r) && slices.ContainsFunc(r.Addresses, contains)
}
