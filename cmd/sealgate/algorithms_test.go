package main

// This file takes each key that the engine knows, those of smime/cms/testdata/pki, through
// all commands and the gateway.

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealgate/gateway"
	"sealgate/internal/ownkeys"
	"sealgate/internal/spki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

const enginePKI = "../../smime/cms/testdata/pki"

// TestAlgorithmsEverywhere: what the engine does with a kind of key, key import, key list,
// cert import, sign, verify, encrypt, decrypt and a mailbox of the gateway do, too.
func TestAlgorithmsEverywhere(t *testing.T) {
	skipShort(t)
	paths, err := filepath.Glob(filepath.Join(enginePKI, "*.key"))
	if err != nil || len(paths) < 12 {
		t.Fatalf("%d keys, %v", len(paths), err)
	}
	for _, path := range paths {
		switch name := strings.TrimSuffix(filepath.Base(path), ".key"); name {
		case "ca", "inter", "rsa1024": // no mailbox's, and too weak to be ours
		default:
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				newTour(t, name).take()
			})
		}
	}
}

// tour is one key on its way through the commands.
type tour struct {
	*testing.T
	dir, name     string
	address       string
	sign, decrypt bool // what the engine does with the key
}

func newTour(t *testing.T, name string) *tour {
	t.Helper()
	r := &tour{T: t, dir: t.TempDir(), name: name, address: name + "@kunde.example"}
	for _, file := range []string{"ca.pem", "inter.pem", name + ".pem", name + ".key"} {
		data, err := os.ReadFile(filepath.Join(enginePKI, file))
		if err != nil {
			t.Fatal(err)
		}
		r.write(file, string(data))
	}
	c := certificateIn(t, filepath.Join(r.dir, name+".pem"))
	r.sign = spki.MaySign(c) && cms.IsSigningKey(c)
	r.decrypt = spki.MayEncrypt(c) && cms.CanDecrypt(c) == nil
	r.write("pw", "secret\n")
	r.write("plain.eml", "From: "+r.address+"\r\nTo: "+r.address+"\r\nSubject: Frage\r\n\r\nGuten Tag\r\n")
	r.write("config.toml", `[server]
data_dir = "data"
[[listener]]
protocol = "milter"
address = "unix:in.sock"
direction = "inbound"
`+r.mailbox())
	return r
}

func (r *tour) mailbox() string {
	return `[[mailbox]]
addresses = ["` + r.address + `"]
keys = ["imported.pem"]
[trust]
system_roots = false
roots = ["ca.pem"]
revocation = "off"
`
}

func (r *tour) write(name, text string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
}

// run runs a program that must succeed, or must fail.
func (r *tour) run(succeeds bool, program string, args ...string) string {
	r.Helper()
	c := exec.Command(program, args...)
	c.Dir = r.dir
	out, err := c.CombinedOutput()
	if (err == nil) != succeeds {
		r.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

func (r *tour) take() {
	if _, err := exec.LookPath("openssl"); err != nil {
		r.Skip("openssl is not installed")
	}
	r.run(true, "openssl", "pkcs12", "-export", "-inkey", r.name+".key", "-in", r.name+".pem",
		"-certfile", "inter.pem", "-passout", "file:pw", "-out", "key.p12")
	r.run(true, "sealgate", "key", "import", "--offline", "--roots", "ca.pem", "--password-file", "pw",
		"--out", "imported.pem", "key.p12")
	r.listed()
	r.signed()
	h := newHouse(r.T, r.dir, r.mailbox())
	r.opened(h)
	r.ordered(h)
	h.closeStore()
	r.imported()
}

// listed: key list says what the key can do.
func (r *tour) listed() {
	var keys []ownkeys.Summary
	text := r.run(true, "sealgate", "key", "list", "--json", "--config", "config.toml")
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		r.Fatalf("%v: %s", err, text)
	}
	if len(keys) == 0 || slices.Contains(keys[0].Can, "sign") != r.sign || slices.Contains(keys[0].Can, "decrypt") != r.decrypt {
		r.Errorf("key list: %+v; the engine signs: %v, decrypts: %v", keys, r.sign, r.decrypt)
	}
}

// signed: sign and verify.
func (r *tour) signed() {
	if !r.sign {
		r.run(false, "sealgate", "sign", "--key", "imported.pem", "--out", "signed.eml", "plain.eml")
		return
	}
	r.run(true, "sealgate", "sign", "--key", "imported.pem", "--out", "signed.eml", "plain.eml")
	r.run(true, "sealgate", "verify", "--no-system-roots", "--roots", "ca.pem", "signed.eml")
}

// opened: a message to the key, which the engine itself makes as encrypt does not encrypt to
// X25519, is opened by decrypt and by the gateway.
func (r *tour) opened(h *house) {
	if !r.decrypt {
		return
	}
	path := filepath.Join(r.dir, "encrypted.eml")
	to := cms.Recipient{Certificate: certificateIn(r.T, filepath.Join(r.dir, r.name+".pem"))}
	encrypt := func(content *smime.Entity, sp *spool.Spool) (*smime.Entity, error) {
		o := smime.EncryptOptions{Recipients: []cms.Recipient{to}, SelfOnly: true, Spool: sp}
		return smime.Encrypt(context.Background(), content, o)
	}
	err := transform(context.Background(), filepath.Join(r.dir, "plain.eml"), path, encrypt)
	if err != nil {
		r.Fatal(err)
	}
	text := r.run(true, "sealgate", "decrypt", "--key", "imported.pem", "encrypted.eml")
	if !strings.Contains(text, "Guten Tag") {
		r.Errorf("decrypt: %s", text)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		r.Fatal(err)
	}
	env := gateway.Envelope{Direction: gateway.Inbound, From: r.address, To: []string{r.address}, CanSplit: true}
	if got := status(deliver(r.T, h, env, string(data)), "X-SMIME-Encryption"); got != "decrypted" {
		r.Errorf("the gateway: %q", got)
	}
}

// imported: the commands and the gateway encrypt to the certificate if the engine does.
func (r *tour) imported() {
	cert := certificateIn(r.T, filepath.Join(r.dir, r.name+".pem"))
	usable := spki.MayEncrypt(cert) && cms.CanEncryptTo(cert) == nil
	r.run(usable, "sealgate", "encrypt", "--to", r.name+".pem", "--out", "toit.eml", "plain.eml")
	h := newHouse(r.T, r.dir, `[[mailbox]]
addresses = ["support@firma.example"]
[trust]
system_roots = false
roots = ["ca.pem", "inter.pem"]
revocation = "off"
`)
	if err := imports(h, cert); err != nil {
		r.Errorf("cert import: %v", err)
	}
	order := crlfOf("From: support@firma.example\nTo: " + r.address + "\nX-SMIME-Encrypt: yes\n\nGuten Tag\n")
	sent := deliver(r.T, h, r.outbound("support@firma.example"), order)
	if (sent.Disposition == gateway.Accept) != usable {
		r.Errorf("the gateway, to encrypt to it: %+v", sent.Reply)
	}
}

// ordered: the gateway signs with the key.
func (r *tour) ordered(h *house) {
	order := crlfOf("From: " + r.address + "\nTo: support@firma.example\nX-SMIME-Sign: yes\n\nGuten Tag\n")
	sent := deliver(r.T, h, r.outbound(r.address), order)
	if (sent.Disposition == gateway.Accept) != r.sign {
		r.Errorf("the gateway, to sign: %+v", sent.Reply)
	}
}

func (r *tour) outbound(from string) gateway.Envelope {
	to := r.address
	if from == to {
		to = "support@firma.example"
	}
	return gateway.Envelope{Direction: gateway.Outbound, From: from, To: []string{to}, MayOrder: true, CanSplit: true}
}
