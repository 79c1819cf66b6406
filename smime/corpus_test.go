// Other people's messages, compared layer by layer.

package smime

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"sealgate/internal/corpus"
	"sealgate/smime/cms"
)

// layerDivergences are the rows whose layers we read otherwise than the manifest
// has it, and why. Verdicts, which need chains, are compared in internal/corpus.
var layerDivergences = map[string]string{
	"openssl/80-test_cms_data/authenveloped_attrs.pem":    "KEKRecipientInfo, which mail does not use (the corpus's README)",
	"openssl/80-test_cms_data/pkcs7-md4.pem":              "MD4: unsupported, the verdict is not valid either way",
	"zammad/opaque_no_bundled_signer_cert.eml":            "the signer's certificate is not in the message",
	"pkits/smime/SignedInvaliddistributionPointTest6.eml": unparsable,
	"pkits/smime/SignedValidcRLIssuerTest29.eml":          unparsable,
	"pkits/smime/SignedValiddistributionPointTest4.eml":   unparsable,
	"pkits/smime/SignedValiddistributionPointTest5.eml":   unparsable,
}

const unparsable = "crypto/x509 does not parse the signer's certificate (distribution point relative to its issuer): unchecked, never valid"

// TestCorpusLayers opens every message of the corpus and compares layer by layer
// what openssl and the sources say of it.
func TestCorpusLayers(t *testing.T) {
	for _, r := range corpus.Load(t) {
		t.Run(r.Path, func(t *testing.T) {
			sp := newSpool(t)
			m := opened(t, sp, toCRLF(t, r.Message(t)), corpusKeys(t, r)...)
			if why, ok := layerDivergences[r.Path]; ok {
				neverGood(t, m, why)
				return
			}
			compareLayers(t, m, r)
			compareOutcome(t, m, r)
		})
	}
}

// neverGood: where we differ, it is on the safe side.
func neverGood(t *testing.T, m *Message, why string) {
	t.Helper()
	for _, l := range m.Layers {
		for _, s := range l.Signatures {
			if s.Err == nil {
				t.Errorf("verified, though %s", why)
			}
		}
	}
	if len(m.Layers) == 0 || m.Layers[0].Encrypted() && m.Undecryptable == nil {
		t.Errorf("%+v, though %s", m, why)
	}
}

func corpusKeys(t testing.TB, r corpus.Row) []cms.DecryptionKey {
	c, k := r.Key(t)
	if c == nil {
		return nil
	}
	return []cms.DecryptionKey{{Certificate: c, Key: k}}
}

// compareLayers holds our layers against the manifest's "type:outcome > …".
func compareLayers(t *testing.T, m *Message, r corpus.Row) {
	t.Helper()
	if r.Layers == "" {
		return
	}
	for i, want := range strings.Split(r.Layers, " > ") {
		if strings.HasPrefix(want, "(message/rfc822)") {
			return // opaque
		}
		if strings.HasPrefix(want, "(") { // below the root: seen, never opened
			if encrypted := strings.Contains(want, ")enveloped"); encrypted != m.PartialEncrypted || encrypted == m.PartialSigned {
				t.Errorf("%s: partial signed %v, encrypted %v", want, m.PartialSigned, m.PartialEncrypted)
			}
			return
		}
		kind, outcome, _ := strings.Cut(want, ":")
		if kind == "data" || kind == "digested" || kind == "notcms" || strings.HasPrefix(outcome, "malformed") || outcome == "detached-no-content" ||
			kind == "signed-detached" && r.Container != "MIME" && r.Expected != "valid" {
			continue // no layer that can be opened: compareOutcome
		}
		if i >= len(m.Layers) {
			t.Fatalf("%s: no such layer; we have %+v", want, m.Layers)
		}
		compareLayer(t, m.Layers[i], kind, outcome)
	}
}

func compareLayer(t *testing.T, l Layer, kind, outcome string) {
	t.Helper()
	if kind = strings.Replace(kind, "authenveloped", AuthEnveloped, 1); kind != l.Type && kind != "encrypted" {
		t.Errorf("type %s, want %s", l.Type, kind)
	}
	verified := l.Err == nil
	errs := []error{l.Err}
	for _, s := range l.Signatures {
		verified = verified && s.Err == nil
		errs = append(errs, s.Err)
	}
	good := strings.HasPrefix(outcome, "ok") || strings.HasPrefix(outcome, "decrypts") || outcome == "uncompressed" || outcome == "no-signerinfo"
	if good != verified {
		t.Errorf("%s: %s; our errors: %v", kind, outcome, errs)
	}
}

func compareOutcome(t *testing.T, m *Message, r corpus.Row) {
	t.Helper()
	switch r.Expected {
	case "passthrough":
		if len(m.Layers) > 0 || m.Malformed != nil || m.Inner != m.Outer {
			t.Errorf("touched: %+v", m)
		}
	case "malformed":
		if m.Malformed == nil {
			t.Errorf("not malformed: %+v", m.Layers)
		}
	case "undecryptable":
		if m.Undecryptable == nil || m.Inner != m.Outer {
			t.Errorf("decrypted: %+v", m.Layers)
		}
	case "certs-only":
		if !m.CertsOnly || m.Inner != m.Outer {
			t.Errorf("no bundle of certificates: %+v", m.Layers)
		}
	case "decrypts":
		comparePlaintext(t, m, r)
	}
}

func comparePlaintext(t *testing.T, m *Message, r corpus.Row) {
	t.Helper()
	if m.Undecryptable != nil || m.Malformed != nil {
		t.Errorf("not opened: %v, %v", m.Undecryptable, m.Malformed)
	}
	if len(m.Layers) != 1 || r.PlaintextSHA256 == "" {
		return // the digest is that of the outermost plaintext, which is kept only when it is shown
	}
	h := sha256.New()
	if _, err := io.Copy(h, m.Inner.Section()); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != r.PlaintextSHA256 {
		t.Errorf("plaintext has SHA-256 %s, want %s", got, r.PlaintextSHA256)
	}
}

// TestCorpusWritten: parse, write, and the input comes back.
func TestCorpusWritten(t *testing.T) {
	for _, r := range corpus.Load(t) {
		msg := string(r.Message(t))
		if written(t, parse(t, msg)) != msg {
			t.Errorf("%s does not come back", r.Path)
		}
	}
}
