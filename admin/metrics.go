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
	seconds  *prometheus.HistogramVec
}

// Gauges are read when somebody asks.
type Gauges struct {
	SpoolOctets    func() int64
	ClearReplies   func() int64 // to encrypted mail
	ReloadFailures func() int64
	KeysEnd        func() map[string]time.Time // of the newest certificate, by mailbox
	Version        string
}

// NewMetrics returns counters at zero.
func NewMetrics(g Gauges) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "messages_total",
			Help: "Messages by direction, result and verdict; empty where there was none.",
		}, []string{"direction", "result", "signature", "encryption"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "process_seconds",
			Help:    "What the engine took for a message.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16), // to 33 s
		}, []string{"direction"}),
	}
	m.registry.MustRegister(m.messages, m.seconds, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.gauge("spool_octets", "Octets of messages that are under way.", g.SpoolOctets)
	m.counter("clear_replies_total", "Replies to encrypted mail that left in clear.", g.ClearReplies)
	m.counter("reload_failures_total", "Reloads that failed; everything stayed as it was.", g.ReloadFailures)
	m.registry.MustRegister(keysEnd{g.KeysEnd, prometheus.NewDesc(
		namespace+"_mailbox_certificate_end_seconds",
		"When the newest certificate of a mailbox ends, as Unix time.",
		[]string{"mailbox"}, nil,
	)})
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "info", Help: "Always 1; the version is its label.",
		ConstLabels: prometheus.Labels{"version": g.Version},
	}, func() float64 { return 1 }))
	return m
}

// Observe counts one message.
func (m *Metrics) Observe(e *gateway.Entry) {
	m.messages.WithLabelValues(string(e.Direction), string(e.Result), string(e.Signature), string(e.Encryption)).Inc()
	m.seconds.WithLabelValues(string(e.Direction)).Observe(e.Time.Seconds())
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

// keysEnd is one gauge a mailbox.
type keysEnd struct {
	ends func() map[string]time.Time
	desc *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (k keysEnd) Describe(ch chan<- *prometheus.Desc) { ch <- k.desc }

// Collect implements prometheus.Collector.
func (k keysEnd) Collect(ch chan<- prometheus.Metric) {
	for mailbox, end := range k.ends() {
		ch <- prometheus.MustNewConstMetric(k.desc, prometheus.GaugeValue, float64(end.Unix()), mailbox)
	}
}
