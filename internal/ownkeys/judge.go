package ownkeys

// This file judges one key as somebody would who has its mail.

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealgate/internal/spki"
	"sealgate/keyring"
	"sealgate/trust"
)

// Thresholds are how many days before its end a certificate is told of, each once. An
// authority needs some days to issue the next one.
var Thresholds = []int{1, 7, 14, 30}

// Judge judges keys.
type Judge struct {
	Checker *trust.Checker
	Now     func() time.Time
}

// Judge returns the keys with what is wrong with each, and an entry without Credential for
// each mailbox that lacks one. Revocation is asked for no longer than ctx.
func (j *Judge) Judge(ctx context.Context, boxes []*keyring.Mailbox, keys []*Key) []*Key {
	now := j.Now()
	var judged []*Key
	for _, key := range keys {
		k := new(Key)
		*k = *key
		judged = append(judged, k)
		if k.Mailbox.IsDomain() { // partners have it by hand, whatever it names and whoever issued it
			k.Findings = slices.Concat(judgeValidity(k, now), judgeAlgorithm(k))
			continue
		}
		k.Findings = slices.Concat(
			judgeAddress(k), judgeValidity(k, now), judgeUsage(k), judgeAlgorithm(k), judgeChain(k))
		if !k.Failed() { // else the path would only repeat it
			k.Findings = append(k.Findings, j.trusted(ctx, k, now)...)
		}
	}
	for _, box := range boxes {
		judged = append(judged, together(box, keysOf(box, judged))...)
	}
	return judged
}

const day = 24 * time.Hour

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// judgeAddress holds the certificate against the mailbox (RFC 8550 §3): a receiver compares it
// with From.
func judgeAddress(k *Key) []Finding {
	names := trust.Addresses(k.Credential.Certificate)
	if len(names) == 0 {
		return []Finding{{
			Rule: RuleAddress, Level: Failure, Cause: "the certificate names no mail address",
			Remedy: "order one for the mailbox's address (an rfc822Name in subjectAltName)",
		}}
	}
	if slices.ContainsFunc(k.Mailbox.Addresses, func(a string) bool { return slices.Contains(names, a) }) {
		return nil
	}
	return []Finding{{
		Rule: RuleAddress, Level: Warning,
		Cause: fmt.Sprintf("the certificate names %s, no address of its mailbox: nothing is signed with it",
			trust.Listed(names)),
		Remedy: "give the key to the mailbox that has this address; as one of former days it still opens mail",
	}}
}

// judgeValidity looks at the clock.
func judgeValidity(k *Key, now time.Time) []Finding {
	cert := k.Credential.Certificate
	const order = "order a new certificate and add its file to the mailbox's keys; keep the old one, it opens old mail"
	switch left := cert.NotAfter.Sub(now); {
	case now.After(cert.NotAfter):
		return []Finding{{
			Rule: RuleValidity, Level: Failure, Remedy: order,
			Cause: fmt.Sprintf("the certificate expired on %s", date(cert.NotAfter)),
		}}
	case now.Before(cert.NotBefore):
		return []Finding{{
			Rule: RuleValidity, Level: Failure, Remedy: "wait, or set the clock of this machine if it is wrong",
			Cause: fmt.Sprintf("the certificate is not valid before %s (not yet valid)", date(cert.NotBefore)),
		}}
	default:
		return expiry(cert, left, order)
	}
}

// expiry names the smallest threshold that was passed.
func expiry(cert *x509.Certificate, left time.Duration, order string) []Finding {
	for _, days := range Thresholds {
		if left > time.Duration(days)*day {
			continue
		}
		return []Finding{{
			Rule: RuleExpiry, Level: Warning, Days: days, Remedy: order,
			Cause: fmt.Sprintf("the certificate expires on %s, within %s", date(cert.NotAfter), inDays(days)),
		}}
	}
	return nil
}

func inDays(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// judgeUsage looks at what the certificate says that its key is for (RFC 8550 §4.4).
func judgeUsage(k *Key) (found []Finding) {
	if !spki.ForMail(k.Credential.Certificate) {
		found = append(found, Finding{
			Rule: RuleUsage, Level: Failure, Remedy: "order one for S/MIME; one for a web server will not do",
			Cause: "the certificate is not for e-mail (its extended key usage lacks emailProtection); " +
				"receivers call its signatures untrusted",
		})
	}
	if !k.Sign && !k.Decrypt {
		found = append(found, Finding{
			Rule: RuleUsage, Level: Failure, Remedy: "order one for signing and encryption",
			Cause: "the certificate's key usage allows neither to sign nor to encrypt",
		})
	}
	return found
}

// brokenHashes are signature algorithms whose hash is forged; current programs refuse them.
var brokenHashes = []x509.SignatureAlgorithm{
	x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
}

// judgeAlgorithm looks at what the certificate is signed with.
func judgeAlgorithm(k *Key) []Finding {
	for _, c := range append([]*x509.Certificate{k.Credential.Certificate}, k.Chain...) {
		if slices.Contains(brokenHashes, c.SignatureAlgorithm) {
			return []Finding{{
				Rule: RuleAlgorithm, Level: Failure, Remedy: "have the authority issue a new one, signed with SHA-256",
				Cause: fmt.Sprintf("the certificate of %q is signed with %s, which receivers refuse",
					brief(c.Subject.String()), c.SignatureAlgorithm),
			}}
		}
	}
	return nil
}

// maxName bounds what is quoted of a name.
const maxName = 200

func brief(name string) string {
	if len(name) > maxName {
		return strings.ToValidUTF8(name[:maxName], "") + "…"
	}
	return name
}

// judgeChain says which certificate is missing for those who know the root only.
func judgeChain(k *Key) []Finding {
	if k.Last == nil || slices.Contains(brokenHashes, k.Last.SignatureAlgorithm) {
		return nil
	}
	where := "the key's file"
	if k.Credential.Path != "" {
		where = k.Credential.Path
	}
	return []Finding{{
		Rule: RuleChain, Level: Warning,
		Cause: fmt.Sprintf("the certificate of the authority %q is not known: "+
			"receivers who do not have it either call our signatures not trusted", brief(k.Last.Issuer.String())),
		Remedy: fmt.Sprintf("get the authority's certificates, up to the root, from who issued this one, "+
			"and append them as PEM to %s%s", where, reached(k.Last)),
	}}
}

// reached says where the certificate could have been fetched.
func reached(c *x509.Certificate) string {
	if len(c.IssuingCertificateURL) == 0 {
		return ""
	}
	return fmt.Sprintf("; it should lie at %q, which gave no such certificate", brief(c.IssuingCertificateURL[0]))
}

// trusted judges key, path and revocation as for a correspondent's certificate.
func (j *Judge) trusted(ctx context.Context, k *Key, now time.Time) []Finding {
	r := trust.Request{Certificate: k.Credential.Certificate, Purpose: trust.Sign, At: now}
	if !k.Sign {
		r.Purpose = trust.Encrypt
	}
	for _, c := range k.Chain {
		r.Intermediates = append(r.Intermediates, c.Raw)
	}
	res := j.Checker.Check(ctx, r)
	f := Finding{Rule: RuleTrust, Level: Warning, Cause: res.Reason, Remedy: res.Remedy}
	switch {
	case res.Fault != nil:
		f.Cause = "it could not be judged: " + res.Fault.Error()
	case res.Status == trust.Revoked:
		f.Rule = RuleRevocation
		f.Level = Failure
		f.Remedy = "order a new certificate; receivers refuse this one for good"
	case res.Rule == trust.RuleRevocation && res.Reason != "":
		f.Rule = RuleRevocation
		f.Remedy = "look whether this machine reaches the authority's OCSP and CRL servers; it is asked again"
	case res.Status == trust.Valid, res.Rule == trust.RuleChain && k.Last != nil: // the gap was told
		return nil
	case res.Rule == trust.RuleKey:
		f.Rule = RuleKey
		f.Level = Failure
		f.Cause = "weak key: " + res.Reason
	case res.Rule == trust.RuleChain:
		f.Cause = "receivers who trust the same authorities as this gateway do not trust it: " + res.Reason
	}
	return []Finding{f}
}
