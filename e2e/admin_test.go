package e2e

// This file asks the gateway by HTTP while mail passes.

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestAdminSide: before the customer has written, the box is closed, and the order is refused;
// afterwards it is open, and the mail leaves encrypted. Monitoring sees all of it.
func TestAdminSide(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	const token = "sealgate_of-this-test"
	address := s.port()
	s.o.config = fmt.Sprintf("[admin]\naddress = %q\n[[admin.token]]\nname = \"test\"\nscope = \"read\"\nhash = \"sha256:%x\"\n",
		address, sha256.Sum256([]byte(token)))
	s.kill()
	s.waitFor(address)
	ask := func(path, body string) (code int, answer string) {
		t.Helper()
		method := http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
		r, err := http.NewRequest(method, "http://"+address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b bytes.Buffer
		_, _ = io.Copy(&b, res.Body)
		return res.StatusCode, b.String()
	}
	encrypt := func() string {
		t.Helper()
		var c struct{ Encrypt struct{ State string } }
		_, answer := ask("/v1/capabilities", `{"from":"support@firma.example","to":["anna@kunde.example"]}`)
		if err := json.Unmarshal([]byte(answer), &c); err != nil {
			t.Fatalf("%v: %s", err, answer)
		}
		return c.Encrypt.State
	}
	order := "X-SMIME-Encrypt: yes\n"
	if state, r := encrypt(), s.out("too early", "anna@kunde.example", order); state != "disabled" || r.code != 550 {
		t.Errorf("before: %s, %d %s", state, r.code, r.text)
	}
	s.learn("anna", "anna@kunde.example")
	if state := encrypt(); state != "enabled" {
		t.Errorf("after: %s", state)
	}
	s.accepted(s.out("now", "anna@kunde.example", order))
	s.sealedArrival("now")
	if code, answer := ask("/readyz", ""); code != http.StatusServiceUnavailable || !strings.Contains(answer, `["next hop"]`) {
		t.Errorf("the proxies of this site have no next hop: %d %s", code, answer)
	}
	_, metrics := ask("/metrics", "")
	for _, want := range []string{
		`sealgate_messages_total{direction="inbound",result="accepted"} 1`,
		`sealgate_verdicts_total{encryption="none",signature="valid"} 1`,
		`sealgate_messages_total{direction="outbound",result="rejected"} 1`,
		`sealgate_messages_total{direction="outbound",result="accepted"} 1`,
		`sealgate_mailbox_certificate_end_seconds{mailbox="support@firma.example"}`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}
}
