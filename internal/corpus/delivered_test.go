// The spoofing and covert-content messages through the gateway: what is delivered.

package corpus_test

import (
	"bytes"
	"crypto"
	"io"
	"log/slog"
	"strings"
	"testing"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/corpus"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
	"sealgate/trust"
)

const victim = "manager@bigcorporation.de"

// TestCovertContentIsNotDelivered: none of them is delivered as valid, and no text
// that the victim's key would open stands in what the victim gets, though the
// gateway has the key.
func TestCovertContentIsNotDelivered(t *testing.T) {
	opened := 0
	for _, r := range corpus.Load(t) {
		if !strings.HasPrefix(r.Expected, "spoof") {
			continue
		}
		t.Run(r.Path, func(t *testing.T) {
			sp, err := spool.New(spool.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			box := &keyring.Mailbox{Addresses: []string{victim}}
			var keys []cms.DecryptionKey
			if c, k := r.Key(t); c != nil {
				box.Credentials = []*keyring.Credential{{Certificate: c, Key: k.(crypto.Signer)}}
				keys = []cms.DecryptionKey{{Certificate: c, Key: k}}
			}
			msg := sp.Create()
			defer msg.Close()
			if err := smime.ToCRLF(msg, bytes.NewReader(r.Message(t))); err != nil {
				t.Fatal(err)
			}
			secrets := hiddenText(t, msg, sp, keys)
			opened += len(secrets)
			if len(keys) > 0 && len(secrets) == 0 {
				t.Error("the key opens nothing in it: the test shows nothing")
			}
			out, err := covertGateway(t, r, box, sp).Process(t.Context(), gateway.Envelope{Direction: gateway.Inbound, From: "eve@evil.example", To: []string{victim}, CanSplit: true}, msg)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			if out.Disposition != gateway.Accept || len(out.Deliveries) != 1 {
				t.Fatalf("%+v", out)
			}
			noneOf(t, out.Deliveries[0], secrets)
		})
	}
	if opened == 0 {
		t.Error("no message held anything")
	}
}

func covertGateway(t *testing.T, r corpus.Row, box *keyring.Mailbox, sp *spool.Spool) *gateway.Gateway {
	t.Helper()
	check, err := trust.New(trust.Options{Roots: r.Anchors(t), AcceptAny: true, Revocation: trust.Off})
	if err != nil {
		t.Fatal(err)
	}
	store, err := certstore.OpenBadger(certstore.BadgerOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	g, err := gateway.New(gateway.Options{
		AuthservID: "gw.example", Language: gateway.English, Inbound: gateway.InboundOptions{UnknownCA: gateway.IgnoreUnknownCA, OnKeyChange: gateway.UseKeyChange}, Outbound: gateway.DefaultOutbound(),
		Ring: keyring.NewRing([]*keyring.Mailbox{box}), Trust: check, Store: store, Spool: sp,
		Log: slog.New(slog.DiscardHandler), On: gateway.Actions{"unauthenticated": gateway.TextMail},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// hiddenText is the text of every CMS part below the root that the keys open.
func hiddenText(t *testing.T, msg *spool.File, sp *spool.Spool, keys []cms.DecryptionKey) (texts []string) {
	t.Helper()
	root, err := smime.ParseEntity(msg, msg.Size())
	if err != nil {
		t.Fatal(err)
	}
	var walk func(e *smime.Entity)
	walk = func(e *smime.Entity) {
		media, _ := e.ContentType()
		if strings.Contains(media, "pkcs7-mime") && e != root {
			section := e.Section()
			m, err := smime.Open(t.Context(), section, section.Size(), smime.OpenOptions{Keys: keys, Spool: sp})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if m.Inner != m.Outer && m.Undecryptable == nil {
				text, err := io.ReadAll(m.Inner.Body())
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, strings.TrimSpace(string(text)))
			}
		}
		if media == "message/rfc822" {
			if inside, err := smime.ParseEntity(e.Body(), e.Body().Size()); err == nil {
				walk(inside)
			}
		}
		if parts, err := e.Parts(); err == nil {
			for _, p := range parts {
				walk(p)
			}
		}
	}
	walk(root)
	return texts
}

// noneOf looks into the one copy: its status, and its body if it is another one
// than was received.
func noneOf(t *testing.T, d gateway.Delivery, secrets []string) {
	t.Helper()
	status := ""
	for _, e := range d.Edits {
		if e.Name == "X-SMIME-Signature" {
			status += strings.TrimSpace(e.Value)
		}
		for _, s := range secrets {
			if strings.Contains(e.Value, s) {
				t.Errorf("the text stands in %s", e.Name)
			}
		}
	}
	if status == "" || strings.Contains(status, "valid") && status != "invalid" {
		t.Errorf("delivered with the status %q", status)
	}
	if d.CameEncrypted {
		t.Error("something was decrypted")
	}
	if d.Body == nil {
		return // as it came
	}
	body, err := io.ReadAll(d.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if bytes.Contains(body, []byte(s)) {
			t.Errorf("the text stands in the body:\n%s", body)
		}
	}
}
