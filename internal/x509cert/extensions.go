package x509cert

// This file reads extensions that crypto/x509 refuses.

import (
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	idExtKeyUsage      = []byte("\x06\x03\x55\x1d\x25")
	idPolicies         = []byte("\x06\x03\x55\x1d\x20")
	idSubjectAltName   = []byte("\x06\x03\x55\x1d\x11")
	idBasicConstraints = []byte("\x06\x03\x55\x1d\x13")
	idNameConstraints  = []byte("\x06\x03\x55\x1d\x1e")
)

// tagMailbox is that of rfc822Name in a GeneralName (RFC 5280 §4.2.1.6).
const tagMailbox = cb.Tag(1 | 0x80)

// extensions leaves out what has an identifier that Go has no room for: nobody here knows
// it, and who does not know an extension that is not critical passes it over (RFC 5280
// §4.2).
func (w *rewriting) extensions(list []extension) (strict []extension) {
	for _, e := range list {
		e.came = e.value
		strictly := w.isStrict(e)
		if !strictly && e.critical != nil {
			e.critical = w.boolean(e.critical)
			strictly = w.isStrict(e)
		}
		if !strictly {
			if !e.isCritical() && hasLargeNumbers(e.id) {
				w.remark("an extension has an identifier with too large numbers, and does not count")
				continue
			}
			e.value = w.value(e)
		}
		strict = append(strict, e)
	}
	return strict
}

// value is that of an extension which crypto/x509 refuses, in strict form.
func (w *rewriting) value(e extension) []byte {
	switch {
	case slices.Equal(e.id, idSubjectAltName):
		return w.alternativeNames(e)
	case slices.Equal(e.id, idBasicConstraints):
		return w.basicConstraints(e.value)
	case slices.Equal(e.id, idNameConstraints):
		return w.nameConstraints(e.value)
	case slices.Equal(e.id, idExtKeyUsage):
		return w.purposes(e.value)
	case slices.Equal(e.id, idPolicies) && !e.isCritical():
		return w.policies()
	}
	w.refused = true
	return e.value
}

// hasLargeNumbers reports whether an OBJECT IDENTIFIER is well-formed (X.690 §8.19) and
// has a number that does not fit into 31 bits, as those made of UUIDs have (X.667).
func hasLargeNumbers(id []byte) bool {
	in := cryptobyte.String(id)
	var content cryptobyte.String
	if !in.ReadASN1(&content, cb.OBJECT_IDENTIFIER) || content.Empty() || content[len(content)-1]&0x80 != 0 {
		return false
	}
	begins := true
	for _, octet := range content {
		if begins && octet == 0x80 {
			return false
		}
		begins = octet&0x80 == 0
	}
	var fits asn1.ObjectIdentifier
	whole := cryptobyte.String(id)
	return !whole.ReadASN1ObjectIdentifier(&fits)
}

// purposes leaves out those that Go has no room for (RFC 5280 §4.2.1.12): nothing here is
// such a purpose. If none is left, there is a list, and it allows nothing.
func (w *rewriting) purposes(value []byte) []byte {
	in := cryptobyte.String(value)
	var list cryptobyte.String
	var kept []byte
	w.refused = w.refused || !in.ReadASN1(&list, cb.SEQUENCE) || !in.Empty()
	for !w.refused && !list.Empty() {
		var id []byte
		if !element(&list, &id, cb.OBJECT_IDENTIFIER) {
			w.refused = true
			break
		}
		if !hasLargeNumbers(id) {
			kept = append(kept, id...)
		}
	}
	w.remark("a purpose has an identifier with too large numbers, and does not count")
	return sequence(kept)
}

func (w *rewriting) isStrict(e extension) bool {
	return w.accepts(func(f *fields) {
		f.extended = true
		f.extensions = []extension{e}
	})
}

// policies leaves out policies that cannot be read, or stand there twice (RFC 5280
// §4.2.1.4): no verdict asks for one, and a path that must have one does not find it.
func (w *rewriting) policies() []byte {
	w.remark("the certificate policies cannot be read, and do not count")
	return sequence()
}

// boolean is TRUE for all that is not zero, as BER has it (X.690 §8.2.2).
func (w *rewriting) boolean(content []byte) []byte {
	if len(content) != 1 {
		w.refused = true
		return content
	}
	if content[0] == 0 || content[0] == 0xff {
		return content
	}
	w.remark("a truth value is written in another way than DER has it")
	return []byte{0xff}
}

// basicConstraints reads the value cA (RFC 5280 §4.2.1.9).
func (w *rewriting) basicConstraints(value []byte) []byte {
	in := cryptobyte.String(value)
	var content, cA cryptobyte.String
	if !in.ReadASN1(&content, cb.SEQUENCE) || !content.ReadASN1(&cA, cb.BOOLEAN) {
		w.refused = true
		return value
	}
	return sequence(tagged(cb.BOOLEAN, w.boolean(cA)), content)
}

// alternativeNames leaves out the entries that cannot be read. Of mailboxes one must
// stay: else the subject's would count, which the authority may have checked less.
func (w *rewriting) alternativeNames(e extension) []byte {
	in := cryptobyte.String(e.value)
	var names cryptobyte.String
	var kept []byte
	var mailboxes, leftOut int
	w.refused = w.refused || !in.ReadASN1(&names, cb.SEQUENCE) || !in.Empty()
	for !w.refused && !names.Empty() {
		var name cryptobyte.String
		var tag cb.Tag
		if !names.ReadAnyASN1Element(&name, &tag) {
			w.refused = true
			break
		}
		one := extension{id: e.id, value: sequence(name)}
		switch {
		case w.isStrict(one):
			kept = append(kept, name...)
			if tag == tagMailbox {
				mailboxes++
			}
		case tag == tagMailbox:
			leftOut++
		}
	}
	if len(kept) == 0 || leftOut > 0 && mailboxes == 0 {
		w.refused = true
	}
	w.remark("an alternative name cannot be read, and does not count")
	return sequence(kept)
}

// nameConstraints takes "@domain" for "domain", as openssl does: all mailboxes of that
// host (RFC 5280 §4.2.1.10). A constraint that cannot be read is never left out.
func (w *rewriting) nameConstraints(value []byte) []byte {
	in := cryptobyte.String(value)
	var lists, subtrees cryptobyte.String
	var out []byte
	w.refused = w.refused || !in.ReadASN1(&lists, cb.SEQUENCE) || !in.Empty()
	for !w.refused && !lists.Empty() {
		var tag cb.Tag
		if !lists.ReadAnyASN1(&subtrees, &tag) {
			w.refused = true
			break
		}
		out = append(out, tagged(tag, w.subtrees(subtrees))...)
	}
	return sequence(out)
}

func (w *rewriting) subtrees(list cryptobyte.String) (out []byte) {
	for !w.refused && !list.Empty() {
		var subtree, base cryptobyte.String
		var tag cb.Tag
		if !list.ReadASN1(&subtree, cb.SEQUENCE) || !subtree.ReadAnyASN1(&base, &tag) {
			w.refused = true
			break
		}
		if tag == tagMailbox && len(base) > 1 && base[0] == '@' {
			base = base[1:]
			w.remark("a name constraint is written with an @ before the domain")
		}
		out = append(out, sequence(tagged(tag, base), subtree)...)
	}
	return out
}
