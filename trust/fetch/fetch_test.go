package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func TestWhereItMayGo(t *testing.T) {
	for address, ok := range map[string]bool{
		"192.0.43.8:80": true, "192.0.43.8:443": true, "[2a00:1450::1]:80": true,
		"192.0.43.8:25": false, "192.0.43.8:8080": false,
		"127.0.0.1:80": false, "127.9.9.9:80": false, "10.1.2.3:80": false, "172.16.0.1:80": false, "192.168.1.1:443": false, "169.254.169.254:80": false,
		"0.0.0.0:80": false, "100.64.0.1:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false, "240.0.0.1:80": false, "198.18.0.1:80": false,
		"[::1]:80": false, "[::]:80": false, "[fe80::1]:80": false, "[fc00::1]:80": false, "[fd12::1]:80": false, "[ff02::1]:80": false, "[fec0::1]:80": false,
		"[::ffff:127.0.0.1]:80": false, "[::ffff:10.0.0.1]:80": false, "[::ffff:192.0.43.8]:80": true,
		"[64:ff9b::7f00:1]:80": false, "[64:ff9b::c000:2b08]:80": true, "[2002:7f00:1::]:80": false, "[2002:c000:2b08::1]:80": true, "[2001:db8::1]:80": false,
		"[2001:0:1::1]:80": false, "[::ffff:0:7f00:1]:80": false, "[4000::1]:80": false, "[9000::1]:80": false, "[1000::1]:80": false, "[::7f00:1]:80": false,
	} {
		if err := permitted(netip.MustParseAddrPort(address), nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := permitted(netip.MustParseAddrPort("127.0.0.1:9"), loopback); err != nil {
		t.Errorf("allowed, and refused: %v", err)
	}
	if err := permitted(netip.MustParseAddrPort("10.0.0.1:80"), loopback); !errors.Is(err, ErrRefused) {
		t.Errorf("allowed only 127/8, and went: %v", err)
	}
}

// TestOwnAddress: a public address of this very machine is inside, too.
func TestOwnAddress(t *testing.T) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range list {
		if p, err := netip.ParsePrefix(n.String()); err == nil && !own(p.Addr()) {
			t.Errorf("%s is not seen as ours", p)
		}
	}
	if own(netip.MustParseAddr("192.0.43.8")) {
		t.Error("a stranger's address is seen as ours")
	}
}

func get(t *testing.T, c *Client, url string, limit int64) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return c.Get(ctx, url, limit)
}

func TestBounds(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/size/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		w.(http.Flusher).Flush() // no Content-Length
		fmt.Fprint(w, strings.Repeat("x", n))
	})
	mux.HandleFunc("/known/{n}", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Length", r.PathValue("n")) })
	mux.HandleFunc("/hop/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		if n == 0 {
			fmt.Fprint(w, "there")
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/hop/%d", n-1), http.StatusFound)
	})
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("u"), http.StatusFound)
	})
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/header", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", maxHeader+1)) })
	s := httptest.NewServer(mux)
	defer s.Close()
	c := New(loopback)
	for path, want := range map[string]string{
		"/size/1000": "", "/size/1001": "more than 1000 octets", "/known/1001": "1001 octets", "/hop/0": "", fmt.Sprintf("/hop/%d", maxRedirects): "",
		fmt.Sprintf("/hop/%d", maxRedirects+1): "redirects", "/to?u=file:///etc/passwd": "not an http URL", "/to?u=http://10.0.0.1/": "inside the house",
		"/to?u=http://localhost:1/": "refused", "/none": "status 404", "/hang": "deadline", "/header": "",
	} {
		_, err := get(t, c, s.URL+path, 1000)
		if path == "/header" {
			want = "exceeded"
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	for _, u := range []string{"ftp://x.example/", "http://", "http://user@x.example/", "file:///etc/passwd", "//x", "http://x.example:99999/", "http://[::1", "http://x.example/" + strings.Repeat("a", maxURL)} {
		if _, err := get(t, c, u, 10); !errors.Is(err, ErrRefused) || len(err.Error()) > 600 {
			t.Errorf("%.40s: %v", u, err)
		}
	}
	for _, u := range []string{s.URL, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)} {
		if _, err := get(t, New(nil), u, 10); !errors.Is(err, ErrRefused) {
			t.Errorf("%s without permission: %v", u, err)
		}
	}
}
