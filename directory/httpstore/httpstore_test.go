package httpstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

const carl = "carl+x&y=z@bank.example"

// serving answers every question about carl, and of nobody else.
func serving(t *testing.T, answer http.HandlerFunc) *Store {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/search.cgi" || r.URL.Query().Get("email") != carl || len(r.URL.Query()) != 1 {
			http.NotFound(w, r)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	s, err := New(Options{URL: server.URL + "/search.cgi", Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSearch: one certificate, several as multipart/mixed or in one file, and none.
func TestSearch(t *testing.T) {
	pki := testpki.New(t)
	one := pki.Issue(testpki.Options{Addresses: []string{carl}})
	var several bytes.Buffer
	w := multipart.NewWriter(&several)
	for _, c := range []*testpki.Cert{one, pki.Root} {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/pkix-cert"}})
		if err != nil {
			t.Fatal(err)
		}
		part.Write(c.Certificate.Raw)
	}
	w.Close()
	for media, k := range map[string]struct {
		body []byte
		want int
	}{
		"application/pkix-cert":                     {one.Certificate.Raw, 1},
		"application/x-pem-file":                    {append(one.CertPEM(), pki.Root.CertPEM()...), 2},
		"multipart/mixed; boundary=" + w.Boundary(): {several.Bytes(), 2},
	} {
		s := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.Write(k.body)
		})
		found, err := s.Search(t.Context(), carl)
		if err != nil || len(found) != k.want || !found[0].Equal(one.Certificate) || found[0].Vouched {
			t.Errorf("%s: %d, %v", media, len(found), err)
		}
		if found, err := s.Search(t.Context(), "dora@bank.example"); err != nil || len(found) != 0 {
			t.Errorf("nobody: %d, %v", len(found), err)
		}
		if err := s.Probe(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestNoAnswer: what is not an answer is never "none".
func TestNoAnswer(t *testing.T) {
	many := strings.Repeat(string(testpki.New(t).Root.CertPEM()), 1)
	pki := testpki.New(t)
	for range maxCertificates {
		many += string(pki.Issue(testpki.Options{Addresses: []string{carl}}).CertPEM())
	}
	for name, answer := range map[string]http.HandlerFunc{
		"a redirection":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) },
		"a fault":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"a page in words": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>nothing was found</html>") },
		"nothing":         func(http.ResponseWriter, *http.Request) {},
		"too large":       func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, maxAnswer+1)) },
		"too many":        func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, many) },
		"a multipart, cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "multipart/mixed; boundary=b")
			fmt.Fprint(w, "--b\r\n\r\n")
		},
		"hung up": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.Header().Set("Content-Type", "application/pkix-cert")
			fmt.Fprint(w, "0")
		},
	} {
		if found, err := serving(t, answer).Search(t.Context(), carl); err == nil {
			t.Errorf("%s: %d found", name, len(found))
		}
	}
	hangs := serving(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := hangs.Search(ctx, carl); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it hangs: %v", err)
	}
}

// TestOptions: nobody may stand between.
func TestOptions(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://ca.example/search.cgi": true, "http://127.0.0.1:8080/search": true, "http://ca.example/search.cgi": false,
		"http://localhost.evil.example/": false, "ftp://ca.example/": false, "https://": false, "https://u:p@ca.example/": false,
		"https://ca.example/?x=y": false, "search.cgi": false,
	} {
		if _, err := New(Options{URL: address}); (err == nil) != ok || err != nil && !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
