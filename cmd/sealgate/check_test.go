package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestRootChecksAsTheGateway: root gets the answer that the gateway's own user gets, beside a
// service that is stopped, and leaves no file that this user cannot read.
func TestRootChecksAsTheGateway(t *testing.T) {
	s, _ := newSite(t)
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	const gateway = 54321
	if os.Chown(data, gateway, gateway) != nil {
		t.Skip("not root")
	}
	s.give(gateway)
	code, said := s.check(0)
	if own, saidOwn := s.check(gateway); code != own || said != saidOwn {
		t.Errorf("root: %d %s\nthe gateway: %d %s", code, said, own, saidOwn)
	}
	if !strings.Contains(said, "1 mailboxes") && !strings.Contains(said, "2 mailboxes") {
		t.Errorf("nothing was tried: %s", said)
	}
	err := filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Sys().(*syscall.Stat_t).Uid != gateway {
			t.Errorf("%s belongs to root", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(s.dir, "support.pem"), 0, 0); err != nil {
		t.Fatal(err)
	}
	if code, said := s.check(0); code != exitNotValid || !strings.Contains(said, "permission denied") {
		t.Errorf("a key that only root can read: %d %s", code, said)
	}
}

// TestCheckOfAnothersData: what this user may not look at is no fault of the configuration: 2.
func TestCheckOfAnothersData(t *testing.T) {
	s, _ := newSite(t)
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	const gateway, another = 54321, 54322
	if os.Chown(data, gateway, gateway) != nil {
		t.Skip("not root")
	}
	s.give(another)
	if err := os.Chown(data, gateway, gateway); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{nil, {"--json"}} {
		if code, said := s.check(another, more...); code != exitUsage {
			t.Errorf("%q: %d %s", more, code, said)
		}
	}
}

// give makes all files of the site those of a user, who can start the program too.
func (s *site) give(user int) {
	s.t.Helper()
	program, err := exec.LookPath("sealgate")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, dir := range []string{filepath.Dir(s.dir), filepath.Dir(program), filepath.Dir(filepath.Dir(program))} {
		if err := os.Chmod(dir, 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	err = filepath.WalkDir(s.dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, user, user))
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// check runs it as a user: its exit code, and what it said.
func (s *site) check(user int, more ...string) (code int, said string) {
	s.t.Helper()
	c := exec.Command("sealgate", append([]string{"check", "--config", filepath.Join(s.dir, "config.toml")}, more...)...)
	c.Dir = s.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
	out, err := c.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		s.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

// TestCheckResult: faults come before what could not be looked at, and notes are neither.
func TestCheckResult(t *testing.T) {
	for _, k := range []struct {
		found []severity
		code  int
	}{
		{nil, 0},
		{[]severity{isRight, isNote}, 0},
		{[]severity{isNote, isUnknown}, exitUsage},
		{[]severity{isUnknown, isFault, isNote}, exitNotValid},
	} {
		var r checkReport
		for _, s := range k.found {
			r.add(s, aboutPostfix, "100%%")
		}
		code := 0
		var f *failure
		if err := r.result(); errors.As(err, &f) {
			code = f.code
		}
		if code != k.code {
			t.Errorf("%v: %d", k.found, code)
		}
	}
}
