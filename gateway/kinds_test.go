package gateway

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"sealgate/gateway/verdict"
	"sealgate/internal/testpki"
	"sealgate/keyring"
)

// kindsHouse is a house whose people have keys of the kinds that their addresses name.
type kindsHouse struct {
	*house
	people map[string]*testpki.Cert
	log    bytes.Buffer
}

// newKindsHouse makes a house; own are the keys of its mailbox, archives those of the archive.
func newKindsHouse(t *testing.T, setting EncryptToSelf, own, archives []string) *kindsHouse {
	t.Helper()
	h := &kindsHouse{people: map[string]*testpki.Cert{}}
	pki := testpki.New(t)
	var archive []*x509.Certificate
	for _, key := range archives {
		c := pki.Issue(testpki.Options{Addresses: []string{"archive@firma.example"}, Key: key})
		h.people["archive-"+key] = c
		archive = append(archive, c.Certificate)
	}
	h.house = newHouse(t, func(o *Options) {
		o.Outbound.EncryptToSelf = setting
		o.Outbound.Archive = archive
		o.Log = slog.New(slog.NewTextHandler(&h.log, nil))
	})
	h.ring[0].Credentials = nil
	for _, key := range own {
		c := h.pki.Issue(testpki.Options{Addresses: []string{"support@firma.example"}, Key: key})
		h.people["self-"+key] = c
		h.ring[0].Credentials = append(h.ring[0].Credentials, &keyring.Credential{Certificate: c.Certificate, Key: c.Key})
	}
	for _, name := range []string{"rsa1", "rsa2", "ec1", "ec2"} {
		key := map[bool]string{true: "rsa-2048", false: "p256"}[strings.HasPrefix(name, "rsa")]
		c := h.pki.Issue(testpki.Options{Addresses: []string{name + "@kunde.example"}, Key: key})
		h.people[name] = c
		h.knows(c)
	}
	return h
}

// whoReads says for each copy who can open it, and fails when it has more or fewer
// RecipientInfos than readers.
func (h *kindsHouse) whoReads(out copies) (all []string) {
	h.t.Helper()
	for i, d := range out.Deliveries {
		if strings.Contains(out.text[i], "the secret text") {
			h.t.Errorf("the copy for %v is in clear", d.To)
		}
		var readers []string
		infos := 0
		for name, c := range h.people {
			_, v, m := h.readCopy(out.text[i], c)
			infos = len(m.Layers[0].Recipients)
			if m.Undecryptable == nil && v.Encryption == verdict.EncryptionDecrypted {
				readers = append(readers, name)
			}
		}
		if infos != len(readers) {
			h.t.Errorf("the copy for %v has %d RecipientInfos, but %v read it", d.To, infos, readers)
		}
		slices.Sort(readers)
		all = append(all, fmt.Sprintf("%s: %s", local(d.To), strings.Join(readers, " ")))
	}
	slices.Sort(all)
	return all
}

// local are the local parts of addresses.
func local(addresses []string) string {
	var all []string
	for _, a := range addresses {
		all = append(all, strings.TrimSuffix(a, "@kunde.example"))
	}
	return strings.Join(all, "+")
}

// toCustomers makes an encrypted mail. Those behind "bcc:" stand in no field.
func (h *kindsHouse) toCustomers(split bool, customers string) copies {
	var shown, everybody []string
	for _, name := range strings.Fields(customers) {
		bare, hidden := strings.CutPrefix(name, "bcc:")
		everybody = append(everybody, bare+"@kunde.example")
		if !hidden {
			shown = append(shown, bare+"@kunde.example")
		}
	}
	env := outboundTo(everybody...)
	env.CanSplit = split
	return h.process(env, fromSupport(strings.Join(shown, ", "), "X-SMIME-Encrypt: yes\r\n"+plainText))
}

// TestNoCopyIsForBothKinds: a reader that refuses a mail which is encrypted for RSA and
// EC certificates at once gets one for its own kind, also at the price that the mailbox or
// the archive cannot read it.
func TestNoCopyIsForBothKinds(t *testing.T) {
	const (
		unreadBySelf    = "the mailbox itself cannot read"
		unreadByArchive = "the archive cannot read"
		mixed           = "for RSA and for EC certificates"
	)
	rsa, ec := []string{"rsa-2048"}, []string{"p256"}
	both := []string{"rsa-2048", "p256"}
	for name, k := range map[string]struct {
		setting      EncryptToSelf
		own, archive []string
		split        bool
		to           string
		want         []string
		warnings     []string
	}{
		"one kind":                {ToSelfSameKind, rsa, rsa, false, "rsa1 rsa2", []string{"rsa1+rsa2: archive-rsa-2048 rsa1 rsa2 self-rsa-2048"}, nil},
		"one kind, EC":            {ToSelfSameKind, ec, ec, false, "ec1 ec2", []string{"ec1+ec2: archive-p256 ec1 ec2 self-p256"}, nil},
		"mailbox of another":      {ToSelfSameKind, ec, nil, false, "rsa1", []string{"rsa1: rsa1"}, []string{unreadBySelf}},
		"mailbox, split":          {ToSelfSameKind, rsa, nil, true, "ec1 ec2", []string{"ec1+ec2: ec1 ec2"}, []string{unreadBySelf}},
		"archive of another":      {ToSelfSameKind, rsa, ec, true, "rsa1", []string{"rsa1: rsa1 self-rsa-2048"}, []string{unreadByArchive}},
		"mailbox of both":         {ToSelfSameKind, both, both, false, "ec1", []string{"ec1: archive-p256 ec1 self-p256"}, nil},
		"mixed, split":            {ToSelfSameKind, rsa, ec, true, "rsa1 ec1 rsa2", []string{"ec1: archive-p256 ec1", "rsa1+rsa2: rsa1 rsa2 self-rsa-2048"}, nil},
		"mixed, one copy":         {ToSelfSameKind, rsa, ec, false, "rsa1 ec1", []string{"rsa1+ec1: archive-p256 ec1 rsa1 self-rsa-2048"}, []string{mixed}},
		"hidden of another":       {ToSelfSameKind, rsa, nil, true, "rsa1 bcc:ec1", []string{"ec1: ec1", "rsa1: rsa1 self-rsa-2048"}, nil},
		"hidden beside both":      {ToSelfSameKind, ec, nil, true, "rsa1 ec1 bcc:ec2", []string{"ec1: ec1 self-p256", "ec2: ec2 self-p256", "rsa1: rsa1"}, nil},
		"yes":                     {ToSelfYes, rsa, rsa, false, "ec1", []string{"ec1: archive-rsa-2048 ec1 self-rsa-2048"}, nil},
		"yes, split":              {ToSelfYes, rsa, nil, true, "ec1 rsa1", []string{"ec1: ec1 self-rsa-2048", "rsa1: rsa1 self-rsa-2048"}, nil},
		"yes, mailbox of both":    {ToSelfYes, both, nil, false, "rsa1", []string{"rsa1: rsa1 self-rsa-2048"}, nil},
		"no":                      {ToSelfNo, rsa, rsa, false, "rsa1", []string{"rsa1: archive-rsa-2048 rsa1"}, nil},
		"no, archive of another":  {ToSelfNo, rsa, ec, false, "rsa1", []string{"rsa1: rsa1"}, []string{unreadByArchive}},
		"no, mixed":               {ToSelfNo, rsa, nil, true, "rsa1 ec1", []string{"ec1: ec1", "rsa1: rsa1"}, nil},
		"a mailbox without a key": {ToSelfSameKind, nil, nil, true, "rsa1 ec1", []string{"ec1: ec1", "rsa1: rsa1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := newKindsHouse(t, k.setting, k.own, k.archive)
			if got := h.whoReads(h.toCustomers(k.split, k.to)); !slices.Equal(got, k.want) {
				t.Errorf("who reads which copy:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(k.want, "\n"))
			}
			for _, w := range []string{unreadBySelf, unreadByArchive, mixed} {
				if got := strings.Count(h.log.String(), w); got != map[bool]int{true: 1}[slices.Contains(k.warnings, w)] {
					t.Errorf("%d warnings that say %q:\n%s", got, w, h.log.String())
				}
			}
		})
	}
}

// TestHiddenRecipientOfAnotherKindIsRefused where no copies can be made: parting by kind is
// no reason to tell of a Bcc.
func TestHiddenRecipientOfAnotherKindIsRefused(t *testing.T) {
	h := newKindsHouse(t, ToSelfSameKind, []string{"rsa-2048"}, nil)
	if out := h.toCustomers(false, "rsa1 bcc:ec1"); out.Disposition != Reject || len(out.Deliveries) != 0 {
		t.Errorf("%+v", out.Outcome)
	}
}
