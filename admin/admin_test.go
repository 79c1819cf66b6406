package admin_test

// This file asks the server as programs do, and as those do who may not.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sealgate/admin"
	"sealgate/gateway"
	"sealgate/internal/ownkeys"
)

// engine answers what a test wants it to.
type engine struct {
	asked gateway.Question
	err   error
}

func (e *engine) Capabilities(_ context.Context, q gateway.Question) (*gateway.Capabilities, error) {
	e.asked = q
	if e.err != nil {
		return nil, e.err
	}
	return &gateway.Capabilities{
		Sign:    gateway.Box{State: gateway.Enabled, Preset: true},
		Encrypt: gateway.Box{State: gateway.Disabled, Token: gateway.TokenNoCertificate, Code: 550, Text: "cannot encrypt"},
		Plain:   gateway.Box{State: gateway.Enabled},
		Readers: []gateway.Reader{
			{Address: "anna@kunde.example", State: gateway.Enabled, Fingerprint: strings.Repeat("a", 64), Issuer: "CN=CA", NotAfter: time.Unix(1e9, 0)},
			{Address: "bob@kunde.example", State: gateway.Disabled, Reason: "no certificate is known", Cause: "none", Text: "x"},
		},
		Thread: gateway.Thread{Encrypted: true, Encrypt: gateway.IfPossible},
	}, nil
}

// maxMessage bounds the octets of a message that is explained.
const maxMessage = 1 << 20

// side is a server with a token of each scope.
type side struct {
	t      testing.TB
	engine *engine
	fake   *fake
	faults []admin.Fault
	tokens map[string]string // by scope
	log    bytes.Buffer
	server *admin.Server
	schema *jsonschema.Compiler
}

// Ready implements admin.Health.
func (s *side) Ready(context.Context) []admin.Fault { return s.faults }

// Attention implements admin.Health.
func (s *side) Attention(context.Context) []admin.Attention {
	return []admin.Attention{{
		Kind: admin.KindKey, Level: ownkeys.Warning, Object: "support@firma.example", Cause: "it ends in 3 days", Remedy: "a new one",
	}, {Kind: admin.KindClearReplies, Level: ownkeys.Warning, Count: 2}}
}

// Process implements admin.Health.
func (s *side) Process() admin.Process { return admin.Process{Version: "test"} }

func newSide(t testing.TB) *side {
	t.Helper()
	s := &side{t: t, engine: &engine{}, fake: &fake{}, tokens: map[string]string{}}
	o := admin.Options{
		Gateway: admin.Bounded(admin.Gateway{
			Engine: s.engine, Health: s, Certificates: s.fake, Mailboxes: s.fake, Changes: s.fake, Journal: s.fake, Explainer: s.fake,
			MaxMessage: maxMessage,
		}),
		CanSplit: true,
		Metrics:  admin.NewMetrics(gauges()),
		Log:      slog.New(slog.NewTextHandler(&s.log, nil)),
	}
	for word, scope := range map[string]admin.Scope{"capabilities": admin.Capabilities, "metrics": admin.Monitoring, "read": admin.Read, "admin": admin.Admin} {
		token, hash := admin.NewToken()
		s.tokens[word] = token
		o.Tokens = append(o.Tokens, admin.Token{Name: word, Hash: hash, Scope: scope})
	}
	s.server = admin.New(o)
	s.schema = described(t)
	return s
}

func gauges() admin.Gauges {
	n := func() int64 { return 7 }
	return admin.Gauges{
		SpoolOctets: n, StoreOctets: n, ClearReplies: n, ReloadFailures: n, JournalLost: n, ExpiryMails: n, ExpiryFailures: n,
		Version: "test", Sessions: func() map[string]int64 { return map[string]int64{"127.0.0.1:8891": 7} },
		SpoolLimit: 8, SessionsLimit: func() map[string]int64 { return map[string]int64{"127.0.0.1:8891": 8} },
		KeysEnd:      func() map[string]int64 { return map[string]int64{"support@firma.example": 2e9} },
		SilentPlaces: func() map[string]bool { return map[string]bool{"the folder /certificates": true} },
	}
}

// described compiles the schemas of openapi.json, which are JSON Schema 2020-12.
func described(t testing.TB) *jsonschema.Compiler {
	t.Helper()
	data, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends one request and returns the answer, which is what openapi.json says.
func (s *side) ask(method, target, token, body string, header ...string) *http.Response {
	s.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(w, r)
	res := w.Result()
	s.matches(method, strings.Split(target, "?")[0], res)
	if res.StatusCode < 300 {
		s.described(r, body)
	}
	return res
}

// described sees to it that what was taken is what openapi.json lets be asked.
func (s *side) described(r *http.Request, body string) {
	s.t.Helper()
	operation, path := operationOf(s.t, r.Method, r.URL.Path)
	for name, values := range r.URL.Query() {
		n := slices.IndexFunc(operation.Parameters, func(p parameter) bool { return p.Name == name && p.In == "query" })
		if n < 0 {
			s.t.Errorf("%s %s: the parameter %s was taken and is not described", r.Method, path, name)
			continue
		}
		for _, v := range values {
			s.validate(operation.Parameters[n].pointer, operation.Parameters[n].decode(v))
		}
	}
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if _, ok := operation.RequestBody.Content[media]; r.Method == http.MethodPost && !ok {
		s.t.Errorf("%s %s: a body of %s was taken and is not described", r.Method, path, media)
	}
	if media == "application/json" {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err != nil {
			s.t.Fatal(err)
		}
		s.validate(pointerTo(path, r.Method)+"/requestBody/content/application~1json/schema", value)
	}
}

func (s *side) validate(pointer string, value any) {
	s.t.Helper()
	schema, err := s.schema.Compile(pointer)
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		s.t.Errorf("%s: %v", pointer, err)
	}
}

// pointerTo is where an operation stands in openapi.json.
func pointerTo(path, method string) string {
	return "openapi.json#/paths/" + strings.NewReplacer("/", "~1", "{", "%7B", "}", "%7D").Replace(path) + "/" + strings.ToLower(method)
}

// operation is one of openapi.json.
type operation struct {
	OperationID string
	Parameters  []parameter
	RequestBody struct{ Content map[string]any }
	Responses   map[string]any
}

type parameter struct {
	Name, In string
	Required bool
	Schema   struct {
		Type string
		Ref  string `json:"$ref"`
	}
	pointer string
}

// decode is a value of a query as JSON has it.
func (p *parameter) decode(v string) any {
	switch p.Schema.Type {
	case "array":
		return []any{v}
	case "integer", "boolean":
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(v))
		if err == nil {
			return value
		}
	}
	return v
}

// operations are those of openapi.json, by path and method.
func operations(t testing.TB) map[string]map[string]operation {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]operation
	}
	data, err := os.ReadFile("openapi.json")
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc.Paths
}

// operationOf finds the operation that a request is for, and its path with {names}.
func operationOf(t testing.TB, method, path string) (o operation, template string) {
	t.Helper()
	for template, methods := range operations(t) {
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(template, "[^/]+") + "$")
		if o, ok := methods[strings.ToLower(method)]; ok && pattern.MatchString(path) {
			for i := range o.Parameters {
				o.Parameters[i].pointer = fmt.Sprintf("%s/parameters/%d/schema", pointerTo(template, method), i)
			}
			return o, template
		}
	}
	return o, path
}

// matches holds an answer against its schema.
func (s *side) matches(method, path string, res *http.Response) {
	s.t.Helper()
	described, template := operationOf(s.t, method, path)
	if method == http.MethodHead || res.StatusCode == http.StatusMethodNotAllowed ||
		res.StatusCode == http.StatusTemporaryRedirect || described.OperationID == "" { // of a path that is not clean
		return
	}
	where := pointerTo(template, method) + fmt.Sprintf("/responses/%d", res.StatusCode)
	if described.Responses[fmt.Sprint(res.StatusCode)] == nil {
		s.t.Errorf("%s %s: the answer %d is not described", method, path, res.StatusCode)
		return
	}
	if res.StatusCode == http.StatusNoContent {
		return
	}
	media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	pointer := where + "/content/" + strings.ReplaceAll(media, "/", "~1") + "/schema"
	if media == "application/problem+json" {
		if _, err := s.schema.Compile(where); err != nil {
			s.t.Errorf("%s %s: the answer %d is not described", method, path, res.StatusCode)
		}
		pointer = "openapi.json#/components/schemas/Problem"
	}
	schema, err := s.schema.Compile(pointer)
	if err != nil {
		s.t.Errorf("%s %s: the answer %d as %s is not described: %v", method, path, res.StatusCode, media, err)
		return
	}
	body, _ := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	if media == "text/plain" || media == "application/pem-certificate-chain" {
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		s.t.Errorf("%s %s: %v\n%s", method, path, err, body)
	}
}

const query = "/v1/capabilities?from=support@firma.example&to=anna@kunde.example&to=bob@kunde.example&cc=c@kunde.example&bcc=d@kunde.example&subject=hello%20you&in_reply_to=%3C1@kunde.example%3E&calendar=true&user=agent"

// TestCapabilities: both ways of asking come to the same question, and the answer is as
// described.
func TestCapabilities(t *testing.T) {
	s := newSide(t)
	want := gateway.Question{
		From: "support@firma.example", User: "agent", To: []string{"anna@kunde.example", "bob@kunde.example"},
		Cc: []string{"c@kunde.example"}, Bcc: []string{"d@kunde.example"}, Subject: "hello you", InReplyTo: "<1@kunde.example>",
		Calendar: true, CanSplit: true,
	}
	body := `{"from":"support@firma.example","user":"agent","to":["anna@kunde.example","bob@kunde.example"],"cc":["c@kunde.example"],` +
		`"bcc":["d@kunde.example"],"subject":"hello you","in_reply_to":"<1@kunde.example>","calendar":true}`
	for method, ask := range map[string]func() *http.Response{
		"GET": func() *http.Response { return s.ask("GET", query, s.tokens["capabilities"], "") },
		"POST": func() *http.Response {
			return s.ask("POST", "/v1/capabilities", s.tokens["read"], body, "Content-Type", "application/json")
		},
	} {
		res := ask()
		if fmt.Sprintf("%+v", s.engine.asked) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s: asked %+v, want %+v", method, s.engine.asked, want)
		}
		if res.StatusCode != http.StatusOK {
			t.Fatal(res.Status)
		}
		var got struct {
			Encrypt struct {
				State string
				Code  int
			}
			Recipients []struct{ Address, State, Reason string }
		}
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Encrypt.State != "disabled" || got.Encrypt.Code != 550 || len(got.Recipients) != 2 || got.Recipients[1].Reason != "no certificate is known" {
			t.Errorf("%+v", got)
		}
	}
}

// TestLanguages: the sentences are in the language that the asker prefers, of those that there are.
func TestLanguages(t *testing.T) {
	for wanted, language := range map[string]gateway.Language{
		"": "", "*": "", "fr": "", "de": "de", "de-AT": "de", "en": "en", "en-GB, de;q=0.5": "en", "fr, de;q=0.5, en;q=0.3": "de",
		"de;q=0.2, en;q=0.9": "en", "\x00": "", strings.Repeat("de,", 5000): "de",
	} {
		s := newSide(t)
		s.ask("GET", query, s.tokens["capabilities"], "", "Accept-Language", wanted)
		if s.engine.asked.Language != language {
			t.Errorf("%.30q: %q, want %q", wanted, s.engine.asked.Language, language)
		}
	}
}

// TestWhoMayAsk: nobody without a token, with a wrong one, or with one of a smaller scope; the
// log names the client and never the token.
func TestWhoMayAsk(t *testing.T) {
	s := newSide(t)
	for _, c := range []struct {
		target, token string
		want          int
	}{
		{"/healthz", "", 200},
		{"/readyz", "", 200},
		{"/openapi.json", "", 200},
		{"/metrics", s.tokens["read"], 200},
		{"/metrics", s.tokens["capabilities"], 403},
		{"/metrics", "", 401},
		{query, "", 401},
		{query, "sealgate_wrong", 401},
		{query, s.tokens["read"] + "x", 401},
		{query, s.tokens["read"][:len(s.tokens["read"])-1], 401},
		{query, s.tokens["capabilities"], 200},
		{"/v1/nothing", s.tokens["read"], 404},
	} {
		if res := s.ask("GET", c.target, c.token, ""); res.StatusCode != c.want {
			t.Errorf("GET %s: %s, want %d", c.target, res.Status, c.want)
		}
	}
	if res := s.ask("DELETE", "/v1/capabilities", s.tokens["admin"], ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Error(res.Status)
	}
	basic := s.ask("GET", query, "", "", "Authorization", "Basic "+s.tokens["read"])
	if basic.StatusCode != http.StatusUnauthorized || basic.Header.Get("WWW-Authenticate") == "" {
		t.Error(basic.Status)
	}
	if log := s.log.String(); strings.Contains(log, "sealgate_") || !strings.Contains(log, "client=192.0.2.1") {
		t.Error(log)
	}
}

// TestWrongTokensAreBounded: who guesses is not listened to for long; who has a token is.
func TestWrongTokensAreBounded(t *testing.T) {
	s := newSide(t)
	refused := 0
	for range 200 {
		if s.ask("GET", query, "wrong", "").StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 150 || strings.Count(s.log.String(), "unknown one") > 50 {
		t.Errorf("%d of 200 turned away", refused)
	}
	if res := s.ask("GET", query, s.tokens["capabilities"], ""); res.StatusCode != http.StatusOK {
		t.Errorf("who has a token: %s", res.Status)
	}
}

// TestBadQuestions get a reason, and never reach the engine.
func TestBadQuestions(t *testing.T) {
	s := newSide(t)
	for name, c := range map[string]struct {
		body, media string
		want        int
	}{
		"no JSON":         {"{", "application/json", 400},
		"an unknown word": {`{"from":"a@b.example","encrypt":true}`, "application/json", 400},
		"a wrong type":    {`{"from":["a@b.example"]}`, "application/json", 400},
		"two":             {`{"from":"a@b.example"}{}`, "application/json", 400},
		"another media":   {`{"from":"a@b.example"}`, "text/plain", 415},
		"too large":       {`{"from":"` + strings.Repeat("x", 65<<10) + `"}`, "application/json", 413},
	} {
		if res := s.ask("POST", "/v1/capabilities", s.tokens["capabilities"], c.body, "Content-Type", c.media); res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", name, res.Status, c.want)
		}
	}
	for _, q := range []string{"?from=%zz", "?form=a@b.example", "?from=a@b.example&calendar=1"} {
		if res := s.ask("GET", "/v1/capabilities"+q, s.tokens["capabilities"], ""); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", q, res.Status)
		}
	}
	if s.engine.asked.From != "" {
		t.Errorf("the engine was asked %+v", s.engine.asked)
	}
}

// TestFaultsOfOurOwn: the asker learns that it does not go, the log why.
func TestFaultsOfOurOwn(t *testing.T) {
	s := newSide(t)
	s.engine.err = errors.New("disk /var/lib on fire")
	res := s.ask("GET", query, s.tokens["capabilities"], "")
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusServiceUnavailable || strings.Contains(string(body), "fire") || !strings.Contains(s.log.String(), "fire") {
		t.Errorf("%s %s; log: %s", res.Status, body, &s.log)
	}
	s.engine.err = fmt.Errorf("%w: no address", gateway.ErrQuestion)
	if res := s.ask("GET", query, s.tokens["capabilities"], ""); res.StatusCode != http.StatusBadRequest {
		t.Error(res.Status)
	}
	s = newSide(t)
	s.faults = []admin.Fault{{Of: "store", Why: "secret/path is gone"}}
	res = s.ask("GET", "/readyz", "", "")
	body, _ = io.ReadAll(res.Body)
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), `"store"`) || strings.Contains(string(body), "secret/path") {
		t.Errorf("%s %s", res.Status, body)
	}
}

// TestEveryAnswerIsCalm: no cache keeps it, no browser runs it.
func TestEveryAnswerIsCalm(t *testing.T) {
	s := newSide(t)
	for _, target := range []string{"/healthz", query, "/nothing"} {
		res := s.ask("GET", target, s.tokens["read"], "")
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
			if res.Header.Get(name) != want {
				t.Errorf("%s: %s is %q", target, name, res.Header.Get(name))
			}
		}
		if strings.Contains(fmt.Sprint(res.Header), "Access-Control") {
			t.Errorf("%s: pages of others may read it", target)
		}
	}
}

// TestDescriptionIsComplete: what is served is described, and what is described is served.
func TestDescriptionIsComplete(t *testing.T) {
	s := newSide(t)
	source, err := os.ReadFile("admin.go")
	if err != nil {
		t.Fatal(err)
	}
	var served, says []string
	for _, m := range regexp.MustCompile(`\{"([A-Z]+ /[^"]*)"`).FindAllStringSubmatch(string(source), -1) {
		served = append(served, m[1])
	}
	for path, methods := range operations(t) {
		for method := range methods {
			says = append(says, strings.ToUpper(method)+" "+path)
			target := strings.ReplaceAll(path, "{fingerprint}", known)
			if res := s.ask(strings.ToUpper(method), target, s.tokens["admin"], ""); res.StatusCode == http.StatusNotFound {
				t.Errorf("%s %s is not served", method, path)
			}
		}
	}
	slices.Sort(served)
	slices.Sort(says)
	if !slices.Equal(served, says) {
		t.Errorf("served %q\nsays   %q", served, says)
	}
}

// TestMetrics: a message is counted by what became of it.
func TestMetrics(t *testing.T) {
	m := admin.NewMetrics(gauges())
	m.Observe(&gateway.Entry{Direction: gateway.Inbound, Result: gateway.Accepted, Signature: "valid", Encryption: "decrypted", Time: 3 * time.Millisecond})
	m.Observe(&gateway.Entry{Direction: gateway.Outbound, Result: gateway.Rejected, Token: gateway.TokenNoCertificate})
	m.Asked("ldaps://directory", 1, nil, 3*time.Millisecond)
	m.Asked("ldaps://directory", 0, nil, 3*time.Millisecond)
	m.Asked("ocsp", 0, errors.New("no route"), 5*time.Second)
	m.Kept("revocation", true)
	m.Kept("revocation", false)
	token, hash := admin.NewToken()
	s := admin.New(admin.Options{Metrics: m, Tokens: []admin.Token{{Name: "m", Hash: hash, Scope: admin.Read}}, Log: slog.New(slog.DiscardHandler)})
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	for _, want := range []string{
		`sealgate_messages_total{direction="inbound",result="accepted"} 1`,
		`sealgate_messages_total{direction="inbound",result="failed"} 0`,
		`sealgate_verdicts_total{encryption="decrypted",signature="valid"} 1`,
		`sealgate_spool_limit_octets 8`, `sealgate_sessions_limit{listener="127.0.0.1:8891"} 8`,
		`sealgate_process_seconds_bucket{direction="inbound",le="0.004"} 1`,
		`sealgate_process_seconds_bucket{direction="inbound",le="0.002"} 0`,
		`sealgate_mailbox_certificate_end_seconds{mailbox="support@firma.example"} 2e+09`,
		`sealgate_refusals_total{direction="outbound",token="SG-NOCERT"} 1`,
		`sealgate_lookup_seconds_bucket{result="found",source="ldaps://directory",le="0.004"} 1`,
		`sealgate_lookup_seconds_count{result="none",source="ldaps://directory"} 1`,
		`sealgate_lookup_seconds_bucket{result="failed",source="ocsp",le="4.096"} 0`,
		`sealgate_lookup_seconds_sum{result="failed",source="ocsp"} 5`,
		`sealgate_cache_answers_total{cache="revocation",result="hit"} 1`,
		`sealgate_cache_answers_total{cache="revocation",result="miss"} 1`,
		`sealgate_sessions{listener="127.0.0.1:8891"} 7`, "sealgate_store_octets 7", "sealgate_journal_lost_total 7",
		"sealgate_expiry_mails_total 7", "sealgate_expiry_mail_failures_total 7",
		"sealgate_spool_octets 7", "sealgate_clear_replies_total 7", "sealgate_reload_failures_total 7", `sealgate_info{version="test"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("no %s", want)
		}
	}
}

// FuzzHandlers: whatever is asked, by whomever, is answered without a panic and as described.
func FuzzHandlers(f *testing.F) {
	for _, seed := range []string{query, "/readyz", "/v1/capabilities?to=%00", "/metrics", "//x", "/v1/capabilities#?"} {
		f.Add("GET", seed, "", "")
		f.Add("POST", seed, `{"from":"a@b.example"}`, "application/json")
	}
	upload, media := form("file", "PEM", "password", "x")
	f.Add("POST", "/v1/certificates", upload, media)
	f.Add("POST", "/v1/explain?recipient=a@b.example", "From: x\r\n\r\n", "message/rfc822")
	f.Add("POST", "/v1/certificates/"+known+"/decision", `{"decision":"block"}`, "application/json")
	for path := range operations(f) {
		f.Add("GET", strings.ReplaceAll(path, "{fingerprint}", known)+"?search=a&limit=1&since=2026-11-29T09:30:00Z", "", "")
	}
	s := newSide(f)
	f.Fuzz(func(t *testing.T, method, target, body, media string) {
		r, err := http.NewRequest(method, "http://localhost"+target, strings.NewReader(body))
		if err != nil {
			t.Skip("no request")
		}
		r.Header.Set("Authorization", "Bearer "+s.tokens["admin"])
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		s.server.Handler().ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s %s: %d", method, target, w.Code)
		}
	})
}
