//go:build mtas

package e2e

// This file is a room of its own for a mail server of others: this machine's files with a
// Debian package laid over them, of which this machine sees nothing.

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// room is a namespace of mounts, processes and the host's name. Its network is this machine's: the servers in it
// listen on loopback ports.
type room struct {
	t       *testing.T
	init    *exec.Cmd
	daemons []*exec.Cmd
}

// enter lays the package (the files of $1) over this machine's files in memory, keeps the
// test's directory $2 as it is, where the server's user may look, and makes the users $3.
const enter = `set -eu
mount --make-rprivate /
hostname mail.firma.example
room=$2/room
chmod 755 "$(dirname $2)" $2
mkdir $room
mount -t tmpfs tmpfs $room
mkdir $room/changes $room/work $room/root
mount -t overlay overlay -o lowerdir=/,upperdir=$room/changes,workdir=$room/work $room/root
tar -C $1 -cf - . | tar -C $room/root --keep-directory-symlink --no-same-owner -xf -
mount --bind $2 $room/root$2
mount --rbind /dev $room/root/dev
mount -t proc proc $room/root/proc
echo '127.0.0.1 localhost mail.firma.example' >$room/root/etc/hosts
for user in $3; do
	chroot $room/root id -u $user >/dev/null 2>&1 || chroot $room/root useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin $user
done
exec chroot $room/root sh -c "echo ready; exec sleep infinity"
`

// newRoom has what "make mtas" has unpacked to bin/mtas.
func newRoom(t *testing.T, dir, name string, users ...string) *room {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("namespaces need root")
	}
	files, err := filepath.Abs(filepath.Join("../bin/mtas", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(files); err != nil {
		t.Skip("make mtas unpacks it: ", err)
	}
	r := &room{t: t, init: exec.Command("sh", "-c", enter, "sh", files, dir, strings.Join(users, " "))}
	r.init.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS}
	var faults bytes.Buffer
	r.init.Stderr = &faults
	out, err := r.init.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.init.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the first process of the namespace takes all others with it
		r.init.Process.Kill()
		r.init.Wait()
		for _, d := range r.daemons {
			d.Wait()
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("no room: %q %v\n%s", line, err, faults.String())
	}
	return r
}

// command runs in the room.
func (r *room) command(args ...string) *exec.Cmd {
	target := strconv.Itoa(r.init.Process.Pid)
	return exec.Command("nsenter", append([]string{"--target", target, "--mount", "--pid", "--uts", "--root", "--wd"}, args...)...)
}

// run returns what a command in the room says.
func (r *room) run(args ...string) string {
	r.t.Helper()
	out, err := r.command(args...).CombinedOutput()
	if err != nil {
		r.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// shell runs a script in the room.
func (r *room) shell(script string, args ...string) string {
	r.t.Helper()
	return r.run(append([]string{"sh", "-euc", script, "sh"}, args...)...)
}

// daemon starts a server that stays in the foreground.
func (r *room) daemon(args ...string) *lockedBuffer {
	r.t.Helper()
	cmd := r.command(args...)
	said := &lockedBuffer{}
	cmd.Stdout = said
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.daemons = append(r.daemons, cmd)
	return said
}

// blocks are those of a section of docs/mta.md: the first line of each, "# NAME" or "dnl NAME", names it.
func (s *site) blocks(section string) map[string]string {
	s.t.Helper()
	text, err := os.ReadFile("../docs/mta.md")
	if err != nil {
		s.t.Fatal(err)
	}
	_, part, found := strings.Cut(string(text), "\n## "+section+"\n")
	if !found {
		s.t.Fatalf("docs/mta.md has no section %q", section)
	}
	part, _, _ = strings.Cut(part, "\n## ")
	blocks := map[string]string{}
	for i, block := range strings.Split(part, "```") {
		_, block, _ = strings.Cut(block, "\n") // the language
		if i%2 == 0 {
			continue
		}
		name, _, _ := strings.Cut(block, "\n")
		blocks[strings.TrimPrefix(strings.TrimPrefix(name, "# "), "dnl ")] = block
	}
	if len(blocks) == 0 {
		s.t.Fatalf("docs/mta.md: section %q shows no configuration", section)
	}
	return blocks
}

// portOf is the port of an address.
func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// must fails the test when a block is missing.
func must(t *testing.T, blocks map[string]string, name string) string {
	t.Helper()
	text, ok := blocks[name]
	if !ok {
		t.Fatalf("docs/mta.md shows no %q, only %v", name, fmt.Sprint(blocks))
	}
	return text
}
