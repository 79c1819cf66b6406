package main

// This file starts the gateway for scripts and tests, and watches its log.

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds each wait for the gateway.
const patience = 30 * time.Second

// gatewayProcess is a gateway that runs.
type gatewayProcess struct {
	cmd  *exec.Cmd
	log  logBuffer
	done chan error
}

// logBuffer is a log that is read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func startGateway(dir string, env []string, args ...string) (*gatewayProcess, error) {
	g := &gatewayProcess{cmd: exec.Command("sealgate", args...), done: make(chan error, 1)}
	g.cmd.Dir, g.cmd.Env = dir, env
	g.cmd.Stdout, g.cmd.Stderr = &g.log, &g.log
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { g.done <- g.cmd.Wait() }()
	return g, nil
}

// logged waits until the log matches.
func (g *gatewayProcess) logged(pattern string) bool {
	re := regexp.MustCompile(pattern)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !re.MatchString(g.log.String()) {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true
}

// exit waits for the end and returns the exit code, -1 when there is none.
func (g *gatewayProcess) exit() int {
	select {
	case <-g.done:
		return g.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		return -1
	}
}

// stop ends it at the end of a test, whatever state it is in.
func (g *gatewayProcess) stop() { g.cmd.Process.Kill() }

// gateways are the processes of the scripts, which run side by side.
var gateways sync.Map // *testscript.TestScript → *gatewayProcess

func gatewayOf(ts *testscript.TestScript) *gatewayProcess {
	g, ok := gateways.Load(ts)
	if !ok {
		ts.Fatalf("no gateway was started")
	}
	return g.(*gatewayProcess)
}

// serveInBackground starts the gateway: serve CONFIG.
func serveInBackground(ts *testscript.TestScript, _ bool, args []string) {
	env := append(os.Environ(), "TMPDIR="+ts.Getenv("TMPDIR"))
	if s := ts.Getenv("NOTIFY_SOCKET"); s != "" {
		env = append(env, "NOTIFY_SOCKET="+s)
	}
	g, err := startGateway(filepath.Dir(ts.MkAbs(args[0])), env, "serve", "--config", ts.MkAbs(args[0]))
	ts.Check(err)
	gateways.Store(ts, g)
	ts.Defer(func() {
		g.stop()
		ts.Logf("gateway's log:\n%s", g.log.String())
	})
}

// signalGateway sends HUP, TERM or KILL.
func signalGateway(ts *testscript.TestScript, _ bool, args []string) {
	s := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}[args[0]]
	ts.Check(gatewayOf(ts).cmd.Process.Signal(s))
}

// await waits for a line in the gateway's log: await REGEXP.
func await(ts *testscript.TestScript, _ bool, args []string) {
	if !gatewayOf(ts).logged(args[0]) {
		ts.Fatalf("the log does not say %q", args[0])
	}
}

// ended waits for the gateway's end: ended CODE.
func ended(ts *testscript.TestScript, _ bool, args []string) {
	if got := strconv.Itoa(gatewayOf(ts).exit()); got != args[0] {
		ts.Fatalf("the gateway ended with %s, want %s", got, args[0])
	}
}
