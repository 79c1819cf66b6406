package page

// This file is what tests share: a page, and a browser that keeps its cookies.

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"sealgate/admin"
	"sealgate/journal"
)

const (
	testName     = "anna"
	testPassword = "correct horse battery staple"
)

// testHash is as fast as one may be.
func testHash() PasswordHash {
	h := PasswordHash{memory: minMemory, passes: 1, threads: 1}
	h.sum = h.of([]byte(testPassword))
	return h
}

// records are a journal of a test.
type records []*journal.Record

func (r records) Find(_ context.Context, q journal.Question) (found []*journal.Record, err error) {
	for _, one := range r {
		if !one.Time.Before(q.Since) && (q.Until.IsZero() || one.Time.Before(q.Until)) && len(found) < q.Most {
			found = append(found, one)
		}
	}
	return found, nil
}

// Changes implements admin.Journal.
func (r records) Changes(context.Context, journal.Question) ([]*journal.Change, error) {
	return nil, nil
}

// health is what needs attention in a test.
type health []admin.Attention

func (h health) Ready(context.Context) []admin.Fault         { return nil }
func (h health) Attention(context.Context) []admin.Attention { return h }
func (h health) Process() admin.Process                      { return admin.Process{} }

// visits are who came and went in a test.
type visits struct {
	admin.Changes
	mu   sync.Mutex
	list []journal.Change
}

// watch lets a page tell who comes and goes.
func watch(o *Options) *visits {
	v := new(visits)
	o.Gateway.Changes = v
	return v
}

// Record implements admin.Changes.
func (v *visits) Record(_ context.Context, c journal.Change) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list = append(v.list, c)
	return nil
}

// told are the lines of what was recorded.
func (v *visits) told() (list []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.list {
		list = append(list, c.By+": "+c.What+", "+c.Text)
	}
	return list
}

// clock is a time that tests put on.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 29, 12, 7, 0, 0, time.Local)} }

func testOptions(c *clock) Options {
	return Options{
		Logins:  []Login{{Name: testName, Password: testHash()}, {Name: "only by proxy"}},
		Gateway: admin.Gateway{Health: health(nil), Journal: records(nil), Changes: new(visits)},
		Version: "test",
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now:     c.now,
	}
}

// browser follows no redirect by itself.
type browser struct {
	t      *testing.T
	client *http.Client
	url    string
}

func newBrowser(t *testing.T, p *Page) *browser {
	t.Helper()
	server := httptest.NewTLSServer(p)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{t, client, server.URL}
}

// do sends a request as it is, and reads the answer.
func (b *browser) do(r *http.Request) (*http.Response, string) {
	b.t.Helper()
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, string(body)
}

func (b *browser) request(method, path string, form url.Values) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

func (b *browser) get(path string) (*http.Response, string) {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, path, nil))
}

func (b *browser) post(path string, form url.Values) (*http.Response, string) {
	b.t.Helper()
	return b.do(b.request(http.MethodPost, path, form))
}

func (b *browser) login(name, password string) *http.Response {
	b.t.Helper()
	answer, _ := b.post("/login", url.Values{"name": {name}, "password": {password}})
	return answer
}

// isIn reports whether the browser is logged in.
func (b *browser) isIn() bool {
	b.t.Helper()
	answer, _ := b.get("/")
	return answer.StatusCode == http.StatusOK
}
