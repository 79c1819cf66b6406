package main

// This file writes files that are whole and on the disk, or not there.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// writeWhole puts a file at path, mode 0600 from the start. One that exists stays,
// without force.
func writeWhole(path string, force bool, write func(io.Writer) error) error {
	if _, err := os.Stat(path); err == nil && !force {
		return exists(path)
	}
	folder := filepath.Dir(path)
	temporary, err := writeTemporary(folder, folder, 0o600, write)
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	if force {
		err = os.Rename(temporary, path)
	} else {
		err = os.Link(temporary, path)
	}
	if errors.Is(err, fs.ErrExist) {
		return exists(path)
	}
	if err != nil {
		return unreadable(err)
	}
	return syncFolder(folder)
}

// writeTemporary writes a file in a folder that is whole and on the disk, and is still to get its
// name. It belongs to whom another one belongs to.
func writeTemporary(folder, other string, mode fs.FileMode, write func(io.Writer) error) (path string, err error) {
	f, err := os.CreateTemp(folder, ".sealgate-*")
	if err != nil {
		return "", unreadable(err)
	}
	err = errors.Join(write(f), giveTo(f, other), f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// giveTo lets a file that root writes belong to whom another one belongs to: in
// /etc/sealgate/keys that is the gateway, which could not read root's.
func giveTo(f *os.File, other string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(other)
	if err != nil {
		return unreadable(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return unreadable(err)
	}
	return nil
}

func exists(path string) error {
	return unreadable(fmt.Errorf("%s exists already; --force writes over it", path))
}

// syncFolder brings the names in a folder to the disk.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return unreadable(err)
	}
	return errors.Join(f.Sync(), f.Close())
}
