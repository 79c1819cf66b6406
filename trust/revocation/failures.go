package revocation

// This file remembers which sources failed: for a while, so that they are not asked
// again, and until they answer, so that it can be said since when one is silent.

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"
	"unicode"

	"sealgate/trust"
)

// Bounds of what is remembered.
const (
	pause       = 2 * time.Minute // after a failure, before a source is asked again
	maxFailures = 10000           // URLs and certificates
	maxSource   = 200             // characters that name a source: certificates name URLs of any length
	maxCause    = 300             // characters of an error
)

// pinRemedy is what an admin can do about a source outside of the house.
const pinRemedy = "sealgate cert pin uses the certificate without asking anybody"

// failures are the sources that failed.
type failures struct {
	now func() time.Time

	mu  sync.Mutex
	all map[[32]byte]failure // by the digest of a URL, or of what names a certificate
}

type failure struct {
	why   string
	since time.Time // of the first failure after the last answer
	until time.Time // nobody is asked before
}

// failed is why a URL or a certificate is not asked for at the moment.
func (f *failures) failed(key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, known := f.all[sha256.Sum256([]byte(key))]
	if known && f.now().Before(last.until) {
		return errors.New(last.why)
	}
	return nil
}

// fail remembers a failure in few octets: a URL may have any length.
func (f *failures) fail(key string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failUntil(key, brief(err), f.now().Add(pause))
}

// failUntil needs mu.
func (f *failures) failUntil(key, why string, until time.Time) failure {
	digest := sha256.Sum256([]byte(key))
	last, known := f.all[digest]
	if !known && len(f.all) >= maxFailures {
		clear(f.all)
	}
	if !known {
		last.since = f.now()
	}
	last.why = why
	last.until = until
	f.all[digest] = last
	return last
}

// succeed ends the silence of a source.
func (f *failures) succeed(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, sha256.Sum256([]byte(key)))
}

// silence is what is known of a source that did not answer. One that is still being
// asked is silent from now on, and may be asked again.
func (f *failures) silence(key, source, remedy string) trust.Silence {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, known := f.all[sha256.Sum256([]byte(key))]
	if !known {
		last = f.failUntil(key, "no answer in time", f.now())
	}
	return trust.Silence{Source: oneLine(source, maxSource), Since: last.since, Why: last.why, Remedy: remedy}
}

// brief is one line of an error, bounded and printable: it holds hostile text.
func brief(err error) string { return oneLine(err.Error(), maxCause) }

// shortURL is a URL for an error: certificates name URLs of any length.
func shortURL(url string) string { return url[:min(len(url), maxSource)] }

// oneLine is hostile text, printable and of so many characters at most.
func oneLine(all string, most int) string {
	text := []rune(all[:min(len(all), 2000)])
	for i, r := range text {
		if !unicode.IsPrint(r) {
			text[i] = ' '
		}
	}
	return string(text[:min(len(text), most)])
}
