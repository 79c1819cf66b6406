package certstore

// This file is the layout of keys and records in the embedded store.
//
// Keys: "a" NUL domain NUL local NUL identity → nothing (index by address);
// "i" identity → record; "f" fingerprint → identity; "m" hash → memory; "k" text → cached answer;
// "d" HMAC of a content-encryption key → content; "s" → the secret of that HMAC;
// "v" → schema version; "j" nanoseconds since 1970 → line of the journal; "t" term nanoseconds →
// nothing (index by term). Records are JSON: self-describing, so that a later
// version can read an older one, and small beside the certificate that they hold.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// recordPrefix is where the records begin.
var recordPrefix = []byte("i")

func recordKey(identity [32]byte) []byte { return append(slices.Clone(recordPrefix), identity[:]...) }

func fingerprintKey(fp [32]byte) []byte { return append([]byte("f"), fp[:]...) }

func memoryKey(key [32]byte) []byte { return append([]byte("m"), key[:]...) }

// secretKey and contentPrefix belong to what is never forgotten.
var (
	secretKey     = []byte("s")
	contentPrefix = []byte("d")
)

func contentKey(key [32]byte) []byte { return append(slices.Clone(contentPrefix), key[:]...) }

func cacheKey(key string) []byte { return append([]byte("k"), key...) }

// addressPrefix is where the index entries of one address begin.
func addressPrefix(address string) ([]byte, error) {
	if err := ValidateAddress(address); err != nil {
		return nil, err
	}
	at := strings.LastIndexByte(address, '@')
	return []byte("a\x00" + address[at+1:] + "\x00" + address[:at] + "\x00"), nil
}

func addressKey(address string, identity [32]byte) ([]byte, error) {
	p, err := addressPrefix(address)
	return append(p, identity[:]...), err
}

// EncodeRecord is a record as it is kept.
func EncodeRecord(r *Record) ([]byte, error) { return json.Marshal(r) }

// DecodeRecord reads what EncodeRecord wrote.
func DecodeRecord(v []byte) (*Record, error) {
	var r Record
	d := json.NewDecoder(bytes.NewReader(v))
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("certstore: record damaged: %w", err)
	}
	return &r, nil
}

// Best sorts pinned before active ones before the rest, then the newest proof
// first, and cuts the list.
func Best(list []*Record) []*Record {
	rank := func(r *Record) int {
		switch r.State {
		case Pinned:
			return 0
		case Active:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b *Record) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if d := b.ProofTime.Compare(a.ProofTime); d != 0 {
			return d
		}
		return b.NotBefore.Compare(a.NotBefore)
	})
	n := min(len(list), MaxCandidates)
	clear(list[n:])
	return list[:n]
}
