package main

// This file looks into the journal of a gateway that runs, is killed, and runs again.

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealgate/internal/nexthop"
	"sealgate/journal"
)

// sendMail sends one mail of a sender through the gateway at socket.
func sendMail(t *testing.T, socket, from string) {
	t.Helper()
	raw, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.NewClient(raw, "client")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail(from); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("support@firma.example"); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(w, "From: %s\r\nMessage-ID: <%s>\r\nSubject: nobody's business\r\n\r\ntext\r\n", from, from)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// records are what sealgate log prints with these flags.
func records(t *testing.T, dir string, args ...string) (list []journal.Record) {
	t.Helper()
	c := exec.Command("sealgate", append([]string{"log", "--json", "--config", filepath.Join(dir, "c.toml")}, args...)...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
	for line := range strings.Lines(string(out)) {
		var r journal.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, r)
	}
	return list
}

// loggedBy are the envelope senders of what sealgate log prints.
func loggedBy(t *testing.T, dir string, args ...string) string {
	t.Helper()
	var list []string
	for _, r := range records(t, dir, args...) {
		list = append(list, r.EnvelopeFrom)
	}
	return strings.Join(list, " ")
}

// TestLog: what passed is asked of the running gateway, narrowed down, followed, erased; and of the
// store after SIGTERM, with all that passed.
func TestLog(t *testing.T) {
	hop, err := nexthop.New(nexthop.Fault{})
	if err != nil {
		t.Fatal(err)
	}
	defer hop.Close()
	g, socket := proxyGateway(t, hop.Address, "", "")
	dir := filepath.Dir(socket)
	for _, from := range []string{"anna@kunde.example", "bert@b.example", "anna@kunde.example"} {
		sendMail(t, socket, from)
	}
	for _, c := range []struct{ flags, want string }{
		{"", "anna@kunde.example bert@b.example anna@kunde.example"},
		{"-n 2", "bert@b.example anna@kunde.example"},
		{"--since 1h", "anna@kunde.example bert@b.example anna@kunde.example"},
		{"--since 1h -n 1", "anna@kunde.example"},
		{"--until 1h", ""},
		{"--address BERT@b.example", "bert@b.example"},
		{"--message-id <bert@b.example>", "bert@b.example"},
		{"--verdict accepted --address anna@kunde.example", "anna@kunde.example anna@kunde.example"},
		{"--verdict rejected", ""},
		{"--queue-id none", ""},
	} {
		if got := loggedBy(t, dir, strings.Fields(c.flags)...); got != c.want {
			t.Errorf("%s: %q, want %q", c.flags, got, c.want)
		}
	}
	follow := exec.Command("sealgate", "log", "-f", "--config", filepath.Join(dir, "c.toml"), "--address", "carl@c.example")
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(patience, func() { follow.Process.Kill() })
	time.Sleep(1500 * time.Millisecond)
	sendMail(t, socket, "bert@b.example")
	sendMail(t, socket, "carl@c.example")
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, "inbound accepted") || !strings.Contains(line, "envelope_from=<carl@c.example>") {
		t.Errorf("followed: %q, %v", line, err)
	}
	follow.Process.Signal(syscall.SIGTERM)
	if err := follow.Wait(); err != nil {
		t.Errorf("the end of -f: %v", err)
	}
	erase := exec.Command("sealgate", "log", "erase", "--config", filepath.Join(dir, "c.toml"), "anna@kunde.example")
	if text, err := erase.CombinedOutput(); err != nil || string(text) != "2 records erased\n" {
		t.Errorf("%q, %v", text, err)
	}
	sendMail(t, socket, "doris@d.example") // less than a batch before the end
	g.cmd.Process.Signal(syscall.SIGTERM)
	if got := g.exit(); got != 0 {
		t.Fatalf("exit code %d", got)
	}
	if got, want := loggedBy(t, dir), "bert@b.example bert@b.example carl@c.example doris@d.example"; got != want {
		t.Errorf("at rest: %q, want %q", got, want)
	}
	if strings.Contains(g.log.String(), "records are lost") {
		t.Error("records were lost")
	}
}

// TestLogAfterAKill: a gateway that is killed while it writes its journal loses the newest records
// at most; no mail, and nothing of the store.
func TestLogAfterAKill(t *testing.T) {
	hop, err := nexthop.New(nexthop.Fault{})
	if err != nil {
		t.Fatal(err)
	}
	defer hop.Close()
	g, socket := proxyGateway(t, hop.Address, "", "")
	dir := filepath.Dir(socket)
	sent := 0
	for round := range 4 {
		for range 25 {
			sendMail(t, socket, fmt.Sprintf("c%d@kunde.example", sent))
			sent++
		}
		if round == 0 {
			if got := len(records(t, dir)); got != sent {
				t.Errorf("%d records, want %d", got, sent)
			}
		}
		time.Sleep(time.Duration(round) * 400 * time.Millisecond) // at another moment of a batch each time
		g.cmd.Process.Kill()
		g.exit()
		g, err = startGateway(dir, os.Environ(), "serve", "--config", filepath.Join(dir, "c.toml"))
		if err != nil {
			t.Fatal(err)
		}
		defer g.stop()
		if !g.logged("listening") {
			t.Fatalf("after a kill:\n%s", g.log.String())
		}
	}
	if got := len(hop.Messages()); got != sent {
		t.Errorf("%d mails came, %d were sent", got, sent)
	}
	list := records(t, dir, "-n", "1000")
	if len(list) < 25 || len(list) > sent {
		t.Errorf("%d records of %d mails", len(list), sent)
	}
	for i, r := range list {
		if i > 0 && !r.Time.After(list[i-1].Time) {
			t.Errorf("record %d is of %v, after %v", i, r.Time, list[i-1].Time)
		}
		if i%20 != 0 {
			continue
		}
		if got := loggedBy(t, dir, "--address", r.EnvelopeFrom); got != r.EnvelopeFrom {
			t.Errorf("%s is found as %q", r.EnvelopeFrom, got)
		}
	}
}
