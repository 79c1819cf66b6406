package admin_test

// This file asks as those do who want more than they may: over a real connection, octet by octet.

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listen serves a side on a connection of this machine.
func (s *side) listen(t *testing.T, network, address string) net.Addr {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	go s.server.Serve(l)
	t.Cleanup(func() { s.server.Shutdown(t.Context()) })
	return l.Addr()
}

// raw sends octets, and returns the statuses of all answers that come.
func raw(t *testing.T, address net.Addr, octets string) (statuses []int) {
	t.Helper()
	c, err := net.Dial(address.Network(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Second))
	go io.WriteString(c, octets)
	r := bufio.NewReader(c)
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return statuses
		}
		statuses = append(statuses, res.StatusCode)
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
}

// smuggled are fields of a request whose end can be read in two ways.
var smuggled = map[string]string{
	"two lengths":                 "Content-Length: 0\r\nContent-Length: 5\r\n",
	"a list of lengths":           "Content-Length: 0, 5\r\n",
	"a signed length":             "Content-Length: +0\r\n",
	"a negative length":           "Content-Length: -1\r\n",
	"a length in hex":             "Content-Length: 0x0\r\n",
	"chunks and a length":         "Content-Length: 300\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
	"an unknown coding":           "Transfer-Encoding: xchunked\r\n",
	"chunked twice":               "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
	"chunked and identity":        "Transfer-Encoding: chunked, identity\r\n",
	"a blank before the colon":    "Content-Length : 5\r\n",
	"a folded coding":             "Transfer-Encoding:\r\n chunked\r\n",
	"a bare CR":                   "X: y\rContent-Length: 5\r\n",
	"a NUL":                       "X: y\x00\r\n",
	"a coding with a tab at end":  "Transfer-Encoding: chunked\x0b\r\n",
	"a chunk of a size in words":  "Transfer-Encoding: chunked\r\n\r\nfive\r\n",
	"a chunk of a negative size":  "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
	"a chunk of a size too large": "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
}

// decision is a request that only an admin's token may ask; harmless is the head of another one,
// without its length.
func (s *side) decision() string {
	return "POST /v1/certificates/" + known + "/decision HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.tokens["admin"] +
		"\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{\"decision\":\"delete\"}\r\n"
}

func (s *side) harmless() string {
	return "POST /v1/capabilities HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.tokens["capabilities"] +
		"\r\nContent-Type: application/json\r\n"
}

// TestRequestSmuggling: a request whose end can be read in two ways is refused, and nothing behind it
// is taken for a request. A proxy in front that reads it otherwise hides none from its own rules.
func TestRequestSmuggling(t *testing.T) {
	t.Parallel()
	s := newSide(t)
	address := s.listen(t, "tcp", "127.0.0.1:0")
	decision := s.decision()
	head := s.harmless()
	for name, fields := range smuggled {
		*s.fake = fake{}
		got := raw(t, address, head+fields+"\r\n"+decision)
		if len(got) != 1 || got[0] < 400 || s.fake.decision != "" {
			t.Errorf("%s: answers %v; decision %q", name, got, s.fake.decision)
		}
	}
	if got := raw(t, address, head+"Content-Length: 2\r\n\r\n{}"+decision); len(got) != 2 || s.fake.decision == "" {
		t.Errorf("two requests, one after the other: %v", got) // or nothing was tried above
	}
}

// TestHostHeader: whatever name a request gives us, it is not repeated, and opens nothing.
func TestHostHeader(t *testing.T) {
	t.Parallel()
	s := newSide(t)
	address := s.listen(t, "tcp", "127.0.0.1:0")
	for _, host := range []string{"evil.example", "evil.example:80@127.0.0.1", "\"><script>", strings.Repeat("x", 4096)} {
		for _, target := range []string{"/v1/mailboxes", "/v1//mailboxes", "//evil.example/../v1/mailboxes", "http://evil.example/v1/mailboxes"} {
			c, err := net.Dial("tcp", address.String())
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(5 * time.Second))
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target, host)
			answer, _ := io.ReadAll(c)
			c.Close()
			first, _, _ := strings.Cut(string(answer), "\r\n")
			if strings.Contains(string(answer), "evil") || strings.Contains(string(answer), "script") || strings.Contains(first, " 200 ") {
				t.Errorf("%s of %.20s: %s", target, host, answer)
			}
		}
	}
	for _, request := range []string{
		"GET /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
	} {
		if got := raw(t, address, request); len(got) != 1 || got[0] != http.StatusBadRequest {
			t.Errorf("%q: %v", request, got)
		}
	}
}

// TestOtherOrigin: a page of somebody else, open in an admin's browser, neither reads nor changes
// anything, not even with a token that it has come by.
func TestOtherOrigin(t *testing.T) {
	s := newSide(t)
	decision := "/v1/certificates/" + known + "/decision"
	for _, c := range []struct {
		method string
		header []string
		want   int
	}{
		{"OPTIONS", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, 405},
		{"POST", []string{"Origin", "https://evil.example"}, 403},
		{"POST", []string{"Origin", "null"}, 403},
		{"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", nil, 204}, // a program, which has no origin
	} {
		header := append([]string{"Content-Type", "application/json"}, c.header...)
		res := s.ask(c.method, decision, s.tokens["admin"], `{"decision":"block"}`, header...)
		if res.StatusCode != c.want || strings.Contains(fmt.Sprint(res.Header), "Access-Control") {
			t.Errorf("%s with %q: %s", c.method, c.header, res.Status)
		}
		if c.want != 204 && s.fake.decision != "" {
			t.Fatalf("%s with %q: it was decided", c.method, c.header)
		}
	}
}

// TestPathInjection: a name in a path leads nowhere else, whatever stands in it, and is no header.
func TestPathInjection(t *testing.T) {
	s := newSide(t)
	for _, name := range []string{
		"..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f" + known, known + "%00", known + "%0d%0aX-Evil:%20yes", known + "%2fpem",
		"%c0%ae%c0%ae", "%", strings.Repeat("a", 10_000), "x%22;filename=evil",
	} {
		for _, target := range []string{"/v1/certificates/" + name, "/v1/certificates/" + name + "/pem"} {
			r, err := http.NewRequest("GET", "http://localhost"+target, nil)
			if err != nil {
				continue // no client could send it
			}
			res := s.ask("GET", r.URL.RequestURI(), s.tokens["admin"], "")
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode == http.StatusOK || res.Header.Get("X-Evil") != "" || strings.Contains(string(body), "root:") {
				t.Errorf("%.60s: %s %q", target, res.Status, body)
			}
		}
	}
	for name, values := range s.ask("GET", "/v1/certificates/"+known+"/pem", s.tokens["read"], "").Header {
		if name == "Content-Disposition" && values[0] != "attachment; filename="+known+".pem" {
			t.Error(values)
		}
	}
}

// TestUnixSocket: the same answers, and the same tokens, as at a port.
func TestUnixSocket(t *testing.T) {
	s := newSide(t)
	address := s.listen(t, "unix", t.TempDir()+"/admin.sock")
	get := "GET /v1/mailboxes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	if got := raw(t, address, get+"\r\n"); len(got) != 1 || got[0] != http.StatusUnauthorized {
		t.Errorf("without a token: %v", got)
	}
	if got := raw(t, address, get+"Authorization: Bearer "+s.tokens["read"]+"\r\n\r\n"); len(got) != 1 || got[0] != http.StatusOK {
		t.Errorf("with a token: %v", got)
	}
}
