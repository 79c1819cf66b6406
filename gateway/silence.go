package gateway

// This file says what becomes of a mail for which a source has not answered.

import (
	"sync"
	"time"

	"sealgate/trust"
)

// storeSilence remembers since when the certificate store does not answer.
type storeSilence struct {
	mu    sync.Mutex
	since time.Time // zero: it answers; guarded by mu
}

// answered takes in what a question to the store came to.
func (s *storeSilence) answered(err error, now time.Time) trust.Answered {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.since = time.Time{}
		return trust.AllAnswered()
	}
	if s.since.IsZero() {
		s.since = now
	}
	return trust.NotAnswered(trust.Silence{Source: "the certificate store", Since: s.since, Why: err.Error()})
}

// notAnswered keeps the mail with its sender. The reply names the first source that is
// silent, the log each.
func (m *outboundMail) notAnswered(open []openLookUp) *refusal {
	for _, l := range open {
		for _, s := range l.silent {
			m.log.Warn(
				"a source does not answer",
				"recipient",
				l.to,
				"source",
				s.Source,
				"since",
				s.Since,
				"error",
				s.Why,
				"remedy",
				s.Remedy,
			)
		}
	}
	text := "cannot encrypt now for " + printable(open[0].to, maxListedText/4) + ": "
	if len(open[0].silent) == 0 {
		return refuse(451, "4.3.0", text+"not every source of certificates has answered; try again later")
	}
	first := open[0].silent[0]
	text += printable(first.String(), maxListedText/2) + "; try again later"
	if first.Remedy != "" {
		text += " (administrator: " + first.Remedy + ")"
	}
	return refuse(451, "4.3.0", text)
}
