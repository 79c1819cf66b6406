package page

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestCSRF: a page of another site can make the browser send a form, with the cookie or without: it
// changes nothing, and logs nobody in.
func TestCSRF(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, New(testOptions(newClock())))
	for name, header := range map[string]http.Header{
		"another site":                    {"Sec-Fetch-Site": {"cross-site"}},
		"another host of the same domain": {"Sec-Fetch-Site": {"same-site"}},
		"an old browser":                  {"Origin": {"https://evil.example"}},
		"a sandboxed frame":               {"Origin": {"null"}},
	} {
		r := b.request(http.MethodPost, "/login", url.Values{"name": {testName}, "password": {testPassword}})
		r.Header.Del("Sec-Fetch-Site")
		for field, values := range header {
			r.Header[field] = values
		}
		if answer, _ := b.do(r); answer.StatusCode != http.StatusForbidden || len(answer.Cookies()) > 0 {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
	b.login(testName, testPassword)
	r := b.request(http.MethodPost, "/logout", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if b.do(r); !b.isIn() {
		t.Error("another site has logged somebody out")
	}
}

// TestHostHeader: a name that its owner has pointed at this machine gets nothing, and no answer
// repeats a Host.
func TestHostHeader(t *testing.T) {
	t.Parallel()
	o := testOptions(newClock())
	o.Hosts = []string{"mail-admin.example.com"}
	b := newBrowser(t, New(o))
	for host, ok := range map[string]bool{
		"127.0.0.1:8895": true, "[::1]:8895": true, "[::1]": true, "localhost:8895": true, "LOCALHOST": true,
		"mail-admin.example.com": true, "Mail-Admin.example.com:443": true, "mail-admin.example.com.": true,
		"evil.example": false, "evil.example:8895": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false,
		"xmail-admin.example.com": false,
	} {
		r := b.request(http.MethodGet, "/login", nil)
		r.Host = host
		answer, body := b.do(r)
		if want := map[bool]int{true: http.StatusOK, false: http.StatusMisdirectedRequest}[ok]; answer.StatusCode != want {
			t.Errorf("%s: %s", host, answer.Status)
		}
		if strings.Contains(body, "evil") || strings.Contains(body, "mail-admin") {
			t.Errorf("%s stands in the answer", host)
		}
	}
	r := b.request(http.MethodGet, "/", nil)
	r.Header.Set("X-Forwarded-Host", "evil.example")
	if answer, _ := b.do(r); answer.Header.Get("Location") != "/login" {
		t.Errorf("leads to %q", answer.Header.Get("Location"))
	}
}

// TestPolicy: every answer, also of what is wrong, keeps scripts, frames and caches away.
func TestPolicy(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, New(testOptions(newClock())))
	b.login(testName, testPassword)
	for _, path := range []string{"/", "/login", "/missing", "/style.css"} {
		answer, body := b.get(path)
		csp := answer.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") ||
			strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: %q", path, csp)
		}
		if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, answer.Header)
		}
		if strings.Contains(body, "<script") || strings.Contains(body, " style=") || strings.Contains(body, " onclick") {
			t.Errorf("%s has a script or a style of its own", path)
		}
	}
}

// TestHeaderInjection: what a visitor sends ends up in no field of the answer.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, New(testOptions(newClock())))
	for _, path := range []string{
		"/messages%0d%0aX-Evil:%20yes", "/?a=%0d%0aX-Evil:%20yes", "/login?next=/%0d%0aX-Evil:%20yes",
	} {
		if answer, _ := b.get(path); answer.Header.Get("X-Evil") != "" {
			t.Errorf("%s: %v", path, answer.Header)
		}
	}
	answer, _ := b.post("/login", url.Values{"name": {testName}, "password": {testPassword}, "next": {"/a\r\nX-Evil: yes"}})
	if answer.Header.Get("X-Evil") != "" || answer.Header.Get("Location") != "/" {
		t.Errorf("%v", answer.Header)
	}
	answer, _ = b.post("/language", url.Values{"language": {"de\r\nX-Evil: yes"}, "back": {"/"}})
	if answer.Header.Get("X-Evil") != "" || len(answer.Cookies()) > 0 {
		t.Errorf("%v", answer.Header)
	}
}

// TestLanguage: the browser's first choice that we speak, then what was chosen.
func TestLanguage(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, New(testOptions(newClock())))
	for accepted, want := range map[string]string{
		"": "en", "de": "de", "de-AT,en;q=0.5": "de", "en-GB,de;q=0.9": "en", "fr,de;q=0.5": "de", "fr": "en", "de;q=0": "en", "\x01": "en",
	} {
		r := b.request(http.MethodGet, "/login", nil)
		if accepted != "\x01" {
			r.Header.Set("Accept-Language", accepted)
		}
		if answer, _ := b.do(r); answer.Header.Get("Content-Language") != want {
			t.Errorf("%q: %s", accepted, answer.Header.Get("Content-Language"))
		}
	}
	b.post("/language", url.Values{"language": {"de"}, "back": {"/login"}})
	if answer, body := b.get("/login"); answer.Header.Get("Content-Language") != "de" || !strings.Contains(body, "Anmelden") {
		t.Error("the choice was forgotten")
	}
}
