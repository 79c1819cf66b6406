package trust

// This file gets CRLs and keeps those in memory that are in use.

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Bounds of CRLs.
const (
	maxCRL     = 20 << 20 // octets; the largest of public authorities have some 10 MB
	maxEntries = 1 << 20  // of all CRLs in memory: 16 MiB
	maxLists   = 256      // in memory
	maxReading = 4        // at once: each is held twice while it is read
)

// askList looks on the CRL of one distribution point.
func (s *Sources) askList(p point, cert, issuer *x509.Certificate, at time.Time) (answer, error) {
	if p.indirect || p.reasons {
		return answer{}, errIndirect
	}
	var errs []error
	for _, u := range p.urls {
		c, err := s.list(u, issuer, at)
		if c != nil && !c.point.covers(cert, p) {
			c = nil
			err = fmt.Errorf("%q: the CRL does not speak of this certificate", u[:min(len(u), 200)])
		}
		if c != nil {
			if a := c.answer(cert, u); err == nil || a.isForGood() {
				return a, nil
			}
		}
		errs = append(errs, err)
	}
	return answer{}, errors.Join(errs...)
}

func (c *crl) answer(cert *x509.Certificate, url string) answer {
	a := answer{State: isGood, Source: url, Made: c.this, Until: c.next, Refresh: c.refresh}
	if e, on := c.find(cert); on {
		a.State, a.Since, a.Cause = isRevoked, time.Unix(int64(e.since)*3600, 0), int(e.cause)
	}
	return a
}

// again is a copy, for readers hold the other.
func (c *crl) again() *crl {
	d := *c
	return &d
}

// lists are the CRLs in memory, the one used last at the end.
type lists struct {
	all     []namedList
	entries int
}

type namedList struct {
	key string
	*crl
}

func (l *lists) find(key string) *crl {
	i := slices.IndexFunc(l.all, func(n namedList) bool { return n.key == key })
	if i < 0 {
		return nil
	}
	n := l.all[i]
	l.all = append(slices.Delete(l.all, i, i+1), n)
	return n.crl
}

func (l *lists) add(key string, c *crl) {
	l.all = slices.DeleteFunc(l.all, func(n namedList) bool {
		if n.key == key {
			l.entries -= len(n.entries)
		}
		return n.key == key
	})
	l.all = append(l.all, namedList{key, c})
	l.entries += len(c.entries)
	for len(l.all) > 1 && (l.entries > maxEntries || len(l.all) > maxLists) {
		l.entries -= len(l.all[0].entries)
		l.all = slices.Delete(l.all, 0, 1)
	}
}

// list is the CRL at url: from memory while it holds, though a newer one may be
// fetched for those who come later. With an error comes the last one that was had, if it
// is past its time: what it lists as revoked for good has not become valid since.
func (s *Sources) list(url string, issuer *x509.Certificate, at time.Time) (*crl, error) {
	key := url + "\x00" + string(issuer.RawSubjectPublicKeyInfo)
	do := func() (any, error) {
		if c, current := s.inMemory(key, at); current { // since a moment ago
			return c, nil
		}
		return s.safeList(url, key, issuer)
	}
	if c, current := s.inMemory(key, at); current {
		return c, nil
	} else if c != nil && c.fresh(at) == nil {
		s.ahead("list "+key, do)
		return c, nil
	}
	r, err, _ := s.group.Do("list "+key, do)
	if err != nil {
		return s.lastList(key, at), err
	}
	got := r.(*crl)
	if err := got.fresh(at); err != nil {
		err = fmt.Errorf("%q: %w", url[:min(len(url), 200)], err)
		s.fail(key, err)
		return s.lastList(key, at), err
	}
	return got, nil
}

// lastList is the list of a distribution point that was had last, if it is no longer
// fresh; nil if there is none, or if it is of a time to come.
func (s *Sources) lastList(key string, at time.Time) *crl {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.lists.find(key)
	if c == nil || c.this.After(at.Add(skew)) {
		return nil
	}
	return c
}

// inMemory is the list that was fetched last, and whether it need not be fetched anew.
func (s *Sources) inMemory(key string, at time.Time) (c *crl, current bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c = s.lists.find(key)
	return c, c != nil && c.fresh(at) == nil && s.o.Now().Before(c.refresh)
}

// safeList is fetchList, and outlives a fault of ours: the group would end the
// gateway with it.
func (s *Sources) safeList(url, key string, issuer *x509.Certificate) (c *crl, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.Error("panic while a CRL was read", "panic", fmt.Sprint(p))
			c, err = nil, errCRL
		}
	}()
	return s.fetchList(url, key, issuer)
}

// parseInTurn bounds how many lists are taken apart at once. A turn is not held while
// a list is fetched: four services that hang would silence those of all others.
func (s *Sources) parseInTurn(data []byte, issuer *x509.Certificate) (*crl, error) {
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
		return parseCRL(data, issuer)
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
}

func (s *Sources) fetchList(url, key string, issuer *x509.Certificate) (*crl, error) {
	data, err := s.try(
		key,
		fetchTime,
		func(ctx context.Context) ([]byte, error) { return s.o.Fetch.Get(ctx, url, maxCRL) },
	)
	if err != nil {
		return nil, err
	}
	c, err := s.parseInTurn(data, issuer)
	if err != nil {
		err = fmt.Errorf("%q: %w", url[:min(len(url), 200)], err)
		s.fail(key, err)
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.lists.find(key); old != nil && c.this.Before(old.this) {
		c = old.again() // somebody on the way has kept an older one
	}
	c.refresh = refreshAt(s.o.Now(), c.next)
	s.lists.add(key, c)
	return c, nil
}
