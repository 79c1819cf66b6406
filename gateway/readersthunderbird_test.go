//go:build readers

// Thunderbird without a screen, as a person looks at it: the icons beside the header, the text and
// the pictures of its window, and its attachments as it saves them.

package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// thunderbirdProgram is the program itself: Debian's /usr/bin/thunderbird is a script around it.
const thunderbirdProgram = "/usr/lib/thunderbird/thunderbird"

// longestThunderbird is how long Thunderbird may take for all mails, before it is taken to hang.
const longestThunderbird = 5 * time.Minute

// thunderbird lets one Thunderbird, with a profile of its own, show one mail after the other.
func (b *readersBench) thunderbird(mails []string) (all []answer) {
	script, err := os.ReadFile("testdata/readers/thunderbird.js")
	if err != nil {
		b.t.Fatal(err)
	}
	profile, err := os.MkdirTemp(b.dir, "thunderbird")
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), longestThunderbird)
	cmd := b.startThunderbird(ctx, profile)
	defer func() {
		cancel()
		_ = cmd.Wait() // it says only that it was killed
	}()
	m, err := dialMarionette(ctx, filepath.Join(profile, "MarionetteActivePort"))
	if err != nil {
		b.t.Fatal(err)
	}
	var result struct{ Value answer }
	if err := m.call("WebDriver:NewSession", map[string]any{}, &result); err != nil {
		b.t.Fatal(err)
	}
	if err := m.call("Marionette:SetContext", map[string]any{"value": "chrome"}, &result); err != nil {
		b.t.Fatal(err)
	}
	for _, path := range mails {
		result.Value = answer{}
		order := map[string]any{"script": string(script), "args": []string{path}}
		if err := m.call("WebDriver:ExecuteScript", order, &result); err != nil {
			result.Value.Marks = []string{err.Error()}
		}
		all = append(all, result.Value)
	}
	return all
}

// startThunderbird starts Thunderbird with the customer's key; it ends with the context.
func (b *readersBench) startThunderbird(ctx context.Context, profile string) *exec.Cmd {
	b.t.Helper()
	b.fillNSS("sql:" + profile)
	prefs, err := os.ReadFile("testdata/readers/thunderbird.prefs.js")
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), prefs, 0o600); err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, thunderbirdProgram, "--headless", "--no-remote", "--profile", profile,
		"--marionette", "--remote-allow-system-access")
	cmd.Env = append(os.Environ(), "HOME="+profile, "LC_ALL=C.UTF-8")
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	return cmd
}

// marionette is the line on which a program of Mozilla takes orders, one after the other:
// messages of JSON, each behind its length and a colon.
type marionette struct {
	conn net.Conn
	in   *bufio.Reader
	last int // number of the last order
}

// dialMarionette calls the port that the program writes to a file as soon as it listens.
func dialMarionette(ctx context.Context, path string) (*marionette, error) {
	port, err := os.ReadFile(path)
	for err != nil || len(port) == 0 {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("it does not listen: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
		port, err = os.ReadFile(path)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+string(port))
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	m := &marionette{conn: conn, in: bufio.NewReader(conn)}
	var greeting struct{ MarionetteProtocol int }
	return m, m.receive(&greeting)
}

// call gives an order and reads what came of it.
func (m *marionette) call(name string, parameters map[string]any, result any) error {
	m.last++
	order, err := json.Marshal([]any{0, m.last, name, parameters})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(order), order); err != nil {
		return err
	}
	var fault *struct{ Error, Message string }
	if err := m.receive(&[]any{new(int), new(int), &fault, result}); err != nil {
		return err
	}
	if fault != nil {
		return fmt.Errorf("%s: %s: %s", name, fault.Error, fault.Message)
	}
	return nil
}

// receive reads one message.
func (m *marionette) receive(message any) error {
	length, err := m.in.ReadString(':')
	if err != nil {
		return err
	}
	octets, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return err
	}
	text := make([]byte, octets)
	if _, err := io.ReadFull(m.in, text); err != nil {
		return err
	}
	return json.Unmarshal(text, message)
}
