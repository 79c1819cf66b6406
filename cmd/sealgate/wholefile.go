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
	f, err := os.CreateTemp(folder, ".sealgate-*")
	if err != nil {
		return unreadable(err)
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), giveTo(f, folder), f.Sync(), f.Close()); err != nil {
		return err
	}
	if force {
		err = os.Rename(f.Name(), path)
	} else {
		err = os.Link(f.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		return exists(path)
	}
	if err != nil {
		return unreadable(err)
	}
	return syncFolder(folder)
}

// giveTo lets a file that root writes belong to whom its folder belongs to: in
// /etc/sealgate/keys that is the gateway, which could not read root's.
func giveTo(f *os.File, folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(folder)
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
