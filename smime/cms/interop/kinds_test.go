//go:build interop

// RSA and EC mailboxes and customers: which reader opens a copy that is for both kinds.

package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/smime/cms"
)

// kindsTable is written with -update.
const kindsTable = "../../../docs/kinds.md"

// copyFor is a copy that a customer gets: who else can read it, by the kind of his key.
type copyFor struct{ customer, mailbox, other string }

// who is the copy in words.
func (c copyFor) who() string {
	words := c.customer + " customer"
	if c.other != "" {
		words += " and " + c.other + " customer"
	}
	if c.mailbox != "" {
		words += ", " + c.mailbox + " mailbox"
	}
	return words
}

// setting is what makes the gateway write such a copy.
func (c copyFor) setting() string {
	switch {
	case c.other != "" && c.other != c.customer:
		return "only where no copies can be made, with a warning"
	case c.mailbox == "":
		return "`no`; `same-kind` with a mailbox of the other kind only, with a warning"
	case c.mailbox != c.customer:
		return "`yes`"
	}
	return "`same-kind`, `yes`"
}

// keyOfKind is the customer's key in testdata/pki.
var keyOfKind = map[string]string{"RSA": "rsa", "EC": "p256"}

// TestKinds lets every peer open every copy as its customer. A peer that cannot open the one
// that is for the customer alone says nothing about the others.
func TestKinds(t *testing.T) {
	peers := []peer{newOpenSSL(t), newNSS(t), newGPGSM(t), newBouncyCastle(t)}
	var b strings.Builder
	b.WriteString("# RSA and EC in one mail\n\nMade by `make interop`: which reader opens, with the first customer's key, a copy that is " +
		"encrypted for the people in the first column. It is why `encrypt_to_self` is `same-kind` by default. " +
		"NSS of this version opens nothing for an EC key, and gpgsm imports none.\n\n")
	for _, p := range peers {
		fmt.Fprintf(&b, "- %s: %s\n", p.name(), p.version())
	}
	b.WriteString("\n| encrypted for | `encrypt_to_self` |")
	for _, p := range peers {
		b.WriteString(" " + p.name() + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(peers)) + "\n")
	for _, customer := range []string{"RSA", "EC"} {
		other := map[string]string{"RSA": "EC", "EC": "RSA"}[customer]
		alone := map[string]bool{}
		for _, c := range []copyFor{{customer, "", ""}, {customer, customer, ""}, {customer, other, ""}, {customer, customer, other}, {customer, customer, customer}} {
			fmt.Fprintf(&b, "| %s | %s |", c.who(), c.setting())
			message := c.write(t)
			for _, p := range peers {
				err := p.read(row{group: management, key: keyOfKind[customer], cipher: "aes-256-cbc"}, message, text)
				if c == (copyFor{customer, "", ""}) {
					alone[p.name()] = err == nil
				}
				b.WriteString(" " + c.result(t, p, err, alone[p.name()]) + " |")
			}
			b.WriteString("\n")
		}
	}
	fmt.Print(b.String())
	if *update {
		if err := os.WriteFile(kindsTable, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// result is a cell, and an error where a copy of one kind costs a customer the mail.
func (c copyFor) result(t *testing.T, p peer, err error, alone bool) string {
	oneKind := (c.mailbox == "" || c.mailbox == c.customer) && (c.other == "" || c.other == c.customer)
	switch {
	case err == nil:
		return "yes"
	case alone && oneKind:
		t.Errorf("%s does not open %q, though it opens what is for the customer alone: %v", p.name(), c.who(), err)
	}
	return "– " + err.Error()
}

// write encrypts the copy; customers come first.
func (c copyFor) write(t *testing.T) []byte {
	t.Helper()
	first, err := certificate(keyOfKind[c.customer])
	if err != nil {
		t.Fatal(err)
	}
	to := []cms.Recipient{{Certificate: first}}
	pki := testpki.New(t)
	for _, kind := range []string{c.other, c.mailbox} {
		if kind == "" {
			continue
		}
		key := map[string]string{"RSA": "rsa-2048", "EC": "p256"}[kind]
		one := pki.Issue(testpki.Options{Addresses: []string{"somebody@firma.example"}, Key: key})
		to = append(to, cms.Recipient{Certificate: one.Certificate})
	}
	var out bytes.Buffer
	o := cms.EncryptOptions{Cipher: "aes-256-cbc", Recipients: to}
	if err := cms.Encrypt(context.Background(), &out, bytes.NewReader([]byte(text)), int64(len(text)), o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
