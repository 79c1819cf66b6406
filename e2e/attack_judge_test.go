package e2e

// This file sends signatures by others than the sender that must not make his look
// good: malformed ones beside his, and those around ciphertext.

import (
	"time"

	"sealgate/internal/testpki"
)

// attacksByOtherSigners: the sender's SignerInfo is good; what stands beside it
// cannot be read.
func attacksByOtherSigners(s *site) []hostile {
	text := crlf(payEntity)
	bob := s.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}, Key: "rsa-2048"})
	stranger := testpki.New(s.t).Issue(testpki.Options{Addresses: []string{"eve@evil.example"}, Key: "rsa-2048"})
	kind, digest := attribute(oidContentType, oidData), attribute(oidMessageDigest, digestOf(text))
	beside := func(c *testpki.Cert, attributes ...[]byte) string {
		return signedData(text, bag(s.anna, c), s.signerInfo(s.anna, text, kind, digest), s.signerInfo(c, text, attributes...))
	}
	return []hostile{
		{name: "beside the sender's: another's with no messageDigest", entity: beside(bob, kind), want: "malformed/none"},
		{name: "beside the sender's: another's with two messageDigests", entity: beside(bob, kind, digest, attribute(oidMessageDigest, digestOf("x"))), want: "malformed/none"},
		{name: "beside the sender's: another's with no contentType", entity: beside(bob, digest), want: "malformed/none"},
		{name: "beside the sender's: a stranger's with no messageDigest", entity: beside(stranger, kind), want: "malformed/none"},
		{name: "beside the sender's: another's without a certificate", entity: signedData(text, bag(s.anna), s.signerInfo(s.anna, text, kind, digest), s.signerInfo(bob, text, kind, digest)), want: "valid/none"},
	}
}

// attacksAroundCiphertext: whoever signs it has not seen what is in it, and a
// certificate that is not even good does not make that any better.
func attacksAroundCiphertext(s *site) []hostile {
	issue := func(p *testpki.PKI, address string, past bool) *testpki.Cert {
		o := testpki.Options{Addresses: []string{address}, Key: "rsa-2048"}
		if past {
			o.NotBefore, o.NotAfter = time.Now().AddDate(-1, 0, 0), time.Now().AddDate(0, -1, 0)
		}
		return p.Issue(o)
	}
	other := testpki.New(s.t)
	by := func(c *testpki.Cert) string {
		again := crlf(s.sealed(textEntity, []string{"support"}, "-aes-256-cbc")) // that did not come before
		return signedData(again, bag(c), s.signerInfo(c, again, honestAttributes(again)...))
	}
	eve, anna := "eve@evil.example", "anna@kunde.example"
	return []hostile{
		{name: "around ciphertext: by an attacker", header: fromEve(), entity: by(issue(s.pki, eve, false)), want: "partial/decrypted", reader: toSupport},
		{name: "around ciphertext: by one whom nobody trusts", header: fromEve(), entity: by(issue(other, eve, false)), want: "partial/decrypted", reader: toSupport},
		{name: "around ciphertext: by one who has expired", header: fromEve(), entity: by(issue(s.pki, eve, true)), want: "partial/decrypted", reader: toSupport},
		{name: "around ciphertext: in the sender's name, by one whom nobody trusts", entity: by(issue(other, anna, false)), want: "partial/decrypted", reader: toSupport},
		{name: "around ciphertext: in another's name", entity: by(issue(s.pki, eve, false)), want: "mismatch/decrypted", reader: toSupport},
		{name: "around ciphertext: by one whom nobody trusts, to another mailbox", header: fromEve(), entity: by(issue(other, eve, false)), to: []string{toSales}, want: "partial/undecryptable"},
		{name: "around ciphertext: by one who has expired, to another mailbox", header: fromEve(), entity: by(issue(s.pki, eve, true)), to: []string{toSales}, want: "partial/undecryptable"},
	}
}
