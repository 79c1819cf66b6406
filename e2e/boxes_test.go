package e2e

// This file runs the example page that writes a new mail: its boxes are fed by the API, which
// listens on a unix socket here.

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExampleBoxes: before the customer has written, the box cannot be ticked, and the sentence says
// what helps; afterwards it can. The browser gets no token, and writes for no other mailbox.
func TestExampleBoxes(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	const token = "sealgate_of-this-test"
	dir := t.TempDir()
	socket := filepath.Join(dir, "admin.sock")
	tokenFile := filepath.Join(dir, "token")
	if err := os.WriteFile(tokenFile, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.o.config = fmt.Sprintf(
		"[admin]\naddress = \"unix:%s\"\n[[admin.token]]\nname = \"test\"\nscope = \"capabilities\"\nhash = \"sha256:%x\"\n",
		socket, sha256.Sum256([]byte(token)))
	s.kill()
	port := s.port()
	_, number, _ := strings.Cut(port, ":")
	cmd := exec.Command("python3", "../examples/boxes/boxes.py", "--api", "unix:"+socket, "--token-file", tokenFile,
		"--address", "support@firma.example", "--listen", number)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	s.waitFor(port)
	page := "http://127.0.0.1:" + number + "/"
	can := func(body string) (state, text string) {
		t.Helper()
		r, err := http.NewRequest("POST", page+"can", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Language", "de")
		var answer struct {
			Encrypt    struct{ State string }
			Recipients []struct{ Text string }
			Problem    string
		}
		if err := json.Unmarshal([]byte(s.read(http.DefaultClient.Do(r))), &answer); err != nil || answer.Problem != "" {
			t.Fatalf("%v, %s", err, answer.Problem)
		}
		return answer.Encrypt.State, answer.Recipients[0].Text
	}
	const question = `{"to":["anna@kunde.example"],"from":"sales@firma.example"}`
	if state, text := can(question); state != "disabled" || !strings.Contains(text, "Bitten Sie um eine signierte Mail") {
		t.Errorf("before: %s, %s", state, text)
	}
	s.learn("anna", "anna@kunde.example")
	if state, text := can(question); state != "enabled" || text != "" {
		t.Errorf("after: %s, %s", state, text)
	}
	for _, path := range []string{"", "boxes.js"} {
		if text := s.read(http.Get(page + path)); strings.Contains(text, token) || !strings.Contains(text, "encrypt") {
			t.Errorf("/%s: %s", path, text)
		}
	}
}
