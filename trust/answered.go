package trust

// This file says who was heard before a verdict: a source that did not answer has not
// said "no".

import (
	"fmt"
	"time"
)

// Silence is a source that did not answer: it failed, or took too long.
type Silence struct {
	Source string    // what was asked, as an admin knows it
	Since  time.Time // of the first question that it left open; it has answered none after that
	Why    string    // the last failure, for the log
	Remedy string    // what an admin can do; "" when there is nothing but to wait
}

// String is the silence in a sentence of people's.
func (s Silence) String() string {
	return fmt.Sprintf("no answer from %s since %s", s.Source, s.Since.UTC().Format("2006-01-02 15:04 UTC"))
}

// Answered says whether every source that could have made a certificate usable has
// answered. Only then is a certificate that is not usable, or none at all, a "no". The
// zero value is that none has, so that who forgets to fill it in sends nothing in clear.
type Answered struct {
	all    bool
	silent []Silence
}

// AllAnswered says that nobody is left whose answer could have changed anything.
func AllAnswered() Answered { return Answered{all: true} }

// NotAnswered names sources that were asked in vain.
func NotAnswered(silent ...Silence) Answered { return Answered{silent: silent} }

// All reports whether everybody has answered.
func (a Answered) All() bool { return a.all }

// Silent are the sources that have not, as far as they are known.
func (a Answered) Silent() []Silence { return a.silent }

// And joins what two sources or groups of sources came to.
func (a Answered) And(b Answered) Answered {
	return Answered{all: a.all && b.all, silent: append(a.silent[:len(a.silent):len(a.silent)], b.silent...)}
}
