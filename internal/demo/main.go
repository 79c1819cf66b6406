// Command demo plays one complete story through a private Postfix: a customer's
// signed mail becomes a ticket, the reply leaves signed and encrypted, and the
// customer's openssl opens it. Everything in it is made for the day.
package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sealgate/internal/postfixtest"
	"sealgate/internal/testpki"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// stage is what the story plays on.
type stage struct {
	dir                 string
	gateway             *exec.Cmd
	postfix             *postfixtest.Postfix
	world               *postfixtest.Sink
	root                *testpki.Cert
	authority           *http.Server // has the intermediate certificate
	milterIn, milterOut string
	inbound, outbound   string
}

func run() error {
	dir, err := os.MkdirTemp("", "sealgate-demo-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &stage{dir: dir}
	defer s.down()
	for _, step := range []struct {
		title string
		do    func() error
	}{
		{"building sealgate", s.build},
		{"making a throwaway CA and a key for the customer anna@kunde.example", s.rootAndAnna},
		{"making a key for support@firma.example, pasted without the intermediate CA above it", s.pastedKey},
		{"starting sealgate", s.startGateway},
		{"starting a private Postfix", s.startPostfix},
		{"Anna writes a signed mail (openssl cms -sign)", s.annaWrites},
		{"the agent answers; both boxes are ticked: X-SMIME-Sign: yes, X-SMIME-Encrypt: yes", s.agentAnswers},
	} {
		fmt.Printf("\n\033[1m— %s\033[0m\n", step.title)
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.title, err)
		}
	}
	fmt.Print(s.howToTry())
	if os.Getenv("RUN_ONCE") != "" {
		return nil
	}
	fmt.Println("\nStaying up; Ctrl-C ends it and removes everything.")
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	<-c
	return nil
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) build() error {
	cmd := exec.Command("go", "build", "-o", s.path("sealgate"), "./cmd/sealgate")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// rootAndAnna makes the one authority that both sides trust, and the customer's key.
func (s *stage) rootAndAnna() (err error) {
	s.root, err = testpki.NewRoot(testpki.Options{Name: "Throwaway CA"})
	if err != nil {
		return err
	}
	if _, _, err := s.root.WriteFiles(s.dir, "root"); err != nil {
		return err
	}
	anna, err := s.root.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	if err != nil {
		return err
	}
	_, _, err = anna.WriteFiles(s.dir, "anna")
	return err
}

// pastedKey is the gateway's, with its certificate and no more, as people paste it. The
// authority between lies where the certificate says.
func (s *stage) pastedKey() error {
	between, err := s.root.Issue(testpki.Options{Name: "Throwaway Intermediate CA", CA: true})
	if err != nil {
		return err
	}
	place, err := s.publish(between.Certificate.Raw)
	if err != nil {
		return err
	}
	support, err := between.Issue(testpki.Options{
		Addresses: []string{"support@firma.example"}, Key: "rsa-2048", AIA: []string{place},
	})
	if err != nil {
		return err
	}
	pasted, err := support.Pasted()
	if err != nil {
		return err
	}
	return os.WriteFile(s.path("support.pem"), pasted, 0o600)
}

// publish serves an authority's certificate until the demonstration ends.
func (s *stage) publish(der []byte) (url string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.authority = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(der) }),
	}
	go func() { _ = s.authority.Serve(l) }() // ends when it is closed
	return "http://" + l.Addr().String() + "/between.crt", nil
}

const config = `[server]
hostname = "mail.firma.example"
data_dir = "data"

[[listener]]
protocol  = "milter"
address   = %q
direction = "inbound"

[[listener]]
protocol    = "milter"
address     = %q
direction   = "outbound"
orders_from = ["127.0.0.0/8"]

[[mailbox]]
addresses = ["support@firma.example"]
keys      = ["support.pem"]

[trust]
system_roots = false
roots        = ["root.crt"]
fetch_allow  = ["127.0.0.0/8"]
`

func (s *stage) startGateway() (err error) {
	for _, p := range []*string{&s.milterIn, &s.milterOut, &s.inbound, &s.outbound} {
		*p, err = postfixtest.FreePort()
		if err != nil {
			return err
		}
	}
	if err := os.WriteFile(s.path("config.toml"), fmt.Appendf(nil, config, s.milterIn, s.milterOut), 0o600); err != nil {
		return err
	}
	log, err := os.Create(s.path("sealgate.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.gateway = exec.Command(s.path("sealgate"), "serve", "--config", s.path("config.toml"))
	s.gateway.Stdout = log
	s.gateway.Stderr = log
	return s.gateway.Start()
}

func (s *stage) startPostfix() (err error) {
	s.world, err = postfixtest.NewSink()
	if err != nil {
		return err
	}
	smtpd := " inet n - n - - smtpd\n  -o smtpd_milters=inet:"
	s.postfix, err = postfixtest.Start(postfixtest.Config{
		Dir: s.path("postfix"), NextHop: s.world.Address,
		Main:   map[string]string{"non_smtpd_milters": "inet:" + s.milterOut},
		Master: []string{s.inbound + smtpd + s.milterIn, s.outbound + smtpd + s.milterOut},
	})
	return err
}

const wait = 30 * time.Second

func (s *stage) annaWrites() error {
	text := "Content-Type: text/plain\r\n\r\nMy meter reads 4711. Please keep this between us.\r\n"
	mail, err := s.openssl(text, "cms", "-sign", "-binary", "-crlfeol", "-signer", "anna.pem", "-from",
		"Anna <anna@kunde.example>", "-to", "support@firma.example", "-subject", "my meter")
	if err != nil {
		return err
	}
	mail = "Message-ID: <1@kunde.example>\r\n" + mail
	if err := send(s.inbound, "anna@kunde.example", "support@firma.example", mail); err != nil {
		return err
	}
	m, ok := s.world.Wait("Subject: my meter", wait)
	if !ok {
		return fmt.Errorf("the ticket did not arrive\n%s", s.postfix.Log())
	}
	show("the ticket as the helpdesk gets it", m.Text)
	return nil
}

func (s *stage) agentAnswers() error {
	reply := "From: support@firma.example\r\nTo: anna@kunde.example\r\nSubject: Re: my meter\r\nIn-Reply-To: " +
		"<1@kunde.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n" +
		"X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n\r\nNoted: 4711. Nobody else has read this.\r\n"
	if err := send(s.outbound, "support@firma.example", "anna@kunde.example", reply); err != nil {
		return err
	}
	m, ok := s.world.Wait("Subject: Re: my meter", wait)
	if !ok {
		return fmt.Errorf("the reply did not leave\n%s", s.postfix.Log())
	}
	show("what leaves the house", m.Text)
	inner, err := s.openssl(m.Text, "cms", "-decrypt", "-inkey", "anna.pem", "-recip", "anna.crt")
	if err != nil {
		return err
	}
	text, err := s.openssl(inner, "cms", "-verify", "-CAfile", "root.crt", "-purpose", "smimesign")
	if err != nil {
		return err
	}
	show("Anna's openssl, which knows the root only: decrypted, signature verified", text)
	fmt.Println("  \033[32m✓ encrypted   ✓ signed by support@firma.example\033[0m")
	return nil
}

// openssl runs openssl in the stage's folder.
func (s *stage) openssl(in string, args ...string) (string, error) {
	cmd := exec.Command("openssl", args...)
	cmd.Dir = s.dir
	cmd.Stdin = strings.NewReader(in)
	var out, msg bytes.Buffer
	cmd.Stdout = &out
	cmd.Stderr = &msg
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("openssl %v: %w %s", args, err, msg.String())
	}
	return strings.ReplaceAll(strings.ReplaceAll(out.String(), "\r\n", "\n"), "\n", "\r\n"), nil
}

func send(port, from, to, text string) error {
	return smtp.SendMail(port, nil, from, []string{to}, []byte(text))
}

// shownLines bounds what is shown of a message.
const shownLines = 28

func show(title, text string) {
	fmt.Printf("  ┌ %s\n", title)
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r", ""), "\n"), "\n")
	for _, l := range lines[:min(len(lines), shownLines)] {
		if strings.HasPrefix(l, "X-SMIME-") || strings.HasPrefix(l, "Authentication-Results") {
			l = "\033[36m" + l + "\033[0m"
		}
		fmt.Printf("  │ %s\n", l)
	}
	if n := len(lines) - shownLines; n > 0 {
		fmt.Printf("  │ … %d more lines\n", n)
	}
	fmt.Println("  └")
}

func (s *stage) howToTry() string {
	return fmt.Sprintf(`
Try it: mail to support@firma.example goes to %s, the helpdesk sends to %s.
All mail ends in the demo's own sink. Keys and certificates: %s (support.pem, anna.pem, root.crt).

A real Postfix needs, in main.cf:
    smtpd_milters         = inet:%s
    non_smtpd_milters     = inet:%s
    milter_default_action = tempfail
    message_size_limit    = 209715200
    smtpd_forbid_bare_newline            = yes
    smtpd_forbid_bare_newline_exclusions =
    smtpd_discard_ehlo_keywords          = silent-discard, dsn
and for the port that the helpdesk sends to, in master.cf:
    submission inet n - y - - smtpd
      -o smtpd_milters=inet:%s
      -o smtpd_discard_ehlo_keywords=
Then: sealgate check --config config.toml --postfix
`, s.inbound, s.outbound, s.dir, s.milterIn, s.milterOut, s.milterOut)
}

// down ends what was started.
func (s *stage) down() {
	if s.postfix != nil {
		_ = s.postfix.Stop()
	}
	if s.gateway != nil && s.gateway.Process != nil {
		_ = s.gateway.Process.Signal(syscall.SIGTERM)
		_ = s.gateway.Wait()
	}
	if s.world != nil {
		s.world.Close()
	}
	if s.authority != nil {
		_ = s.authority.Close()
	}
}
