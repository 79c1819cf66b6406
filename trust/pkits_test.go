package trust_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/internal/x509cert"
	"sealgate/trust"
	"sealgate/trust/revocation"
)

var update = flag.Bool("update", false, "write docs/pkits.md anew")

// pkitsFolder and pkitsDoc are relative to this package.
const (
	pkitsFolder = "../../shared/corpus"
	pkitsDoc    = "../docs/pkits.md"
	pkitsTime   = 1291940972 // when the corpus wants it judged
)

// pkitsSkipped are whole sections that do not bear on mail, and why.
var pkitsSkipped = map[string]string{
	"4.8": "policies: mail asks for none", "4.9": "policies: mail asks for none", "4.10": "policies: mail asks for none", "4.11": "policies: mail asks for none", "4.12": "policies: mail asks for none",
	"4.14": "distribution points named by directory entries: only URLs are fetched", "4.15": "delta CRLs: refused, the whole list is asked for",
}

// pkitsSections are the titles of the rest.
var pkitsSections = map[string]string{
	"4.1": "signature verification", "4.2": "validity periods", "4.3": "name chaining", "4.4": "basic CRLs", "4.5": "self-issued certificates",
	"4.6": "basic constraints and path length", "4.7": "key usage", "4.13": "name constraints", "4.16": "private extensions",
}

// pkitsStricter are valid paths that we do not take, and why. None the other way
// round is allowed.
var pkitsStricter = map[string]string{}

// pkitsNames are certificates that have another name than their case.
var pkitsNames = map[string]string{
	"ValidSignaturesTest1": "ValidCertificatePathTest1", "ValidNameChainingUIDsTest6": "ValidNameUIDsTest6",
	"InvalidNameChainingEETest1": "InvalidNameChainingTest1", "MissingCRLTest1": "InvalidMissingCRLTest1",
	"ValidSelfIssuedDNnameConstraintsTest19": "ValidDNnameConstraintsTest19", "InvalidSelfIssuedDNnameConstraintsTest20": "InvalidDNnameConstraintsTest20",
}

func init() {
	for section, why := range map[string]string{
		"4.3.3 4.3.4 4.3.5 4.3.10 4.3.11":        "names that differ in case, blanks or encoding: crypto/x509 compares octets",
		"4.1.4":                                  "DSA: no mail is signed with it any more",
		"4.6.8 4.6.14":                           "the last certificate is an authority's: it signs no mail",
		"4.6.15 4.6.17":                          "crypto/x509 counts self-issued certificates, too",
		"4.13.25 4.13.36":                        "crypto/x509 takes an excluded host for those below it, too",
		"4.4.19 4.5.1 4.5.3 4.5.4 4.5.6 4.13.19": "a CRL signed with another key than the certificates: not followed",
	} {
		for _, n := range strings.Fields(section) {
			pkitsStricter[n] = why
		}
	}
}

type pkitsCase struct {
	number, name string
	valid        bool
}

// pkitsCases reads numbers and names out of the manifest.
func pkitsCases(t *testing.T) (cases []pkitsCase) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(pkitsFolder, "manifest.tsv"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the corpus is not here: ", pkitsFolder)
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(line, "\t")
		name, ok := strings.CutPrefix(f[0], "pkits/smime/Signed")
		_, number, found := strings.Cut(f[min(17, len(f)-1)], "pkits-test.pl: ")
		if !ok || !found {
			continue
		}
		number, _, _ = strings.Cut(number, " ")
		parts := strings.Split(number, ".")
		cases = append(cases, pkitsCase{strings.Join(parts[:3], "."), strings.TrimSuffix(name, ".eml"), f[6] == "valid"})
	}
	slices.SortFunc(cases, func(a, b pkitsCase) int { return slices.Compare(numbers(a.number), numbers(b.number)) })
	return slices.CompactFunc(cases, func(a, b pkitsCase) bool { return a.number == b.number })
}

func numbers(s string) (out []int) {
	for p := range strings.SplitSeq(s, ".") {
		var n int
		fmt.Sscan(p, &n)
		out = append(out, n)
	}
	return out
}

// TestPKITS runs NIST's path validation suite, signed anew with keys of today: its
// own are certified with SHA-1, which is refused before anything else is looked at.
func TestPKITS(t *testing.T) {
	cases := pkitsCases(t)
	world := newPKITS(t, filepath.Join(pkitsFolder, "pkits"))
	var doc strings.Builder
	section, agreed, stricter, skipped := "", 0, 0, 0
	for _, k := range cases {
		parts := strings.SplitN(k.number, ".", 3)
		if s := parts[0] + "." + parts[1]; s != section {
			section = s
			fmt.Fprintf(&doc, "\n## %s %s\n\n", s, pkitsSections[s])
			if why := pkitsSkipped[s]; why != "" {
				fmt.Fprintf(&doc, "Left out: %s.\n", why)
			} else {
				doc.WriteString("| case | | PKITS | sealgate |\n|---|---|---|---|\n")
			}
		}
		if pkitsSkipped[section] != "" {
			skipped++
			continue
		}
		res, err := world.check(k.name)
		good := err == nil && res.Status == trust.Valid
		what := pkitsWord(res, err)
		switch why, known := pkitsStricter[k.number]; {
		case good == k.valid && !known:
			agreed++
		case k.valid && !good && known:
			stricter, what = stricter+1, what+" ("+why+")"
		default:
			t.Errorf("%s %s: PKITS says valid %v, we say %s", k.number, k.name, k.valid, what)
		}
		fmt.Fprintf(&doc, "| %s | %s | %s | %s |\n", k.number, k.name, map[bool]string{true: "valid", false: "not valid"}[k.valid], what)
	}
	t.Logf("%d agree, %d stricter, %d left out", agreed, stricter, skipped)
	if agreed < 85 {
		t.Errorf("only %d cases agree: is the corpus whole?", agreed)
	}
	pkitsCompare(t, fmt.Sprintf("%d cases agree; in %d a valid path is not taken, for the reason given; none that must fail is taken. %d are left out.\n", agreed, stricter, skipped)+doc.String())
}

// pkitsWord is the verdict in a few words that do not change from run to run.
func pkitsWord(res trust.Result, err error) string {
	switch {
	case err != nil:
		return "unreadable"
	case res.Status == trust.Unchecked:
		return "unchecked, revocation " + string(res.Revocation)
	}
	return string(res.Status)
}

func pkitsCompare(t *testing.T, table string) {
	t.Helper()
	text, err := os.ReadFile(pkitsDoc)
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(text), "\n---\n")
	if !ok {
		t.Fatalf("%s has no line ---", pkitsDoc)
	}
	now := head + "\n---\n\n" + table
	if *update {
		if err := os.WriteFile(pkitsDoc, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if now != string(text) {
		t.Errorf("%s is not what happens: go test ./trust -run TestPKITS -update", pkitsDoc)
	}
}

// check judges one end entity under hard revocation, with every authority between
// it and the root in the bag.
func (p *pkits) check(name string) (trust.Result, error) {
	if other := pkitsNames[name]; other != "" {
		name = other
	}
	i := slices.IndexFunc(p.names, func(n string) bool { return strings.EqualFold(n, name+"EE") })
	if i < 0 {
		p.t.Errorf("%s: no such certificate", name)
		return trust.Result{}, errors.New("no such certificate")
	}
	leaf, err := x509cert.Parse(p.certs[i].now)
	if err != nil {
		return trust.Result{}, err
	}
	src := revocation.New(revocation.Options{Fetch: p})
	defer src.Close()
	root, err := x509cert.Parse(p.certs[p.root].now)
	if err != nil {
		return trust.Result{}, err
	}
	c, err := trust.New(trust.Options{Roots: []*x509.Certificate{root}, AcceptAny: true, Revocation: trust.Hard, Sources: src})
	if err != nil {
		return trust.Result{}, err
	}
	return c.Check(context.Background(), trust.Request{Certificate: leaf, Intermediates: p.above(i), Purpose: trust.Sign, At: time.Unix(pkitsTime, 0)}), nil
}

// above are the certificates whose names lead from number i upward.
func (p *pkits) above(i int) (bag [][]byte) {
	want, seen := []string{p.certs[i].issuer}, map[int]bool{}
	for len(want) > 0 {
		name := want[0]
		want = want[1:]
		for n, c := range p.certs {
			if c.subject == name && !seen[n] && n != p.root && strings.HasSuffix(p.names[n], "Cert") {
				seen[n] = true
				bag, want = append(bag, c.now), append(want, c.issuer)
			}
		}
	}
	return bag
}

// Get implements Fetcher: the URL names the authority, and which of its lists.
func (p *pkits) Get(_ context.Context, url string, _ int64) ([]byte, error) {
	var key string
	var n int
	if _, err := fmt.Sscanf(url, "http://pkits.example/%64s/%d", &key, &n); err != nil {
		return nil, err
	}
	for _, l := range p.lists {
		if fmt.Sprintf("%x", sha256.Sum256([]byte(l.issuer))) == key {
			if n == 0 {
				return l.now, nil
			}
			n--
		}
	}
	return nil, errors.New("no such list")
}

// Post implements Fetcher.
func (p *pkits) Post(context.Context, string, string, []byte, int64) ([]byte, error) {
	return nil, errors.New("no OCSP here")
}
