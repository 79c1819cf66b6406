package certstore

// This file moves whole stores: a folder beside the store's to build one in, and a step
// that puts it in its place.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// rekeySuffix names the folder beside the store's in which its copy is made. After the
// exchange it holds the store with the old key. Whoever opens the store removes it: what
// is opened is whole, and nobody works on a store that he has not locked.
const rekeySuffix = ".rekey"

// restoreSuffix names the folder beside the store's in which a backup is restored.
const restoreSuffix = ".restore"

// lockFolder takes badger's own lock of a store, so that nobody opens it.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, inUse(dir)
	}
	return nil, fmt.Errorf("certstore: %s cannot be locked: %w", dir, err)
}

func inUse(dir string) error {
	return fmt.Errorf(
		"certstore: %s is in use by another process: use the running gateway's socket, or stop it first", dir)
}

// workFolder is where a store is built, of this process alone.
type workFolder struct {
	dir  string
	lock *os.File
}

// newWorkFolder makes the folder empty: what is in it was left by a process that was cut
// off.
func newWorkFolder(dir string) (*workFolder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	w := &workFolder{dir, lock}
	if err := os.RemoveAll(w.store()); err != nil {
		w.remove()
		return nil, fmt.Errorf("certstore: %w", err)
	}
	return w, nil
}

func (w *workFolder) store() string { return filepath.Join(w.dir, "store") }

// remove ends the work; what cannot be removed is no store, and in nobody's way.
func (w *workFolder) remove() {
	_ = os.RemoveAll(w.dir)
	w.lock.Close()
}

// removeLeftOver removes what a rekey or a restore that was cut off has left. The store is
// open. What is still at work holds its lock, and keeps its folder.
func removeLeftOver(dir string) error {
	if err := os.RemoveAll(dir + rekeySuffix); err != nil {
		return fmt.Errorf("certstore: what a rekey left cannot be removed: %w", err)
	}
	restored := dir + restoreSuffix
	lock, err := lockFolder(restored)
	if err != nil {
		return nil // nothing was left, or it is in use
	}
	defer lock.Close()
	if err := os.RemoveAll(restored); err != nil {
		return fmt.Errorf("certstore: what a restore left cannot be removed: %w", err)
	}
	return nil
}

// exchange gives each of two folders the other's name, in one step: at no moment is there
// none of that name, in whose place a gateway would begin an empty store.
func exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	switch {
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("certstore: the file system of %s cannot exchange two folders in one step (renameat2(2)): "+
			"back the store up, move its folder away and restore it", b)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("certstore: %s is a mount point and cannot be replaced: let store.dir be a folder below it", b)
	case err != nil:
		return fmt.Errorf("certstore: exchanging %s and %s: %w", a, b, err)
	}
	return nil
}

// syncTree brings a folder and all files in it to the disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
		return syncFolder(path)
	})
}

// syncFolder brings a folder, or a file, to the disk.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	return nil
}
