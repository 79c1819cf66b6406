package fetch

// This file gives a machine a public address of its own: a network namespace, in
// which nothing can be reached but that.

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

const (
	inNamespace = "SEALGATE_TEST_NAMESPACE"
	ownPublic   = "192.0.43.8"
)

// TestOwnPublicAddress: a public address that this very machine has is not dialled,
// unless the admin permits it.
func TestOwnPublicAddress(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		again(t)
		return
	}
	if err := address("lo", netip.MustParseAddr(ownPublic).As4()); errors.Is(err, syscall.EPERM) {
		t.Skip("this machine permits no network namespaces")
	} else if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", ownPublic+":80")
	if err != nil {
		t.Fatal(err)
	}
	var hits atomic.Int32
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) })}
	go s.Serve(l)
	defer s.Close()
	if _, err := get(t, New(nil), "http://"+ownPublic+"/", 100); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "inside the house") || hits.Load() != 0 {
		t.Errorf("%v, %d requests", err, hits.Load())
	}
	if _, err := get(t, New([]netip.Prefix{netip.MustParsePrefix(ownPublic + "/32")}), "http://"+ownPublic+"/", 100); err != nil || hits.Load() != 1 {
		t.Errorf("permitted: %v, %d requests", err, hits.Load())
	}
}

// again runs this test in a namespace.
func again(t *testing.T) {
	c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), inNamespace+"=yes")
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := c.CombinedOutput()
	switch ended := (*exec.ExitError)(nil); {
	case err != nil && !errors.As(err, &ended), strings.Contains(string(out), "--- SKIP"):
		t.Skipf("no network namespace: %v %s", err, out)
	case err != nil || !strings.Contains(string(out), "--- PASS"):
		t.Errorf("%v\n%s", err, out)
	}
}

// address gives an interface an address and switches it on.
func address(name string, a [4]byte) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	r := struct { // struct ifreq with a sockaddr_in
		name   [syscall.IFNAMSIZ]byte
		family uint16
		port   uint16
		addr   [4]byte
		_      [16]byte
	}{family: syscall.AF_INET, addr: a}
	copy(r.name[:], name)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFADDR, uintptr(unsafe.Pointer(&r))); e != 0 {
		return fmt.Errorf("SIOCSIFADDR: %w", e)
	}
	r.family = syscall.IFF_UP // ifr_flags stands where the family does
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&r))); e != 0 {
		return fmt.Errorf("SIOCSIFFLAGS: %w", e)
	}
	return nil
}
