package main

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRootWritesForTheFoldersOwner: what root writes into the gateway's folder, the gateway
// can read.
func TestRootWritesForTheFoldersOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("it wants root, to give a file away")
	}
	const user, group = 12345, 12346
	folder := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, user, group); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "support.pem")
	err := writeWhole(path, false, func(w io.Writer) error {
		_, err := io.WriteString(w, "key")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if owner.Uid != user || owner.Gid != group || info.Mode().Perm() != 0o600 {
		t.Errorf("%d:%d, mode %o", owner.Uid, owner.Gid, info.Mode().Perm())
	}
}
