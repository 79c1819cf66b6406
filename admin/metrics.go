package admin

// This file counts what monitoring wants to know.

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sealgate/gateway"
)

// namespace begins the name of every metric.
const namespace = "sealgate"

// Metrics are the gateway's, in a registry of their own.
type Metrics struct {
	registry *prometheus.Registry
	messages *prometheus.CounterVec
	verdicts *prometheus.CounterVec
	refusals *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	lookUps  *prometheus.HistogramVec
	caches   *prometheus.CounterVec
}

// Gauges are read when somebody asks.
type Gauges struct {
	SpoolOctets    func() int64
	SpoolLimit     int64
	StoreOctets    func() int64            // on disk
	Sessions       func() map[string]int64 // at the moment, by the address of the listener
	SessionsLimit  func() map[string]int64 // by the same
	ClearReplies   func() int64            // to encrypted mail
	ReloadFailures func() int64
	JournalLost    func() int64            // records
	ExpiryMails    func() int64            // that a next hop has taken
	ExpiryFailures func() int64            // attempts to hand one over
	KeysEnd        func() map[string]int64 // of the newest certificate, by mailbox, as Unix time
	SilentPlaces   func() map[string]bool  // the directories, and whether each could not be asked
	Version        string
}

// NewMetrics returns counters at zero.
func NewMetrics(g Gauges) *Metrics {
	latency := prometheus.ExponentialBuckets(0.001, 2, 16) // to 33 s
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "messages_total",
			Help: "Messages by direction and what became of them.",
		}, []string{"direction", "result"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "verdicts_total",
			Help: "Inbound messages for served mailboxes, by what was found of signature and encryption.",
		}, []string{"signature", "encryption"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "refusals_total",
			Help: "Messages that were not taken, by direction and the token of the answer.",
		}, []string{"direction", "token"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "process_seconds", Help: "What the engine took for a message.", Buckets: latency,
		}, []string{"direction"}),
		lookUps: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "lookup_seconds",
			Help:    "What a question over the network took, by who was asked and whether he knew (found, none, failed).",
			Buckets: latency,
		}, []string{"source", "result"}),
		caches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "cache_answers_total",
			Help: "Questions to a cache, by its name and whether it knew (hit, miss).",
		}, []string{"cache", "result"}),
	}
	m.registry.MustRegister(m.messages, m.verdicts, m.refusals, m.seconds, m.lookUps, m.caches,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()
	m.values(g)
	return m
}

// begin shows each result at zero: Prometheus sees no increase in what was not there before.
func (m *Metrics) begin() {
	for _, d := range []gateway.Direction{gateway.Inbound, gateway.Outbound} {
		for _, r := range []gateway.Result{
			gateway.Accepted, gateway.Rejected, gateway.Deferred, gateway.Quarantined, gateway.Failed,
		} {
			m.messages.WithLabelValues(string(d), string(r))
		}
	}
}

// values registers what is read when somebody asks.
func (m *Metrics) values(g Gauges) {
	m.gauge("spool_octets", "Octets of messages that are under way.", g.SpoolOctets)
	m.gauge("spool_limit_octets", "Octets of messages that may be under way.", func() int64 { return g.SpoolLimit })
	m.gauge("store_octets", "Octets of the store's folder on disk.", g.StoreOctets)
	m.counter("clear_replies_total", "Replies to encrypted mail that left in clear.", g.ClearReplies)
	m.counter("reload_failures_total", "Reloads that failed; everything stayed as it was.", g.ReloadFailures)
	m.counter("journal_lost_total", "Records of the journal that were lost; mail was not.", g.JournalLost)
	m.counter("expiry_mails_total", "Mails about certificates that end which were handed over.", g.ExpiryMails)
	m.counter("expiry_mail_failures_total", "Attempts to hand such a mail over that failed.", g.ExpiryFailures)
	m.registry.MustRegister(
		newGauges("sessions", "Sessions at the moment, by the address of the listener.", "listener", g.Sessions),
		newGauges("sessions_limit", "Sessions that a listener takes.", "listener", g.SessionsLimit),
		newGauges("mailbox_certificate_end_seconds", "When the newest certificate of a mailbox ends, as Unix time.",
			"mailbox", g.KeysEnd),
		newGauges("directory_fault", "1 when a directory could not be asked for certificates at its last probe.", "source",
			func() map[string]int64 {
				values := map[string]int64{}
				for place, silent := range g.SilentPlaces() {
					values[place] = 0
					if silent {
						values[place] = 1
					}
				}
				return values
			}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Name: "info", Help: "Always 1; the version is its label.",
			ConstLabels: prometheus.Labels{"version": g.Version},
		}, func() float64 { return 1 }),
	)
}

// Observe counts one message.
func (m *Metrics) Observe(e *gateway.Entry) {
	m.messages.WithLabelValues(string(e.Direction), string(e.Result)).Inc()
	if e.Signature != "" {
		m.verdicts.WithLabelValues(string(e.Signature), string(e.Encryption)).Inc()
	}
	m.seconds.WithLabelValues(string(e.Direction)).Observe(e.Time.Seconds())
	if e.Token != "" {
		m.refusals.WithLabelValues(string(e.Direction), string(e.Token)).Inc()
	}
}

// The results of a look-up.
const (
	lookUpFound  = "found"
	lookUpNone   = "none"
	lookUpFailed = "failed"
)

// Asked counts a question over the network; it implements directory.Observer.
func (m *Metrics) Asked(source string, found int, err error, took time.Duration) {
	result := lookUpFound
	switch {
	case err != nil:
		result = lookUpFailed
	case found == 0:
		result = lookUpNone
	}
	m.lookUps.WithLabelValues(source, result).Observe(took.Seconds())
}

// Kept counts a question to a cache; it implements directory.Observer.
func (m *Metrics) Kept(cache string, known bool) {
	result := "miss"
	if known {
		result = "hit"
	}
	m.caches.WithLabelValues(cache, result).Inc()
}

func (m *Metrics) gauge(name, help string, value func() int64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help},
		func() float64 { return float64(value()) },
	))
}

func (m *Metrics) counter(name, help string, value func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help},
		func() float64 { return float64(value()) },
	))
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// gauges are one a label, read when somebody asks.
type gauges struct {
	values func() map[string]int64
	desc   *prometheus.Desc
}

func newGauges(name, help, label string, values func() map[string]int64) gauges {
	return gauges{values, prometheus.NewDesc(namespace+"_"+name, help, []string{label}, nil)}
}

// Describe implements prometheus.Collector.
func (g gauges) Describe(ch chan<- *prometheus.Desc) { ch <- g.desc }

// Collect implements prometheus.Collector.
func (g gauges) Collect(ch chan<- prometheus.Metric) {
	for label, value := range g.values() {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(value), label)
	}
}
