package main

// This file listens at an address, and reads the certificate of who listens.

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"sealgate/keyring"
)

// socketMode lets Postfix's group reach a unix socket.
const socketMode = 0o660

// listen opens host:port or unix:PATH, the socket with the mode given.
func listen(address string, mode os.FileMode) (net.Listener, error) {
	path, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return net.Listen("tcp", address)
	}
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return nil, errors.New("another process listens there")
		}
		os.Remove(path) // left over by a process that was killed
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, mode)
}

// remedy is what an admin can do about an address that cannot be had.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "; another program has it (ss -ltnp tells which), or a gateway runs already"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "; this machine has no such address"
	case errors.Is(err, fs.ErrPermission):
		return "; this user may not: ports below 1024 and others' folders are not for it"
	case errors.Is(err, fs.ErrNotExist):
		return "; make the folder of the socket first"
	}
	return ""
}

// serverTLS is the certificate of who listens, an smtp listener or the HTTP side; nil without one.
func serverTLS(who, certFile, keyFile string) (*tls.Config, error) {
	if certFile == "" {
		return nil, nil
	}
	key, err := keyring.ReadPrivate(keyFile)
	if err != nil {
		return nil, fmt.Errorf("%s: tls_key: %w", who, err)
	}
	defer clear(key)
	cert, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("%s: tls_certificate: %w", who, err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s: tls_certificate %s with tls_key %s: %w", who, certFile, keyFile, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}
