package config

// This file reads values that TOML has no type for: sizes, times, days, and the words that no
// package below has a type for.

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sealgate/internal/words"
)

// Size is a number of octets: "100 MiB", "256 KiB", or a plain number.
type Size int64

var units = []struct {
	name string
	n    int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

// UnmarshalText reads a Size.
func (s *Size) UnmarshalText(text []byte) error {
	for _, u := range units {
		number, ok := strings.CutSuffix(string(text), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || n < 0 || n > (1<<62)/u.n {
			break
		}
		*s = Size(n * u.n)
		return nil
	}
	return fmt.Errorf("%q is not a size such as \"100 MiB\"", text)
}

// Duration is a time span: "60s", "5m", "180d".
type Duration time.Duration

// UnmarshalText reads a Duration.
func (d *Duration) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		if n, err := strconv.ParseInt(days, 10, 32); err == nil && n >= 0 {
			*d = Duration(time.Duration(n) * 24 * time.Hour)
			return nil
		}
	}
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a time span such as \"60s\" or \"180d\"", text)
	}
	*d = Duration(v)
	return nil
}

// Date is a day in UTC: 2027-06-30, TOML's own date or a string.
type Date time.Time

// UnmarshalText reads a Date. Of TOML's own kind it gets the moment at which the day begins
// here.
func (d *Date) UnmarshalText(text []byte) error {
	day, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		day, err = time.Parse("2006-01-02T00:00:00Z07:00", string(text))
	}
	if err != nil {
		return fmt.Errorf("%q is not a day such as 2027-06-30", text)
	}
	year, month, date := day.Date()
	*d = Date(time.Date(year, month, date, 0, 0, 0, 0, time.UTC))
	return nil
}

// IsZero reports whether no day is set.
func (d Date) IsZero() bool { return time.Time(d).IsZero() }

// Protocol is how a listener speaks with Postfix.
type Protocol string

// The protocols.
const (
	Milter Protocol = "milter"
	SMTP   Protocol = "smtp"
)

// UnmarshalText reads a Protocol.
func (p *Protocol) UnmarshalText(text []byte) error { return words.Set(p, text, Milter, SMTP) }

// Driver is what keeps the certificates.
type Driver string

// The drivers.
const (
	Badger   Driver = "badger"   // embedded, of one gateway
	Postgres Driver = "postgres" // a database, of any number
)

// UnmarshalText reads a Driver.
func (d *Driver) UnmarshalText(text []byte) error { return words.Set(d, text, Badger, Postgres) }

// LogFormat is how a line of the log is written.
type LogFormat string

// The formats.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// UnmarshalText reads a LogFormat.
func (f *LogFormat) UnmarshalText(text []byte) error { return words.Set(f, text, LogText, LogJSON) }
