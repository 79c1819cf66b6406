package main

// This file compares the gateway with the commands that judge as it does.

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/explain"
	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// site is a gateway of two mailboxes, with who writes to it.
type site struct {
	t       *testing.T
	dir     string
	pki     *testpki.PKI
	spool   *spool.Spool
	support *testpki.Cert
	sales   *testpki.Cert
	anna    *testpki.Cert
	blocked *testpki.Cert // of anna, too
}

const (
	siteFrom = "From: Anna <anna@kunde.example>\r\nTo: support@firma.example\r\nSubject: hello\r\n" +
		"Message-ID: <1@kunde.example>\r\nMIME-Version: 1.0\r\n"
	siteText = "Content-Type: text/plain; charset=utf-8\r\n\r\nthe secret text\r\n"
)

const siteConfig = `[server]
data_dir = "data"
[[listener]]
protocol = "milter"
address = "unix:in.sock"
direction = "inbound"
[[mailbox]]
addresses = ["support@firma.example"]
keys = ["support.pem"]
[[mailbox]]
addresses = ["sales@firma.example"]
keys = ["sales.pem"]
[trust]
system_roots = false
roots = ["root.pem", "m-root.pem"]
revocation = "off"
[on]
expired = "reject"
[[trust.partner]]
domain = "partner.example"
roots = ["partner.pem"]
`

func newSite(t *testing.T) (*site, *testpki.PKI) {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), pki: testpki.New(t)}
	partner := testpki.New(t)
	s.support = s.person("support@firma.example")
	s.sales = s.person("sales@firma.example")
	s.anna = s.person("anna@kunde.example")
	s.blocked = s.person("anna@kunde.example")
	for name, c := range map[string]*testpki.Cert{"support.pem": s.support, "sales.pem": s.sales} {
		pasted, err := c.Pasted()
		if err != nil {
			t.Fatal(err)
		}
		s.write(name, pasted)
	}
	s.write("m-root.pem", s.recorded("m-root.pem"))
	s.write("root.pem", s.pki.Root.CertPEM())
	s.write("partner.pem", partner.Root.CertPEM())
	s.write("config.toml", []byte(siteConfig))
	var err error
	s.spool, err = spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s, partner
}

func (s *site) person(address string) *testpki.Cert {
	return s.pki.Issue(testpki.Options{Addresses: []string{address}, Key: "rsa-2048"})
}

func (s *site) write(name string, data []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// recorded is a file of the words that other programs use.
func (s *site) recorded(name string) []byte {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "words", name))
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

func (s *site) entity(text string) *smime.Entity {
	s.t.Helper()
	e, err := smime.ParseEntity(strings.NewReader(text), int64(len(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func (s *site) whole(e *smime.Entity, err error) string {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer e.Close()
	text, err := io.ReadAll(e.Section())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *site) signed(by *testpki.Cert, entity string, change ...func(*smime.SignOptions)) string {
	o := smime.SignOptions{
		Signer: cms.Signer{Certificate: by.Certificate, Key: by.Key, SigningTime: time.Now()},
		Chain:  by.Chain(), Spool: s.spool, Unprepared: true,
	}
	for _, c := range change {
		c(&o)
	}
	return s.whole(smime.Sign(context.Background(), s.entity(entity), o))
}

func (s *site) sealed(entity string, to ...*testpki.Cert) string {
	o := smime.EncryptOptions{Spool: s.spool}
	for _, c := range to {
		o.Recipients = append(o.Recipients, cms.Recipient{Certificate: c.Certificate})
	}
	return s.whole(smime.Encrypt(context.Background(), s.entity(entity), o))
}

// mails are of every verdict, by signature, encryption and a name.
func (s *site) mails(partner *testpki.PKI) map[string]string {
	issue := func(o testpki.Options) *testpki.Cert {
		o.Addresses = []string{"anna@kunde.example"}
		o.Key = "rsa-2048"
		return s.pki.Issue(o)
	}
	valid := s.signed(s.anna, siteText)
	ofPartner := partner.Issue(testpki.Options{Addresses: []string{"paul@partner.example"}})
	expired := issue(testpki.Options{NotBefore: time.Now().AddDate(0, -2, 0), NotAfter: time.Now().AddDate(0, -1, 0)})
	between := s.pki.Issue(testpki.Options{Name: "Between CA", CA: true})
	below := s.pki.Under(between, testpki.Options{Addresses: []string{"anna@kunde.example"}})
	absent := s.pki.Issue(testpki.Options{Name: "Absent CA", CA: true})
	belowAbsent := s.pki.Under(absent, testpki.Options{Addresses: []string{"anna@kunde.example"}})
	without := func(o *smime.SignOptions) { o.Chain = nil }
	unknown := func(o *smime.SignOptions) {
		other := *o.Signer.Certificate
		other.SerialNumber = big.NewInt(7)
		o.Signer.Certificate = &other
	}
	broken := "Content-Type: application/pkcs7-mime; smime-type=%; name=smime.p7m\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQ==\r\n"
	mixed := func(part string) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + siteText + "--b\r\n" + part + "\r\n--b--\r\n"
	}
	sealedTwice := s.sealed(siteText, s.support)
	mails := map[string]string{
		"none none plain":                   siteText,
		"valid none signed":                 valid,
		"valid none opaque":                 s.signed(s.anna, siteText, func(o *smime.SignOptions) { o.Opaque = true }),
		"expired none old":                  s.signed(expired, siteText),
		"unchecked none no certificate":     s.signed(s.anna, siteText, unknown),
		"untrusted none stranger":           s.signed(testpki.New(s.t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}}), siteText),
		"untrusted none missing between":    s.signed(belowAbsent, siteText, without),
		"untrusted none partner's for us":   s.signed(partner.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}}), siteText),
		"untrusted none blocked":            s.signed(s.blocked, siteText),
		"valid none between":                s.signed(below, siteText),
		"partial none attached":             mixed(valid),
		"mismatch none of support":          s.signed(s.support, siteText),
		"malformed none cut":                strings.Replace(broken, "%", "signed-data", 1),
		"invalid none changed":              strings.Replace(valid, "secret", "forged", 1),
		"none decrypted sealed":             sealedTwice,
		"valid decrypted signed and sealed": s.sealed(valid, s.support),
		"partial decrypted signed outside":  s.signed(s.anna, s.sealed(siteText, s.support)),
		"none undecryptable for anna":       s.sealed(siteText, s.anna),
		"none undecryptable for sales":      s.sealed(siteText, s.sales),
		"none partial attached":             mixed(s.sealed(siteText, s.support)),
		"none malformed cut":                strings.Replace(broken, "%", "enveloped-data", 1),
	}
	for name, text := range mails {
		mails[name] = siteFrom + text
	}
	mails["weak none small key"] = "Delivered-To: support@firma.example\r\n" + crlfOf(string(s.recorded("m10-rsa-512.eml")))
	mails["valid none partner"] = strings.Replace(siteFrom, "anna@kunde.example", "paul@partner.example", 1) +
		s.signed(ofPartner, siteText)
	mails["none undecryptable again, to be answered elsewhere"] = "Reply-To: eve@evil.example\r\n" + siteFrom + sealedTwice
	return mails
}

// ofGateway are the verdicts of the gateway: all mails come, those that were sent again last.
func (s *site) ofGateway(h *house, mails map[string]string) map[string]string {
	s.t.Helper()
	got := map[string]string{}
	env := gateway.Envelope{
		Direction: gateway.Inbound, From: "anna@kunde.example", To: []string{"support@firma.example"}, CanSplit: true,
	}
	for _, again := range []bool{false, true} {
		for name, text := range mails {
			if strings.Contains(name, "again") != again {
				continue
			}
			out := deliver(s.t, h, env, text)
			got[name] = status(out, "X-SMIME-Signature") + " " + status(out, "X-SMIME-Encryption")
			if out.Disposition == gateway.Reject {
				got[name] = "expired none" // [on] refuses it, which leaves no field
			}
		}
	}
	return got
}

// ofCommand runs verify and explain, and wants the verdict of both.
func (s *site) ofCommand(name, text, want string, args ...string) (drawing string) {
	s.t.Helper()
	s.write("mail.eml", []byte(text))
	run := func(command string, more ...string) []byte {
		c := exec.Command("sealgate", append(append([]string{command, "--config", "config.toml"}, more...), "mail.eml")...)
		c.Dir = s.dir
		var errors bytes.Buffer
		c.Stderr = &errors
		out, _ := c.Output() // its status is the verdict's
		if len(out) == 0 {
			s.t.Fatalf("%s of %s: %s", command, name, errors.String())
		}
		return out
	}
	var r explain.Report
	if err := json.Unmarshal(run("verify", append(args, "--json")...), &r); err != nil {
		s.t.Fatal(err)
	}
	if got := r.Signature + " " + r.Encryption; got != want {
		s.t.Errorf("%s: verify says %s, the gateway %s (%s)", name, got, want, r.Reason)
	}
	drawing = string(run("explain", args...))
	signature, encryption, _ := strings.Cut(want, " ")
	if !strings.Contains(drawing, "\nsignature: "+signature+", encryption: "+encryption+"\n") {
		s.t.Errorf("%s: explain does not say %s:\n%s", name, want, drawing)
	}
	if strings.Contains(drawing, "secret") {
		s.t.Errorf("%s: explain shows the text:\n%s", name, drawing)
	}
	return drawing
}

// imports stores a certificate as cert import does.
func imports(h *house, c *x509.Certificate) error {
	i := newImporter(&commandStore{h.store, h.record, nil}, h.spool, "")
	if err := i.Import.Read(context.Background(), "file", c.Raw, nil); err != nil {
		return err
	}
	return i.Commit(context.Background())
}

// TestCommandsAgreeWithGateway: for mails of every verdict the gateway, verify --config and
// explain --config say the same, beside the gateway that runs and without one; and explain has
// more to say of those that are not opened or not trusted.
func TestCommandsAgreeWithGateway(t *testing.T) {
	skipShort(t)
	s, partner := newSite(t)
	mails := s.mails(partner)
	h := s.start()
	if err := imports(h, s.blocked.Certificate); err != nil {
		t.Fatal(err)
	}
	if err := h.store.SetState(t.Context(), certstore.Identity(s.blocked.Certificate), certstore.Blocked); err != nil {
		t.Fatal(err)
	}
	verdicts := s.ofGateway(h, mails)
	running, err := h.openControl()
	if err != nil {
		t.Fatal(err)
	}
	says := map[string][]string{
		"none undecryptable for anna": {
			"NOT OPENED", "for issuer \"CN=Test Root\", serial", "none of the keys that we have",
			"tried: the key of support@firma.example (issuer \"CN=Test Root\", serial", "key identifier ",
		},
		"none undecryptable for sales":                       {"names the key of sales@firma.example (", "who is no recipient of this mail: not tried"},
		"none undecryptable again, to be answered elsewhere": {"kept closed: the same ciphertext came before"},
		"untrusted none missing between":                     {`would help: the certificate of the authority "CN=Absent CA"`},
		"untrusted none blocked":                             {"the administrator has blocked this certificate"},
		"expired none old":                                   {`[on] expired = "reject"`},
		"valid none partner":                                 {"as mail to support@firma.example, which stand in its header"},
	}
	for _, by := range []string{"judged by the gateway that runs", "no gateway runs with data_dir"} {
		for name, text := range mails {
			words := strings.Fields(name)
			want := words[0] + " " + words[1]
			if verdicts[name] != want {
				t.Errorf("%s: the gateway says %s", name, verdicts[name])
			}
			drawing := s.ofCommand(name, text, want)
			for _, part := range append(says[name], by) {
				if !strings.Contains(drawing, part) {
					t.Errorf("%s: %q is not said:\n%s", name, part, drawing)
				}
			}
		}
		if running != nil {
			running.Close()
			running = nil
			h.closeStore()
		}
	}
	if len(mails) < 20 {
		t.Errorf("%d mails", len(mails))
	}
}

// start opens the gateway of the site.
func (s *site) start() *house {
	s.t.Helper()
	return newHouse(s.t, s.dir, siteConfig[strings.Index(siteConfig, "[[mailbox]]"):])
}

// TestExplainUsesNoOthersKey: as mail to somebody else it is another mailbox's key that is used,
// and none for a stranger.
func TestExplainUsesNoOthersKey(t *testing.T) {
	s, _ := newSite(t)
	mail := siteFrom + s.sealed(siteText, s.sales)
	s.ofCommand("as support", mail, "none undecryptable")
	s.ofCommand("as sales", mail, "none decrypted", "--recipient", "sales@firma.example")
	s.ofCommand("as a stranger", mail, "none undecryptable", "--recipient", "anna@kunde.example")
}

// TestExplainIsNoFirstMail: a mail that explain was given is not one that has come: the gateway
// opens the next copy of it, wherever an answer to that goes.
func TestExplainIsNoFirstMail(t *testing.T) {
	s, _ := newSite(t)
	mail := siteFrom + s.sealed(siteText, s.support)
	s.ofCommand("first", mail, "none decrypted")
	other := "Reply-To: eve@evil.example\r\n" + mail
	if got := s.ofGateway(s.start(), map[string]string{"other": other})["other"]; got != "none decrypted" {
		t.Errorf("the gateway takes it for another copy: %s", got)
	}
}
