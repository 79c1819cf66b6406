package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

const fromAnna = "From: Anna <anna@kunde.example>\nTo: support@firma.example\nSubject: %s\nMessage-ID: <%s@kunde.example>\nDate: %s\nMIME-Version: 1.0\n"

func headerOf(mark string) string {
	return fmt.Sprintf(fromAnna, mark, mark, time.Now().Format(time.RFC1123Z))
}

const secret = "the very secret text of this mail"

const textEntity = "Content-Type: text/plain\n\n" + secret + "\n"

// TestInbound walks through the values of X-SMIME-Signature and
// X-SMIME-Encryption with messages of openssl's making.
func TestInbound(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			inbound(newSite(t, transport))
		})
	}
}

func inbound(s *site) {
	other := testpki.New(s.t)
	add := func(name string, c *testpki.Cert) { s.keys[name], s.certs[name] = s.files(c, name) }
	add("stranger", other.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}))
	add("bob", s.pki.Issue(testpki.Options{Addresses: []string{"bob@kunde.example"}, Key: "rsa-2048"}))
	add("old", s.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048", NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, -1, 0)}))
	add("weak", s.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-1024"}))
	add("ec", s.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "p256"}))
	inner := s.signed("anna", textEntity)
	for i, k := range []struct {
		name, entity          string
		signature, encryption string
	}{
		{"plain", textEntity, "none", "none"},
		{"signed", inner, "valid", "none"},
		{"signed, opaque", s.signed("anna", textEntity, "-nodetach"), "valid", "none"},
		{"signed, EC", s.signed("ec", textEntity, "-md", "sha384"), "valid", "none"},
		{"signed, PSS", s.signed("anna", textEntity, "-keyopt", "rsa_padding_mode:pss"), "valid", "none"},
		{"changed", strings.Replace(inner, "very secret", "very forged", 1), "invalid", "none"},
		{"untrusted", s.signed("stranger", textEntity), "untrusted", "none"},
		{"expired", s.signed("old", textEntity), "expired", "none"},
		{"weak", s.signed("weak", textEntity), "weak", "none"},
		{"SHA-1", s.signed("anna", textEntity, "-md", "sha1"), "weak", "none"},
		{"mismatch", s.signed("bob", textEntity), "mismatch", "none"},
		{"no certificate, and none is known", s.signed("bob", textEntity, "-nocerts"), "unchecked", "none"},
		{"no certificate, but harvested before", s.signed("anna", textEntity, "-nocerts"), "valid", "none"},
		{"partial", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nlist footer\n--b\n" + strings.TrimPrefix(strings.ReplaceAll(inner, "\r", ""), "MIME-Version: 1.0\n") + "\n--b--\n", "partial", "none"},
		{"malformed", "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQ==\n", "malformed", "none"},
		{"encrypted", s.sealed(textEntity, []string{"support"}, "-aes-256-cbc"), "none", "decrypted"},
		{"encrypted, GCM", s.sealed(textEntity, []string{"support"}, "-aes-256-gcm"), "none", "decrypted"},
		{"encrypted, OAEP", s.sealed(textEntity, nil, "-aes-128-cbc", "-recip", s.certs["support"], "-keyopt", "rsa_padding_mode:oaep"), "none", "decrypted"},
		{"signed and encrypted", s.sealed(inner, []string{"support"}, "-aes-256-cbc"), "valid", "decrypted"},
		{"for somebody else", s.sealed(textEntity, []string{"ec"}, "-aes-256-cbc"), "none", "undecryptable"},
		{"a part is encrypted", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsome text\n--b\n" + strings.TrimPrefix(strings.ReplaceAll(s.sealed(textEntity, []string{"support"}), "\r", ""), "MIME-Version: 1.0\n") + "\n--b--\n", "none", "partial"},
		{"malformed, enveloped", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQ==\n", "none", "malformed"},
	} {
		mark := fmt.Sprintf("case-%d", i)
		s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf(mark), k.entity)))
		text := s.arrival("Subject: " + mark).Text
		sig, enc := field(s.t, text, "X-SMIME-Signature"), field(s.t, text, "X-SMIME-Encryption")
		if sig != k.signature || enc != k.encryption {
			s.t.Errorf("%s: %s/%s, want %s/%s (%s)", k.name, sig, enc, k.signature, k.encryption, field(s.t, text, "X-SMIME-Reason"))
		}
		readable := k.encryption != "undecryptable" && k.encryption != "partial" && k.encryption != "malformed" && k.signature != "malformed" && k.name != "changed"
		if strings.Contains(text, secret) != readable {
			s.t.Errorf("%s: readable %v\n%s", k.name, !readable, text)
		}
		if readable && k.signature != "partial" && (strings.Contains(text, "smime.p7") || strings.Contains(text, "pkcs7")) {
			s.t.Errorf("%s: S/MIME litter in the ticket:\n%s", k.name, text)
		}
		if field(s.t, text, "X-SMIME-Status") == "" || !strings.HasPrefix(field(s.t, text, "Authentication-Results"), "gw.firma.example; smime=") {
			s.t.Errorf("%s: status %q, results %q", k.name, field(s.t, text, "X-SMIME-Status"), field(s.t, text, "Authentication-Results"))
		}
	}
}
