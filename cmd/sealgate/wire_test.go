package main

// This file tests that every setting of the file reaches the engine.

import (
	"io"
	"path/filepath"
	"reflect"
	"testing"

	"sealgate/certstore"
	"sealgate/config"
	"sealgate/gateway"
	"sealgate/internal/testpki"
)

// everything is a configuration that sets all that the engine is told, none of it to
// what a program has that says nothing.
const everything = `
[[mailbox]]
addresses = ["support@firma.example"]
keys = ["support.pem"]
sign = "yes"
encrypt = "if-possible"
[[mailbox]]
addresses = ["@firma.example"]
keys = ["gateway.pem"]
[[rule]]
sender = "support@firma.example"
sign_as = "@firma.example"
recipient = "@bank.example"
domain = "bank.example"
subject_tag = "[secret]"
remove_tag = true
sign = "yes"
encrypt = "yes"
cipher = "aes-256-gcm"
oaep = true
pss = true
opaque = true
revocation = "hard"
[[rule]]
recipient = "@bank.example"
certificate = ["bank.crt"]
[inbound]
explain_part = true
keep_signature = true
strip_all_ar = true
bounce_to = "bounces@firma.example"
[outbound]
reply_to_encrypted = "yes"
auto_reply_to_encrypted = "if-possible"
forward_of_encrypted = "if-possible"
mixed_clear = true
next_hop_inbound = true
header_protection = "sign"
encrypt_to_self = "no"
archive = ["root.crt"]
sign_as_other = true
opaque = true
[headers]
prefix = "X-Seal-"
omit = ["Reason"]
authentication_results = false
tag_valid = "[ok]"
tag_decrypted = "[secret]"
profiles = ["symfony"]
[on]
weak = "reject"
`

// nothing switches off what is on by default.
const nothing = `
[inbound]
explain_part = false
[outbound]
reply_to_encrypted = "off"
`

// engineOptions are what the engine is built with.
func engineOptions(t *testing.T, text string) reflect.Value {
	t.Helper()
	pki := testpki.New(t)
	dir := t.TempDir()
	for name, c := range map[string]*testpki.Cert{
		"root":    pki.Root,
		"support": pki.Issue(testpki.Options{Addresses: []string{"support@firma.example"}}),
		"gateway": pki.Issue(testpki.Options{Addresses: []string{"gateway@firma.example"}}),
		"bank":    pki.Issue(testpki.Options{Addresses: []string{"gateway@bank.example"}}),
	} {
		if _, _, err := c.WriteFiles(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Parse("[server]\nhostname = \"gw.example\"\ndomains = [\"firma.example\"]\ndata_dir = \"data\"\n[trust]\nsystem_roots = false\nroots = [\"root.crt\"]\nunknown_ca = \"pending\"\non_key_change = \"pending\"\n"+
		"[[listener]]\nprotocol = \"milter\"\naddress = \"unix:in.sock\"\ndirection = \"inbound\"\n"+text, dir)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{cfg: cfg, log: newLogger(cfg.Log, io.Discard)}
	if h.spool, err = offlineSpool(); err != nil {
		t.Fatal(err)
	}
	if h.store, err = certstore.OpenBadger(certstore.BadgerOptions{Dir: filepath.Join(dir, "store")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.store.Close() })
	g, err := h.newEngine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return reflect.ValueOf(g).Elem().FieldByName("o")
}

// TestSettingsReachTheEngine, those that are on and those that are off.
func TestSettingsReachTheEngine(t *testing.T) {
	on := engineOptions(t, everything)
	for _, section := range []reflect.Value{on, on.FieldByName("Inbound"), on.FieldByName("Outbound"), on.FieldByName("Headers"), on.FieldByName("Limits"), on.FieldByName("Rules").Index(0)} {
		for i := range section.NumField() {
			name := section.Type().Field(i).Name
			if section.Field(i).IsZero() && name != "Digest" && name != "Sources" && name != "DomainCertificates" { // the second rule has them
				t.Errorf("%s.%s is not set", section.Type().Name(), name)
			}
		}
	}
	if on.FieldByName("Rules").Index(1).FieldByName("DomainCertificates").IsZero() {
		t.Error("the domain's certificates are not set")
	}
	set := 0
	for n := on.FieldByName("Defaults").MapRange(); n.Next(); {
		if !n.Value().Field(0).IsZero() && !n.Value().Field(1).IsZero() {
			set++
		}
	}
	if set != 1 { // a domain has none
		t.Errorf("the defaults of %d mailboxes are set", set)
	}
	off := engineOptions(t, nothing)
	for _, name := range []string{"ExplainPart", "KeepSignature", "StripAllAR"} {
		if off.FieldByName("Inbound").FieldByName(name).Bool() {
			t.Errorf("%s is on", name)
		}
	}
	for _, name := range []string{"MixedClear", "NextHopInbound", "SignAsOther", "Opaque", "Archive"} {
		if !off.FieldByName("Outbound").FieldByName(name).IsZero() {
			t.Errorf("%s is on", name)
		}
	}
	if p := off.FieldByName("Outbound").FieldByName("HeaderProtection").String(); p != string(gateway.ProtectOff) {
		t.Errorf("header protection is %s", p)
	}
	for want, o := range map[gateway.EncryptToSelf]reflect.Value{gateway.ToSelfNo: on, gateway.ToSelfSameKind: off} {
		if got := o.FieldByName("Outbound").FieldByName("EncryptToSelf").String(); got != string(want) {
			t.Errorf("encrypt to self is %s, want %s", got, want)
		}
	}
	if off.FieldByName("Headers").FieldByName("OmitAuthentic").Bool() {
		t.Error("Authentication-Results is left out")
	}
}
