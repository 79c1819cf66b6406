package gateway

import (
	"crypto/x509"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/internal/encodedword"
	"sealgate/smime/cms"
	"sealgate/trust"
)

var update = flag.Bool("update", false, "write testdata/sentences.txt anew")

// situations are a verdict for each, as the engine gives it.
func situations() map[situation]*verdict.Verdict {
	day := func(year int) time.Time { return time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC) }
	with := func(s verdict.SignatureStatus, rule verdict.Rule, edit func(v *verdict.Verdict)) *verdict.Verdict {
		c := &x509.Certificate{NotBefore: day(2024), NotAfter: day(2027)}
		v := &verdict.Verdict{
			Signature: s, Encryption: verdict.EncryptionNone, Rule: rule, From: "anna@kunde.example", At: day(2026),
			Reason: `x509: certificate signed by "unknown" authority`,
			Signer: &verdict.Signer{Address: "anna@kunde.example", Signature: cms.Signature{Certificate: c}},
		}
		if edit != nil {
			edit(v)
		}
		return v
	}
	noCertificate := func(v *verdict.Verdict) { v.Signer = nil }
	from := func(err error) func(v *verdict.Verdict) {
		return func(v *verdict.Verdict) { v.From = ""; v.FromErr = err }
	}
	return map[situation]*verdict.Verdict{
		notSigned:          {Signature: verdict.SignatureNone, Encryption: verdict.EncryptionNone},
		validSigned:        with(verdict.SignatureValid, trust.RuleChain, nil),
		validNotAsked:      with(verdict.SignatureValid, trust.RuleChain, func(v *verdict.Verdict) { v.Signer.Trust.Revocation = trust.RevocationUnknown }),
		expiredCertificate: with(verdict.SignatureExpired, trust.RuleValidity, func(v *verdict.Verdict) { v.Signer.Signature.Certificate.NotAfter = day(2025) }),
		expiredTooEarly:    with(verdict.SignatureExpired, trust.RuleValidity, func(v *verdict.Verdict) { v.Signer.Signature.Certificate.NotBefore = day(2027) }),
		expiredAuthority:   with(verdict.SignatureExpired, trust.RuleValidity, nil),

		uncheckedCertificate: with(verdict.SignatureUnchecked, verdict.RuleCertificate, noCertificate),
		uncheckedRevocation:  with(verdict.SignatureUnchecked, trust.RuleRevocation, nil),
		uncheckedCost:        with(verdict.SignatureUnchecked, trust.RuleCost, nil),
		uncheckedMethod:      with(verdict.SignatureUnchecked, verdict.RuleUnknown, noCertificate),

		untrustedIssuer:  with(verdict.SignatureUntrusted, trust.RuleChain, nil),
		untrustedPurpose: with(verdict.SignatureUntrusted, trust.RuleUsage, nil),
		untrustedBlocked: with(verdict.SignatureUntrusted, trust.RuleState, nil),
		weakSigned:       with(verdict.SignatureWeak, verdict.RuleAlgorithm, nil),

		partialSigned:     with(verdict.SignaturePartial, verdict.RuleCoverage, noCertificate),
		partialCiphertext: with(verdict.SignaturePartial, verdict.RuleCiphertext, nil),
		partialReaders:    with(verdict.SignaturePartial, verdict.RuleReaders, nil),
		partialNotMail:    with(verdict.SignaturePartial, verdict.RuleContent, nil),

		mismatchOther:      with(verdict.SignatureMismatch, verdict.RuleFrom, func(v *verdict.Verdict) { v.Signer.Address = "bob@kunde.example robert@kunde.example" }),
		mismatchNoAddress:  with(verdict.SignatureMismatch, verdict.RuleFrom, func(v *verdict.Verdict) { v.Signer.Address = "" }),
		mismatchNoFrom:     with(verdict.SignatureMismatch, verdict.RuleFrom, from(verdict.ErrNoFrom)),
		mismatchSeveral:    with(verdict.SignatureMismatch, verdict.RuleFrom, from(verdict.ErrSeveralFrom)),
		mismatchUnreadable: with(verdict.SignatureMismatch, verdict.RuleFrom, from(verdict.ErrUnreadableFrom)),
		mismatchInside:     with(verdict.SignatureMismatch, verdict.RuleInside, nil),

		revokedCertificate: with(verdict.SignatureRevoked, trust.RuleRevocation, func(v *verdict.Verdict) { v.Signer.Trust.Since = day(2025) }),
		malformedSigned:    with(verdict.SignatureMalformed, verdict.RuleStructure, noCertificate),
		invalidSigned:      with(verdict.SignatureInvalid, verdict.RuleSignature, noCertificate),
	}
}

// encrypted are the verdicts over unsigned mail, and over signed mail with notes.
func encryptedVerdicts() (names []string, all []*verdict.Verdict, why []withheld) {
	add := func(name string, v verdict.Verdict, w withheld) {
		names = append(names, name)
		v.Signature = verdict.SignatureNone
		all = append(all, &v)
		why = append(why, w)
	}
	add("decrypted", verdict.Verdict{Encryption: verdict.EncryptionDecrypted, Unauthenticated: true}, "")
	add("undecryptable", verdict.Verdict{Encryption: verdict.EncryptionUndecryptable}, "")
	add("partial", verdict.Verdict{Encryption: verdict.EncryptionPartial}, "")
	add("malformed", verdict.Verdict{Encryption: verdict.EncryptionMalformed}, "")
	for _, w := range slices.Sorted(maps.Keys(english.withheld)) {
		add("undecryptable, "+string(w), verdict.Verdict{Encryption: verdict.EncryptionUndecryptable}, w)
	}
	for topic := verdict.NoteSender; topic <= verdict.NoteDamaged; topic++ {
		n := verdict.Note{About: topic, Field: "Reply-To", Until: "2027-12-31"}
		v := verdict.Verdict{Encryption: verdict.EncryptionNone, Notes: []verdict.Note{n}}
		add("note: "+n.String(), v, "")
	}
	return names, all, why
}

// TestSentences compares all that agents read with testdata/sentences.txt, which people
// can check, and holds it against what no sentence may have in it.
func TestSentences(t *testing.T) {
	got := sentencesOf(t, "English", &english) + sentencesOf(t, "Deutsch", &german)
	const file = "testdata/sentences.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the sentences are not those of %s; read them, and write it with -update:\n%s", file, got)
	}
	technical := regexp.MustCompile(`x509|\?|%!|\[|\]|"|[{}]|unterzeichn|Unterzeichn|entschlüssel|  |^[^A-ZÄÖÜ]|[^.]$`)
	for line := range strings.Lines(got) {
		if _, text, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.HasPrefix(line, "  ") && technical.MatchString(text) {
			t.Errorf("not a sentence for an agent: %s", text)
		}
	}
}

// sentencesOf are all sentences of a language.
func sentencesOf(t *testing.T, name string, l *language) string {
	var b strings.Builder
	line := func(title string, v *verdict.Verdict, why withheld) {
		fmt.Fprintf(&b, "%s\n  Status: %s\n", title, l.status(v))
		if r := l.reason(v, why); r != "" {
			fmt.Fprintf(&b, "  Reason: %s\n", r)
		}
	}
	fmt.Fprintf(&b, "== %s: signatures ==\n", name)
	all := situations()
	for s := range english.signed {
		if all[s] == nil {
			t.Errorf("no verdict for %q", s)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(all)) {
		if got := situationOf(all[s]); got != s {
			t.Errorf("%q is taken for %q", s, got)
		}
		if w, ok := l.signed[s]; !ok && s != notSigned || ok && w.status == "" {
			t.Errorf("%s: nothing is said of %q", name, s)
		}
		line(string(s), all[s], "")
	}
	v := *all[validSigned]
	v.Encryption = verdict.EncryptionDecrypted
	line("valid, decrypted", &v, "")
	fmt.Fprintf(&b, "== %s: encryption and notes ==\n", name)
	names, verdicts, why := encryptedVerdicts()
	for i := range names {
		line(names[i], verdicts[i], why[i])
	}
	fmt.Fprintf(&b, "== %s: refusals ==\n", name)
	for _, token := range slices.Sorted(maps.Keys(replyCodes)) {
		r := refuse(token, refusedValues(l.refusals[token])...).in(l)
		fmt.Fprintf(&b, "%d %s %s\n", r.Code, r.Enhanced, r.Text)
	}
	return b.String()
}

// refusedValues are values for a sentence about a refusal.
func refusedValues(sentence string) (values []any) {
	for _, verb := range regexp.MustCompile(`%[sd]`).FindAllString(sentence, -1) {
		var value any = recipientList{"anna@kunde.example"}
		if verb == "%d" {
			value = 70
		}
		values = append(values, value)
	}
	return values
}

// TestRefusalsFit: with all that they may list, in one line of SMTP and in ASCII, in
// every language.
func TestRefusalsFit(t *testing.T) {
	for _, l := range []*language{&english, &german} {
		if len(l.refusals) != len(replyCodes) {
			t.Errorf("%s: %d refusals, there are %d tokens", l.tag, len(l.refusals), len(replyCodes))
		}
		for token, sentence := range l.refusals {
			if strings.Count(sentence, "%") != strings.Count(english.refusals[token], "%") {
				t.Errorf("%s, %s: not as many values as in English: %q", l.tag, token, sentence)
			}
			var values []any
			for range strings.Count(sentence, "%s") {
				values = append(values, printable(strings.Repeat("ä", 200), 100))
			}
			if token == TokenNoCertificate || token == TokenReplyInClear || token == TokenForward || token == TokenContains || token == TokenAutomatic || token == TokenMixed {
				values = []any{recipientList(slices.Repeat([]string{strings.Repeat("a", 140)}, 30))}
			}
			text := refuse(token, values...).in(l).Text
			if len(text) > maxReplyText || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
				t.Errorf("%s: %d octets: %q", token, len(text), text)
			}
			if !strings.HasPrefix(text, "["+string(token)+"] ") {
				t.Errorf("no token: %q", text)
			}
		}
	}
}

// TestSituationsOfMails: mails that agents asked about are said as what they are.
func TestSituationsOfMails(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Language = "de" })
	signed := h.signed(h.anna, "", plainText)
	rest := strings.SplitN(fromAnna, "\r\n", 2)[1]
	inner := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nthe secret text\r\n--b\r\n" +
		h.sealed("", plainText, h.support) + "\r\n--b--\r\n"
	for name, c := range map[string]struct{ text, says string }{
		"two From addresses":   {"From: anna@kunde.example, bob@kunde.example\r\n" + rest + signed, "Absender nicht eindeutig:"},
		"two From fields":      {"From: bob@kunde.example\r\n" + fromAnna + signed, "Absender nicht eindeutig:"},
		"an unquoted From":     {"From: Muster, Anna <anna@kunde.example>\r\n" + rest + signed, "Absender nicht lesbar:"},
		"PGP":                  {fromAnna + "Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n", "Die Nachricht ist mit PGP verschlüsselt"},
		"encrypted part in it": {h.sealed(fromAnna, inner, h.support), "Ein Teil darin ist noch einmal verschlüsselt"},
	} {
		status := encodedword.Decode(h.header(h.process(toSupport, c.text).text[0], "X-SMIME-Status"))
		if !strings.Contains(status, c.says) || strings.Contains(status, "?") || name == "PGP" && strings.Contains(status, "weder") {
			t.Errorf("%s: %q does not say %q", name, status, c.says)
		}
	}
	h.process(toSupport, fromAnna+signed)
	h.decide(h.anna, certstore.Blocked)
	if status := encodedword.Decode(h.header(h.process(toSupport, fromAnna+signed).text[0], "X-SMIME-Status")); !strings.HasSuffix(status, "Ihre Administration lehnt das Zertifikat von anna@kunde.example ab.") {
		t.Errorf("blocked: %q", status)
	}
}

// TestDocumentedContract: docs/helpdesk.md names every token with its code, every status
// field and every value, and no others.
func TestDocumentedContract(t *testing.T) {
	text, err := os.ReadFile("../docs/helpdesk.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	var rows []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(SG-[A-Z-]+)` \\| ([0-9]{3}) \\|").FindAllStringSubmatch(doc, -1) {
		rows = append(rows, row[1]+" "+row[2])
	}
	var want []string
	for token, r := range replyCodes {
		want = append(want, fmt.Sprintf("%s %d", token, r.code))
	}
	slices.Sort(rows)
	slices.Sort(want)
	if !slices.Equal(rows, want) {
		t.Errorf("documented are %q, there are %q", rows, want)
	}
	for s := range english.signed {
		if value, _, _ := strings.Cut(string(s), ","); !strings.Contains(doc, "| `"+value+"`") {
			t.Errorf("X-SMIME-Signature: %s is not in a table", value)
		}
	}
	for e := range english.encrypted {
		if !strings.Contains(doc, "| `"+string(e)+"`") {
			t.Errorf("X-SMIME-Encryption: %s is not in a table", e)
		}
	}
	for _, l := range []*language{&english, &german} {
		for s, w := range l.signed {
			if !strings.Contains(string(s), ",") && s != notSigned && !strings.Contains(doc, strings.NewReplacer("{signer}", "…", "{from}", "…", "{date}", "…").Replace(w.status)) {
				t.Errorf("%s: %q is not in the table", s, w.status)
			}
		}
	}
}
