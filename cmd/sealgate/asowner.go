package main

// This file holds to the owner of data_dir: root takes his rights for a while, to ask what only he can
// answer; others are refused.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

const unchanged = -1 // an id that setresuid(2) leaves as it is

// asOwner does something with the rights of dir's owner where root asks, so that no file is
// made that the owner cannot read, and nothing is found readable that only root may read. Others
// do it with their own rights.
func asOwner(dir string, do func() error) error {
	info, err := os.Stat(dir)
	if err != nil || os.Geteuid() != 0 {
		return do() // says itself what is wrong with dir
	}
	owner := info.Sys().(*syscall.Stat_t)
	if owner.Uid == 0 {
		return do()
	}
	before, err := syscall.Getgroups()
	if err != nil {
		return err
	}
	if err := become(int(owner.Uid), int(owner.Gid), groupsOf(owner.Uid)); err != nil {
		return fmt.Errorf("cannot take the rights of user %d, who owns %s: %w", owner.Uid, dir, err)
	}
	fault := do()
	return errors.Join(fault, become(0, 0, before))
}

// become takes the effective rights of a user; those of root are kept aside.
func become(uid, gid int, groups []int) error {
	if err := syscall.Setresuid(unchanged, 0, unchanged); err != nil {
		return err
	}
	if err := syscall.Setgroups(groups); err != nil {
		return err
	}
	if err := syscall.Setresgid(unchanged, gid, unchanged); err != nil {
		return err
	}
	return syscall.Setresuid(unchanged, uid, unchanged)
}

// groupsOf are the groups of a user; none of somebody who is in no list of users.
func groupsOf(uid uint32) (groups []int) {
	u, err := user.LookupId(strconv.Itoa(int(uid)))
	if err != nil {
		return nil
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil
	}
	for _, id := range ids {
		if gid, err := strconv.Atoi(id); err == nil {
			groups = append(groups, gid)
		}
	}
	return groups
}

var errOtherUser = errors.New("belongs to user")

// ownedByUs refuses a data_dir of another user: root would leave files in it that
// the gateway cannot read.
func ownedByUs(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data_dir: %s is not there: make it for the gateway's user "+
			"(install -d -o sealgate -g sealgate -m 700 %s)", dir, dir)
	}
	if err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	if me := os.Geteuid(); int(owner) != me {
		return fmt.Errorf("data_dir: %s %w %d and this is user %d; run sealgate as its owner (sudo -u '#%d' sealgate …)",
			dir, errOtherUser, owner, me, owner)
	}
	return nil
}
