package main

// This file lets somebody sit at a terminal.

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sealgate/internal/testpki"
)

// openTerminal makes a pair of terminal and who sits at it (pty(7)).
func openTerminal(t *testing.T) (person, terminal *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return person, terminal
}

// TestPrompt: without --password-file, who sits at a terminal is asked, and what is typed
// is not shown. The key itself may come by standard input.
func TestPrompt(t *testing.T) {
	p := testpki.New(t)
	p12, err := p.Issue(testpki.Options{Addresses: []string{"support@firma.example"}}).P12("top-secret")
	if err != nil {
		t.Fatal(err)
	}
	person, terminal := openTerminal(t)
	out := filepath.Join(t.TempDir(), "key.pem")
	c := exec.Command("sealgate", "key", "import", "--out", out, "-")
	c.Stdin = bytes.NewReader(p12)
	c.Stdout, c.Stderr = terminal, terminal
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	seen := readUntil(t, person, "Password of -: ")
	checkSilent(t, person)
	if _, err := person.WriteString("top-secret\n"); err != nil {
		t.Fatal(err)
	}
	seen += readUntil(t, person, "certificate of")
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %s", err, seen)
	}
	if strings.Contains(seen, "top-secret") {
		t.Errorf("the password is shown: %q", seen)
	}
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
}

// checkSilent fails if the terminal shows what is typed.
func checkSilent(t *testing.T, person *os.File) {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(person.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if state.Lflag&unix.ECHO != 0 {
		t.Error("what is typed at the prompt is shown")
	}
}

// readUntil returns what appears on the terminal, up to the text.
func readUntil(t *testing.T, person *os.File, text string) string {
	t.Helper()
	var seen strings.Builder
	buf := make([]byte, 1024)
	deadline := time.Now().Add(30 * time.Second)
	for !strings.Contains(seen.String(), text) {
		n, err := person.Read(buf)
		seen.Write(buf[:n])
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%q does not appear: %q, %v", text, seen.String(), err)
		}
	}
	return seen.String()
}
