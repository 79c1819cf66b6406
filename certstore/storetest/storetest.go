// Package storetest holds what every certstore.Store must do, whatever it
// keeps its records in.
package storetest

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/certstore"
)

// CacheBounds are those of the Store that is tested.
var CacheBounds = certstore.CacheBounds{Answers: 40, Octets: 8 << 20}

// Run tests a Store. open returns an empty one with CacheBounds, which Run closes.
func Run(t *testing.T, open func(t *testing.T) certstore.Store) {
	for name, test := range map[string]func(*testing.T, certstore.Store){
		"EveryFieldComesBack":         everyField,
		"ByAddressIsExactAndSorted":   byAddress,
		"AddressesAreHostile":         hostileAddresses,
		"PutKeepsWhatAnAdminDecided":  putKeeps,
		"AnotherSignatureAround":      anotherSignature,
		"BlockStays":                  blockStays,
		"OlderProofChangesNothing":    olderProof,
		"WrongRecordsAreRefused":      wrongRecords,
		"RecordsAreTheCallersOwn":     ownRecords,
		"List":                        list,
		"DeleteAndStateOfUnknownOnes": deleteAndState,
		"TimeToLive":                  timeToLive,
		"MemoriesOfOneMail":           memoriesOfOneMail,
		"CachesAreBoundedInNumber":    manyAnswers,
		"CachesAreBoundedInOctets":    largeAnswers,
		"ManyWriters":                 manyWriters,
		"TheBestOfManyCandidates":     manyCandidates,
		"PendingOnesAreBounded":       manyPending,
		"SecretStays":                 secretStays,
		"OneContentForOneKey":         oneContent,
		"ContentsAreRead":             contentsAreRead,
		"ContentsOfManyWriters":       contentsOfManyWriters,
		"CloseWhileInUse":             closeInUse,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			test(t, s)
			if err := s.Close(); err != nil {
				t.Error("Close:", err)
			}
			if err := s.Close(); err != nil {
				t.Error("Close again:", err)
			}
		})
	}
}

// DER is the frame of a certificate with text in place of what an authority signs: a
// Store does not look further into it.
func DER(text, signature string) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes([]byte(text)) })
		b.AddASN1BitString([]byte(signature))
	})
	return b.BytesOrPanic()
}

// identity is that of DER(text, …).
func identity(text string) [32]byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes([]byte(text)) })
	return sha256.Sum256(b.BytesOrPanic())
}

// text is what DER was given.
func text(r *certstore.Record) string {
	in := cryptobyte.String(r.DER)
	var certificate, tbs cryptobyte.String
	if !in.ReadASN1(&certificate, asn1.SEQUENCE) || !certificate.ReadASN1(&tbs, asn1.SEQUENCE) {
		return "no certificate"
	}
	return string(tbs)
}

// Record is a record that could have been harvested just now.
func Record(text string, addresses ...string) *certstore.Record {
	now := time.Now().Truncate(time.Second)
	der := DER(text, "signature")
	return &certstore.Record{
		DER:         der,
		Identity:    identity(text),
		Fingerprint: sha256.Sum256(der),
		Addresses:   addresses,
		State:       certstore.Active,
		Source:      certstore.Harvested,
		FirstSeen:   now,
		LastSeen:    now,
		ProofTime:   now,
		NotAfter:    now.Add(time.Hour),
	}
}

func put(t *testing.T, s certstore.Store, all ...*certstore.Record) {
	t.Helper()
	for _, r := range all {
		if err := s.Put(context.Background(), r); err != nil {
			t.Fatalf("Put %s: %v", r.DER, err)
		}
	}
}

func get(t *testing.T, s certstore.Store, text string) *certstore.Record {
	t.Helper()
	r, err := s.ByIdentity(context.Background(), identity(text))
	if err != nil {
		t.Fatalf("ByIdentity %s: %v", text, err)
	}
	return r
}
