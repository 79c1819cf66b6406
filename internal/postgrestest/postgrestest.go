// Package postgrestest starts PostgreSQL servers of the tests' own: in a temporary folder, on a
// loopback port, without a password.
package postgrestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled says that there is no PostgreSQL here.
var ErrNotInstalled = errors.New("postgresql is not installed (apt-get install postgresql)")

// startTime is how long a server may take until it answers.
const startTime = 60 * time.Second

// Server is one server.
type Server struct {
	Port int

	dir      string // data, socket and log
	settings []string
	process  *exec.Cmd
}

// New makes a server and starts it. Settings are those of postgresql.conf ("fsync=off").
func New(settings ...string) (*Server, error) {
	s, err := newServer(settings)
	if err != nil {
		return nil, err
	}
	err = s.run("initdb", "-D", s.data(), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync")
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		s.Remove()
		return nil, err
	}
	return s, nil
}

// ForTest is a server that goes with the test. The test is skipped where none is installed.
func ForTest(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := New(settings...)
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	return s
}

// NewStandby makes a server that follows another one, by the name that the other's
// synchronous_standby_names may name.
func NewStandby(primary *Server, name string, settings ...string) (*Server, error) {
	s, err := newServer(settings)
	if err != nil {
		return nil, err
	}
	source := fmt.Sprintf("host=127.0.0.1 port=%d user=postgres application_name=%s", primary.Port, name)
	err = s.run("pg_basebackup", "-D", s.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", source)
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		s.Remove()
		return nil, err
	}
	return s, nil
}

func newServer(settings []string) (*Server, error) {
	if _, err := binary("initdb"); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sealgate-postgres-*")
	if err != nil {
		return nil, err
	}
	if who := account(); who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	return &Server{Port: port, dir: dir, settings: settings}, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Start starts the server and waits until it answers.
func (s *Server) Start() error {
	path, err := binary("postgres")
	if err != nil {
		return err
	}
	arguments := []string{"-D", s.data(), "-k", s.dir, "-p", strconv.Itoa(s.Port), "-c", "listen_addresses=127.0.0.1"}
	for _, setting := range s.settings {
		arguments = append(arguments, "-c", setting)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = command(path, arguments...)
	s.process.Dir = s.dir
	s.process.Stdout = log
	s.process.Stderr = log
	if err := s.process.Start(); err != nil {
		return err
	}
	return s.answers()
}

func (s *Server) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			return c.Close(ctx)
		}
		if ctx.Err() != nil {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("postgres does not answer: %w\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// URL leads to the server.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.Port)
}

// Restart starts the server anew with more settings, and with files in its folder that they may name.
func (s *Server) Restart(files map[string]string, settings ...string) error {
	s.Stop()
	for name, text := range files {
		path := filepath.Join(s.data(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
		if who := account(); who != nil {
			if err := os.Chown(path, int(who.Uid), int(who.Gid)); err != nil {
				return err
			}
		}
	}
	s.settings = append(s.settings, settings...)
	return s.Start()
}

// Exec does one statement as the administrator.
func (s *Server) Exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

// Stop ends the server as its administrator would.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGINT)
	_ = s.process.Wait()
	s.process = nil
}

// Kill ends the server as a crash of its machine would: every process of it at once.
func (s *Server) Kill() {
	s.Signal(syscall.SIGKILL)
	_ = s.process.Wait()
	s.process = nil
}

// Signal is sent to the server and to all its children, each of which is in a group of its own.
func (s *Server) Signal(signal syscall.Signal) {
	parent := s.process.Process.Pid
	all := append([]int{parent}, childrenOf(parent)...) // known before one of them ends
	for _, pid := range all {
		_ = syscall.Kill(pid, signal)
	}
}

func childrenOf(parent int) (list []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		var state string
		var above int
		_, behind, _ := bytes.Cut(text, []byte(") ")) // the name may have spaces
		if _, err := fmt.Sscan(string(behind), &state, &above); err != nil || above != parent {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			list = append(list, pid)
		}
	}
	return list
}

// Remove ends the server and removes what it has written.
func (s *Server) Remove() {
	s.Stop()
	os.RemoveAll(s.dir)
}

// Size is what the server's folder holds, in octets.
func (s *Server) Size() (octets int64) {
	_ = filepath.WalkDir(filepath.Join(s.data(), "base"), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return nil // it went away meanwhile
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			octets += info.Size()
		}
		return nil
	})
	return octets
}

func (s *Server) run(name string, arguments ...string) error {
	path, err := binary(name)
	if err != nil {
		return err
	}
	c := command(path, arguments...)
	c.Dir = s.dir
	var out bytes.Buffer
	c.Stdout = &out
	c.Stderr = &out
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out.Bytes())
	}
	return nil
}

// command runs a program as the user that PostgreSQL wants, in a group of its own.
func command(path string, arguments ...string) *exec.Cmd {
	c := exec.Command(path, arguments...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: account(), Pdeathsig: syscall.SIGKILL}
	return c
}

// account is Debian's user for it where this is root, which PostgreSQL does not run as.
func account() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		return nil
	}
	uid, _ := strconv.ParseUint(who.Uid, 10, 32)
	gid, _ := strconv.ParseUint(who.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// binary finds a program; Debian keeps them in a folder for each version.
func binary(name string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", ErrNotInstalled
	}
	return slices.Max(found), nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
