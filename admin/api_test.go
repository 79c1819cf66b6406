package admin_test

// This file asks for certificates, mailboxes, messages and changes, as it should be and otherwise.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/internal/certadmin"
	"sealgate/internal/certfile"
	"sealgate/internal/ownkeys"
	"sealgate/journal"
)

// known is the fingerprint of the one certificate that a fake has.
var known = strings.Repeat("ab", 32)

// fake answers what a test wants it to, and remembers what it was asked.
type fake struct {
	query     certadmin.Query
	messages  journal.Question
	changes   journal.Question
	by        string
	decision  certadmin.Decision
	seen      certstore.State
	imported  admin.ImportFile
	recipient string
	message   string
	err       error
}

func (f *fake) Certificates(_ context.Context, q certadmin.Query) (*certadmin.Page, error) {
	f.query = q
	return &certadmin.Page{Certificates: []certadmin.Certificate{detail().Certificate}, Next: known}, f.err
}

func (f *fake) Certificate(_ context.Context, fingerprint string) (*admin.Certificate, error) {
	if fingerprint != known {
		return nil, certstore.ErrNotFound
	}
	return &admin.Certificate{
		Detail:   detail(),
		Uses:     []admin.Use{{Address: "anna@kunde.example", Chosen: true, Status: "valid", Reason: "x", Remedy: "y"}},
		Possible: certadmin.Possible(certstore.Active),
		History:  []*journal.Change{change()},
	}, f.err
}

func detail() *certadmin.Detail {
	link := certadmin.Link{Fingerprint: known, Subject: "CN=Sub", Issuer: "CN=Root", NotAfter: time.Unix(2e9, 0)}
	return &certadmin.Detail{
		Certificate: certadmin.Certificate{
			Fingerprint: known, Addresses: []string{"anna@kunde.example"}, State: certstore.Active, Source: certstore.Harvested,
			Subject: "CN=Anna", Issuer: "CN=Sub", NotAfter: time.Unix(2e9, 0), Useless: "it is not for e-mail",
		},
		Serial: "1f", Key: "RSA 2048", Signature: "SHA256-RSA", Proof: "<1@kunde.example>", ProofTime: time.Unix(1e9, 0),
		Tolerated: []string{"a negative serial"}, Chain: []certadmin.Link{link, {Fingerprint: known}},
		DER: []byte{0x30, 0}, Intermediates: [][]byte{{0x30, 0}, {0x30, 0}},
	}
}

func change() *journal.Change {
	return &journal.Change{
		Time: time.Unix(1e9, 0), By: "admin anna", What: "block", Fingerprint: known, Addresses: []string{"anna@kunde.example"},
		Text: "it was active", Failed: "the disk is full",
	}
}

func (f *fake) Mailboxes(context.Context) []admin.Mailbox {
	finding := ownkeys.Finding{Rule: ownkeys.RuleExpiry, Level: ownkeys.Warning, Cause: "soon", Remedy: "renew", Days: 14}
	return []admin.Mailbox{{
		Addresses: []string{"support@firma.example"}, Wrong: []ownkeys.Finding{finding},
		Keys: []admin.Key{{
			Fingerprint: known, Addresses: []string{"support@firma.example"}, Issuer: "CN=CA", Can: []string{"sign"},
			Chain: detail().Chain, Wrong: []ownkeys.Finding{finding}, File: "/etc/sealgate/keys/support.pem",
		}},
	}}
}

func (f *fake) Decide(_ context.Context, by, fingerprint string, d certadmin.Decision, seen certstore.State) error {
	f.by = by
	f.decision = d
	f.seen = seen
	if fingerprint != known {
		return certstore.ErrNotFound
	}
	return f.err
}

func (f *fake) Record(context.Context, journal.Change) error { return nil }

func (f *fake) Import(_ context.Context, by string, file admin.ImportFile) (*admin.Imported, error) {
	f.by = by
	f.imported = file
	return &admin.Imported{
		Added: 1, Certificates: []certadmin.Certificate{detail().Certificate}, LeftOut: []string{"the private key"},
	}, f.err
}

func (f *fake) Find(_ context.Context, q journal.Question) ([]*journal.Record, error) {
	f.messages = q
	some := []string{"a@b.example"}
	return []*journal.Record{{
		Time: time.Unix(1e9, 0), Direction: "inbound", QueueID: "Q", MessageID: "<1@x>", Client: "192.0.2.1", User: "u", EnvelopeFrom: "a@b.example",
		EnvelopeTo: some, From: some, Result: "accepted", Code: 250, Text: "t", Copies: 1, Signature: string(verdict.SignatureValid),
		Encryption: "none", Reason: "r", Closed: "c", Layers: some, Signers: some, OpenedBy: some, Named: some, SignedBy: "s",
		EncryptedFor: some, Token: "SG-NOCERT", Rule: "chain", Orders: some, Rules: []int{1}, Milliseconds: 1.5,
	}}, f.err
}

func (f *fake) Changes(_ context.Context, q journal.Question) ([]*journal.Change, error) {
	f.changes = q
	return []*journal.Change{change()}, f.err
}

func (f *fake) Explain(_ context.Context, recipient string, message io.Reader) (*admin.Explanation, error) {
	f.recipient = recipient
	var begin strings.Builder
	_, err := io.Copy(&begin, io.LimitReader(message, 1<<10))
	if err == nil {
		_, err = io.Copy(io.Discard, message)
	}
	f.message = begin.String()
	return &admin.Explanation{Report: json.RawMessage(`{"signature":"valid"}`), Drawing: "└─ text"}, errors.Join(err, f.err)
}

// form is a form with fields, and its media type.
func form(fields ...string) (body, media string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		part, _ := w.CreateFormFile(fields[i], "anna.pem")
		io.WriteString(part, fields[i+1])
	}
	w.Close()
	return b.String(), w.FormDataContentType()
}

// good is a request of each operation that is answered.
func (s *side) good() map[string]func(token string) *http.Response {
	upload, media := form("file", "PEM", "password", "geheim")
	get := func(target string) func(string) *http.Response {
		return func(token string) *http.Response { return s.ask("GET", target, token, "") }
	}
	post := func(target, media, body string) func(string) *http.Response {
		return func(token string) *http.Response { return s.ask("POST", target, token, body, "Content-Type", media) }
	}
	mail := "From: anna@kunde.example\r\n\r\nHallo\r\n"
	return map[string]func(string) *http.Response{
		"capabilities GET /v1/capabilities":                  get(query),
		"capabilities POST /v1/capabilities":                 post("/v1/capabilities", "application/json", `{"from":"a@b.example","to":["c@d.example"]}`),
		"metrics GET /metrics":                               get("/metrics"),
		"read GET /v1/certificates":                          get("/v1/certificates?search=anna&state=pending&cursor=ab&limit=200"),
		"admin POST /v1/certificates":                        post("/v1/certificates", media, upload),
		"read GET /v1/certificates/{fingerprint}":            get("/v1/certificates/" + known),
		"read GET /v1/certificates/{fingerprint}/pem":        get("/v1/certificates/" + known + "/pem?chain=true"),
		"admin POST /v1/certificates/{fingerprint}/decision": post("/v1/certificates/"+known+"/decision", "application/json", `{"decision":"block","seen":"active"}`),
		"read GET /v1/mailboxes":                             get("/v1/mailboxes"),
		"read GET /v1/messages":                              get("/v1/messages?since=2026-11-29T09:30:00Z&until=2026-11-29T09:30:00.123456789Z&limit=1000&oldest=true&address=a@b.example&message_id=%3C1@x%3E&queue_id=Q&verdict=valid"),
		"read GET /v1/changes":                               get("/v1/changes?since=2026-11-29T09:30:00Z&limit=1&address=a@b.example&fingerprint=" + known),
		"read GET /v1/health":                                get("/v1/health"),
		"admin POST /v1/explain":                             post("/v1/explain?recipient=support@firma.example", "message/rfc822", mail),
	}
}

// TestEveryOperation is answered as described for the scope that it needs and those above, for no
// token, a wrong one and a smaller scope it is not; and none is left out.
func TestEveryOperation(t *testing.T) {
	ranks := []string{"", "wrong", "capabilities", "metrics", "read", "admin"}
	var asked []string
	for name := range newSide(t).good() {
		scope, operation, _ := strings.Cut(name, " ")
		asked = append(asked, operation)
		for n, rank := range ranks {
			s := newSide(t)
			token := rank
			if s.tokens[rank] != "" {
				token = s.tokens[rank]
			}
			got := s.good()[name](token).StatusCode
			want := got
			switch {
			case n < 2:
				want = http.StatusUnauthorized
			case n < slices.Index(ranks, scope):
				want = http.StatusForbidden
			case got != http.StatusOK && got != http.StatusNoContent:
				want = http.StatusOK
			}
			if got != want {
				t.Errorf("%s with the token %q: %d, want %d", operation, rank, got, want)
			}
		}
	}
	for path, methods := range operations(t) {
		for method := range methods {
			open := slices.Contains([]string{"/healthz", "/readyz", "/openapi.json"}, path)
			if !open && !slices.Contains(asked, strings.ToUpper(method)+" "+path) {
				t.Errorf("%s %s is not asked", method, path)
			}
		}
	}
}

// TestWhatIsAsked reaches the gateway as it was meant, with the name of who asks.
func TestWhatIsAsked(t *testing.T) {
	s := newSide(t)
	for _, ask := range s.good() {
		ask(s.tokens["admin"])
	}
	since := time.Date(2026, 11, 29, 9, 30, 0, 0, time.UTC)
	want := &fake{
		query: certadmin.Query{Search: "anna", State: certstore.Pending, Cursor: "ab", Most: 200},
		messages: journal.Question{
			Since: since, Until: since.Add(123456789), Most: 1000, Oldest: true, Address: "a@b.example", MessageID: "<1@x>",
			QueueID: "Q", Verdict: "valid",
		},
		changes: journal.Question{Since: since, Most: 1, Address: "a@b.example", Fingerprint: known},
		by:      "token admin", decision: certadmin.Block, seen: certstore.Active,
		imported:  admin.ImportFile{Name: "anna.pem", Data: []byte("PEM"), Password: []byte("geheim")},
		recipient: "support@firma.example", message: "From: anna@kunde.example\r\n\r\nHallo\r\n",
	}
	if !reflect.DeepEqual(s.fake, want) {
		t.Errorf("asked %+v\nwant  %+v", s.fake, want)
	}
	for _, secret := range []string{"geheim", "Hallo", s.tokens["admin"]} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// TestWrongRequests are refused with a reason, and change nothing.
func TestWrongRequests(t *testing.T) {
	decision := "/v1/certificates/" + known + "/decision"
	upload, media := form("file", "PEM")
	other, _, _ := strings.Cut(media, ";")
	unknown, unknownMedia := form("key", "PEM")
	empty, emptyMedia := form("file", "")
	more, moreMedia := form("file", "PEM", "key", "PEM")
	files, filesMedia := form("file", "PEM", "file", "PEM")
	passwords, passwordsMedia := form("password", "a", "file", "PEM", "password", "b")
	for name, c := range map[string]struct {
		method, target, media, body string
		want                        int
	}{
		"a page of none":          {"GET", "/v1/certificates?limit=0", "", "", 400},
		"a page of all":           {"GET", "/v1/certificates?limit=201", "", "", 400},
		"a page of words":         {"GET", "/v1/messages?limit=ten", "", "", 400},
		"more messages":           {"GET", "/v1/messages?limit=1001", "", "", 400},
		"a misspelt filter":       {"GET", "/v1/messages?adress=a@b.example", "", "", 400},
		"a filter twice":          {"GET", "/v1/messages?address=a@b.example&address=c@d.example", "", "", 400},
		"no time":                 {"GET", "/v1/messages?since=yesterday", "", "", 400},
		"oldest of words":         {"GET", "/v1/changes?oldest=yes", "", "", 400},
		"an unknown certificate":  {"GET", "/v1/certificates/" + strings.Repeat("0", 64), "", "", 404},
		"a chain of words":        {"GET", "/v1/certificates/" + known + "/pem?chain=1", "", "", 400},
		"no decision":             {"POST", decision, "application/json", `{}`, 400},
		"an unknown decision":     {"POST", decision, "application/json", `{"decision":"trust"}`, 400},
		"two decisions":           {"POST", decision, "application/json", `{"decision":"pin"}{"decision":"block"}`, 400},
		"a decision and an end":   {"POST", decision, "application/json", `{"decision":"pin"}}`, 400},
		"a decision with more":    {"POST", decision, "application/json", `{"decision":"pin","by":"root"}`, 400},
		"a state that is none":    {"POST", decision, "application/json", `{"decision":"delete","seen":"trusted"}`, 400},
		"a decision as a form":    {"POST", decision, "application/x-www-form-urlencoded", `decision=pin`, 415},
		"a decision too large":    {"POST", decision, "application/json", `{"decision":"` + strings.Repeat("p", 65<<10) + `"}`, 413},
		"about an unknown one":    {"POST", "/v1/certificates/00/decision", "application/json", `{"decision":"pin"}`, 404},
		"a file as JSON":          {"POST", "/v1/certificates", "application/json", `{}`, 415},
		"a form without boundary": {"POST", "/v1/certificates", other, upload, 400},
		"a form without a file":   {"POST", "/v1/certificates", unknownMedia, unknown, 400},
		"an empty file":           {"POST", "/v1/certificates", emptyMedia, empty, 400},
		"a form with more":        {"POST", "/v1/certificates", moreMedia, more, 400},
		"two files":               {"POST", "/v1/certificates", filesMedia, files, 400},
		"two passwords":           {"POST", "/v1/certificates", passwordsMedia, passwords, 400},
		"a form cut off":          {"POST", "/v1/certificates", media, upload[:len(upload)-10], 400},
		"for nobody":              {"POST", "/v1/explain", "message/rfc822", "x", 400},
		"a message as text":       {"POST", "/v1/explain?recipient=a@b.example", "text/plain", "x", 415},
	} {
		s := newSide(t)
		res := s.ask(c.method, c.target, s.tokens["admin"], c.body, "Content-Type", c.media)
		if res.StatusCode != c.want || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s as %s, want %d", name, res.Status, res.Header.Get("Content-Type"), c.want)
		}
		reached := *s.fake
		reached.by = ""
		if c.want != http.StatusNotFound && !reflect.DeepEqual(reached, fake{}) {
			t.Errorf("%s: it reached the gateway: %+v", name, reached)
		}
	}
}

// TestSizesAreBounded: a file or a message of as many octets as may be is taken, one more is not.
func TestSizesAreBounded(t *testing.T) {
	t.Parallel()
	before, media := form("file", "")
	head, tail, _ := strings.Cut(before, "\r\n\r\n")
	password := strings.Replace(head, `name="file"`, `name="password"`, 1)
	for _, c := range []struct {
		target, media, head, tail string
		octets                    int64
		want                      int
	}{
		{"/v1/certificates", media, head + "\r\n\r\n", tail, certfile.MaxSize, 200},
		{"/v1/certificates", media, head + "\r\n\r\n", tail, certfile.MaxSize + 1, 413},
		{"/v1/certificates", media, password + "\r\n\r\n", tail, 4096, 400}, // a form without a file
		{"/v1/certificates", media, password + "\r\n\r\n", tail, 4097, 413},
		{"/v1/explain?recipient=a@b.example", "message/rfc822", "", "", maxMessage, 200},
		{"/v1/explain?recipient=a@b.example", "message/rfc822", "", "", maxMessage + 1, 413},
	} {
		s := newSide(t)
		body := io.MultiReader(strings.NewReader(c.head), io.LimitReader(spaces{}, c.octets), strings.NewReader(c.tail))
		r := httptest.NewRequest("POST", c.target, body)
		r.Header.Set("Authorization", "Bearer "+s.tokens["admin"])
		r.Header.Set("Content-Type", c.media)
		w := httptest.NewRecorder()
		s.server.Handler().ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s with %d octets: %d, want %d", c.target, c.octets, w.Code, c.want)
		}
	}
}

// spaces never end.
type spaces struct{}

var space = bytes.Repeat([]byte(" "), 64<<10)

func (spaces) Read(p []byte) (int, error) { return copy(p, space), nil }

// TestErrorsAreTold by their kind; of our own faults the log alone knows the cause.
func TestErrorsAreTold(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{certstore.ErrState, 409},
		{certadmin.ErrInput, 400},
		{admin.ErrInput, 400},
		{certstore.ErrNotFound, 404},
		{errors.New("disk /var/lib on fire"), 503},
	} {
		s := newSide(t)
		s.fake.err = fmt.Errorf("so it is: %w", c.err)
		res := s.ask("POST", "/v1/certificates/"+known+"/decision", s.tokens["admin"], `{"decision":"pin"}`, "Content-Type", "application/json")
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != c.want || strings.Contains(string(body), "fire") {
			t.Errorf("%v: %s %s", c.err, res.Status, body)
		}
		if c.want == 503 && !strings.Contains(s.log.String(), "fire") {
			t.Errorf("the log: %s", &s.log)
		}
	}
}

// TestExplainIsNoOracle: whoever has a token of an admin cannot try ciphertexts one after the other.
func TestExplainIsNoOracle(t *testing.T) {
	s := newSide(t)
	answered := 0
	for range 100 {
		res := s.ask("POST", "/v1/explain?recipient=a@b.example", s.tokens["admin"], "x", "Content-Type", "message/rfc822")
		if res.StatusCode == http.StatusOK {
			answered++
		}
	}
	if answered < 5 || answered > 20 {
		t.Errorf("%d of 100 were explained", answered)
	}
}

// TestTypesAreDescribed: every member of what is answered stands in openapi.json, and no other one.
func TestTypesAreDescribed(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	data, err := os.ReadFile("openapi.json")
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{
		"CertificateSummary": certadmin.Certificate{}, "Certificate": admin.Certificate{}, "CertificatePage": certadmin.Page{},
		"Link": certadmin.Link{}, "Use": admin.Use{}, "Imported": admin.Imported{}, "Mailbox": admin.Mailbox{}, "Key": admin.Key{},
		"Finding": ownkeys.Finding{}, "Message": journal.Record{}, "Change": journal.Change{}, "Attention": admin.Attention{},
	} {
		says := doc.Components.Schemas[name].Properties
		has := members(reflect.TypeOf(value))
		for _, m := range has {
			if says[m] == nil {
				t.Errorf("%s: %s is not described", name, m)
			}
		}
		if len(has) != len(says) {
			t.Errorf("%s has %q, openapi.json says %d", name, has, len(says))
		}
	}
}

// members are the names that a struct has as JSON.
func members(t reflect.Type) (names []string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			names = append(names, members(f.Type)...)
		case name != "-":
			names = append(names, name)
		}
	}
	return names
}
