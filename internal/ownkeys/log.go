package ownkeys

// This file writes findings to the log, each once.

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
)

// Log tells of findings. Keys are looked at each day; what was told is not told again
// until it has gone and come back, or the next threshold is passed.
type Log struct {
	Log      *slog.Logger
	reported map[string]bool
}

// Tell logs what is new among the findings of all keys.
func (l *Log) Tell(keys []*Key) {
	present := map[string]bool{}
	for _, k := range keys {
		for _, f := range k.Findings {
			id := k.name() + string(f.Level) + string(f.Rule) + fmt.Sprint(f.Days)
			if f.Rule == RuleMissing {
				id += f.Cause
			}
			present[id] = true
			if !l.reported[id] {
				l.tell(k, f)
			}
		}
	}
	l.reported = present
}

// name is what a key is known by: its fingerprint, or its mailbox.
func (k *Key) name() string {
	if k.Credential == nil {
		return strings.Join(k.Mailbox.Addresses, " ")
	}
	return k.Fingerprint()
}

// Fingerprint is the SHA-256 of a key's certificate in hex, empty without one.
func (k *Key) Fingerprint() string {
	if k.Credential == nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(k.Credential.Certificate.Raw))
}

func (l *Log) tell(k *Key, f Finding) {
	mailbox := ""
	if len(k.Mailbox.Addresses) > 0 {
		mailbox = k.Mailbox.Addresses[0]
	}
	attrs := []any{"severity", string(f.Level), "rule", string(f.Rule), "mailbox", mailbox}
	if k.Credential != nil {
		attrs = append(attrs, "file", k.Credential.Path, "fingerprint", k.Fingerprint())
	}
	attrs = append(attrs, "problem", f.Cause, "remedy", f.Remedy)
	if f.Level == Note {
		l.Log.Info("key", attrs...)
		return
	}
	l.Log.Warn("key problem", attrs...)
}
