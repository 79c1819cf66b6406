package e2e

// This file is a whole site for a test: Postfix, sealgate, the world outside.

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sealgate/internal/postfixtest"
	"sealgate/internal/testpki"
)

// binary is sealgate, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sealgate-e2e-*")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "sealgate")
	cmd := exec.Command("go", "build", "-o", path, "sealgate/cmd/sealgate")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// The transports that the suite runs over.
const (
	viaMilter = "milter"       // smtpd_milters
	viaBoth   = "reinject"     // smtpd_milters, and copies by reinject
	viaProxy  = "before-queue" // smtpd_proxy_filter
	viaFilter = "after-queue"  // content_filter
)

var transports = []string{viaMilter, viaBoth, viaProxy, viaFilter}

// site is what a test talks to.
type site struct {
	t         *testing.T
	transport string
	dir       string
	postfix   *postfixtest.Postfix
	sink      *postfixtest.Sink
	gateway   *exec.Cmd
	log       *lockedBuffer

	pki                  *testpki.PKI
	support, sales, anna *testpki.Cert
	keys                 map[string]string // name → file with certificate and key
	certs                map[string]string // name → file with the certificate

	inbound, outbound, stranger, plain string // ports of Postfix
	doors                              map[string]string
	o                                  siteOptions
	mailq                              func() string // what waits in the mail server's queue
}

// siteOptions change a site before it starts.
type siteOptions struct {
	config   string            // more of config.toml
	server   string            // more lines of [server]
	main     map[string]string // more of main.cf
	master   func(s *site) []string
	mailbox  string               // more lines of the first [[mailbox]]
	trust    string               // more lines of [trust]
	reinject func(s *site) string // milters of the re-injection port
	section  string               // of docs/postfix.md, instead of the transport's
	hop      string               // next hop, or reinject, of outbound mail; "" is Postfix
	lmtp     bool                 // after-queue: inbound mail comes by LMTP
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newSite starts everything for one test.
func newSite(t *testing.T, transport string, options ...siteOptions) *site {
	t.Helper()
	s := newGateway(t, transport, options...)
	s.startPostfix()
	return s
}

// newGateway is a site without a mail server.
func newGateway(t *testing.T, transport string, options ...siteOptions) *site {
	t.Helper()
	if testing.Short() {
		t.Skip("end-to-end tests are left out with -short")
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	s := &site{t: t, transport: transport, dir: t.TempDir(), log: &lockedBuffer{}, pki: testpki.New(t), keys: map[string]string{}, certs: map[string]string{}, doors: map[string]string{}}
	if len(options) > 0 {
		s.o = options[0]
	}
	s.support, s.sales = s.person("support", "support@firma.example", "rsa-2048"), s.person("sales", "sales@firma.example", "rsa-2048")
	s.anna = s.person("anna", "anna@kunde.example", "rsa-2048")
	_, s.certs["root"] = s.files(s.pki.Root, "root")
	for _, name := range []string{"in", "out", "strange", "re", "after", "before", "smtp-in", "smtp-out"} {
		s.doors[name] = s.port()
	}
	s.inbound, s.outbound, s.stranger, s.plain = s.port(), s.port(), s.port(), s.port()
	var err error
	if s.sink, err = postfixtest.NewSink(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.sink.Close() })
	s.startGateway()
	return s
}

func (s *site) port() string {
	s.t.Helper()
	p, err := postfixtest.FreePort()
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// person makes a certificate for one address and writes its files.
func (s *site) person(name, address, key string) *testpki.Cert {
	s.t.Helper()
	c := s.pki.Issue(testpki.Options{Addresses: []string{address}, Key: key})
	s.keys[name], s.certs[name] = s.files(c, name)
	return c
}

// logged waits for words in sealgate's log, which come through a pipe.
func (s *site) logged(words string) {
	s.t.Helper()
	for end := time.Now().Add(5 * time.Second); !strings.Contains(s.log.String(), words); {
		if time.Now().After(end) {
			s.t.Errorf("the log does not say %q", words)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *site) files(c *testpki.Cert, name string) (both, cert string) {
	s.t.Helper()
	both, cert, err := c.WriteFiles(s.dir, name)
	if err != nil {
		s.t.Fatal(err)
	}
	return both, cert
}

func (s *site) configText() string {
	listener := func(protocol, name, direction, more string) string {
		return fmt.Sprintf("[[listener]]\nprotocol = %q\naddress = %q\ndirection = %q\n%s\n", protocol, s.doors[name], direction, more)
	}
	orders := "orders_from = [\"127.0.0.0/8\"]\n"
	hop := s.o.hop
	if hop == "" {
		hop = s.doors["re"]
	}
	reinject := ""
	if s.transport == viaBoth {
		reinject = fmt.Sprintf("reinject = %q\n", hop)
	}
	text := "[server]\nhostname = \"gw.firma.example\"\ndata_dir = \"data\"\nlanguage = \"en\"\n" + s.o.server +
		listener("milter", "in", "inbound", reinject) + listener("milter", "out", "outbound", orders+reinject) + listener("milter", "strange", "outbound", "orders_from = [\"10.0.0.0/8\"]\n") +
		listener("smtp", "smtp-in", "inbound", fmt.Sprintf("next_hop = %q\nlmtp = %v\n", s.doors["re"], s.o.lmtp)) + listener("smtp", "smtp-out", "outbound", orders+fmt.Sprintf("next_hop = %q\n", hop)) +
		"[[mailbox]]\naddresses = [\"support@firma.example\"]\nalso = [\"ticket@helpdesk.local\"]\nkeys = [\"support.pem\"]\n" + s.o.mailbox + "\n" +
		"[[mailbox]]\naddresses = [\"sales@firma.example\"]\nkeys = [\"sales.pem\"]\n" +
		"[trust]\nsystem_roots = false\nroots = [\"root.crt\"]\n" + s.o.trust + "[log]\nlevel = \"debug\"\n[spool]\ndir = \"spool\"\n"
	return text + s.o.config
}

func (s *site) startGateway() {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	os.MkdirAll(filepath.Join(s.dir, "spool"), 0o700)
	config := filepath.Join(s.dir, "config.toml")
	if err := os.WriteFile(config, []byte(s.configText()), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.gateway = exec.Command(path, "serve", "--config", config)
	s.gateway.Stdout, s.gateway.Stderr = s.log, s.log
	if err := s.gateway.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd := s.gateway
	s.t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
	s.waitFor(s.doors["in"], s.doors["out"], s.doors["smtp-out"])
}

func (s *site) waitFor(addresses ...string) {
	s.t.Helper()
	end := time.Now().Add(20 * time.Second)
	for _, a := range addresses {
		for {
			c, err := net.DialTimeout("tcp", a, time.Second)
			if err == nil {
				c.Close()
				break
			}
			if time.Now().After(end) {
				s.t.Fatalf("sealgate does not answer at %s\n%s", a, s.log)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// kill ends sealgate as a crash would, and starts it again.
func (s *site) kill() {
	s.t.Helper()
	s.gateway.Process.Kill()
	s.gateway.Wait()
	s.startGateway()
}

// services adds to what docs/postfix.md says for the transport what only tests need: a
// port for a client that may not order, and one without sealgate.
func (s *site) services() (main map[string]string, master []string) {
	bare := " inet n - n - - smtpd\n  -o smtpd_milters=\n  -o receive_override_options=no_milters,no_unknown_recipient_checks"
	more := []string{s.plain + bare, s.stranger + " inet n - n - - smtpd\n  -o smtpd_milters=inet:" + s.doors["strange"]}
	if s.o.master != nil {
		more = append(more, s.o.master(s)...)
	}
	section := map[string]string{viaMilter: "1 ", viaBoth: "2 ", viaProxy: "3 ", viaFilter: "4 "}[s.transport]
	main, master = s.documented(cmp.Or(s.o.section, section))
	if s.o.lmtp {
		more = append(more, "lmtpscan unix - - n - 10 lmtp")
	}
	for i, entry := range master {
		if s.o.lmtp {
			master[i] = strings.Replace(entry, "scan:"+s.doors["smtp-in"], "lmtpscan:"+s.doors["smtp-in"], 1)
			entry = master[i]
		}
		if s.o.reinject != nil && strings.HasPrefix(entry, s.doors["re"]) {
			master[i] = strings.NewReplacer("no_milters,", "", "-o smtpd_milters=", "-o smtpd_milters="+s.o.reinject(s)).Replace(entry)
		}
	}
	return main, append(master, more...)
}

func (s *site) startPostfix() {
	s.t.Helper()
	main, master := s.services()
	maps.Copy(main, s.o.main)
	var err error
	s.postfix, err = postfixtest.Start(postfixtest.Config{Dir: filepath.Join(s.dir, "postfix"), NextHop: s.sink.Address, Main: main, Master: master})
	if errors.Is(err, postfixtest.ErrMissing) {
		s.t.Skip(err)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.mailq = s.postfix.Queue
	s.t.Cleanup(func() {
		s.postfix.Stop()
		if s.t.Failed() {
			s.t.Logf("--- sealgate\n%s\n--- Postfix\n%s", tail(s.log.String()), tail(s.postfix.Log()))
		}
	})
}

func tail(s string) string { return s[max(0, len(s)-6000):] }

// reply is an SMTP answer.
type reply struct {
	code int
	text string
}

// send gives a message to a port of Postfix and returns the answer to it. text
// may have LF line ends.
func (s *site) send(port, from string, to []string, text string) reply {
	s.t.Helper()
	c := s.dial(port)
	defer c.close()
	c.cmd("EHLO client.example")
	if got := c.cmd("MAIL FROM:<" + from + ">"); got.code != 250 {
		return got
	}
	for _, r := range to {
		if got := c.cmd("RCPT TO:<" + r + ">"); got.code != 250 {
			return got
		}
	}
	if got := c.cmd("DATA"); got.code != 354 {
		return got
	}
	return c.data(text)
}

// client is a raw SMTP client.
type client struct {
	s *site
	c net.Conn
	r *bufio.Reader
}

func (s *site) dial(port string) *client {
	s.t.Helper()
	nc, err := net.Dial("tcp", port)
	if err != nil {
		s.t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(3 * time.Minute))
	c := &client{s, nc, bufio.NewReader(nc)}
	if got := c.answer(); got.code != 220 {
		s.t.Fatalf("greeting: %+v", got)
	}
	return c
}

func (c *client) close() { c.c.Close() }

func (c *client) cmd(line string) reply {
	c.s.t.Helper()
	if _, err := fmt.Fprintf(c.c, "%s\r\n", line); err != nil {
		c.s.t.Fatal(err)
	}
	return c.answer()
}

func (c *client) answer() (r reply) {
	c.s.t.Helper()
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			c.s.t.Fatalf("no answer: %v\n%s", err, tail(c.s.log.String()))
		}
		fmt.Sscanf(line, "%d", &r.code)
		r.text += strings.TrimRight(line[min(4, len(line)):], "\r\n") + "\n"
		if len(line) > 3 && line[3] == ' ' {
			return r
		}
	}
}

// data sends text with dots doubled, and the final dot.
func (c *client) data(text string) reply {
	c.s.t.Helper()
	w := bufio.NewWriterSize(c.c, 1<<16)
	for line := range strings.Lines(crlf(text)) {
		if strings.HasPrefix(line, ".") {
			w.WriteByte('.')
		}
		w.WriteString(line)
	}
	w.WriteString(".\r\n")
	if err := w.Flush(); err != nil {
		c.s.t.Fatal(err)
	}
	return c.answer()
}

func crlf(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
	if !strings.HasSuffix(s, "\r\n") {
		s += "\r\n"
	}
	return s
}

// accepted fails the test unless the answer is 250.
func (s *site) accepted(r reply) {
	s.t.Helper()
	if r.code != 250 {
		s.t.Fatalf("not accepted: %d %s", r.code, r.text)
	}
}

// arrival waits for the mail with a mark in it.
func (s *site) arrival(mark string) postfixtest.Mail {
	s.t.Helper()
	m, ok := s.sink.Wait(mark, 30*time.Second)
	if !ok {
		s.t.Fatalf("no mail with %q arrived; queue:\n%s", mark, s.mailq())
	}
	return m
}
