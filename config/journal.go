package config

// This file is the [journal] section.

import (
	"fmt"
	"time"

	"sealgate/journal"
)

// Journal is [journal]: what is kept of each message, and how long.
type Journal struct {
	Detail journal.Detail `toml:"detail"`
	Keep   Duration       `toml:"keep"`
}

// shortestKeep is of records: what is over within the hour is no journal.
const shortestKeep = time.Hour

func defaultJournal() Journal {
	return Journal{Detail: journal.Full, Keep: Duration(journal.DefaultKeep)}
}

func (c *Config) records() error {
	if keep := time.Duration(c.Journal.Keep); keep < shortestKeep {
		return at("journal", 0, "keep",
			fmt.Errorf("journal.keep %v is too short, at least %v (detail = \"off\" keeps nothing)", keep, shortestKeep))
	}
	return nil
}
