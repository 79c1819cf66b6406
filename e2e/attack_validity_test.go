package e2e

// This file sends by mail what was once shown as valid and was not: text that other
// readers see otherwise, certificates that are another's in their form only, and those
// whose authority allows nothing or has taken them back.

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// TestAttacksOnValidity: each beside an honest mail that differs in this thing alone.
func TestAttacksOnValidity(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.attacked(t, attacksOnReaders(s), attacksOnSigningCertificate(s), attacksByEmptyUsage(s), attacksBesideTheSender(s))
}

// besideSigned is a multipart/signed of anna's with another field Content-Type.
func (s *site) besideSigned(text, contentType string) string {
	text = strings.TrimSuffix(crlf(text), "\r\n")
	entity := detachedBy(text, signedDataOf(nil, bag(s.anna), s.signerInfo(s.anna, text, honestAttributes(text)...)))
	_, behind, _ := strings.Cut(entity, "\n\n")
	return contentType + "\n\n" + behind
}

// attacksOnReaders have one thing by which some reader shows another text.
func attacksOnReaders(s *site) (list []hostile) {
	const honest = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=by-hand"
	dashes := "Content-Type: text/plain\n\nplease pay\n--by-hand-and-foot\nto this account\n"
	for _, k := range []struct{ name, text, contentType, want string }{
		{"as it should be", payEntity, honest, "valid"},
		{"a boundary folded as Outlook does", payEntity, strings.Replace(honest, " boundary", "\n\tboundary", 1), "valid"},
		{"a line that begins like the boundary", dashes, honest, "partial"},
		{"100 fields in front of Content-Type", payEntity, strings.Repeat("X-A: b\n", 100) + honest, "valid"},
		{"1,000 fields in front of Content-Type", payEntity, strings.Repeat("X-A: b\n", 1000) + honest, "partial"},
		{"raw 8-bit octets in Content-Type", payEntity, strings.Replace(honest, " boundary", " x=\"\xe9\"; boundary", 1), "partial"},
		{"an empty parameter", payEntity, strings.Replace(honest, "; boundary", ";; boundary", 1), "partial"},
		{"a blank in front of =", payEntity, strings.Replace(honest, "boundary=", "boundary =", 1), "partial"},
		{"a tab behind =", payEntity, strings.Replace(honest, "boundary=", "boundary=\t", 1), "partial"},
	} {
		list = append(list, hostile{name: "readers: " + k.name, entity: s.besideSigned(k.text, k.contentType), want: k.want + "/none"})
	}
	return list
}

// oidSigningCertificateV2 is id-aa-signingCertificateV2 (RFC 5035 §3).
var oidSigningCertificateV2 = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47})

// signingCertificate is the attribute for c, with an issuer and a serial number.
func signingCertificate(c *testpki.Cert, issuer []byte, number *big.Int) []byte {
	const directoryName = 0xa4
	sum := sha256.Sum256(c.Certificate.Raw)
	serial, _ := asn1.Marshal(number)
	issuerSerial := der(tagSequence, der(tagSequence, der(directoryName, issuer)), serial)
	return attribute(oidSigningCertificateV2, der(tagSequence, der(tagSequence, der(tagSequence, der(tagOctets, sum[:]), issuerSerial))))
}

// attacksOnSigningCertificate name another certificate than the signer's, though by its
// digest.
func attacksOnSigningCertificate(s *site) (list []hostile) {
	text := crlf(payEntity)
	own := s.anna.Certificate
	next := new(big.Int).Add(own.SerialNumber, big.NewInt(1))
	for _, k := range []struct {
		name   string
		issuer []byte
		number *big.Int
		want   string
	}{
		{"its own", own.RawIssuer, own.SerialNumber, "valid"},
		{"another's issuer", own.RawSubject, own.SerialNumber, "invalid"},
		{"another's serial number", own.RawIssuer, next, "invalid"},
	} {
		info := s.signerInfo(s.anna, text, append(honestAttributes(text), signingCertificate(s.anna, k.issuer, k.number))...)
		list = append(list, hostile{name: "signing-certificate: " + k.name, entity: signedData(text, bag(s.anna), info), want: k.want + "/none"})
	}
	return list
}

// attacksByEmptyUsage: what is present and empty allows nothing.
func attacksByEmptyUsage(s *site) (list []hostile) {
	text := crlf(payEntity)
	for name, empty := range map[string]pkix.Extension{
		"key usage without a bit": {Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: []byte{3, 2, 7, 0}},
		"purposes without one":    {Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Value: []byte{0x30, 0}},
	} {
		c := s.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048", Extra: []pkix.Extension{empty}})
		list = append(list, hostile{
			name: "a certificate: " + name, want: "untrusted/none",
			entity: signedData(text, bag(c), s.signerInfo(c, text, honestAttributes(text)...)),
		})
	}
	return list
}

// attacksBesideTheSender: of two SignerInfos of the sender's address the worse counts;
// one that nobody can check is reported only.
func attacksBesideTheSender(s *site) (list []hostile) {
	text := strings.TrimSuffix(crlf(payEntity), "\r\n")
	anna := testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}
	stranger := testpki.New(s.t).Issue(anna)
	second := s.pki.Issue(anna)
	expired := anna
	expired.NotBefore = time.Now().AddDate(-1, 0, 0)
	expired.NotAfter = time.Now().AddDate(0, -1, 0)
	old := s.pki.Issue(expired)
	honest := func(c *testpki.Cert) []byte { return s.signerInfo(c, text, honestAttributes(text)...) }
	unknown := []byte(strings.Replace(string(honest(second)), string(algorithmRSA), string(der(tagSequence, oidZlib, der(tagNull))), 1))
	unknown = der(tagSequence, unknown[4:]) // its length is another
	for _, k := range []struct {
		name  string
		bag   [][]byte
		other []byte
		want  string
	}{
		{"as good", bag(s.anna, second), honest(second), "valid"},
		{"expired", bag(s.anna, old), honest(old), "expired"},
		{"whom nobody trusts", bag(s.anna, stranger), honest(stranger), "untrusted"},
		{"without a certificate", bag(s.anna), honest(second), "valid"},
		{"of an unknown algorithm", bag(s.anna, second), unknown, "valid"},
	} {
		infos := [][]byte{honest(s.anna), k.other}
		list = append(list, hostile{
			name: "beside the sender's own, detached: " + k.name, want: k.want + "/none",
			entity: detachedBy(text, signedDataOf(nil, k.bag, infos...)),
		})
		list = append(list, hostile{
			name: "beside the sender's own, opaque: " + k.name, want: k.want + "/none",
			entity: signedData(text, k.bag, infos...),
		})
	}
	return list
}

// TestBlockedCertificateInAnotherForm: after `cert block` the same certificate with n-s
// in its ECDSA signature is not valid, not harvested, and not encrypted to.
func TestBlockedCertificateInAnotherForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	s.command("cert", "block", "anna@kunde.example")
	twin := s.anna.WithOtherS(t)
	text := crlf(payEntity)
	info := s.signerInfo(twin, text, honestAttributes(text)...)
	s.attack(t, "hostile-twin", hostile{entity: signedData(text, bag(twin), info), to: []string{toSupport}, want: "untrusted/none"})
	if known := s.known("anna@kunde.example"); strings.Contains(known, "active") || !strings.Contains(known, "blocked") {
		t.Errorf("the store has\n%s", known)
	}
	if got := s.out("to the blocked one", "anna@kunde.example", encryptOrder); got.code != 550 {
		t.Errorf("it is encrypted to: %+v", got)
	}
}

// TestRevocationDoesNotLapse: a revocation list past its time still revokes what it
// lists; the certificate beside it is as if there was no list.
func TestRevocationDoesNotLapse(t *testing.T) {
	t.Parallel()
	var list []byte
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(list) }))
	t.Cleanup(h.Close)
	s := newSite(t, viaMilter, siteOptions{trust: "revocation = \"soft\"\nfetch_allow = [\"127.0.0.0/8\"]\n"})
	o := testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048", CRL: []string{h.URL}}
	revoked := s.pki.Issue(o)
	other := s.pki.Issue(o)
	now := time.Now()
	lapsed := &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: now.AddDate(0, 0, -9), NextUpdate: now.AddDate(0, 0, -2),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: revoked.Certificate.SerialNumber, RevocationTime: now.AddDate(0, 0, -10)}},
	}
	var err error
	list, err = x509.CreateRevocationList(rand.Reader, lapsed, revoked.Issuer.Certificate, revoked.Issuer.Key)
	if err != nil {
		t.Fatal(err)
	}
	text := crlf(payEntity)
	by := func(c *testpki.Cert) string {
		return signedData(text, bag(c), s.signerInfo(c, text, honestAttributes(text)...))
	}
	s.attacked(t, []hostile{
		{name: "listed", entity: by(revoked), want: "revoked/none"},
		{name: "not listed", entity: by(other), want: "valid/none"},
	})
}
