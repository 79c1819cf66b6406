package e2e

// This file sends the attacks of the checklist that enter by mail through a real
// Postfix, each under its name; docs/attacks.md has the whole list.

import (
	"bytes"
	"compress/zlib"
	"crypto/x509"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// attack is one mail to the helpdesk.
type attack struct {
	name   string
	header string // instead of that of an honest mail; "" keeps it
	entity string
	want   string // X-SMIME-Signature; "" is anything but valid
	says   string // must stand in X-SMIME-Status
	never  string // must not stand in the ticket
}

// TestAttacks: none of them is shown as valid, except where only what no signature
// covers was changed, and then it is said.
func TestAttacks(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter, siteOptions{config: "[limits]\nexpanded = \"8 MiB\"\n"})
	for i, a := range append(attacksOnFrom(s), append(attacksOnStructure(s), attacksOnCertificates(s)...)...) {
		t.Run(a.name, func(t *testing.T) {
			mark := fmt.Sprintf("attack-%d", i)
			header := headerOf(mark)
			if a.header != "" {
				header = strings.ReplaceAll(a.header, "MARK", mark)
			}
			s.accepted(s.send(s.inbound, "eve@evil.example", []string{"support@firma.example"}, withHeader(header, a.entity)))
			text := s.arrival(mark).Text
			head, _, _ := strings.Cut(text, "\r\n\r\n")
			if n := strings.Count(strings.ToLower("\n"+head), "\nx-smime-signature:"); n != 1 {
				t.Errorf("%d fields X-SMIME-Signature:\n%s", n, head)
			}
			got := field(t, text, "X-SMIME-Signature")
			if a.want == "" && got == "valid" || a.want != "" && got != a.want {
				t.Errorf("%s, want %q (%s)\n%s", got, a.want, field(t, text, "X-SMIME-Reason"), head)
			}
			if status := field(t, text, "X-SMIME-Status"); !strings.Contains(status, a.says) {
				t.Errorf("the status does not say %q: %q", a.says, status)
			}
			if a.never != "" && strings.Contains(text, a.never) {
				t.Errorf("%q stands in the ticket:\n%s", a.never, text)
			}
		})
	}
	poisoned(s)
	intoTheHouse(s)
}

const restOfHeader = "To: support@firma.example\nSubject: MARK\nMIME-Version: 1.0\n"

func attacksOnFrom(s *site) []attack {
	signed := s.signed("anna", textEntity)
	from := func(lines string) string { return lines + restOfHeader }
	return []attack{
		{name: "several From fields", header: from("From: anna@kunde.example\nFrom: ceo@bank.example\n"), entity: signed, want: "mismatch"},
		{name: "several addresses in From", header: from("From: anna@kunde.example, ceo@bank.example\n"), entity: signed, want: "mismatch"},
		{name: "no From", header: from("X-From: anna@kunde.example\n"), entity: signed},
		{name: "another address in the display name", header: from("From: \"ceo@bank.example\" <anna@kunde.example>\n"), entity: signed, want: "valid", says: "anna@kunde.example"},
		{name: "letters of another alphabet", header: from("From: \u0430nna@kunde.example\n"), entity: signed},
		{name: "an address of another alphabet in A-labels", header: from("From: anna@xn--kund-g4d.example\n"), entity: signed, want: "mismatch"},
		{name: "Sender is the signer, From is not", header: from("From: ceo@bank.example\nSender: anna@kunde.example\n"), entity: signed, want: "mismatch"},
		{name: "the signer in a comment", header: from("From: (anna@kunde.example) ceo@bank.example\n"), entity: signed, want: "mismatch"},
		{name: "the signer as name of a group", header: from("From: anna: ceo@bank.example;\n"), entity: signed, want: "mismatch"},
		{name: "the signer in a quoted local part", header: from("From: \"anna@kunde.example\"@evil.example\n"), entity: signed, want: "mismatch"},
		{name: "the signer behind a NUL of RFC 2047", header: from("From: =?utf-8?q?anna=40kunde=2Eexample=00?= <ceo@bank.example>\n"), entity: signed, want: "mismatch"},
		{name: "a signature of another person", header: from("From: ceo@bank.example\n"), entity: signed, want: "mismatch"},
		{name: "an old mail again, with another Reply-To", header: from("From: anna@kunde.example\nReply-To: eve@evil.example\n"), entity: signed, want: "valid", says: "repl"},
		{name: "an old mail again, with another Date", header: from("From: anna@kunde.example\nDate: " + time.Now().AddDate(0, 0, -9).Format(time.RFC1123Z) + "\n"), entity: signed, want: "valid", says: "more than a day"},
		{name: "forged status fields on signed mail", header: from("From: ceo@bank.example\nX-SMIME-Signature: valid\nX-SMIME-Status: forged\nx-smime-signer: ceo@bank.example\nAuthentication-Results: gw.firma.example; smime=pass\n"), entity: signed, want: "mismatch", never: "forged"},
		{name: "forged status fields on plain mail", header: from("X-SMIME-Signature: valid\nX-SMIME-Encryption: decrypted\nX-SMIME-Status: forged\nAuthentication-Results: gw.firma.example; smime=pass body.smime-identifier=ceo@bank.example\nFrom: ceo@bank.example\n"), entity: textEntity, want: "none", never: "ceo@bank.example\r\nX-SMIME"},
		{name: "forged Authentication-Results on plain mail", header: from("Authentication-Results: gw.firma.example;\n smime=pass\nFrom: ceo@bank.example\n"), entity: textEntity, want: "none", never: "smime=pass"},
	}
}

// nested makes a multipart of parts.
func nested(kind string, parts ...string) string {
	return "Content-Type: multipart/" + kind + "; boundary=outside\n\n--outside\n" + strings.Join(parts, "\n--outside\n") + "\n--outside--\n"
}

func attacksOnStructure(s *site) []attack {
	part := strings.TrimPrefix(strings.ReplaceAll(s.signed("anna", textEntity), "\r\n", "\n"), "MIME-Version: 1.0\n")
	evil := "Content-Type: text/plain\n\nplease pay to this account\n"
	html := "Content-Type: text/html\n\n<style>.moz-text-plain{display:none}</style>please pay<img src=\"cid:x\">\n"
	s.keys["eve"], s.certs["eve"] = s.files(s.pki.Issue(testpki.Options{Addresses: []string{"eve@evil.example"}, Key: "rsa-2048"}), "eve")
	sealed := s.sealed(textEntity, []string{"support"}, "-aes-256-cbc")
	boundary := func(text string) string {
		_, b, _ := strings.Cut(text, "boundary=\"")
		b, _, _ = strings.Cut(b, "\"")
		return b
	}(part)
	eve := strings.Replace(fromAnna, "Anna <anna@kunde.example>", "eve@evil.example", 1)
	return []attack{
		{name: "a part before the signed part", entity: nested("mixed", evil, part), want: "partial"},
		{name: "a part after the signed part", entity: nested("mixed", part, evil), want: "partial"},
		{name: "the signed part as an alternative", entity: nested("alternative", part, html), want: "partial"},
		{name: "the signed part referenced by cid", entity: nested("related", html, "Content-ID: <x>\n"+part), want: "partial"},
		{name: "the signed part hidden as an attachment", entity: nested("mixed", evil, strings.Replace(part, "Content-Type:", "Content-Disposition: attachment\nContent-Type:", 1))},
		{name: "a signed message inside another", entity: nested("mixed", evil, "Content-Type: message/rfc822\n\nFrom: anna@kunde.example\nMIME-Version: 1.0\n"+part)},
		{name: "a third part in multipart/signed", entity: strings.Replace(part, "--"+boundary+"--", "--"+boundary+"\n"+evil+"\n--"+boundary+"--", 1)},
		{name: "text before the first boundary", entity: strings.Replace(part, "\n\n--"+boundary, "\n\nplease pay to this account\n--"+boundary, 1), want: "valid", never: "please pay to this account"},
		{name: "two boundaries", entity: strings.Replace(strings.Replace(part, "boundary=", "boundary=evil; boundary=", 1), "\n\n--"+boundary, "\n\n--evil\n"+evil+"--evil--\n--"+boundary, 1)},
		{name: "a boundary in a comment", entity: strings.Replace(part, "boundary=", "(; boundary=evil; ) boundary=", 1), want: "partial"},
		{name: "two Content-Type fields", entity: "Content-Type: multipart/mixed; boundary=evil\n" + part},
		{name: "two Content-Type fields, the other behind", entity: strings.Replace(part, "\n\n", "\nContent-Type: text/html\n\n", 1), want: "partial"},
		{name: "the signed text changed", entity: strings.Replace(part, "very secret", "very forged", 1), want: "invalid"},
		{name: "opaque content beside another text", entity: nested("signed; protocol=\"application/pkcs7-signature\"", evil, strings.TrimPrefix(strings.ReplaceAll(s.signed("anna", textEntity, "-nodetach"), "\r\n", "\n"), "MIME-Version: 1.0\n"))},
		{name: "somebody else's ciphertext, signed", header: fmt.Sprintf(eve, "MARK", "MARK", time.Now().Format(time.RFC1123Z)), entity: s.signed("eve", strings.TrimPrefix(sealed, "MIME-Version: 1.0\n")), want: "partial"},
		{name: "a wrong micalg", entity: strings.Replace(part, "sha-256", "md5", 1), want: "valid"},
		{name: "a decompression bomb", entity: bomb(32 << 20), want: "malformed", never: strings.Repeat("0", 100)},
		{name: "a truncated envelope", entity: sealed[:len(sealed)*2/3] + "\n", never: secret},
	}
}

// compressed is CompressedData (RFC 3274) around what zlib has made.
// bomb is a compressed entity that unfolds to as many octets and some more.
func bomb(octets int) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	fmt.Fprintf(z, "Content-Type: text/plain\r\n\r\n%s\r\n", strings.Repeat("0", octets))
	z.Close()
	return cmsEntity("compressed-data", compressed(b.Bytes()))
}

func compressed(z []byte) []byte {
	content := der(tagSequence, oidData, der(tagExplicit, der(tagOctets, z)))
	return contentInfo(oidCompressed, der(tagSequence, der(tagInteger, []byte{0}), der(tagSequence, oidZlib), content))
}

func attacksOnCertificates(s *site) (list []attack) {
	anna := []string{"anna@kunde.example"}
	constrained := s.pki.Issue(testpki.Options{Name: "Constrained", CA: true, Permitted: []string{"firma.example"}})
	for name, k := range map[string]struct {
		by   *testpki.Cert
		o    testpki.Options
		want string
	}{
		"not for e-mail":                                   {s.pki.Root, testpki.Options{Addresses: anna, EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, "untrusted"},
		"a key that may only encrypt":                      {s.pki.Root, testpki.Options{Addresses: anna, Usage: x509.KeyUsageKeyEncipherment}, "untrusted"},
		"issued by somebody who is no authority":           {s.anna, testpki.Options{Addresses: anna}, "untrusted"},
		"outside the authority's name constraints":         {constrained, testpki.Options{Addresses: anna}, "untrusted"},
		"outside the name constraints, address in subject": {constrained, testpki.Options{Name: "x", Subject: anna}, "untrusted"},
		"a NUL in the address":                             {s.pki.Root, testpki.Options{Addresses: []string{"anna@kunde.example\x00.evil.example"}}, "mismatch"},
		"a newline in the address":                         {s.pki.Root, testpki.Options{Addresses: []string{"anna@kunde.example\nevil"}}, "mismatch"},
		"a header field in the name":                       {s.pki.Root, testpki.Options{Name: "x\r\nX-SMIME-Signature: valid\r\nX-Injected: yes", Addresses: []string{"eve@evil.example"}}, "mismatch"},
	} {
		k.o.Key = "rsa-2048"
		who := fmt.Sprintf("cert-%d", len(list))
		c, err := k.by.Issue(k.o)
		if err != nil {
			list = append(list, attack{name: name, entity: textEntity, want: "none"}) // crypto/x509 does not even make one
			s.t.Logf("%s: cannot be made: %v", name, err)
			continue
		}
		s.keys[who], s.certs[who] = s.files(c, who)
		chain := s.write(who+".chain", k.by.CertPEM())
		list = append(list, attack{name: "a certificate: " + name, entity: s.signed(who, textEntity, "-certfile", chain), want: k.want, never: "\r\nX-Injected"})
	}
	return list
}

// poisoned: a certificate that names more than its owner is kept for From alone.
func poisoned(s *site) {
	s.keys["both"], s.certs["both"] = s.files(s.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example", "ceo@bank.example"}, Key: "rsa-2048"}), "both")
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("poison"), s.signed("both", textEntity))))
	if got := field(s.t, s.arrival("Subject: poison").Text, "X-SMIME-Signature"); got != "valid" {
		s.t.Errorf("poison: %s", got)
	}
	if got := s.out("to the other", "ceo@bank.example", encryptOrder); got.code != 550 {
		s.t.Errorf("the store was poisoned: %+v", got)
	}
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("bag"), s.signed("both", textEntity, "-certfile", s.certs["eve"]))))
	s.arrival("Subject: bag")
	if got := s.out("to one of the bag", "eve@evil.example", encryptOrder); got.code != 550 {
		s.t.Errorf("a certificate of the bag was stored: %+v", got)
	}
}

// TestNoCoreDumps: the kernel writes nothing of the gateway's memory, whatever the
// limits of whoever started it.
func TestNoCoreDumps(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	proc := fmt.Sprintf("/proc/%d/", s.gateway.Process.Pid)
	limits, err := os.ReadFile(proc + "limits")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^Max core file size\s+0\s+0\s`).Match(limits) {
		t.Errorf("core dumps are on:\n%s", limits)
	}
}
