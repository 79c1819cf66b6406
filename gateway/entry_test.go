package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
)

// logging is a house whose log is JSON in the buffer.
func logging(t *testing.T, change ...func(*Options)) (*house, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	h := newHouse(t, append(change, func(o *Options) { o.Log = slog.New(slog.NewJSONHandler(log, nil)) })...)
	return h, log
}

// TestOneLineForEachMessage: whatever becomes of a message, one line says whose it was, what was
// found and what was done, and nothing of its text or Subject.
func TestOneLineForEachMessage(t *testing.T) {
	h, log := logging(t, func(o *Options) {
		o.On = Actions{"bad_signature": RejectMail}
		o.Rules = []Rule{
			{Recipient: "other@kunde.example", Demand: Demand{Sign: Yes}},
			{Recipient: "anna@kunde.example", Demand: Demand{Encrypt: IfPossible}},
		}
	})
	h.knows(h.anna)
	anna := fingerprint(h.anna.Certificate)
	support := fingerprint(h.support.Certificate)
	inbound := toSupport
	inbound.QueueID = "4ZxQ1"
	inbound.Client = netip.MustParseAddr("192.0.2.1")
	outbound := outboundTo("anna@kunde.example")
	outbound.User = "agent"
	valid := h.signed(h.anna, fromAnna, plainText)
	for name, k := range map[string]struct {
		env  Envelope
		text string
		want map[string]string
	}{
		"signed and sealed": {inbound, h.sealed(fromAnna, h.signed(h.anna, "", plainText), h.support), map[string]string{
			"direction": "inbound", "queue_id": "4ZxQ1", "message_id": "1@kunde.example", "client": "192.0.2.1",
			"envelope_from": "anna@kunde.example", "envelope_to": "[support@firma.example]", "from": "[anna@kunde.example]",
			"result": "accepted", "copies": "1", "signature": "valid", "encryption": "decrypted",
			"layers":    "[enveloped aes-256-cbc signed-detached sha-256]",
			"signers":   "[anna@kunde.example valid " + anna + "]",
			"opened_by": "[" + support + "]", "level": "INFO",
		}},
		"plain": {inbound, fromAnna + plainText, map[string]string{
			"signature": "none", "encryption": "none", "reason": "", "layers": "",
		}},
		"for another": {inbound, h.sealed(fromAnna, plainText, h.anna), map[string]string{
			"signature": "none", "encryption": "undecryptable", "opened_by": "",
			"reason": "cms: the message is not encrypted for this key", "named": "serial",
		}},
		"refused by [on]": {inbound, strings.Replace(valid, "secret", "forged", 1), map[string]string{
			"result": "rejected", "code": "550", "text": "S/MIME: bad signature", "signature": "invalid", "copies": "",
			"rule": "signature", "token": "SG-POLICY", "orders": "", "rules": "",
		}},
		"for nobody here": {inboundTo("employee@firma.example"), valid, map[string]string{
			"result": "accepted", "signature": "", "encryption": "", "envelope_to": "[employee@firma.example]",
		}},
		"no header": {inbound, "\x00", map[string]string{"result": "accepted", "from": ""}},
		"a bounce":  {Envelope{Direction: Inbound, To: []string{"support@firma.example"}}, fromAnna + plainText, map[string]string{"envelope_from": ""}},
		"signed and encrypted here": {outbound, fromSupport("anna@kunde.example", "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n"+plainText), map[string]string{
			"direction": "outbound", "user": "agent", "from": "[support@firma.example]", "result": "accepted",
			"signed_by": support, "encrypted_for": "[anna@kunde.example " + anna + " harvested]", "message_id": "@gw.example",
			"orders": "[sign=yes encrypt=yes]", "rules": "[2]", "token": "",
		}},
		"in clear": {outbound, fromSupport("anna@kunde.example", "X-SMIME-Encrypt: no\r\n"+plainText), map[string]string{
			"signed_by": "", "orders": "[encrypt=no]", "rules": "[2]",
		}},
		"refused order": {outbound, fromSupport("bob@kunde.example", "X-SMIME-Encrypt: perhaps\r\n"+plainText), map[string]string{
			"result": "rejected", "code": "550", "text": "unknown order", "token": "SG-ORDER", "orders": "", "rules": "",
		}},
	} {
		log.Reset()
		h.process(k.env, k.text)
		line := strings.TrimSpace(log.String())
		if strings.Contains(line, "\n") || strings.Contains(line, "secret") || strings.Contains(line, "hello") {
			t.Errorf("%s: not one line without content:\n%s", name, line)
			continue
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, line)
		}
		if ms, ok := got["ms"].(float64); !ok || ms <= 0 || got["msg"] != "message" {
			t.Errorf("%s: %s", name, line)
		}
		for key, want := range k.want {
			value := ""
			if v, has := got[key]; has {
				value = fmt.Sprint(v)
			}
			if want == "" && value != "" || !strings.Contains(value, want) {
				t.Errorf("%s: %s is %q, want %q", name, key, value, want)
			}
		}
	}
}

// TestLineOfMailKeptClosed: the cause stands in the line, which is a warning.
func TestLineOfMailKeptClosed(t *testing.T) {
	h, log := logging(t)
	mail := h.sealed(fromAnna, plainText, h.support)
	h.process(toSupport, mail)
	log.Reset()
	h.process(toSupport, "Reply-To: eve@evil.example\r\n"+mail)
	if line := log.String(); !strings.Contains(line, `"closed":"the same ciphertext came before`) ||
		!strings.Contains(line, `"level":"WARN"`) || strings.Count(line, "\n") != 1 {
		t.Errorf("%s", line)
	}
}

// TestLineIsBounded: a stranger writes neither a long line nor a second one.
func TestLineIsBounded(t *testing.T) {
	h, log := logging(t)
	many := make([]string, maxLogged+1)
	for i := range many {
		many[i] = fmt.Sprintf("r%d@firma.example", i)
	}
	long := strings.Repeat("x", maxLoggedText)
	for n, list := range map[int]string{maxLogged: "", maxLogged + 1: "and 1 more"} {
		log.Reset()
		env := inboundTo(many[:n]...)
		env.From = "\x1b[2J\n" + long
		env.QueueID = env.From
		h.process(env, "From: "+strings.Repeat("a@b.example, ", 500)+"a@b.example\r\nMessage-ID: <"+long+long+">\r\n"+plainText)
		line := log.String()
		if len(line) > 4<<10 || strings.Count(line, "\n") != 1 || strings.Contains(line, `\u001b`) {
			t.Errorf("%d octets: %.500s", len(line), line)
		}
		if strings.Contains(line, many[n-1]) != (n == maxLogged) || list != "" && !strings.Contains(line, list) {
			t.Errorf("%d recipients: %s", n, line)
		}
	}
}
