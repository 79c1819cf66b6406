package gateway

// This file holds each content-encryption key to the one content, and the senders, that
// it was first seen with. Nobody who encrypts uses a key twice; who alters a recorded
// ciphertext to learn what it says, or sends it again to be answered, cannot do without.

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// contentMemory answers as Store.BindContent does.
type contentMemory func(ctx context.Context, keys [][32]byte, c certstore.Content) ([]certstore.Content, error)

// knownContents is a contentMemory that keeps nothing.
func (g *Gateway) knownContents(
	ctx context.Context,
	keys [][32]byte,
	c certstore.Content,
) (first []certstore.Content, err error) {
	known, err := g.o.Store.Contents(ctx, keys)
	for _, k := range known {
		first = append(first, *cmp.Or(k, &c))
	}
	return first, err
}

// bindContent asks the memory what the keys are for, in the mail e, and returns why they may
// not be tried on it: they were first seen with something else. What the store cannot
// answer is an error, never "not known".
func (g *Gateway) bindContent(
	ctx context.Context,
	e *smime.Entity,
	memory contentMemory,
	keys []cms.ContentKey,
	content [sha256.Size]byte,
) (withheld, error) {
	secret, err := g.o.Store.Secret(ctx)
	if err != nil {
		return "", err
	}
	hashes := make([][32]byte, len(keys))
	for i, k := range keys {
		hashes[i] = k.MAC(secret[:])
	}
	now := certstore.Content{Digest: content, Senders: g.answered(e, secret)}
	first, err := memory(ctx, hashes, now)
	if errors.Is(err, certstore.ErrFull) {
		return withheldFull, nil
	}
	if err != nil {
		return "", err
	}
	return compare(now, first), nil
}

// compare returns why now is not to be decrypted with keys that were first seen with
// these contents, "" if it may be.
func compare(now certstore.Content, first []certstore.Content) withheld {
	if slices.ContainsFunc(first, func(c certstore.Content) bool { return c.Digest != now.Digest }) {
		return withheldAltered
	}
	for _, c := range first {
		for _, s := range now.Senders {
			if !slices.Contains(c.Senders, s) {
				return withheldSender
			}
		}
	}
	return ""
}

// answerFields are those whose addresses an answer, or a receipt, can go to (RFC 5322
// §3.6.2, RFC 8098 §2.1; the Mail- fields are what many programs heed).
var answerFields = []string{
	"From", "Reply-To", "Sender", "Mail-Reply-To", "Mail-Followup-To", "Disposition-Notification-To",
}

// copyFields are those whose addresses an answer to all goes to (RFC 5322 §3.6.3), and
// that helpdesks take into a ticket. Our own are not others.
var copyFields = []string{"To", "Cc"}

// answered are the hashes of all addresses that an answer to e can go to. Of too many
// there is one hash, over all of them: the same mail again has the same.
func (g *Gateway) answered(e *smime.Entity, secret [32]byte) (hashes [][32]byte) {
	var all []string
	for _, name := range answerFields {
		all = append(all, answerAddresses(e, name)...)
	}
	for _, name := range copyFields {
		all = append(all, g.leaving(copyAddresses(e, name))...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) > certstore.MaxSenders {
		all = []string{strings.Join(all, "\x00")}
	}
	for _, a := range all {
		mac := hmac.New(sha256.New, secret[:])
		mac.Write([]byte("sender\x00" + a))
		hashes = append(hashes, [32]byte(mac.Sum(nil)))
	}
	return hashes
}

// answerAddresses are the addresses of the fields of a name. Fields that cannot be read,
// in which a helpdesk may find an address, count as they stand, and so does it when there
// is no From.
func answerAddresses(e *smime.Entity, name string) []string {
	fields := e.Get(name)
	list, ok := verdict.Addresses(e, name)
	if ok && len(list) > 0 || len(fields) == 0 && name != "From" {
		return list
	}
	return []string{asItStands(name, fields)}
}

// copyAddresses are the same of fields that may be empty ("undisclosed-recipients:;").
func copyAddresses(e *smime.Entity, name string) []string {
	list, ok := verdict.Addresses(e, name)
	if !ok {
		return []string{asItStands(name, e.Get(name))}
	}
	return list
}

func asItStands(name string, fields []smime.Field) string {
	for _, f := range fields {
		name += "\x00" + f.Value()
	}
	return name
}
