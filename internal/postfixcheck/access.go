package postfixcheck

// This file asks the machine: who listens at an address, and which sockets Postfix's user may open.

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// answerTime is how long an address of this machine has to take a connection.
const answerTime = 2 * time.Second

// answers reports whether somebody listens at host:port or unix:path.
func answers(address string) bool {
	network := "tcp"
	path, unix := strings.CutPrefix(address, "unix:")
	if unix {
		network = "unix"
		address = path
	}
	c, err := net.DialTimeout(network, address, answerTime)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// Account is a user with his groups, as chroot_uid(3postfix) takes them.
type Account struct {
	name   string
	uid    int
	groups []int
}

// LookupOwner is the user as which Postfix's programs run.
func LookupOwner() (Account, error) {
	name, err := run("postconf", "", "-h", "mail_owner")
	if err != nil {
		return Account{}, err
	}
	return lookupAccount(strings.TrimSpace(name))
}

// lookupAccount finds a user of the system.
func lookupAccount(name string) (Account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return Account{}, err
	}
	a := Account{name: name}
	a.uid, err = strconv.Atoi(u.Uid)
	if err != nil {
		return a, err
	}
	ids, err := u.GroupIds()
	if err != nil {
		return a, err
	}
	for _, id := range ids {
		gid, err := strconv.Atoi(id)
		if err != nil {
			return a, err
		}
		a.groups = append(a.groups, gid)
	}
	return a, nil
}

// MayOpen is why a user cannot connect to a unix socket: each folder of its path has to let him
// through, and the socket has to be writable for him (unix(7)). A socket that is not there is no
// reason: the gateway makes it when it starts.
func (a Account) MayOpen(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if err := a.may(dir, 0o1, "pass through"); err != nil {
			return err
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return a.may(path, 0o2, "write to")
}

// may is why the user has not got a right (of the last octal digit) to a file; that the file is not
// there is none.
func (a Account) may(path string, right fs.FileMode, what string) error {
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	switch {
	case int(owner.Uid) == a.uid:
		mode >>= 6
	case slices.Contains(a.groups, int(owner.Gid)):
		mode >>= 3
	}
	if mode&right != 0 {
		return nil
	}
	return fmt.Errorf("user %s may not %s %s (mode %04o, user %s, group %s): "+
		"put him into that group, and give it the right",
		a.name, what, path, info.Mode().Perm(), userName(owner.Uid), groupName(owner.Gid))
}

// userName is the name of a user, or his number.
func userName(id uint32) string {
	number := strconv.Itoa(int(id))
	u, err := user.LookupId(number)
	if err != nil {
		return number
	}
	return u.Username
}

// groupName is the name of a group, or its number.
func groupName(id uint32) string {
	number := strconv.Itoa(int(id))
	g, err := user.LookupGroupId(number)
	if err != nil {
		return number
	}
	return g.Name
}
