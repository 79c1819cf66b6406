//go:build page

package page

// This file looks at every page in Debian's Chromium: in both languages, light and dark, wide and
// narrow, with axe-core as inspector (AXE names it); the pictures go to where PICTURES says.

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// chromium is a browser of its own.
func chromium(t *testing.T) context.Context {
	t.Helper()
	options := chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.ExecPath("chromium"))
	ctx, stop := chromedp.NewContext(t.Context(), options)
	t.Cleanup(stop)
	run(t, ctx)
	return ctx
}

// stepTime is what a page may take.
const stepTime = 30 * time.Second

// run carries actions out.
func run(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	_ = get(t, ctx, chromedp.Steps(actions...))
}

// get is what an action brings.
func get[T any](t *testing.T, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	if chromedp.FromContext(ctx).Target != nil { // the first time the browser would end with the step
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, stepTime)
		defer stop()
	}
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// The steps that people take.
type step = chromedp.Action[chromedp.Void]

func click(what string) step       { return chromedp.Click(chromedp.CSS(what)) }
func see(what string) step         { return chromedp.WaitVisible(chromedp.CSS(what)) }
func write(what, text string) step { return chromedp.SendKeys(chromedp.CSS(what), text) }
func choose(what, file string) step {
	return chromedp.SetUploadFiles(chromedp.CSS(what), []string{file})
}

// shot is one page to look at.
type shot struct {
	name string
	path string
	do   step // before the picture; nil: nothing
}

// TestInChromium looks at all of them. The pages of a login come first.
func TestInChromium(t *testing.T) {
	axe, err := os.ReadFile(os.Getenv("AXE"))
	if err != nil {
		t.Fatalf("AXE names axe.min.js (make page-test): %v", err)
	}
	c := newClock()
	o := testOptions(c)
	s := newSample(o.Now(), false)
	s.Decide(t.Context(), "admin "+testName, fingerprintOf(3), "unblock", "")
	s.Decide(t.Context(), "admin "+testName, fingerprintOf(3), "block", "")
	o.Gateway = s.gateway()
	o.Gateway.MaxMessage = 1 << 20
	server := httptest.NewServer(New(o)) // without TLS, as at home: the cookie has to be taken all the same
	defer server.Close()
	message := filepath.Join(t.TempDir(), "message.eml")
	if err := os.WriteFile(message, []byte("From: anna.berger@kunde.example\n\nHello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := chromium(t)
	pages := []shot{
		{"overview", "/", nil},
		{"overview-table", "/?period=week", click("summary")},
		{"mailboxes", "/mailboxes", nil},
		{"certificates", "/certificates", nil},
		{"certificate", "/certificates/" + fingerprintOf(0), nil},
		{"certificate-blocked", "/certificates/" + fingerprintOf(3) + "?done=block", click("summary")},
		{"import", "/certificates/import", nil},
		{"messages", "/messages", nil},
		{"message", "/messages/" + moment(layered(s)), nil},
		{"try", "/try", chromedp.Steps(
			write("#from", "support@firma.example"), write("#to", "anna.berger@kunde.example, neu@kunde.example"),
			click(`form[action="/try"] button`), see(".badge"),
		)},
		{"try-explained", "/try", chromedp.Steps(
			write("#recipient", "support@firma.example"), choose("#message", message),
			click(`form[action="/try/explain"] button`), see("pre"),
		)},
		{"audit", "/audit", nil},
		{"fault", "/missing", nil},
	}
	login := shot{"login", "/login", nil}
	for _, look := range looks() {
		c.pass(clientEvery) // so many logins in a row would look like guessing
		look.setUp(t, ctx, server.URL)
		look.take(t, ctx, server.URL, axe, login)
		logIn(t, ctx, server.URL)
		for _, page := range pages {
			look.take(t, ctx, server.URL, axe, page)
		}
		follow(t, ctx, `form[action="/logout"] button`)
	}
}

// layered is when the last message with layers came.
func layered(s *sample) (at time.Time) {
	for _, r := range s.records {
		if len(r.Layers) > 0 {
			at = r.Time
		}
	}
	return at
}

func logIn(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	run(t, ctx, chromedp.Navigate(url+"/login"), write("#name", testName), write("#password", testPassword))
	follow(t, ctx, "button.primary")
	run(t, ctx, see(".sections"))
}

// follow clicks at what leads to another page, and waits for that.
func follow(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	ctx, stop := context.WithTimeout(ctx, stepTime)
	defer stop()
	if _, err := chromedp.RunResponse(ctx, click(what)); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// look is one way to look at a page.
type look struct {
	language Language
	scheme   string
	width    int64
}

func looks() (list []look) {
	for _, l := range []Language{English, German} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				list = append(list, look{l, scheme, width})
			}
		}
	}
	return list
}

// setUp makes the browser look so. The language is chosen by its button.
func (l look) setUp(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	scheme := emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}},
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, scheme); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, chromedp.EmulateViewport(l.width, 900), chromedp.Navigate(url+"/login"))
	follow(t, ctx, fmt.Sprintf("button[value=%s]", l.language))
	run(t, ctx, see(fmt.Sprintf("html[lang=%s]", l.language)))
}

// take looks at one page: its picture, what axe-core finds, and whether it is wider than the window.
func (l look) take(t *testing.T, ctx context.Context, url string, axe []byte, s shot) {
	t.Helper()
	name := fmt.Sprintf("%s-%s-%s-%d", s.name, l.language, l.scheme, l.width)
	run(t, ctx, chromedp.Navigate(url+s.path))
	if s.do != nil {
		run(t, ctx, s.do)
	}
	width := get(t, ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
	if width > l.width {
		t.Errorf("%s is %v wide", name, width)
	}
	for _, finding := range inspect(t, ctx, axe) {
		t.Errorf("%s: %s", name, finding)
	}
	if dir := os.Getenv("PICTURES"); dir != "" {
		picture(t, ctx, filepath.Join(dir, name+".png"))
	}
}

// inspect is what axe-core finds that is serious or critical.
func inspect(t *testing.T, ctx context.Context, axe []byte) []string {
	t.Helper()
	const ask = `axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r =>
		r.violations.filter(v => v.impact == "serious" || v.impact == "critical").map(v => v.id + ": " + v.nodes.map(n => n.target + " " + n.failureSummary).join("; ")))`
	_ = get(t, ctx, chromedp.Evaluate[int](string(axe)+";0"))
	return get(t, ctx, chromedp.Evaluate[[]string](ask, chromedp.EvalAwaitPromise))
}

func picture(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	if err := os.WriteFile(path, get(t, ctx, chromedp.FullScreenshot(100)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestHostileInChromium: what a stranger has written runs nowhere, and the browser refuses what
// would.
func TestHostileInChromium(t *testing.T) {
	o := testOptions(newClock())
	s := newSample(o.Now(), true)
	o.Gateway = s.gateway()
	server := httptest.NewServer(New(o))
	defer server.Close()
	ctx := chromium(t)
	var alerts atomic.Int64
	if err := chromedp.Listen(ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			alerts.Add(1)
		}
	}); err != nil {
		t.Fatal(err)
	}
	logIn(t, ctx, server.URL)
	for _, path := range everyPage(s) {
		run(t, ctx, chromedp.Navigate(server.URL+path))
		elements := get(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll("script, img, [onerror]").length`))
		if elements != 0 || alerts.Load() != 0 {
			t.Errorf("%s: %d elements, %d alerts", path, elements, alerts.Load())
		}
	}
}
