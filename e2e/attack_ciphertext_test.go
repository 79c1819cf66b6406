package e2e

// This file sends somebody's ciphertext again, in every shape that might get it
// opened for another, or read out.

import (
	"slices"
	"strings"

	"sealgate/internal/efail"
)

// attacksByAnotherKey: the secret is for support, and nobody else reads it.
func attacksByAnotherKey(s *site) []hostile {
	sealed := func(cipher string, to ...string) envelope {
		return s.envelope(s.sealed(textEntity, to, cipher, "-outform", "DER"))
	}
	v := sealed("-aes-256-cbc", "support")
	own := v.recipients[0]
	named, own2 := s.renamed(own, s.sales), sealed("-aes-256-cbc", "sales").recipients[0] // of another content key
	g := s.envelope(s.sealed(textEntity, []string{"support"}, "-aes-256-gcm", "-outform", "DER"))
	again := v.entity(own)
	gcm := func(recipient []byte) string {
		return cmsEntity("authEnveloped-data", contentInfo(oidAuthEnveloped, der(tagSequence, g.version, der(tagSet, recipient), g.content)))
	}
	after := func(n int) string { return v.entity(append(slices.Repeat([][]byte{named}, n), own)...) }
	return []hostile{
		{name: "to its recipient", header: fromEve(), entity: again, reader: toSupport},
		{name: "to another mailbox", header: fromEve(), entity: again, to: []string{toSales}, want: "none/undecryptable"},
		{name: "to another mailbox, in the sender's name", entity: again, to: []string{toSales}, want: "none/undecryptable"},
		{name: "to one whom nobody serves", header: fromEve(), entity: again, to: []string{toBoss}},
		{name: "to its recipient and another mailbox", header: fromEve(), entity: again, to: []string{toSupport, toSales}, want: "none/undecryptable", reader: toSupport},
		{name: "to its recipient and one whom nobody serves", header: fromEve(), entity: again, to: []string{toSupport, toBoss}, reader: toSupport},
		{name: "to all three", header: fromEve(), entity: again, to: []string{toSales, toBoss, toSupport}, want: "none/undecryptable", reader: toSupport},
		{name: "signed by the attacker, to another mailbox", header: fromEve(), entity: signedByEve(s, again), to: []string{toSales}, want: "partial/undecryptable"},
		{name: "the other mailbox's certificate is named", header: fromEve(), entity: v.entity(named), to: []string{toSales}, want: "none/undecryptable"},
		{name: "with GCM, to its recipient", header: fromEve(), entity: gcm(g.recipients[0]), reader: toSupport},
		{name: "with GCM, the other mailbox's certificate is named", header: fromEve(), entity: gcm(s.renamed(g.recipients[0], s.sales)), to: []string{toSales}, want: "none/undecryptable"},
		{name: "both are named, to the other mailbox", header: fromEve(), entity: v.entity(own, named), to: []string{toSales}, want: "none/undecryptable"},
		{name: "both are named, to both", header: fromEve(), entity: v.entity(named, own), to: []string{toSupport, toSales}, want: "none/undecryptable", reader: toSupport},
		{name: "the other mailbox's own key of another content", header: fromEve(), entity: v.entity(own2), to: []string{toSales}, want: "none/undecryptable"},
		{name: "the same before the right one, to both", header: fromEve(), entity: v.entity(own2, own), to: []string{toSales, toSupport}, want: "none/undecryptable", reader: toSupport},
		{name: "3 that name the other before the right one", header: fromEve(), entity: after(3), to: []string{toSales, toSupport}, want: "none/undecryptable", reader: toSupport},
		{name: "400 that name the other before the right one", header: fromEve(), entity: after(400), to: []string{toSales, toSupport}, want: "none/undecryptable"}, // 4 content keys are tried
	}
}

// signedByEve is opaque: a signature that anybody can put around anything.
func signedByEve(s *site, entity string) string {
	eve := s.person("eve", "eve@evil.example", "rsa-2048")
	content := crlf(entity)
	return signedData(content, bag(eve), s.signerInfo(eve, content, honestAttributes(content)...))
}

// attacksByExfiltration are EFAIL's messages (Poddebniak et al., 2018, §4.1): to the
// one who has the key, between pieces of HTML, where not even he is to read it.
func attacksByExfiltration(s *site) (list []hostile) {
	sealed := efail.Entity([]byte(s.sealed(textEntity, []string{"support"}, "-aes-256-cbc", "-outform", "DER")))
	for name, entity := range efail.Direct(sealed) {
		want := "none/partial"
		if name == "forwarded" { // message/rfc822 is somebody's attachment, and opaque
			want = "none/none"
		}
		list = append(list, hostile{name: "EFAIL, direct: " + name, header: fromEve(), entity: entity, want: want})
	}
	slices.SortFunc(list, func(a, b hostile) int { return strings.Compare(a.name, b.name) })
	return list
}
