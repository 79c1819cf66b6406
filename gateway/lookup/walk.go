package lookup

// This file goes through the certificates of an address, the best first: our own, then
// those of each source. The first that is valid ends the walk.

import (
	"context"
	"log/slog"
	"time"

	"sealgate/certstore"
	"sealgate/internal/effort"
	"sealgate/internal/x509cert"
	"sealgate/keyring"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// Trust judges one certificate.
type Trust interface {
	Check(ctx context.Context, r trust.Request) trust.Result
}

// Finder finds certificates. It is safe for concurrent use when its sources are.
type Finder struct {
	Ring    *keyring.Ring
	Sources []Source // asked in this order; none when one before it has a valid certificate
	Trust   Trust
	Now     func() time.Time
	Log     *slog.Logger
}

// Result is what the search for the certificate of an address came to.
type Result struct {
	Best     *Certificate   // nil: none that can be used
	Refused  *Candidate     // without a Best the first that cannot be used; nil: none is known
	Answered trust.Answered // whether everybody has answered who could know of one
}

// Find looks for the best usable certificate of each address, in normal form. That there
// is none is a reason to send in clear only when everybody has answered.
func (f *Finder) Find(ctx context.Context, addresses ...string) map[string]Result {
	results := make(map[string]Result, len(addresses))
	for _, w := range f.walk(ctx, addresses, false) {
		if w.best != nil {
			results[w.address] = Result{Best: w.best, Answered: trust.AllAnswered()}
			continue
		}
		r := Result{Answered: w.sources.And(w.services)}
		if len(w.steps) > 0 {
			first := w.steps[0].candidate(nil)
			r.Refused = &first
		}
		results[w.address] = r
	}
	return results
}

// walk is the way through the certificates of one address.
type walk struct {
	address  string
	best     *Certificate
	sources  trust.Answered // those that were asked for certificates
	services trust.Answered // those that were asked about the ones passed over
	steps    []step
}

// walk asks for all addresses at once; entire says to go on behind the certificates that
// are chosen, for the explanation.
func (f *Finder) walk(ctx context.Context, addresses []string, entire bool) []*walk {
	walks := make([]*walk, len(addresses))
	for i, a := range addresses {
		walks[i] = &walk{address: a, sources: trust.AllAnswered(), services: trust.AllAnswered()}
		f.own(walks[i])
	}
	for _, source := range f.Sources {
		var open []string
		for _, w := range walks {
			if entire || w.best == nil {
				open = append(open, w.address)
			}
		}
		if len(open) == 0 {
			break
		}
		answers := source.LookUp(ctx, open)
		for _, w := range walks {
			if entire || w.best == nil {
				f.through(ctx, w, answers[w.address], entire)
			}
		}
	}
	return walks
}

// own takes in the mailbox of ours that has the address: its key needs nobody's word.
func (f *Finder) own(w *walk) {
	box := f.Ring.ByFrom(w.address)
	if box == nil {
		return
	}
	newest := box.Newest(f.Now(), (*keyring.Credential).MayEncrypt)
	for _, c := range box.Credentials {
		s := step{own: c, certificate: &Certificate{c.Certificate, w.address, Keyring, cms.OwnCapabilities()}}
		if c == newest {
			w.best = s.certificate
		}
		w.steps = append(w.steps, s)
	}
}

// through takes in what a source says of the address.
func (f *Finder) through(ctx context.Context, w *walk, answer Answer, entire bool) {
	w.sources = w.sources.And(answer.Answered)
	for _, r := range answer.Records {
		c, res := f.judge(ctx, w.address, r, answer.ForDomain)
		w.steps = append(w.steps, step{record: r, certificate: c, judged: res})
		if res.Status == trust.Valid {
			if w.best == nil {
				w.best = c
			}
			if !entire {
				return
			}
			continue
		}
		w.services = w.services.And(res.Answered)
		f.Log.Debug(
			"certificate passed over",
			slog.String("address", w.address),
			slog.String("status", string(res.Status)),
			slog.String("reason", res.Reason),
		)
	}
}

// judge judges a certificate anew: state, chain, time, usage.
func (f *Finder) judge(
	ctx context.Context,
	address string,
	r *certstore.Record,
	forDomain bool,
) (*Certificate, trust.Result) {
	if r.State != certstore.Active && r.State != certstore.Pinned {
		const remedy = "sealgate cert activate; cert pin when its authority is not trusted"
		return nil, passedOver("it is "+string(r.State), remedy)
	}
	c, err := x509cert.Parse(r.DER)
	if err != nil {
		return nil, passedOver("it cannot be read", "")
	}
	if err := cms.CanEncryptTo(c); err != nil {
		return nil, passedOver(err.Error(), "a certificate whose key can be encrypted to")
	}
	ctx = effort.WithBudget(ctx) // it did not come with the message, and the recipients may be many
	res := f.Trust.Check(ctx, trust.Request{
		Certificate:   c,
		Intermediates: r.Intermediates,
		Address:       address,
		Purpose:       trust.Encrypt,
		At:            f.Now(),
		Pinned:        r.State == certstore.Pinned,
		ForDomain:     forDomain,
	})
	caps, err := cms.ParseCapabilities(r.Capabilities)
	if err != nil {
		caps = nil // no capabilities: the algorithms that everybody reads
	}
	return &Certificate{c, address, r.Source, caps}, res
}

// passedOver is the result for a certificate that trust need not be asked about.
func passedOver(why, remedy string) trust.Result {
	return trust.Result{
		Status:   trust.Untrusted,
		Rule:     trust.RuleState,
		Reason:   why,
		Remedy:   remedy,
		Answered: trust.AllAnswered(),
	}
}
