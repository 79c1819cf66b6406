package page

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestLogin: who is nobody sees the form and is led back to where he wanted to go; the cookie is for
// this host, for no script, for no other site's form.
func TestLogin(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, New(testOptions(newClock())))
	answer, _ := b.get("/?period=week")
	if answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(answer.Header.Get("Location"), "/login") {
		t.Fatalf("%s to %q", answer.Status, answer.Header.Get("Location"))
	}
	for _, wrong := range [][2]string{{testName, "correct horse battery stapl"}, {"anne", testPassword}, {"", ""}, {"only by proxy", ""}} {
		if answer := b.login(wrong[0], wrong[1]); answer.StatusCode != http.StatusUnauthorized || len(answer.Cookies()) > 0 {
			t.Errorf("%q: %s", wrong, answer.Status)
		}
	}
	answer = b.login(testName, testPassword)
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" || !b.isIn() {
		t.Fatalf("%s to %q", answer.Status, answer.Header.Get("Location"))
	}
	c := answer.Cookies()[0]
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %v", c)
	}
	b.post("/logout", nil)
	if b.isIn() {
		t.Error("logged in after the logout")
	}
	b.client.Jar.SetCookies(mustParse(t, b.url), []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/", Secure: true}})
	if b.isIn() {
		t.Error("the session lives on after the logout")
	}
}

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestSessionFixation: an id that somebody has put into the browser is nobody's before the login and
// after it; a login under a session ends that one.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	p := New(testOptions(newClock()))
	b := newBrowser(t, p)
	planted := &http.Cookie{Name: sessionCookie, Value: strings.Repeat("A", 43), Path: "/", Secure: true}
	b.client.Jar.SetCookies(mustParse(t, b.url), []*http.Cookie{planted})
	if b.isIn() {
		t.Fatal("a planted id is a session")
	}
	first := b.login(testName, testPassword).Cookies()[0]
	second := b.login(testName, testPassword).Cookies()[0]
	if first.Value == planted.Value || first.Value == second.Value {
		t.Error("the id was not drawn anew")
	}
	if p.sessions.find(planted.Value) != "" || p.sessions.find(first.Value) != "" || p.sessions.find(second.Value) != testName {
		t.Error("an old id lives on")
	}
}

// TestSessionsEnd: one that nobody uses, and each after its time; a name has no more than it may.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := newSessions(c.now)
	id := s.begin(testName)
	c.pass(idleEnd - time.Second)
	if s.find(id) != testName {
		t.Error("ended before its time")
	}
	c.pass(idleEnd)
	if s.find(id) != "" {
		t.Error("an idle session lives on")
	}
	id = s.begin(testName)
	for used := time.Duration(0); used < absoluteEnd-idleEnd; used += idleEnd / 2 {
		if s.find(id) != testName {
			t.Fatalf("a session in use ended after %s", used)
		}
		c.pass(idleEnd / 2)
	}
	c.pass(idleEnd / 2)
	s.find(id)
	c.pass(idleEnd / 2)
	if s.find(id) != "" {
		t.Error("a session lives for ever, if it is used")
	}
	var ids []string
	for range maxSessions + 1 {
		ids = append(ids, s.begin(testName))
		c.pass(time.Second)
	}
	if s.find(ids[0]) != "" || s.find(ids[1]) != testName || len(s.all) != maxSessions {
		t.Errorf("%d sessions", len(s.all))
	}
}

// TestBruteForce: a client has few attempts, a thousand clients together not many more; the right
// password is not tried either, and after a while it is.
func TestBruteForce(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := newBrowser(t, New(testOptions(c)))
	for range clientAttempts {
		if answer := b.login(testName, "wrong"); answer.StatusCode != http.StatusUnauthorized {
			t.Fatal(answer.Status)
		}
	}
	if answer := b.login(testName, testPassword); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("after %d attempts: %s", clientAttempts, answer.Status)
	}
	c.pass(clientEvery)
	if answer := b.login(testName, testPassword); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("later: %s", answer.Status)
	}

	a := newAttempts(c.now)
	allowed := 0
	for i := range 100 {
		if a.allow("[2001:db8:0:" + string("0123456789"[i/10]) + "::1]:1") {
			allowed++
		}
	}
	if allowed != allAttempts {
		t.Errorf("%d attempts of ten clients", allowed)
	}
	a = newAttempts(c.now)
	allowed = 0
	for i := range 100 {
		if a.allow("[2001:db8::" + string("0123456789"[i/10]) + "]:1") {
			allowed++
		}
	}
	if allowed != clientAttempts {
		t.Errorf("%d attempts out of one /64", allowed)
	}
}

// TestReverseProxy: a name counts once, as an admin's, and with the secret.
func TestReverseProxy(t *testing.T) {
	t.Parallel()
	const secret = "sealgate_secret"
	for name, c := range map[string]struct {
		names   []string
		secrets []string
		ok      bool
	}{
		"as it is meant":         {[]string{"only by proxy"}, []string{secret}, true},
		"no admin":               {[]string{"eve"}, []string{secret}, false},
		"two names":              {[]string{"eve", testName}, []string{secret}, false},
		"the same name twice":    {[]string{testName, testName}, []string{secret}, false},
		"no name":                {nil, []string{secret}, false},
		"an empty name":          {[]string{""}, []string{secret}, false},
		"no secret":              {[]string{testName}, nil, false},
		"another secret":         {[]string{testName}, []string{"sealgate_other"}, false},
		"two secrets":            {[]string{testName}, []string{"sealgate_other", secret}, false},
		"a name in another case": {[]string{"Anna"}, []string{secret}, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := testOptions(newClock())
			o.Proxy = Proxy{Header: "X-Remote-User", Secret: sha256.Sum256([]byte(secret))}
			b := newBrowser(t, New(o))
			r := b.request(http.MethodGet, "/", nil)
			r.Header["X-Remote-User"] = c.names
			r.Header[SecretHeader] = c.secrets
			if answer, _ := b.do(r); (answer.StatusCode == http.StatusOK) != c.ok {
				t.Error(answer.Status)
			}
		})
	}
	t.Run("a proxy without a secret", func(t *testing.T) {
		o := testOptions(newClock())
		o.Proxy = Proxy{Header: "X-Remote-User"}
		b := newBrowser(t, New(o))
		r := b.request(http.MethodGet, "/", nil)
		r.Header["X-Remote-User"] = []string{testName}
		if answer, _ := b.do(r); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("a member of the socket's group is an admin: %s", answer.Status)
		}
	})
	t.Run("nobody has set a header", func(t *testing.T) {
		b := newBrowser(t, New(testOptions(newClock())))
		r := b.request(http.MethodGet, "/", nil)
		r.Header["X-Remote-User"] = []string{testName}
		r.Header[""] = []string{testName}
		delete(r.Header, "")
		if answer, _ := b.do(r); answer.StatusCode != http.StatusSeeOther {
			t.Error(answer.Status)
		}
	})
}

// TestLocalPath: after the login nobody is led to another site.
func TestLocalPath(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"/messages?verdict=valid":   "/messages?verdict=valid",
		"":                          "/",
		"https://evil.example/":     "/",
		"//evil.example/":           "/",
		"/\\evil.example/":          "/",
		"\\\\evil.example/":         "/",
		"javascript:alert(1)":       "/",
		"/\t/evil.example/":         "/",
		"/a\r\nSet-Cookie: x=y":     "/",
		"evil.example":              "/",
		"/%2f/evil.example":         "/",
		"///evil.example":           "/",
		"https:/evil.example":       "/",
		"/certificates/aa?done=pin": "/certificates/aa?done=pin",
	} {
		if got := localPath(given); got != want {
			t.Errorf("%q leads to %q", given, got)
		}
	}
}
