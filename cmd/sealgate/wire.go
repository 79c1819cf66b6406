package main

// This file builds the running parts from the configuration: the same code for
// serve and for check.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/config"
	"sealgate/expiry"
	"sealgate/gateway"
	"sealgate/gateway/lookup"
	"sealgate/internal/ownkeys"
	"sealgate/journal"
	"sealgate/keyring"
	"sealgate/proxy"
	"sealgate/spool"
	"sealgate/trust"
	"sealgate/trust/fetch"
	"sealgate/trust/revocation"
)

// house is what outlives a reload: store and spool, and the engine that is
// replaced as a whole.
type house struct {
	path    string // of cfg
	cfg     *config.Config
	log     *slog.Logger
	store   certstore.Store
	backup  func(context.Context, io.Writer) error // of the store, in clear
	asked   *revocation.Sources                    // of revocation
	spool   *spool.Spool
	journal *journal.Writer
	own     proxy.Own     // our connections to the next hops
	alerts  *expiry.Watch // tells before certificates end
	engine  atomic.Pointer[engine]

	known    []*x509.Certificate // of our chains: what a gateway that runs has found, for check
	others   ownkeys.Lister      // whose certificates bring authorities along; nil: nobody's
	probes   probes              // of directories
	reloaded chan struct{}       // tells watchKeys of another engine

	loading  sync.Mutex // one reload at a time
	loaded   atomic.Pointer[loaded]
	counters gateway.Counters
	metrics  *admin.Metrics // nil: nothing is counted
	services []service      // that are open
	failed   atomic.Int64   // reloads
}

// engine is what SIGHUP replaces: the gateway, and the keys that it has.
type engine struct {
	*gateway.Gateway
	options gateway.Options
	own     *ownKeys
}

// Process and NeedsBody ask the engine of the moment.
func (h *house) Process(ctx context.Context, env gateway.Envelope, msg *spool.File) (*gateway.Outcome, error) {
	return h.engine.Load().Process(ctx, env, msg)
}

func (h *house) NeedsBody(env gateway.Envelope) bool { return h.engine.Load().NeedsBody(env) }

// explain is which certificates of an address a mail to it would find now.
func (h *house) explain(ctx context.Context, address string) ([]lookup.Candidate, error) {
	return h.engine.Load().Explain(ctx, address)
}

// build opens everything that the configuration names.
func build(cfg *config.Config) (*house, error) {
	h := &house{cfg: cfg, log: newLogger(cfg.Log, os.Stderr), reloaded: make(chan struct{}, 1)}
	h.loaded.Store(&loaded{at: time.Now()})
	for _, cause := range heldByProxy(cfg) {
		h.log.Warn("a proxy cannot hold mail: an inbound smtp listener answers 451 to it until the sender gives up",
			"on", cause)
	}
	err := os.MkdirAll(cfg.Server.DataDir, 0o700)
	if err != nil {
		return nil, fmt.Errorf("data_dir: %w", err)
	}
	h.spool, err = spool.New(spool.Options{
		Dir:    cfg.Spool.Dir,
		Memory: int64(cfg.Spool.Memory),
		Limit:  int64(cfg.Spool.Limit),
	})
	if err != nil {
		return nil, err
	}
	store, err := openStore(cfg, h.log)
	if err != nil {
		return nil, err
	}
	h.store = store
	records, err := journal.Open(context.Background(), store)
	if err != nil {
		store.Close()
		return nil, err
	}
	h.journal = records.Start(h.log)
	h.backup = store.Backup
	h.others = h.store
	h.alerts = h.newAlerts()
	h.metrics = h.newMetrics()
	h.asked = h.newSources(cfg)
	g, err := h.newEngine(cfg)
	if err != nil {
		h.closeStore()
		return nil, err
	}
	h.engine.Store(g)
	return h, nil
}

// newSources asks services of the network, and keeps what they say if there is a store.
func (h *house) newSources(cfg *config.Config) *revocation.Sources {
	o := revocation.Options{
		Fetch: fetch.New(cfg.Trust.FetchAllow), Parse: certstore.ReadCertificates, Cache: h.store, Log: h.log,
	}
	if h.metrics != nil {
		o.Fetch = countedFetcher{o.Fetch, h.metrics}
		o.Cache = countedCache{o.Cache, h.metrics}
	}
	return revocation.New(o)
}

// heldByProxy are the entries of [on] that quarantine, where a proxy takes mail in.
func heldByProxy(cfg *config.Config) (causes []string) {
	if !slices.ContainsFunc(
		cfg.Listener,
		func(l config.Listener) bool { return l.Protocol == config.SMTP && l.Direction == gateway.Inbound },
	) {
		return nil
	}
	for cause, action := range cfg.On.Actions() {
		if action == gateway.QuarantineMail {
			causes = append(causes, cause)
		}
	}
	slices.Sort(causes)
	return causes
}

var errOtherUser = errors.New("belongs to user")

// ownedByUs refuses a data_dir of another user: root would leave files in it that
// the gateway cannot read.
func ownedByUs(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data_dir: %s is not there: make it for the gateway's user "+
			"(install -d -o sealgate -g sealgate -m 700 %s)", dir, dir)
	}
	if err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	if me := os.Geteuid(); int(owner) != me {
		return fmt.Errorf("data_dir: %s %w %d and this is user %d; run sealgate as its owner (sudo -u '#%d' sealgate …)",
			dir, errOtherUser, owner, me, owner)
	}
	return nil
}

// newEngine reads keys, rules and roots: what SIGHUP reads anew.
func (h *house) newEngine(cfg *config.Config) (*engine, error) {
	boxes, defaults, err := mailboxes(cfg, h.log)
	if err != nil {
		return nil, err
	}
	check, roots, err := h.newChecker(cfg, h.asked)
	if err != nil {
		return nil, err
	}
	archive, err := readCertificates(cfg.Outbound.Archive, nil) // whoever may read must be able to
	if err != nil {
		return nil, fmt.Errorf("outbound.archive: %w", err)
	}
	rules, err := rules(cfg)
	if err != nil {
		return nil, err
	}
	places, err := directories(cfg, h.lookUps(), h.log)
	if err != nil {
		return nil, err
	}
	o := gateway.Options{
		AuthservID: cfg.Server.Hostname,
		Language:   cfg.Server.Language,
		Ring:       keyring.NewRing(boxes),
		Domains:    cfg.Server.Domains,
		Defaults:   defaults,
		Rules:      rules,
		Trust:      check,
		Store:      h.store,
		Sources:    places,
		Spool:      h.spool,
		Log:        h.log,
		Counters:   &h.counters,
		Observe:    h.observer(cfg),
		Inbound: gateway.InboundOptions{
			ExplainPart:   cfg.Inbound.ExplainPart,
			KeepSignature: cfg.Inbound.KeepSignature,
			StripAllAR:    cfg.Inbound.StripAllAR,
			BounceTo:      cfg.Inbound.BounceTo,
			UnknownCA:     cfg.Trust.UnknownCA,
			OnKeyChange:   cfg.Trust.OnKeyChange,
		},
		Outbound: outbound(cfg, archive), Headers: headers(cfg), On: cfg.On.Actions(),
		Limits: gateway.Limits{
			ResultSize: int64(cfg.Limits.MessageSize),
			Expanded:   int64(cfg.Limits.Expanded),
			Remember:   time.Duration(cfg.Limits.Remember),
			LookUps:    time.Duration(cfg.Limits.LookUps),
		},
	}
	g, err := gateway.New(o)
	if err != nil {
		return nil, err
	}
	return &engine{g, o, h.newOwnKeys(boxes, check, h.asked, roots)}, nil
}

// mailboxes loads every key.
func mailboxes(cfg *config.Config, log *slog.Logger) ([]*keyring.Mailbox, map[*keyring.Mailbox]gateway.Demand, error) {
	var boxes []*keyring.Mailbox
	defaults := map[*keyring.Mailbox]gateway.Demand{}
	for _, m := range cfg.Mailbox {
		b := &keyring.Mailbox{
			Addresses:          m.Addresses,
			Also:               m.Also,
			Users:              m.Users,
			RecipientDelimiter: m.RecipientDelimiter,
			Verify:             m.Verify,
		}
		for _, path := range m.Keys {
			f, err := keyring.Load(path, keyring.PasswordFile(m.PasswordFile))
			if err != nil {
				return nil, nil, fmt.Errorf("mailbox %s: %w", m.Addresses[0], err)
			}
			b.Credentials = append(b.Credentials, f.Credentials...)
			for _, what := range f.LeftOut {
				log.Info("left out of a key file", "mailbox", m.Addresses[0], "file", path, "what", what)
			}
		}
		boxes = append(boxes, b)
		defaults[b] = gateway.Demand{Sign: m.Sign, Encrypt: m.Encrypt}
	}
	return boxes, defaults, nil
}

func rules(cfg *config.Config) (out []gateway.Rule, err error) {
	for i, r := range cfg.Rule {
		certificates, err := domainCertificates(&r)
		if err != nil {
			return nil, fmt.Errorf("rule %d: certificate: %w", i+1, err)
		}
		out = append(out, gateway.Rule{
			Sender: r.Sender, Recipient: r.Recipient, Domain: r.Domain, SubjectTag: r.SubjectTag, RemoveTag: r.RemoveTag,
			Demand: gateway.Demand{Sign: r.Sign, Encrypt: r.Encrypt},
			Algorithms: gateway.Algorithms{
				Cipher: r.Cipher,
				OAEP:   r.OAEP,
				PSS:    r.PSS,
				Opaque: r.Opaque,
			}, Revocation: r.Revocation,
			DomainCertificates: certificates,
			SignAs:             r.SignAs,
		})
	}
	return out, nil
}

func outbound(cfg *config.Config, archive []*x509.Certificate) gateway.OutboundOptions {
	o := cfg.Outbound
	return gateway.OutboundOptions{
		ReplyToEncrypted: o.ReplyToEncrypted, AutoReplyToEncrypted: o.AutoReplyToEncrypted,
		ForwardOfEncrypted: o.ForwardOfEncrypted, MixedClear: o.MixedClear, NextHopInbound: o.NextHopInbound,
		HeaderProtection: o.HeaderProtection, EncryptToSelf: o.EncryptToSelf, Archive: archive,
		SignAsOther: o.SignAsOther, Opaque: o.Opaque,
	}
}

func headers(cfg *config.Config) gateway.HeaderOptions {
	omit := map[string]bool{}
	for _, name := range cfg.Headers.Omit {
		omit[strings.ToLower(name)] = true
	}
	return gateway.HeaderOptions{
		Prefix: cfg.Headers.Prefix, Omit: omit, TagValid: cfg.Headers.TagValid, TagDecrypted: cfg.Headers.TagDecrypted,
		OmitAuthentic: !cfg.Headers.AuthenticationResults, Profiles: cfg.Headers.Profiles,
	}
}

// newChecker collects the roots, and returns them too. With sources nil nobody is asked of
// revocation.
func (h *house) newChecker(cfg *config.Config, sources trust.Sources) (*trust.Checker, []*x509.Certificate, error) {
	roots, err := readCertificates(cfg.Trust.Roots, h.rootLeftOut)
	if err != nil {
		return nil, nil, fmt.Errorf("trust.roots: %w", err)
	}
	if cfg.Trust.SystemRoots {
		system, err := trust.SystemRoots()
		if err != nil {
			return nil, nil, err
		}
		roots = append(roots, system.Certificates...)
		for _, err := range system.Unread {
			h.log.Warn("a root of the system cannot be read and is not trusted", "error", err)
		}
	}
	partners, err := h.partners(cfg)
	if err != nil {
		return nil, nil, err
	}
	hasRoots := func(p trust.Partner) bool { return len(p.Roots) > 0 }
	if len(roots) == 0 && !slices.ContainsFunc(partners, hasRoots) {
		return nil, nil, errors.New(
			"trust: no roots at all; set trust.system_roots, trust.roots or roots of a [[trust.partner]]")
	}
	check, err := trust.New(
		trust.Options{
			Roots:      roots,
			Partners:   partners,
			AcceptAny:  cfg.Trust.AcceptNoEKU,
			Revocation: cfg.Trust.Revocation,
			Sources:    sources,
		},
	)
	return check, roots, err
}

// rootLeftOut tells of an authority that nobody can read: the others are trusted.
func (h *house) rootLeftOut(path, what string) {
	h.log.Warn("a root cannot be read and is not trusted", "file", path, "what", what)
}

// partners reads what holds for one domain.
func (h *house) partners(cfg *config.Config) (out []trust.Partner, err error) {
	for _, p := range cfg.Trust.Partner {
		roots, err := readCertificates(p.Roots, h.rootLeftOut)
		if err != nil {
			return nil, fmt.Errorf("trust.partner %s: %w", p.Domain, err)
		}
		signers, err := readDomainFiles(p.Signers)
		if err != nil {
			return nil, fmt.Errorf("trust.partner %s: signers: %w", p.Domain, err)
		}
		out = append(out, trust.Partner{
			Domain:    p.Domain,
			Roots:     roots,
			SHA1Until: time.Time(p.SHA1Until),
			Signers:   signers.certificates,
			Above:     signers.rawAbove(),
		})
	}
	return out, nil
}

// readCertificates reads files of certificates. leftOut is told of each that cannot be
// read; when it is nil, that is an error.
func readCertificates(paths []string, leftOut func(path, what string)) (all []*x509.Certificate, err error) {
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		b, err := certstore.ReadBundle(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, what := range b.LeftOut {
			if leftOut == nil {
				return nil, fmt.Errorf("%s: %s", path, what)
			}
			leftOut(path, what)
		}
		all = append(all, b.Certificates...)
	}
	return all, nil
}

func newLogger(c config.Log, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	handler := func(w io.Writer) slog.Handler {
		if c.Format == config.LogJSON {
			return slog.NewJSONHandler(w, options)
		}
		return slog.NewTextHandler(w, options)
	}
	if isJournal(w) {
		return slog.New(newJournalHandler(w, handler))
	}
	return slog.New(handler(w))
}

// serverTLS is the certificate of who listens, an smtp listener or the HTTP side; nil without one.
func serverTLS(who, certFile, keyFile string) (*tls.Config, error) {
	if certFile == "" {
		return nil, nil
	}
	key, err := keyring.ReadPrivate(keyFile)
	if err != nil {
		return nil, fmt.Errorf("%s: tls_key: %w", who, err)
	}
	defer clear(key)
	cert, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("%s: tls_certificate: %w", who, err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s: tls_certificate %s with tls_key %s: %w", who, certFile, keyFile, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// observer tells of each message whoever wants to hear of it.
func (h *house) observer(cfg *config.Config) func(*gateway.Entry) {
	if h.journal == nil { // of check, beside a gateway that runs
		return h.observe
	}
	record := h.journal.Observer(cfg.Journal.Detail, time.Duration(cfg.Journal.Keep))
	return func(e *gateway.Entry) {
		h.observe(e)
		record(e)
	}
}
