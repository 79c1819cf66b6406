package postfixcheck

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSocketsThatPostfixMayOpen: each folder of the path and the socket itself count, by the class
// that the user is of.
func TestSocketsThatPostfixMayOpen(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "run")
	socket := filepath.Join(folder, "in.sock")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	open := func(path string) {
		for ; path != "/"; path = filepath.Dir(path) {
			if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o1 == 0 {
				if err := os.Chmod(path, info.Mode().Perm()|0o1); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	open(filepath.Dir(dir))
	open(dir)
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const group = 54321
	if err := os.Chown(socket, -1, group); err != nil {
		t.Skip("not root")
	}
	if err := os.Chown(folder, -1, group); err != nil {
		t.Fatal(err)
	}
	member := Account{"postfix", 54320, []int{54320, group}}
	stranger := Account{"postfix", 54320, []int{54320}}
	for _, k := range []struct {
		who                Account
		ofFolder, ofSocket os.FileMode
		want               string
	}{
		{member, 0o750, 0o660, ""},
		{member, 0o700, 0o660, "may not pass through " + folder + " (mode 0700"},
		{member, 0o750, 0o600, "may not write to " + socket + " (mode 0600"},
		{member, 0o750, 0o606, "may not write to"}, // the group's digit counts for its members
		{stranger, 0o755, 0o660, "may not write to " + socket + " (mode 0660, user root, group 54321)"},
		{stranger, 0o750, 0o666, "may not pass through"},
		{stranger, 0o755, 0o666, ""},
		{Account{"root", os.Getuid(), nil}, 0o700, 0o600, ""},
	} {
		if err := os.Chmod(folder, k.ofFolder); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(socket, k.ofSocket); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := k.who.MayOpen(socket); err != nil {
			got = err.Error()
		}
		if got != k.want && (k.want == "" || !strings.Contains(got, k.want)) {
			t.Errorf("%04o, %04o: %q, want %q", k.ofFolder, k.ofSocket, got, k.want)
		}
	}
	if err := stranger.MayOpen(filepath.Join(dir, "none.sock")); err != nil {
		t.Errorf("a socket that is not there yet: %v", err)
	}
	if !answers("unix:"+socket) || answers("unix:"+folder) || answers("127.0.0.1:1") {
		t.Error("who listens")
	}
}
