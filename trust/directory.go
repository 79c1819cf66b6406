package trust

// This file holds the names of a path against its authorities' constraints on
// directory names (RFC 5280 §4.2.1.10), which crypto/x509 does not know. Every
// authority that is technically constrained for mail has some (S/MIME Baseline
// Requirements §7.1.5).

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"sealgate/trust/authority"
)

// maxConstraints bounds the octets of one extension: every name of a path is held
// against every subtree.
const maxConstraints = 1 << 14

var (
	oidNameConstraints = asn1.ObjectIdentifier{2, 5, 29, 30}
	errConstraints     = errors.New("an authority's name constraints cannot be read")
)

// The tags of GeneralName (RFC 5280 §4.2.1.6) that constraints are understood of:
// those of crypto/x509, and directoryName.
const (
	tagRFC822    = 1
	tagDNS       = 2
	tagDirectory = 4
	tagURI       = 6
	tagIP        = 7
)

// constraints is NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees
// OPTIONAL, excludedSubtrees [1] GeneralSubtrees OPTIONAL }.
type constraints struct {
	Permitted []subtree `asn1:"optional,tag:0"`
	Excluded  []subtree `asn1:"optional,tag:1"`
}

// subtree is GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] BaseDistance
// DEFAULT 0, maximum [1] BaseDistance OPTIONAL }.
type subtree struct {
	Base    asn1.RawValue
	Minimum int `asn1:"optional,tag:0"`
	Maximum int `asn1:"optional,tag:1,default:-1"`
}

// unbounded reports whether s has neither minimum nor maximum, as RFC 5280 wants it.
func (s subtree) unbounded() bool { return s.Minimum == 0 && s.Maximum == -1 }

// unknown reports whether nobody here holds names against s.
func (s subtree) unknown() bool {
	return !s.unbounded() || !slices.Contains([]int{tagRFC822, tagDNS, tagDirectory, tagURI, tagIP}, s.Base.Tag)
}

// readConstraints reads those of ca, none when it has none.
func readConstraints(ca *x509.Certificate) (k constraints, err error) {
	for _, e := range ca.Extensions {
		if !e.Id.Equal(oidNameConstraints) {
			continue
		}
		if rest, err := asn1.Unmarshal(e.Value, &k); err != nil || len(rest) > 0 || len(e.Value) > maxConstraints {
			return k, errConstraints
		}
	}
	return k, nil
}

// withDirectoryNames is ca without the mark of crypto/x509 that it does not understand
// the name constraints, when all of them are understood here.
func withDirectoryNames(ca *x509.Certificate) *x509.Certificate {
	k, err := readConstraints(ca)
	if err != nil || slices.ContainsFunc(slices.Concat(k.Permitted, k.Excluded), subtree.unknown) {
		return ca
	}
	return handled(ca, oidNameConstraints)
}

// directoryNames applies each authority's constraints on directory names to all that
// is below it in the path; self-issued authorities between are exempt (RFC 5280
// §6.1.3).
func directoryNames(chain []*x509.Certificate) error {
	for i, ca := range chain[1:] {
		k, err := readConstraints(ca)
		if err != nil {
			return err
		}
		permitted, err := directoryTrees(k.Permitted)
		if err != nil {
			return err
		}
		excluded, err := directoryTrees(k.Excluded)
		if err != nil {
			return err
		}
		if len(permitted)+len(excluded) == 0 {
			continue
		}
		for n, c := range chain[:i+1] {
			exempt := n > 0 && bytes.Equal(c.RawSubject, c.RawIssuer)
			if !exempt && !allowed(c, permitted, excluded) {
				return fmt.Errorf(
					"the authority %q may not issue for the directory name of a certificate below it",
					ca.Subject.String(),
				)
			}
		}
	}
	return nil
}

// directoryTrees are the bases of those subtrees that are directory names.
func directoryTrees(list []subtree) (trees []directoryName, err error) {
	for _, s := range list {
		if s.Base.Tag != tagDirectory {
			continue
		}
		n, err := readDirectoryName(s.Base.Bytes)
		if err != nil || !s.unbounded() {
			return nil, errConstraints
		}
		trees = append(trees, n)
	}
	return trees, nil
}

// allowed reports whether all names of c that such constraints bind are allowed: its
// subject, unless that is empty, and the directory names of its SAN. What cannot be
// read is not.
func allowed(c *x509.Certificate, permitted, excluded []directoryName) bool {
	names := [][]byte{c.RawSubject}
	for _, n := range alternativeNames(c) {
		if n.Class == asn1.ClassContextSpecific && n.Tag == tagDirectory {
			names = append(names, n.Bytes)
		}
	}
	for i, der := range names {
		n, err := readDirectoryName(der)
		if err != nil || slices.ContainsFunc(excluded, n.below) {
			return false
		}
		empty := i == 0 && len(n) == 0
		if len(permitted) > 0 && !empty && !slices.ContainsFunc(permitted, n.below) {
			return false
		}
	}
	return true
}

// directoryName is a Name in a form that can be compared: one entry for each
// RelativeDistinguishedName, with its attributes sorted.
type directoryName []string

// below reports whether n is tree, or lies below it.
func (n directoryName) below(tree directoryName) bool {
	return len(n) >= len(tree) && slices.Equal(n[:len(tree)], tree)
}

// attributesSET is a RelativeDistinguishedName: encoding/asn1 knows a SET by that
// ending.
type attributesSET []struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// readDirectoryName reads a Name, DER.
func readDirectoryName(der []byte) (n directoryName, err error) {
	var sequence []attributesSET
	if rest, err := asn1.Unmarshal(der, &sequence); err != nil || len(rest) > 0 || len(der) > authority.MaxName {
		return nil, errors.New("trust: a directory name cannot be read")
	}
	for _, set := range sequence {
		var all []string
		for _, a := range set {
			all = append(all, fmt.Sprintf("%s=%q", a.Type, folded(a.Value)))
		}
		slices.Sort(all)
		n = append(n, strings.Join(all, "+"))
	}
	return n, nil
}

// folded is the same for values that RFC 5280 §7.1 calls equal: of text neither the
// encoding nor case nor the number of blanks matters.
func folded(v asn1.RawValue) string {
	var text string
	if _, err := asn1.Unmarshal(v.FullBytes, &text); err != nil {
		return "\x00" + string(v.FullBytes)
	}
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(text))), " ")
}
