package certadmin

// This file is an import: whatever holds certificates goes into the store, and what does not is
// named.

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"sealgate/certstore"
	"sealgate/internal/certfile"
	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/spool"
	"sealgate/trust"
)

// Bounds of one import.
const (
	maxImport = 200_000 // certificates
	maxChain  = 8       // authorities kept with one certificate
)

// ErrStates keeps the states of a file out of an import that did not ask for them: anybody can
// write such a file, and pin his certificate in it.
var ErrStates = errors.New("it comes of cert export --states, and only cert import --states reads it: " +
	"do that with a file of your own alone, for it says which certificates are blocked and pinned")

// Import is one under way. All files are read before anything is stored: a chain may lie in another
// file than its certificate.
type Import struct {
	Store    Store
	Spool    *spool.Spool
	LeftOut  func(file, why string)
	Stored   func(file string, r *certstore.Record, useless string) // useless: why nobody is encrypted to with it
	Progress func(done, all int)                                    // of the certificates
	Roots    []*x509.Certificate                                    // that are trusted

	Added     int
	Known     int
	Completed int // records whose chain the authorities completed

	list    []imported
	issuers map[string][]*x509.Certificate // authorities among them, by subject
}

// imported is one certificate and the file that it stood in.
type imported struct {
	file string
	cert *x509.Certificate
}

// Read takes what a file holds. An error means that it holds nothing.
func (i *Import) Read(ctx context.Context, file string, data []byte, password func() ([]byte, error)) error {
	if certstore.HasStates(data) {
		return ErrStates
	}
	b, err := certfile.Read(ctx, data, certfile.Options{Spool: i.Spool, Password: password})
	if err != nil {
		return err
	}
	for _, what := range b.LeftOut {
		i.LeftOut(file, what)
	}
	if len(i.list)+len(b.Certificates) > maxImport {
		return fmt.Errorf("more than %d certificates at once", maxImport)
	}
	if i.issuers == nil {
		i.issuers = make(map[string][]*x509.Certificate)
	}
	for _, c := range b.Certificates {
		i.list = append(i.list, imported{file, c})
		if c.IsCA {
			i.issuers[string(c.RawSubject)] = append(i.issuers[string(c.RawSubject)], c)
		}
	}
	return nil
}

// Len is how many certificates were read.
func (i *Import) Len() int { return len(i.list) }

// Commit stores what was read.
func (i *Import) Commit(ctx context.Context) error {
	for n, c := range i.list {
		if err := i.put(ctx, c); err != nil {
			return err
		}
		i.Progress(n+1, len(i.list))
	}
	return i.complete(ctx)
}

// put stores one certificate under the addresses in it.
func (i *Import) put(ctx context.Context, in imported) error {
	c := in.cert
	names := trust.Addresses(c)
	if len(names) == 0 && c.IsCA {
		return nil // complete tells whether it was of use
	}
	if len(names) == 0 {
		i.LeftOut(in.file, fmt.Sprintf("%q names no address", c.Subject))
		return nil
	}
	now := time.Now()
	r := certstore.NewRecord(c, names, certstore.Imported, certstore.Active, now)
	r.ProofTime = now
	r.Intermediates = i.chain(c)
	_, err := i.Store.ByIdentity(ctx, r.Identity)
	unknown := errors.Is(err, certstore.ErrNotFound)
	if err != nil && !unknown {
		return err
	}
	err = i.Store.Put(ctx, r)
	if errors.Is(err, certstore.ErrRecord) {
		i.LeftOut(in.file, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	if unknown {
		i.Added++
	} else {
		i.Known++
	}
	stored, err := i.Store.ByIdentity(ctx, r.Identity) // what was decided before stays
	if err != nil {
		return err
	}
	i.Stored(in.file, stored, Useless(c, stored.State, now, i.Roots))
	return nil
}

// chain are the authorities of this import between a certificate and its root.
func (i *Import) chain(c *x509.Certificate) (raw [][]byte) {
	for len(raw) < maxChain {
		issuer := i.issuer(c)
		if issuer == nil || bytes.Equal(issuer.RawSubject, issuer.RawIssuer) {
			return raw
		}
		raw = append(raw, issuer.Raw)
		c = issuer
	}
	return raw
}

func (i *Import) issuer(c *x509.Certificate) *x509.Certificate {
	for _, a := range i.issuers[string(c.RawIssuer)] {
		if spki.CheckSignatureFrom(c, a) == nil {
			return a
		}
	}
	return nil
}

// complete gives the records of the store the authorities that they lack.
func (i *Import) complete(ctx context.Context) error {
	if len(i.issuers) == 0 {
		return nil
	}
	var incomplete []*certstore.Record
	err := All(ctx, i.Store, func(r *certstore.Record) error {
		c, err := x509cert.Parse(r.DER)
		if err != nil {
			return nil // shown by cert show; nothing can be completed
		}
		if chain := i.chain(c); len(chain) > len(r.Intermediates) {
			r.Intermediates = chain
			incomplete = append(incomplete, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range incomplete {
		if err := i.Store.Put(ctx, r); err != nil {
			return err
		}
		i.Completed++
	}
	return nil
}
