package page

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/journal"
)

// TestLoginsAreRecorded: who came, who was refused and who went, each once; a logout of nobody is
// none.
func TestLoginsAreRecorded(t *testing.T) {
	t.Parallel()
	o := testOptions(newClock())
	v := watch(&o)
	b := newBrowser(t, New(o))
	b.login(testName, "wrong")
	b.login(testName, testPassword)
	b.get("/")
	b.post("/logout", nil)
	b.post("/logout", nil)
	want := []string{
		"somebody: refused login, 1 as anna, from 127.0.0.1",
		"admin anna: login, from 127.0.0.1",
		"admin anna: logout, from 127.0.0.1",
	}
	if got := v.told(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestProxyLoginsAreRecorded as often as somebody would have to log in without the proxy; a proxy
// with another secret is refused.
func TestProxyLoginsAreRecorded(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := testOptions(c)
	o.Proxy = Proxy{Header: "X-User", Secret: sha256.Sum256([]byte("secret"))}
	v := watch(&o)
	b := newBrowser(t, New(o))
	come := func(secret string) {
		r := b.request(http.MethodGet, "/try", nil)
		r.Header.Set("X-User", "only by proxy")
		r.Header.Set(SecretHeader, secret)
		b.do(r)
	}
	come("another")
	for _, pause := range []time.Duration{0, idleEnd - time.Second, idleEnd} {
		c.pass(pause)
		come("secret")
	}
	want := []string{
		"somebody: refused login, 1 as only by proxy, from 127.0.0.1",
		"admin only by proxy: login, by the reverse proxy, from 127.0.0.1",
		"admin only by proxy: login, by the reverse proxy, from 127.0.0.1",
	}
	if got := v.told(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestRefusedLoginsFillNoJournal: a thousand of them are two records, a minute apart, and what was
// typed for a name is in none.
func TestRefusedLoginsFillNoJournal(t *testing.T) {
	t.Parallel()
	o := testOptions(newClock())
	v := watch(&o)
	p := New(o)
	var minute func()
	p.refusals.after = func(d time.Duration, do func()) {
		if d != time.Minute {
			t.Errorf("the next record comes after %s", d)
		}
		minute = do
	}
	b := newBrowser(t, p)
	for range 1000 {
		p.refusals.add(testName, "192.0.2.1")
	}
	b.login(testPassword, testPassword)
	minute()
	minute() // in which nobody came
	p.refusals.add(testName, "192.0.2.1")
	p.refusals.add(testName, "192.0.2.2")
	p.Close()
	want := []string{
		"somebody: refused login, 1 as anna, from 192.0.2.1",
		"somebody: refused login, 1000 as anna, an unknown name, from 192.0.2.1, 127.0.0.1",
		"somebody: refused login, 1 as anna, from 192.0.2.1",
		"somebody: refused login, 1 as anna, from 192.0.2.2",
	}
	if got := v.told(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestRefusedLoginsFromEverywhere: a record tells three clients; of more, that there were others.
func TestRefusedLoginsFromEverywhere(t *testing.T) {
	t.Parallel()
	for clients, others := range map[int]int{maxTold: 0, maxTold + 1: 1, 1000: 1} {
		var last journal.Change
		r := newRefusals(func(c journal.Change) { last = c })
		r.after = func(time.Duration, func()) {}
		r.add(testName, "the first, which is recorded at once")
		for i := range clients {
			r.add(testName, strings.Repeat("i", i+1))
		}
		r.flush()
		if strings.Count(last.Text, "others") != others || strings.Count(last.Text, "i") > 10 {
			t.Errorf("%d clients: %s", clients, last.Text)
		}
	}
}
