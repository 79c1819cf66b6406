// Package postfixtest runs a private Postfix on loopback ports: for end-to-end
// tests and for the demonstration. It needs Debian's package and root; it
// touches nothing of a Postfix that the machine itself may run.
package postfixtest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrMissing says why there can be no private Postfix here.
var ErrMissing = errors.New("postfixtest: a private Postfix needs root and Debian's package postfix")

// Config is what a private Postfix does.
type Config struct {
	Dir     string            // a folder of its own, which Start fills
	Main    map[string]string // main.cf settings over the base
	Master  []string          // master.cf entries besides the base; %d in front is a port of Ports
	Domains []string          // relay domains
	NextHop string            // host:port that all mail goes to
}

// Postfix is a running instance.
type Postfix struct {
	Config
	main string // the folder with main.cf
}

// base is master.cf without the services that listen. Nothing is chrooted: the
// instance has no system files in its queue folder.
const base = `pickup    unix  n - n 1    1 pickup
cleanup   unix  n - n -    0 cleanup
qmgr      unix  n - n 1    1 qmgr
rewrite   unix  - - n -    - trivial-rewrite
bounce    unix  - - n -    0 bounce
defer     unix  - - n -    0 bounce
trace     unix  - - n -    0 bounce
verify    unix  - - n -    1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -    - proxymap
proxywrite unix - - n -    1 proxymap
smtp      unix  - - n -    - smtp
relay     unix  - - n -    - smtp
showq     unix  n - n -    - showq
error     unix  - - n -    - error
retry     unix  - - n -    - error
discard   unix  - - n -    - discard
local     unix  - n n -    - local
virtual   unix  - n n -    - virtual
lmtp      unix  - - n -    - lmtp
anvil     unix  - - n -    1 anvil
scache    unix  - - n -    1 scache
postlog   unix-dgram n - n - 1 postlogd
`

// settings are the base of main.cf. Deliveries are tried at once and given up
// soon, so that a test sees what becomes of a mail.
func (p *Postfix) settings() map[string]string {
	m := map[string]string{
		"compatibility_level":   "3.6",
		"queue_directory":       p.path("queue"),
		"data_directory":        p.path("data"),
		"maillog_file":          p.path("log/maillog"),
		"maillog_file_prefixes": p.Dir,
		"command_directory":     "/usr/sbin",
		"daemon_directory":      "/usr/lib/postfix/sbin",
		"mail_owner":            "postfix",
		"setgid_group":          "postdrop",
		"myhostname":            "mail.firma.example",
		"mydestination":         "",
		"inet_interfaces":       "127.0.0.1",
		"inet_protocols":        "ipv4",
		"mynetworks":            "127.0.0.0/8",
		"relay_domains":         strings.Join(p.Domains, " "), "relayhost": relayhost(p.NextHop), "alias_maps": "",
		"alias_database": "", "local_recipient_maps": "",
		"smtpd_relay_restrictions":            "permit_mynetworks,reject",
		"smtp_dns_support_level":              "disabled",
		"smtp_host_lookup":                    "native",
		"milter_default_action":               "tempfail",
		"milter_protocol":                     "6",
		"milter_mail_macros":                  "i {auth_type} {auth_authen} {mail_addr} {mail_host} {mail_mailer}",
		"message_size_limit":                  "250000000",
		"mailbox_size_limit":                  "0",
		"smtpd_peername_lookup":               "no",
		"smtp_tls_security_level":             "none",
		"minimal_backoff_time":                "2s",
		"maximal_backoff_time":                "4s",
		"queue_run_delay":                     "2s",
		"default_process_limit":               "100",
		"smtpd_client_connection_count_limit": "0",
		"smtpd_client_connection_rate_limit":  "0",
		"smtputf8_enable":                     "yes",
		"header_size_limit":                   "1024000",
		"line_length_limit":                   "2048",
		"notify_classes":                      "",
		"always_add_missing_headers":          "no",
		"import_environment":                  "MAIL_CONFIG",
		"debugger_command":                    "",
	}
	for k, v := range p.Main {
		m[k] = v
	}
	return m
}

func relayhost(hostPort string) string {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return ""
	}
	return "[" + host + "]:" + port
}

func (p *Postfix) path(name string) string { return filepath.Join(p.Dir, name) }

// Start makes the folders, writes the configuration and starts the master.
func Start(c Config) (*Postfix, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("%w (not root)", ErrMissing)
	}
	if _, err := exec.LookPath("/usr/sbin/postfix"); err != nil {
		return nil, fmt.Errorf("%w (/usr/sbin/postfix is missing)", ErrMissing)
	}
	p := &Postfix{Config: c, main: filepath.Join(c.Dir, "etc")}
	if err := p.folders(); err != nil {
		return nil, err
	}
	if err := p.write(); err != nil {
		return nil, err
	}
	if out, err := p.run("start"); err != nil {
		return nil, fmt.Errorf("postfixtest: start: %w\n%s%s", err, out, p.Log())
	}
	return p, p.wait()
}

// folders: the queue is root's, the data the mail owner's; every parent must let
// the mail owner through.
func (p *Postfix) folders() error {
	for _, d := range []string{p.main, p.path("queue/pid"), p.path("data"), p.path("log")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	owner, err := user.Lookup("postfix")
	if err != nil {
		return fmt.Errorf("%w (no user postfix)", ErrMissing)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	if err := os.Chown(p.path("data"), uid, gid); err != nil {
		return err
	}
	if err := p.queue(uid, gid); err != nil {
		return err
	}
	below := os.TempDir() + "/"
	for d := filepath.Dir(p.Dir); strings.HasPrefix(d, below); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			return err
		}
	}
	return os.Chmod(p.Dir, 0o755)
}

// queue makes what postfix(1) makes at its first start (its postfix-files(5)), and says to it
// that all is there: its script looks for each file of the queue and for their owners, which
// takes it longer than most tests take.
func (p *Postfix) queue(uid, gid int) error {
	modes := map[string]os.FileMode{"maildrop": 0o730, "public": 0o710}
	group, err := user.LookupGroup("postdrop")
	if err != nil {
		return fmt.Errorf("%w (no group postdrop)", ErrMissing)
	}
	postdrop, _ := strconv.Atoi(group.Gid)
	for _, name := range strings.Fields(queueFolders) {
		path := filepath.Join(p.path("queue"), name)
		mode, shared := modes[name]
		owner := postdrop
		if !shared {
			mode = 0o700
			owner = gid
		}
		if err := os.MkdirAll(path, mode); err != nil {
			return err
		}
		if err := os.Chown(path, uid, owner); err != nil {
			return err
		}
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
	}
	return os.WriteFile(p.path("queue/quick-start"), nil, 0o644)
}

// queueFolders are the mail owner's.
const queueFolders = "active bounce corrupt defer deferred flush hold incoming private maildrop public saved trace"

func (p *Postfix) write() error {
	var main bytes.Buffer
	for k, v := range p.settings() {
		fmt.Fprintf(&main, "%s = %s\n", k, v)
	}
	if err := os.WriteFile(filepath.Join(p.main, "main.cf"), main.Bytes(), 0o644); err != nil {
		return err
	}
	master := base + strings.Join(p.Master, "\n") + "\n"
	return os.WriteFile(filepath.Join(p.main, "master.cf"), []byte(master), 0o644)
}

func (p *Postfix) run(args ...string) ([]byte, error) {
	return exec.Command("/usr/sbin/postfix", append([]string{"-c", p.main}, args...)...).CombinedOutput()
}

// ConfigDir is the folder with main.cf and master.cf.
func (p *Postfix) ConfigDir() string { return p.main }

// startTime is how long the services may take to answer.
const startTime = 20 * time.Second

// wait looks for every port of master.cf.
func (p *Postfix) wait() error {
	end := time.Now().Add(startTime)
	for _, line := range p.Master {
		address, _, _ := strings.Cut(line, " ")
		if _, _, err := net.SplitHostPort(address); err != nil {
			continue
		}
		for {
			c, err := net.DialTimeout("tcp", address, time.Second)
			if err == nil {
				c.Close()
				break
			}
			if time.Now().After(end) {
				_ = p.Stop()
				return fmt.Errorf("postfixtest: nobody answers at %s\n%s", address, p.Log())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// stopTime is how long the master may take to end.
const stopTime = 5 * time.Second

// Stop ends the instance and all its processes, as "postfix stop" does, which however looks
// once a second whether it has ended.
func (p *Postfix) Stop() error {
	text, err := os.ReadFile(p.path("queue/pid/master.pid"))
	if err != nil {
		return fmt.Errorf("postfixtest: stop: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("postfixtest: stop: %w", err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("postfixtest: stop: %w", err)
	}
	for end := time.Now().Add(stopTime); p.runs(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
	return nil
}

// runs reports whether the master still holds its lock (master(8), -t).
func (p *Postfix) runs() bool {
	return exec.Command("/usr/lib/postfix/sbin/master", "-t", "-c", p.main).Run() != nil
}

// Log is all that Postfix has logged.
func (p *Postfix) Log() string {
	text, err := os.ReadFile(p.path("log/maillog"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Queue is what mailq says.
func (p *Postfix) Queue() string {
	out, err := exec.Command("/usr/sbin/postqueue", "-c", p.main, "-p").CombinedOutput()
	if err != nil {
		return err.Error() + string(out)
	}
	return string(out)
}

// Flush tries deferred mail again.
func (p *Postfix) Flush() {
	_ = exec.Command("/usr/sbin/postqueue", "-c", p.main, "-f").Run()
}

// Sendmail hands a message to sendmail(1), as a program on the machine does.
func (p *Postfix) Sendmail(from string, to []string, message string) error {
	cmd := exec.Command("/usr/sbin/sendmail", append([]string{"-C", p.main, "-i", "-f", from}, to...)...)
	cmd.Stdin = strings.NewReader(message)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("postfixtest: sendmail: %w %s", err, out)
	}
	return nil
}

// Map writes a lookup table as texthash, which needs no compiling, and returns
// its name for main.cf.
func (p *Postfix) Map(name string, entries map[string]string) string {
	return WriteMap(p.Dir, name, entries)
}

// WriteMap is Map before Start.
func WriteMap(dir, name string, entries map[string]string) string {
	var b bytes.Buffer
	for k, v := range entries {
		fmt.Fprintf(&b, "%s %s\n", k, v)
	}
	path := filepath.Join(dir, name)
	_ = os.WriteFile(path, b.Bytes(), 0o644) // Postfix names a table that is not there
	return "texthash:" + path
}

// given holds a UDP socket at each address that FreePort has handed out: nobody needs
// UDP here, and tests of other packages, which run at the same time, see it.
var given sync.Map

// FreePort is a loopback address that nobody uses, below the ports that the
// system gives to outgoing connections; each is handed out once, until this process
// ends.
func FreePort() (string, error) {
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(ports))
		mark, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			mark.Close()
			continue
		}
		given.Store(address, mark)
		return address, l.Close()
	}
	return "", errors.New("postfixtest: no free port")
}

const (
	firstPort = 12000
	ports     = 20000
)
