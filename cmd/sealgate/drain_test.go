package main

// This file ends the gateway in the middle of a message, and listens as systemd
// does.

import (
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealgate/internal/nexthop"
	"sealgate/internal/testpki"
)

// proxyGateway runs a gateway with one smtp listener, and more lines of
// configuration; it tells systemd at notify.
func proxyGateway(t *testing.T, next, notify, more string) (*gatewayProcess, string) {
	t.Helper()
	dir := t.TempDir()
	pki := testpki.New(t)
	pki.Root.WriteFiles(dir, "root")
	config := "[server]\ndata_dir = \"data\"\n[[listener]]\nprotocol = \"smtp\"\naddress = \"unix:in.sock\"\ndirection = \"inbound\"\nnext_hop = \"" + next + "\"\n" +
		"[trust]\nsystem_roots = false\nroots = [\"root.crt\"]\n" + more
	path := filepath.Join(dir, "c.toml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := startGateway(dir, append(os.Environ(), "NOTIFY_SOCKET="+notify), "serve", "--config", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		g.stop()
		if t.Failed() {
			t.Log(g.log.String())
		}
	})
	if !g.logged("listening") {
		t.Fatal("it does not listen")
	}
	return g, filepath.Join(dir, "in.sock")
}

// TestDrain: SIGTERM in the middle of DATA. The message is finished and delivered,
// new sessions are refused, the gateway ends with 0.
func TestDrain(t *testing.T) {
	hop, err := nexthop.New(nexthop.Fault{})
	if err != nil {
		t.Fatal(err)
	}
	defer hop.Close()
	g, socket := proxyGateway(t, hop.Address, "", "")
	raw, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(patience))
	c := textproto.NewConn(raw)
	say := func(line string, code int) {
		t.Helper()
		if line != "" {
			if err := c.PrintfLine("%s", line); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := c.ReadResponse(code); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	say("", 220)
	say("EHLO client", 250)
	say("MAIL FROM:<a@b.example>", 250)
	say("RCPT TO:<c@d.example>", 250)
	say("DATA", 354)
	c.PrintfLine("From: a@b.example\r\nSubject: half\r\n\r\nfirst half")
	g.cmd.Process.Signal(syscall.SIGTERM)
	if !g.logged("stopping") {
		t.Fatal("SIGTERM is not heard")
	}
	if !refused(socket) {
		t.Error("a new session is taken while it stops")
	}
	say("second half\r\n.", 250)
	if got := g.exit(); got != 0 {
		t.Errorf("exit code %d", got)
	}
	if got := hop.Messages(); len(got) != 1 || !strings.Contains(got[0].Data, "second half") {
		t.Errorf("delivered: %+v", got)
	}
}

// refused waits until nobody listens at the socket.
func refused(socket string) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("unix", socket)
		if err != nil {
			return true
		}
		c.Close()
	}
	return false
}

// TestNotify: what systemd hears from start to end.
func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	heard := func(want string) {
		t.Helper()
		buf := make([]byte, 1024)
		l.SetReadDeadline(time.Now().Add(patience))
		n, err := l.Read(buf)
		if err != nil || !strings.HasPrefix(string(buf[:n]), want) {
			t.Fatalf("%q, %v, want %q", buf[:n], err, want)
		}
	}
	g, _ := proxyGateway(t, "127.0.0.1:1", path, "")
	heard("READY=1")
	g.cmd.Process.Signal(syscall.SIGHUP)
	heard("RELOADING=1\nMONOTONIC_USEC=")
	heard("READY=1")
	g.cmd.Process.Signal(syscall.SIGTERM)
	heard("STOPPING=1")
	if got := g.exit(); got != 0 {
		t.Errorf("exit code %d", got)
	}
}
