package main

// This file builds the running parts from the configuration: the same code for
// serve and for check.

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"sealgate/certstore"
	"sealgate/config"
	"sealgate/gateway"
	"sealgate/journal"
	"sealgate/keyring"
	"sealgate/spool"
	"sealgate/trust/fetch"
	"sealgate/trust/revocation"
)

// build opens everything that the configuration names.
func build(cfg *config.Config, patience time.Duration) (*house, error) {
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
	store, err := openStore(cfg, patience, h.log)
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

// closeTime is how long the store may take to close: with a disk that fails it
// would try for ever, and what was acknowledged is on disk anyway.
const closeTime = 10 * time.Second

// journalTime is how much of it the last records may take.
const journalTime = closeTime / 2

func (h *house) closeStore() {
	h.asked.Close()
	h.journal.Close(journalTime)
	done := make(chan error, 1)
	go func() { done <- h.store.Close() }()
	select {
	case err := <-done:
		if err != nil {
			h.log.Error("store", "error", err)
		}
	case <-time.After(closeTime):
		h.log.Error("the store does not close; its disk may be full")
	}
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

// newEngine reads keys, rules and roots: what SIGHUP reads anew.
func (h *house) newEngine(cfg *config.Config) (*engine, error) {
	boxes, defaults, err := mailboxes(cfg, h.log)
	if err != nil {
		return nil, err
	}
	check, roots, err := newChecker(cfg, h.asked, h.log)
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
	return &engine{g, o, newOwnKeys(boxes, check, h.completer(roots)), roots}, nil
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
