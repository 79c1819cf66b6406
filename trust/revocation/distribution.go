package revocation

// This file gets CRLs from their distribution points.

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Bounds of CRLs.
const (
	maxCRL     = 20 << 20 // octets; the largest of public authorities have some 10 MB
	maxReading = 4        // at once: each is held twice while it is read
)

// distribution looks on CRLs.
type distribution struct {
	*client
	lists   lists
	reading chan struct{} // lists that are being read
}

// ask looks on the CRL of one distribution point.
func (d *distribution) ask(p point, cert, issuer *x509.Certificate, at time.Time) (answer, error) {
	if p.indirect || p.reasons {
		return answer{}, errIndirect
	}
	var errs []error
	for _, u := range p.urls {
		c, err := d.list(u, issuer, at)
		if c != nil && !c.point.covers(cert, p) {
			c = nil
			err = fmt.Errorf("%q: the CRL does not speak of this certificate", shortURL(u))
		}
		if c != nil {
			if a := c.answer(cert); err == nil || a.isForGood() {
				return a, nil
			}
		}
		errs = append(errs, err)
	}
	return answer{}, errors.Join(errs...)
}

// list is the CRL at url: from memory while it holds, though a newer one may be
// fetched for those who come later. With an error comes the last one that was had, if it
// is past its time: what it lists as revoked for good has not become valid since.
func (d *distribution) list(url string, issuer *x509.Certificate, at time.Time) (*crl, error) {
	key := url + "\x00" + string(issuer.RawSubjectPublicKeyInfo)
	do := func() (any, error) {
		if c, current := d.lists.find(key, d.now(), at); current { // since a moment ago
			return c, nil
		}
		return d.fetchSafely(url, key, issuer)
	}
	c, current := d.lists.find(key, d.now(), at)
	if current {
		return c, nil
	}
	if c != nil && c.fresh(at) == nil {
		d.prefetch("list "+key, do)
		return c, nil
	}
	r, err, _ := d.group.Do("list "+key, do)
	if err != nil {
		return d.lists.last(key, at), err
	}
	got := r.(*crl)
	if err := got.fresh(at); err != nil {
		err = fmt.Errorf("%q: %w", shortURL(url), err)
		d.failures.fail(key, err)
		return d.lists.last(key, at), err
	}
	return got, nil
}

// fetchSafely is fetchList, and outlives a fault of ours: the group would end the
// gateway with it.
func (d *distribution) fetchSafely(url, key string, issuer *x509.Certificate) (c *crl, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("panic while a CRL was read", "panic", fmt.Sprint(p))
			c = nil
			err = errCRL
		}
	}()
	return d.fetchList(url, key, issuer)
}

func (d *distribution) fetchList(url, key string, issuer *x509.Certificate) (*crl, error) {
	data, err := d.try(key, fetchTime, func(ctx context.Context) ([]byte, error) {
		return d.fetch.Get(ctx, url, maxCRL)
	})
	if err != nil {
		return nil, err
	}
	c, err := d.readInTurn(data, issuer)
	if err != nil {
		err = fmt.Errorf("%q: %w", shortURL(url), err)
		d.failures.fail(key, err)
		return nil, err
	}
	return d.lists.renew(key, c, d.now()), nil
}

// readInTurn bounds how many lists are read at once. A turn is not held while a list is
// fetched: four services that hang would silence those of all others.
func (d *distribution) readInTurn(data []byte, issuer *x509.Certificate) (*crl, error) {
	select {
	case d.reading <- struct{}{}:
		defer func() { <-d.reading }()
		return parseCRL(data, issuer)
	case <-d.ctx.Done():
		return nil, d.ctx.Err()
	}
}
